"""What a released plan hands to partners: pick lists and trips, each with its files, whole."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from api.db.schema import Id, Instant, metadata, tenant


def _files(name: str, owners: str) -> Table:
    """Whole files in each format of what a row of ``owners`` is."""
    return Table(
        name,
        metadata,
        tenant(),
        Column("of", Id, primary_key=True),
        Column("format", String(20), primary_key=True),
        Column("content", LargeBinary, nullable=False),
        Column("sha256", String(64), nullable=False),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        ForeignKeyConstraint(["tenant", "of"], [f"{owners}.tenant", f"{owners}.id"]),
    )


pick_lists = Table(
    "pick_lists",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("drop", Id, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("hub", Id, nullable=False),
    Column("partner", Id, nullable=False),
    Column("wave", Id, nullable=False),
    Column("start_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("leaves_at", Instant, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("released_at", Instant, nullable=False),
    Column("superseded_at", Instant),
    CheckConstraint("lines > 0 AND units >= lines", name="something_to_pick"),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    UniqueConstraint("tenant", "drop", "plan_version", "hub", "wave"),
    Index("ix_pick_lists_urgency", "tenant", "due_at", "leaves_at", "id"),
    Index("ix_pick_lists_partner", "tenant", "partner", "due_at", "leaves_at", "id"),
)

pick_list_files = _files("pick_list_files", "pick_lists")

trips = Table(
    "trips",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("drop", Id, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("trip", Id, nullable=False),
    Column("courier", Id, nullable=False),
    Column("partner", Id, nullable=False),
    Column("hub", Id, nullable=False),
    Column("load_at", Instant, nullable=False),
    Column("depart_at", Instant, nullable=False),
    Column("return_to", Id, nullable=False),
    Column("return_at", Instant, nullable=False),
    Column("stops", BigInteger, nullable=False),
    Column("parcels", BigInteger, nullable=False),
    Column("metres", BigInteger, nullable=False),
    Column("released_at", Instant, nullable=False),
    Column("superseded_at", Instant),
    CheckConstraint("stops > 0 AND parcels >= stops", name="something_to_carry"),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    UniqueConstraint("tenant", "drop", "plan_version", "trip"),
    Index("ix_trips_load_at", "tenant", "load_at", "id"),
    Index("ix_trips_partner", "tenant", "partner", "load_at", "id"),
)

trip_files = _files("trip_files", "trips")
