"""Brings a database to the tables of this version, or of an earlier one, in one transaction: wholly or not at all.

Processes that start at once wait for each other: SQLite has one writer, PostgreSQL a lock that is kept for this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from api.db.connect import Database
from api.db.outage import told
from router.errors import Conflict, NotFound

HISTORY = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"
EMPTY = "base"
"""The revision of a database without tables."""

_LOCK = 0x64726F70  # "drop"


class UnknownTables(Conflict):
    """The database has tables that no revision known here has made."""

    code, title = "unknown-tables", "The tables are not of this version"

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database has {found}; install the newer Dropwright that made them, or name another database"
        )


class NoRevision(NotFound):
    """The history has no such revision."""

    code, title = "no-revision", "There is no such revision of the tables"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no revision {name!r}; there are {', '.join((EMPTY, *known))}")


def upgrade(database: Database) -> None:
    """Brings the database to the newest revision. Raises ``UnknownTables``."""
    with database.read() as db:
        if is_current(db):
            return
    move(database, newest())


def move(database: Database, to: str, *, history: Path = HISTORY) -> None:
    """Brings the database to the revision ``to``, be it newer or older; what an older one lacks is lost.

    Raises ``NoRevision``, ``UnknownTables``.
    """
    scripts = ScriptDirectory(history)
    known = revisions(history)
    if to not in (EMPTY, *known):
        raise NoRevision(to, known)
    with _alone(database) as db:
        at = _known_revision(db, known)
        down = to == EMPTY or (at in known and known.index(to) < known.index(at))
        steps = scripts._downgrade_revs if down else scripts._upgrade_revs
        with EnvironmentContext(Config(), scripts, fn=lambda _at, _context: steps(to, at)) as running:
            running.configure(connection=db)
            running.run_migrations()
        if database.is_sqlite and (broken := db.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise RuntimeError(f"revision {to} leaves rows of {broken[0]} that name what is not there")


def revisions(history: Path = HISTORY) -> tuple[str, ...]:
    """Every revision there is, oldest first."""
    return tuple(each.revision for each in ScriptDirectory(history).walk_revisions())[::-1]


@cache
def newest() -> str:
    """The revision that this program works with."""
    return revisions()[-1]


def revision_of(db: Connection) -> str | None:
    """The revision of the database's tables; ``None`` where it has none yet."""
    return MigrationContext.configure(db).get_current_revision()


def is_current(db: Connection) -> bool:
    """Whether the database has the tables that this program knows."""
    return revision_of(db) == newest()


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction beside which nobody else changes tables. SQLite may rebuild some, so keys are looked at last."""
    with told(), database.writing.connect() as db:
        if database.is_sqlite:
            db.detach()  # closed afterwards: no request may get a connection that does not look at keys
            db.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with db.begin():
            if not database.is_sqlite:
                db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield db


def _known_revision(db: Connection, known: tuple[str, ...]) -> str:
    at = revision_of(db)
    if at is None:
        others = sorted(set(inspect(db).get_table_names()) - {VERSION_TABLE})
        if others:
            raise UnknownTables(f"tables of another program or of before there were revisions, such as {others[0]}")
        return EMPTY
    if at not in known:
        raise UnknownTables(f"tables of revision {at}")
    return at
