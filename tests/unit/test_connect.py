"""Addresses of databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.db.connect import UnknownDatabase, connect


@pytest.mark.parametrize(
    "address",
    ["", "x", "mysql://host/name", "oracle://host", "sqlite://", "sqlite:///:memory:", "postgresql://host:port/name"],
)
def test_an_address_that_no_process_can_share_is_refused_with_the_cure(address: str) -> None:
    with pytest.raises(UnknownDatabase, match="give sqlite:///FILE or postgresql://"):
        connect(address)


def test_a_file_and_a_server_are_taken_and_nothing_is_opened_yet(tmp_path: Path) -> None:
    assert connect(f"sqlite:///{tmp_path}/d.db").is_sqlite
    assert not connect("postgresql://nobody@localhost:1/nowhere").is_sqlite
    assert list(tmp_path.iterdir()) == []
