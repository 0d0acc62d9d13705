"""Holds: stock that is kept for a drop or a checkout until an instant."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table

from api.db.schema import Document, Id, Instant, metadata, tenant

holds = Table(
    "holds",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("for_drop", Id),
    Column("for_checkout", Id),
    Column("state", String(20), nullable=False),
    Column("lines", Document, nullable=False),
    Column("units", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("state IN ('held', 'released', 'converted')", name="state"),
    CheckConstraint("(for_drop IS NULL) <> (for_checkout IS NULL)", name="for_one"),
    Index("ix_holds_created_at", "tenant", "created_at", "id"),
    Index("ix_holds_for_drop", "tenant", "for_drop", "created_at", "id"),
    Index("ix_holds_for_checkout", "tenant", "for_checkout", "created_at", "id"),
)
"""``lines`` is what was asked for, ``units`` where it was found. A hold whose ``expires_at`` has come is over, though
its state still says ``held``."""

held_units = Table(
    "held_units",
    metadata,
    tenant(),
    Column("hold", Id, primary_key=True),
    Column("hub", Id, primary_key=True),
    Column("sku", Id, primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant", "hold"], ["holds.tenant", "holds.id"]),
    ForeignKeyConstraint(["tenant", "hub", "sku"], ["stock.tenant", "stock.hub", "stock.sku"]),
    CheckConstraint("units >= 1", name="units"),
    Index("ix_held_units_expires_at", "tenant", "sku", "hub", "expires_at"),
)
"""What of ``stock.reserved`` is a hold's, as long as it is."""
