"""The PostgreSQL of the tests is real, its databases are apart, and it goes when the test run goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest
from sqlalchemy import create_engine, text

import tests.db.postgres as module
from tests.db.fixtures import served
from tests.db.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 300


def tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def test_the_server_is_postgresql_and_speaks_unicode(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        version, word = connection.execute("SELECT version(), lower('ÄÖÅ')").fetchone() or ("", "")
    assert version.startswith("PostgreSQL ")
    assert word == "äöå"


def test_a_new_database_is_empty_though_another_is_not(postgres: str, postgres_server: Server) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE TABLE parcel (id int)")
    other = postgres_server.create()
    try:
        assert tables(postgres) == ["parcel"]
        assert tables(other) == []
    finally:
        postgres_server.drop(other)


def test_a_database_can_be_made_after_another(postgres: str, postgres_server: Server) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE TABLE parcel (id int)")
    copy = postgres_server.create(template=module.name_of(postgres))
    try:
        assert tables(copy) == ["parcel"]
    finally:
        postgres_server.drop(copy)


def test_a_dropped_database_is_gone_though_somebody_is_connected(postgres_server: Server) -> None:
    url = postgres_server.create()
    with psycopg.connect(url):
        postgres_server.drop(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_sqlalchemy_writes_and_reads_both_databases(database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE parcel (id integer)"))
        connection.execute(text("INSERT INTO parcel VALUES (7)"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM parcel")).scalar_one() == 7
    assert engine.dialect.name == database.partition(":")[0]
    engine.dispose()


def test_a_durable_server_syncs_and_keeps_what_it_acknowledged_through_a_crash(durable_postgres: Server) -> None:
    url = durable_postgres.create()
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        connection.execute("CREATE TABLE parcel (id int)")
    durable_postgres.stop("immediate")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    durable_postgres.start()
    assert tables(url) == ["parcel"]


def test_the_server_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from time import sleep; from tests.db.postgres import serving as s\n"
        "with s(Path(sys.argv[1]), durable=False) as server: print(server.url('postgres'), flush=True); sleep(999)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        psycopg.connect(url).close()
        postmaster = int((tmp_path / "pg" / "data" / "postmaster.pid").read_text().splitlines()[0])
        run.send_signal(signal.SIGKILL)
    give_up_at = monotonic() + WITHIN_S
    while Path(f"/proc/{postmaster}").exists() and monotonic() < give_up_at:
        sleep(0.05)
    assert not Path(f"/proc/{postmaster}").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_nobody_else_can_enter_the_folder_of_the_server(postgres_server: Server) -> None:
    assert postgres_server.folder.stat().st_mode & 0o777 == 0o700
    assert postgres_server.folder.stat().st_uid == os.geteuid()


def test_a_test_fails_and_says_what_helps_where_the_server_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "initdb").write_text("#!/bin/sh\necho no room for databases >&2\nexit 1\n")
    (broken / "initdb").chmod(0o755)
    monkeypatch.setattr(module, "binaries", lambda: broken)
    with pytest.raises(pytest.fail.Exception, match=r"no room for databases[\s\S]*make install"):
        next(served(tmp_path, durable=False))
