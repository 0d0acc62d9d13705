"""Stock by hub and SKU."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table

from api.db.schema import Id, Money, metadata, tenant
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
    Column("lent", BigInteger, nullable=False, server_default="0"),
    Column("contingency_cost", Money, nullable=False, server_default="0"),
    Column("bin", String(100)),
    Column("movements", Integer, nullable=False, server_default="0"),
    refers("hub", "hubs"),
    refers("sku", "skus"),
    CheckConstraint("reserved BETWEEN 0 AND on_hand", name="reserved"),
    CheckConstraint(f"on_hand <= {LARGEST}", name="on_hand"),
    CheckConstraint("lent BETWEEN 0 AND contingency", name="lent"),
    CheckConstraint(f"contingency <= {LARGEST}", name="contingency"),
    CheckConstraint(f"contingency_cost BETWEEN 0 AND {LARGEST}", name="contingency_cost"),
    Index("ix_stock_sku", "tenant", "sku", "hub"),
)
"""``on_hand`` counts the units that lie there, ``reserved`` those of them that are promised; ``contingency`` those that
lie beside, ``lent`` those of them that a drop has borrowed. ``movements`` is how many have changed the row."""
