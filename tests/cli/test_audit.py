"""``dropwright audit``: says whether the log is whole, to people and to programs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from api.db import accounts, audit, migrate
from api.db.connect import connect
from tests.cli.command import INVALID, UNUSABLE, run, succeed

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A database with two marketplaces, of which one has a log."""
    made = f"sqlite:///{tmp_path / 'a.db'}"
    store = connect(made)
    migrate.upgrade(store)
    with store.write() as db:
        for tenant in ("elsewhere", "pop-up"):
            accounts.add_tenant(db, tenant, name=tenant, now=NOW)
        for index in range(5):
            audit.append(db, "pop-up", actor="key/k", action="POST /x", subject=f"/x/{index}", status=201, at=NOW)
    store.close()
    return made


def forge(address: str) -> None:
    store = connect(address)
    with store.write() as db:
        db.execute(text("DROP TRIGGER audit_no_delete"))
        db.execute(text("DELETE FROM audit WHERE number > 3"))
        last = db.execute(text("SELECT sha256 FROM audit WHERE number = 3")).scalar_one()
        db.execute(text("UPDATE tenants SET audited = 3, audit_sha256 = :last WHERE id = 'pop-up'"), {"last": last})
    store.close()


def test_a_whole_log_is_verified_and_its_heads_are_printed(address: str, tmp_path: Path) -> None:
    heads = succeed(tmp_path, "audit", "head", "--database", address)
    assert succeed(tmp_path, "audit", "verify", "--database", address) == heads
    assert [line.split()[:2] for line in heads.splitlines()] == [["elsewhere", "0"], ["pop-up", "5"]]


def test_a_cut_off_log_is_found_by_a_head_that_was_kept(address: str, tmp_path: Path) -> None:
    tenant, count, sha256 = succeed(tmp_path, "audit", "head", "--database", address, "--tenant", "pop-up").split()
    verify = ("audit", "verify", "--database", address, "--tenant", tenant)
    forge(address)
    assert run(tmp_path, *verify).returncode == 0
    done = run(tmp_path, *verify, "--head", sha256, "--count", count)
    assert (done.returncode, done.stdout) == (INVALID, "")
    assert "broken at entry 4" in done.stderr


@pytest.mark.parametrize(
    "half",
    [("--head", "0" * 64), ("--count", "3"), ("--tenant", "pop-up", "--count", "3"), ("--head", "0", "--count", "1")],
)
def test_half_a_head_is_refused(address: str, tmp_path: Path, half: tuple[str, ...]) -> None:
    done = run(tmp_path, "audit", "verify", "--database", address, *half)
    assert done.returncode == UNUSABLE
    assert "--tenant, --head and --count together" in done.stderr


def test_a_marketplace_that_is_not_there_is_told(address: str, tmp_path: Path) -> None:
    done = run(tmp_path, "audit", "verify", "--database", address, "--tenant", "nowhere")
    assert done.returncode == UNUSABLE
    assert "no marketplace 'nowhere'" in done.stderr
