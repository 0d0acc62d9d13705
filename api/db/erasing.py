"""What was deleted is to be gone from the files too. Dialects differ in where it stays.

SQLite overwrites what is deleted (``secure_delete``), and its log is emptied here. PostgreSQL keeps deleted rows until
it vacuums.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from api.db.connect import Database
from api.db.outage import DatabaseBusy, told

PERSONAL = ("recipients", "trip_files", "idempotency")
"""Tables of which something personal is deleted."""

_LOCK = 0x70757267  # "purg"


def alone(db: Connection) -> None:
    """Waits until nobody else purges, and lets nobody until this transaction ends. SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def erase(store: Database, *, thorough: bool) -> None:
    """Takes what was deleted out of the database's files. Raises ``DatabaseBusy`` where somebody reads on and on.

    ``thorough`` writes the tables anew, which gives their room back and keeps others from writing meanwhile.
    """
    with told():
        if store.is_sqlite:
            _empty_log(store, thorough)
        else:
            engine = store.writing.execution_options(isolation_level="AUTOCOMMIT")
            with engine.connect() as db:
                db.exec_driver_sql(f"VACUUM {'(FULL) ' if thorough else ''}{', '.join(PERSONAL)}")


def _empty_log(store: Database, thorough: bool) -> None:
    with store.writing.connect() as db:
        cursor = db.connection.cursor()  # outside of any transaction, which none of our own connections is
        if thorough:
            cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (busy, _, _) = cursor.fetchall()[0]
    if busy:
        raise DatabaseBusy
