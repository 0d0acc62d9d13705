"""Orders of a drop, what they have reserved, whom they go to, and how much there is of them in all."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
)

from api.db.schema import Document, Id, Instant, metadata, tenant
from api.db.tables.registry import refers


def _of_order() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "drop", "order"], ["orders.tenant", "orders.drop", "orders.id"])


orders = Table(
    "orders",
    metadata,
    tenant(),
    Column("drop", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("stock", String(20), nullable=False),
    Column("tier", Id, nullable=False),
    Column("cleared_at", Instant),
    Column("document", Document, nullable=False),
    Column("on_hold", Boolean, nullable=False),
    Column("posted_cleared_at", Instant),
    Column("hold", Id),
    Column("has_recipient", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant", "drop"], ["drops.tenant", "drops.id"]),
    CheckConstraint("revision >= 1", name="revision"),
    CheckConstraint("state IN ('held', 'cleared', 'cancelled')", name="state"),
    CheckConstraint("stock IN ('reserved', 'short', 'taken', 'none')", name="stock"),
    CheckConstraint("(state = 'cancelled') = (stock = 'none')", name="cancelled"),
    Index("ix_orders_state", "tenant", "drop", "state", "id"),
)
"""``document`` is the order as a drop has it, without ``cleared_at``. ``on_hold``, ``posted_cleared_at`` and ``hold``
are as it was posted, to know it when it is posted again; ``has_recipient`` outlives the recipient's data."""

order_lines = Table(
    "order_lines",
    metadata,
    tenant(),
    Column("drop", Id, primary_key=True),
    Column("order", Id, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("sku", Id, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    _of_order(),
    refers("sku", "articles"),
    CheckConstraint("quantity >= 1", name="quantity"),
    Index("ix_order_lines_sku", "tenant", "sku"),
)
"""What the lines of orders name: SKUs and bundles that cannot be deleted as long as they do."""

order_units = Table(
    "order_units",
    metadata,
    tenant(),
    Column("drop", Id, primary_key=True),
    Column("order", Id, primary_key=True),
    Column("hub", Id, primary_key=True),
    Column("sku", Id, primary_key=True),
    Column("units", BigInteger, nullable=False),
    _of_order(),
    ForeignKeyConstraint(["tenant", "hub", "sku"], ["stock.tenant", "stock.hub", "stock.sku"]),
    CheckConstraint("units >= 1", name="units"),
    Index("ix_order_units_cell", "tenant", "hub", "sku"),
)
"""What of ``stock.reserved`` is an order's: bundles taken apart, all of its lines or none; where parcels of it were
withdrawn, what these had of the stock that was not lent."""

recipients = Table(
    "recipients",
    metadata,
    tenant(),
    Column("drop", Id, primary_key=True),
    Column("order", Id, primary_key=True),
    Column("name", String(500)),
    Column("phone", String(500)),
    Column("address", String(2000)),
    Column("note", String(2000)),
    _of_order(),
)
"""Personal data, apart from everything else so that it can be purged by itself."""

order_sums = Table(
    "order_sums",
    metadata,
    tenant(),
    Column("drop", Id, primary_key=True),
    Column("hub", Id, primary_key=True),
    Column("tier", Id, primary_key=True),
    Column("parcels", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("service_seconds", BigInteger, nullable=False),
    Column("lat", BigInteger, nullable=False),
    Column("lon", BigInteger, nullable=False),
    Column("lat_squared", BigInteger, nullable=False),
    Column("lon_squared", BigInteger, nullable=False),
    ForeignKeyConstraint(["tenant", "drop"], ["drops.tenant", "drops.id"]),
    CheckConstraint("parcels >= 0", name="parcels"),
    CheckConstraint("lines >= 0", name="lines"),
)
"""What the cleared orders of a drop need of a hub by their reservations, tier by tier: kept with them, never counted
anew. ``lat`` and ``lon`` are sums over the doors in ten-thousandths of a degree, and of their squares."""
