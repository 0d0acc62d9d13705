"""The service over each kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.service import Service, serving


@pytest.fixture
def service(database: str) -> Iterator[Service]:
    with serving(database) as running:
        yield running
