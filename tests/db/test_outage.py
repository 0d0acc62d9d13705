"""A database that fails says which way: away, busy or full. A statement that is wrong stays a bug."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.db.connect import Database, connect, is_safe
from api.db.outage import DatabaseAway, DatabaseBusy, DatabaseFull
from router.errors import Unavailable
from tests.db.postgres import Server

PAGE = "x" * 3000
BUYER = "Aleksis Kivi, Fredrikinkatu 12"


@contextmanager
def opened(address: str, *, pool_size: int = 2) -> Iterator[Database]:
    """A database with one table of notes in it."""
    store = connect(address, pool_size=pool_size)
    with store.write() as db:
        db.execute(text("CREATE TABLE notes (id integer PRIMARY KEY, said text)"))
    yield store
    store.close()


def note(store: Database, number: int, said: str = PAGE) -> None:
    with store.write() as db:
        db.execute(text("INSERT INTO notes VALUES (:id, :said)"), {"id": number, "said": said})


def notes(store: Database) -> int:
    with store.read() as db:
        count: int = db.execute(text("SELECT count(*) FROM notes")).scalar_one()
        return count


def pragma(store: Database, said: str) -> None:
    """Has SQLite's connections from now on begin with a pragma."""
    for engine in (store.writing, store.reading):
        engine.dispose()
        event.listen(engine, "connect", lambda connection, _record: connection.execute(f"PRAGMA {said}").fetchall())


def test_what_is_wrong_with_a_statement_is_no_outage(database: str) -> None:
    with opened(database) as store:
        note(store, 1)
        with pytest.raises(IntegrityError):
            note(store, 1)
        with pytest.raises(DBAPIError, match="nothing"), store.read() as db:
            db.execute(text("SELECT * FROM nothing"))


def test_the_error_of_a_statement_does_not_tell_what_was_to_be_written(database: str) -> None:
    with opened(database) as store:
        note(store, 1, BUYER)
        with pytest.raises(IntegrityError) as raised:
            note(store, 1, BUYER)
        assert BUYER not in str(raised.value)


def test_all_connections_in_use_means_busy(database: str) -> None:
    with opened(database, pool_size=1) as store:
        store.reading.pool._timeout = 0
        with store.read(), pytest.raises(DatabaseBusy), store.read():
            pass
        assert notes(store) == 0


def test_a_database_without_room_is_full_for_writers_and_goes_on_for_readers(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'small.db'}") as store:
        pragma(store, "max_page_count=20")
        with pytest.raises(DatabaseFull):
            for number in range(100):
                note(store, number)
        kept = notes(store)
        assert 0 < kept < 100
        with pytest.raises(DatabaseFull):
            note(store, 100)
        pragma(store, "max_page_count=1000")
        note(store, 101)
        assert notes(store) == kept + 1
        with store.read() as db:
            assert db.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def test_a_file_that_may_not_grow_is_away_for_writers_and_whole_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "small.db"
    with opened(f"sqlite:///{path}") as store:
        note(store, 1)
        grown = path.with_name("small.db-wal").stat().st_size
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (grown + 2000, before[1]))
        try:
            with pytest.raises((DatabaseAway, DatabaseFull)):
                note(store, 2, PAGE * 100)
            assert notes(store) == 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        note(store, 3, PAGE * 100)
        assert notes(store) == 2
        with store.read() as db:
            assert db.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def test_a_lock_that_somebody_keeps_means_busy_and_readers_do_not_wait_for_it(tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    with opened(f"sqlite:///{path}") as store:
        pragma(store, "busy_timeout=1")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy):
            note(store, 1)
        assert notes(store) == 0
        other.execute("ROLLBACK")
        note(store, 1)
        other.close()


def test_a_new_file_that_another_process_has_just_begun_to_write_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE others (at INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    letting_go = Timer(0.2, other.rollback)
    letting_go.start()
    store = connect(f"sqlite:///{path}")
    with store.read() as db:
        assert db.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert not other.in_transaction
    store.close()
    letting_go.join()
    other.close()


def test_a_new_file_that_another_process_keeps_means_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.db.connect.LOCK_WAIT_S", 0.1)
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE others (at INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    store = connect(f"sqlite:///{path}")
    with pytest.raises(DatabaseBusy), store.read():
        pass
    store.close()
    other.close()


def test_a_file_that_is_no_database_is_away(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_bytes(b"not a database, but long enough to be read as one" * 100)
    store = connect(f"sqlite:///{path}")
    with pytest.raises(DatabaseAway), store.read() as db:
        db.execute(text("SELECT 1 FROM sqlite_master"))
    store.close()


def test_a_folder_that_is_not_there_is_away(tmp_path: Path) -> None:
    store = connect(f"sqlite:///{tmp_path / 'nowhere' / 'dropwright.db'}")
    with pytest.raises(DatabaseAway), store.read():
        pass
    store.close()


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    store = connect(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(DatabaseAway), store.read():
        pass
    store.close()


def test_a_killed_backend_is_away_once_and_there_again_at_once(postgres: str, postgres_server: Server) -> None:
    with opened(postgres) as store:
        note(store, 1)
        with pytest.raises(DatabaseAway), store.write() as db:
            mine = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with psycopg.connect(postgres, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (mine,))
            db.execute(text("INSERT INTO notes VALUES (2, 'lost')"))
        note(store, 3)
        assert notes(store) == 2


def test_connections_that_broke_while_they_lay_idle_are_never_noticed(postgres: str) -> None:
    with opened(postgres, pool_size=3) as store:
        with store.read(), store.read(), store.read():
            pass
        with psycopg.connect(postgres, autocommit=True) as other:
            others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            other.execute(f"SELECT pg_terminate_backend(pid, 10000) {others}")
            assert other.execute(f"SELECT count(*) {others}").fetchone() == (0,)
        with store.read() as one, store.read() as two, store.write() as three:
            assert [db.execute(text("SELECT 1")).scalar_one() for db in (one, two, three)] == [1, 1, 1]


def test_a_crashed_server_is_away_until_it_is_back(durable_postgres: Server) -> None:
    with opened(durable_postgres.create()) as store:
        for number in range(3):
            note(store, number)
            durable_postgres.stop("immediate")
            with pytest.raises(DatabaseAway):
                note(store, 100)
            durable_postgres.start()
        note(store, 3)
        assert notes(store) == 4


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", DatabaseFull),
        ("53300", DatabaseBusy),
        ("40001", DatabaseBusy),
        ("40P01", DatabaseBusy),
        ("55P03", DatabaseBusy),
        ("57014", DatabaseBusy),
        ("40003", DatabaseAway),
        ("57P03", DatabaseAway),
        ("58030", DatabaseAway),
        ("25006", DatabaseAway),
        ("XX001", DatabaseAway),
    ],
)
def test_what_the_server_reports_is_told_by_its_kind(postgres: str, state: str, kind: type[Unavailable]) -> None:
    with opened(postgres) as store:
        with pytest.raises(kind), store.write() as db:
            db.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'reported' USING ERRCODE = '{state}'; END $$"))
        note(store, 1)
        assert notes(store) == 1


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 0), True),
    ],
)
def test_a_sqlite_with_the_wal_reset_fault_is_known_by_its_version(version: tuple[int, ...], safe: bool) -> None:
    assert is_safe(version) is safe
