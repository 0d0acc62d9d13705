"""Brings a database to the newest tables."""

from __future__ import annotations

from api.db.connect import Database
from api.db.tables import metadata


def upgrade(database: Database) -> None:
    """Creates what is missing."""
    with database.write() as db:
        metadata.create_all(db)
