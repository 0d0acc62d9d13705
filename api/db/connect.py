"""Connections to SQLite and PostgreSQL. The only module that knows that the two differ in more than their address.

SQLAlchemy's defaults oversell on SQLite: two transactions read, then both write. Here a transaction that may write
takes SQLite's write lock when it begins (``BEGIN IMMEDIATE``), so that what it reads is still so when it writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from select import POLLIN, poll
from threading import Lock
from time import monotonic, sleep
from typing import Any, TypeAlias

from psycopg import Error as PostgresError
from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from api.db.outage import DatabaseBusy, told
from router.errors import Invalid

LOCK_WAIT_S = 30
"""How long SQLite waits for the write lock, a request for a connection, and a new file's opener for the others."""

SWITCH_EVERY_S = 0.01
"""How long a new SQLite file is left to another process that opens it too, before it is asked for again."""

CONNECT_WITHIN_S = 5
"""How long a PostgreSQL server has to answer a new connection."""

SAFE_SQLITE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""The first versions of three lines in which SQLite's WAL-reset fault is mended: it may damage a file."""

DIALECTS = ("sqlite", "postgresql")

Inserting: TypeAlias = Callable[[Table], Any]
"""``sqlalchemy.insert`` with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""


class UnknownDatabase(Invalid):
    """The address is none of a database that Dropwright runs on."""

    code, title = "unknown-database", "The database is of no known kind"

    def __init__(self) -> None:
        super().__init__("give sqlite:///FILE or postgresql://user:password@host/name as the database")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Two ways in: transactions that may write, and those that only read.

    Both raise ``DatabaseAway``, ``DatabaseBusy`` or ``DatabaseFull`` where the database fails. On SQLite the writers of
    a process take turns before they ask the file for its lock, where whoever waits sleeps ever longer.
    """

    writing: Engine
    reading: Engine
    _turn: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether one file with one writer at a time holds it all."""
        return self.writing.dialect.name == "sqlite"

    @property
    def in_use(self) -> int:
        """Connections that somebody has in hand."""
        pools = {id(engine.pool): engine.pool for engine in (self.writing, self.reading)}
        return sum(pool.checkedout() for pool in pools.values() if isinstance(pool, QueuePool))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed at the end, rolled back where anything is raised."""
        with self._in_turn(), told(), self.writing.begin() as db:
            yield db

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
        elif self._turn.acquire(timeout=LOCK_WAIT_S):
            try:
                yield
            finally:
                self._turn.release()
        else:
            raise DatabaseBusy

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction in which nothing is written."""
        with told(), self.reading.begin() as db:
            yield db

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """For one statement that only reads: as ``read``, without what PostgreSQL takes to begin and end it."""
        with told(), self.reading.connect() as db:
            yield db if self.is_sqlite else db.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As ``read``; all that is read in it is as it was at one moment, whatever others commit meanwhile."""
        engine = self.reading
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with told(), engine.begin() as db:
            yield db

    def close(self) -> None:
        """Gives back every connection."""
        self.writing.dispose()
        self.reading.dispose()


def connect(address: str, *, pool_size: int = 10) -> Database:
    """The database at ``address``; no connection is made yet. Raises ``UnknownDatabase``."""
    try:
        url = make_url(address)
        kind = url.get_backend_name()
        if kind not in DIALECTS:
            raise UnknownDatabase
        if kind == "sqlite" and url.database in (None, "", ":memory:"):
            raise UnknownDatabase  # a database in memory is another one for each connection
        if kind == "sqlite":
            return Database(
                writing=_sqlite(url, "BEGIN IMMEDIATE", pool_size), reading=_sqlite(url, "BEGIN", pool_size)
            )
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_WITHIN_S, "application_name": "dropwright"},
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise UnknownDatabase from None
    event.listen(engine, "checkout", partial(_still_there, engine))
    return Database(writing=engine, reading=engine.execution_options(postgresql_readonly=True))


def inserting(db: Connection) -> Inserting:
    """How the database at hand inserts: both know ``ON CONFLICT``, SQLAlchemy has a class for each."""
    return sqlite_insert if db.dialect.name == "sqlite" else postgresql_insert


def is_alone(db: Connection) -> bool:
    """Whether no other transaction can write before this one, which may, has ended: so it is on SQLite."""
    return db.dialect.name == "sqlite"


def shared_now(db: Connection, own: datetime) -> datetime:
    """The time by the one clock of all who use the database: PostgreSQL's; on SQLite, which is one machine, ``own``."""
    if db.dialect.name == "sqlite":
        return own
    found: datetime = db.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


def has_wal_fault(database: Database) -> bool:
    """Whether the SQLite in use has the WAL-reset fault, which two connections may run into. Never PostgreSQL."""
    return database.is_sqlite and not is_safe(sqlite3.sqlite_version_info)


def is_safe(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite is free of the WAL-reset fault."""
    return version >= SAFE_SQLITE[-1] or any(version[:2] == safe[:2] and version >= safe for safe in SAFE_SQLITE)


def _still_there(engine: Engine, connection: Any, _record: object, _proxy: object) -> None:
    """Lets the pool connect anew where the server ended an idle connection.

    It says so, or closes it: only where there is something to read is it worth a question and the wait for its answer.
    """
    heard = poll()
    try:
        heard.register(connection.fileno(), POLLIN)
        if heard.poll(0):
            engine.dialect.do_ping(connection)
    except PostgresError:
        raise InvalidatePoolError from None


def _sqlite(url: Any, begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": LOCK_WAIT_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        _switch_to_wal(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(db: Connection) -> None:
        db.exec_driver_sql(begin)

    return engine


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Makes a new file one with a write-ahead log; it is one already but for the first to open it.

    SQLite does not wait where two ask for this at once, since each would wait for the other.
    """
    give_up_at = monotonic() + LOCK_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > give_up_at:
                raise
        sleep(SWITCH_EVERY_S)
