"""Stock by hub and SKU, and every change of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, String, Table

from api.db.schema import Id, Instant, Money, metadata, tenant
from api.db.tables.registry import refers
from router.model import LARGEST

stock = Table(
    "stock",
    metadata,
    tenant(),
    Column("hub", Id, primary_key=True),
    Column("sku", Id, primary_key=True),
    Column("on_hand", BigInteger, nullable=False, server_default="0"),
    Column("reserved", BigInteger, nullable=False, server_default="0"),
    Column("contingency", BigInteger, nullable=False, server_default="0"),
    Column("contingency_cost", Money, nullable=False, server_default="0"),
    Column("bin", String(100)),
    Column("movements", Integer, nullable=False, server_default="0"),
    refers("hub", "hubs"),
    refers("sku", "skus"),
    CheckConstraint("reserved BETWEEN 0 AND on_hand", name="reserved"),
    CheckConstraint(f"on_hand <= {LARGEST}", name="on_hand"),
    CheckConstraint(f"contingency BETWEEN 0 AND {LARGEST}", name="contingency"),
    CheckConstraint(f"contingency_cost BETWEEN 0 AND {LARGEST}", name="contingency_cost"),
    Index("ix_stock_sku", "tenant", "sku", "hub"),
)
"""``on_hand`` counts the units that lie there, ``reserved`` those of them that are promised, ``contingency`` those that
lie beside them. ``movements`` is how many have changed the row."""

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
