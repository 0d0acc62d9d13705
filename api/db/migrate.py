"""Brings a database to the newest tables."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from api.db.connect import Database
from api.db.tables import metadata


def upgrade(database: Database) -> None:
    """Creates what is missing."""
    with database.write() as db:
        metadata.create_all(db)


def is_current(db: Connection) -> bool:
    """Whether the database has the tables that this program knows."""
    return metadata.tables.keys() <= set(inspect(db).get_table_names())
