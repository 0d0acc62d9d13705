"""The registry: what a marketplace sells, and who keeps, carries and collects it. A table for each kind, made alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, String, Table

from api.db.schema import Document, Id, Instant, metadata, tenant


def _kind(name: str, *more: Any) -> Table:
    """The table of one kind: its records as they were given, each with its revision."""
    return Table(
        name,
        metadata,
        tenant(),
        Column("id", Id, primary_key=True),
        Column("revision", BigInteger, nullable=False),
        Column("document", Document, nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
        *more,
        ForeignKeyConstraint(["tenant"], ["tenants.id"]),
        CheckConstraint("revision >= 1", name="revision"),
    )


def _of_partner() -> tuple[Column[str], Index]:
    """The column of whoever runs it, for what operators may see."""
    partner: Column[str] = Column("partner", Id, nullable=False)
    return partner, Index(None, "tenant", partner)


def refers(column: str, target: str) -> ForeignKeyConstraint:
    """``column`` names a row of ``target`` of the same marketplace, which cannot be deleted as long as it does."""
    return ForeignKeyConstraint(["tenant", column], [f"{target}.tenant", f"{target}.id"])


articles = Table(
    "articles",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("kind", String(10), nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("kind IN ('sku', 'bundle')", name="kind"),
)
"""What an order line may name. One table for both kinds, so that no name is a SKU and a bundle."""

skus = _kind("skus", refers("id", "articles"))

bundles = _kind("bundles", refers("id", "articles"))

components = Table(
    "bundle_components",
    metadata,
    tenant(),
    Column("bundle", Id, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("sku", Id, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    refers("bundle", "bundles"),
    refers("sku", "skus"),
    CheckConstraint("quantity >= 1", name="quantity"),
    Index("ix_bundle_components_sku", "tenant", "sku"),
)

hubs = _kind("hubs", *_of_partner())

couriers = _kind("couriers", *_of_partner())

courier_hubs = Table(
    "courier_hubs",
    metadata,
    tenant(),
    Column("courier", Id, primary_key=True),
    Column("hub", Id, primary_key=True),
    refers("courier", "couriers"),
    refers("hub", "hubs"),
    Index("ix_courier_hubs_hub", "tenant", "hub"),
)
"""Where a courier may load: its home and its other hubs."""

carriers = _kind("carriers", *_of_partner())
