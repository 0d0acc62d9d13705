"""Every change of stock."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, String, Table

from api.db.schema import Id, Instant, metadata, tenant

movements = Table(
    "stock_movements",
    metadata,
    tenant(),
    Column("hub", Id, primary_key=True),
    Column("sku", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("pool", String(20), nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("left", BigInteger, nullable=False),
    Column("reason", String(50), nullable=False),
    Column("reference", String(500)),
    Column("actor", Id, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("pool IN ('stock', 'contingency')", name="pool"),
    Index("ix_stock_movements_at", "tenant", "at", "hub", "sku", "number"),
)
"""Numbered within a hub and SKU without a gap; ``left`` is what the pool held after it. Rows are never changed."""
