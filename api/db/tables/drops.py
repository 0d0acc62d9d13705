"""Drops: their settings, and what of the registry they use."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table

from api.db.schema import Document, Id, Instant, metadata, tenant
from api.db.tables.registry import refers

drops = Table(
    "drops",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("title", Id),
    Column("settings", Document, nullable=False),
    Column("settings_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("revision >= 1", name="revision"),
    CheckConstraint("state IN ('open', 'closed', 'released', 'cancelled')", name="state"),
)


def _used(what: str, target: str) -> Table:
    """Which records of one kind a drop names: those cannot be deleted."""
    return Table(
        f"drop_{target}",
        metadata,
        tenant(),
        Column("drop", Id, primary_key=True),
        Column(what, Id, primary_key=True),
        ForeignKeyConstraint(["tenant", "drop"], ["drops.tenant", "drops.id"]),
        refers(what, target),
        Index(f"ix_drop_{target}_{what}", "tenant", what),
    )


drop_hubs = _used("hub", "hubs")
drop_couriers = _used("courier", "couriers")
drop_carriers = _used("carrier", "carriers")
