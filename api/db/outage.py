"""What a database's failure means to whoever asked: it is away, busy or full.

Whether a commit that was cut off counts is not known, so the cure is the same each time: ask again, with the same
Idempotency-Key, and nothing is done twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from psycopg import Error as PostgresError
from psycopg import OperationalError as PostgresFailed
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from router.errors import Unavailable


class DatabaseAway(Unavailable):
    """The database cannot be reached, ended the connection, or cannot read or write its files."""

    code, title = "database-away", "The database does not answer"

    def __init__(self) -> None:
        super().__init__("the database does not answer now; ask again in a moment, with the same Idempotency-Key")


class DatabaseBusy(Unavailable):
    """Others kept the lock, the row or every connection for too long."""

    code, title = "database-busy", "The database is busy"

    def __init__(self) -> None:
        super().__init__("others kept the database busy for too long; nothing was changed, ask again")


class DatabaseFull(Unavailable):
    """There is no room left to write; what is there can still be read."""

    code, title = "database-full", "The database has no room left"

    def __init__(self) -> None:
        super().__init__("the database has no room left: nothing was changed, reading still works; make room for it")


_SQLITE: dict[int, Callable[[], Unavailable]] = {
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_IOERR: DatabaseAway,
    sqlite3.SQLITE_CANTOPEN: DatabaseAway,
    sqlite3.SQLITE_READONLY: DatabaseAway,
    sqlite3.SQLITE_PROTOCOL: DatabaseAway,
    sqlite3.SQLITE_NOMEM: DatabaseAway,
    sqlite3.SQLITE_CORRUPT: DatabaseAway,
    sqlite3.SQLITE_NOTADB: DatabaseAway,
}

_POSTGRES: dict[str, Callable[[], Unavailable]] = {
    "08": DatabaseAway,  # connection exception
    "25006": DatabaseAway,  # read-only: a standby was asked
    "40": DatabaseBusy,  # serialization failure, deadlock
    "40003": DatabaseAway,  # whether it was done is not known
    "53": DatabaseBusy,  # too many connections, no memory
    "53100": DatabaseFull,
    "55P03": DatabaseBusy,  # a lock was not to be had
    "57": DatabaseAway,  # shut down, crashed, starting up
    "57014": DatabaseBusy,  # the statement was cancelled
    "58": DatabaseAway,  # the server's own files
    "XX001": DatabaseAway,  # its data or its index is damaged
    "XX002": DatabaseAway,
}


Failure: TypeAlias = DBAPIError | NoConnectionLeft | sqlite3.Error | PostgresError
"""What a driver or the pool raises; a connection that is being made raises the driver's own."""


def outage(error: Failure) -> Unavailable | None:
    """The outage that a driver's error is; ``None`` where the statement is to blame, which is a bug."""
    if isinstance(error, NoConnectionLeft):
        return DatabaseBusy()
    cause = error.orig if isinstance(error, DBAPIError) else error
    kind: Callable[[], Unavailable] | None = None
    if isinstance(cause, sqlite3.Error):
        kind = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    elif isinstance(cause, PostgresError):
        state = cause.sqlstate or ""
        kind = _POSTGRES.get(state) or _POSTGRES.get(state[:2])
        if not state and isinstance(cause, PostgresFailed):
            kind = DatabaseAway  # the connection broke, so nobody was left to say why
    if kind is None and isinstance(error, DBAPIError) and error.connection_invalidated:
        kind = DatabaseAway
    return kind() if kind else None


@contextmanager
def told() -> Iterator[None]:
    """Raises ``DatabaseAway``, ``DatabaseBusy`` or ``DatabaseFull`` for what the driver raises in the block."""
    try:
        yield
    except (DBAPIError, NoConnectionLeft, sqlite3.Error, PostgresError) as error:
        known = outage(error)
        if known is None:
            raise
        raise known from error
