"""A database without anybody: one command makes a marketplace and a key to it, others let in who is to come."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from api.db import people
from api.db.connect import connect
from api.passwords import same
from tests.cli.command import DROPWRIGHT, UNUSABLE, environment, run, succeed
from tests.web.service import asking

GOOD = "four cold mugs of tea"
KEY = re.compile(r"dw_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n")


def added(folder: Path, database: str, *more: str, password: str = GOOD) -> subprocess.CompletedProcess[str]:
    """What ``people add`` answers, with a password on its standard input."""
    command = [DROPWRIGHT, "people", "add", "--database", database, *more]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        input=f"{password}\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def test_a_first_start_makes_a_marketplace_whose_key_lets_in(database: str, tmp_path: Path) -> None:
    first = succeed(tmp_path, "tenants", "add", "Pop Up!", "--database", database)
    auditor = succeed(tmp_path, "keys", "create", "--role", "auditor", "--days", "30", "--database", database)
    assert KEY.fullmatch(first)
    assert KEY.fullmatch(auditor)
    with asking(database) as client:
        me = client.get("/v1/me", headers={"Authorization": f"Bearer {first.strip()}"}).json()
        told = client.get("/v1/audit", headers={"Authorization": f"Bearer {auditor.strip()}"}).json()
    assert (me["marketplace"]["id"], me["marketplace"]["name"], me["role"]) == ("pop-up", "Pop Up!", "engineer")
    assert [(each["actor"], each["action"]) for each in told["items"]] == [
        ("command", "keys create"),
        ("command", "keys create"),
        ("command", "tenants add"),
    ]


def test_somebody_is_let_in_with_a_password_that_only_they_know(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'a.db'}"
    succeed(tmp_path, "tenants", "add", "Pop-up", "--database", database)
    done = added(tmp_path, database, "Ada@Example.com", "--name", "Ada", "--role", "hub", "--partner", "northdock")
    assert (done.returncode, done.stdout) == (0, "ada@example.com may sign in as hub\n")
    store = connect(database)
    with store.read() as db:
        account = people.by_email(db, "ada@example.com")
    store.close()
    assert account is not None
    assert same(GOOD, account.password_hash)
    assert not same("four cold mugs", account.password_hash)


@pytest.mark.parametrize(
    ("arguments", "password", "told"),
    [
        (("ada@example.com", "--name", "A", "--role", "hub"), GOOD, "give one"),
        (("ada@example.com", "--name", "A", "--role", "manager", "--partner", "x"), GOOD, "no partner"),
        (("ada", "--name", "A", "--role", "manager"), GOOD, "e-mail address"),
        (("ada@example.com", "--name", "A", "--role", "manager"), "short", "12 to 200 characters"),
        (("ada@example.com", "--name", "A", "--role", "manager", "--tenant", "no"), GOOD, "no marketplace"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    arguments: tuple[str, ...], password: str, told: str, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'a.db'}"
    succeed(tmp_path, "tenants", "add", "Pop-up", "--database", database)
    done = added(tmp_path, database, *arguments, password=password)
    assert done.returncode == UNUSABLE
    assert done.stderr.startswith("dropwright: ")
    assert told in done.stderr


def test_which_marketplace_is_asked_where_there_are_several_or_none(tmp_path: Path) -> None:
    make = ("keys", "create", "--role", "manager", "--database", f"sqlite:///{tmp_path / 'a.db'}")
    assert "tenants add" in run(tmp_path, *make).stderr
    for name in ("One", "Two"):
        succeed(tmp_path, "tenants", "add", name, *make[-2:])
    assert "one, two" in run(tmp_path, *make).stderr
    assert KEY.fullmatch(succeed(tmp_path, *make, "--tenant", "two"))
    assert "already" in run(tmp_path, "tenants", "add", "One", *make[-2:]).stderr
