"""What contracts stand on: their published versions, and the append-only log of what happened."""

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
    false,
    text,
)

from api.db.schema import Document, Id, Instant, metadata, tenant

sla_events = Table(
    "sla_events",
    metadata,
    tenant(),
    Column("source", String(500), primary_key=True),
    Column("id", String(500), primary_key=True),
    Column("type", String(100), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("order", Id),
    Column("hub", Id),
    Column("courier", Id),
    Column("time", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("skewed", Boolean, nullable=False),
    Column("general", Boolean, nullable=False, server_default=false()),
    Column("corrects_source", String(500)),
    Column("corrects_id", String(500)),
    Column("content_sha256", String(64), nullable=False),
    Column("document", Document, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("length(content_sha256) = 64", name="content_sha256"),
    Index("ix_sla_events_time", "tenant", "time", "source", "id"),
    Index("ix_sla_events_order", "tenant", "order", "time"),
    Index("ix_sla_events_subject", "tenant", "subject"),
    Index(
        "ix_sla_events_general",
        "tenant",
        "general",
        sqlite_where=text("general = 1"),
        postgresql_where=text("general"),
    ),
    Index(
        "ix_sla_events_corrects",
        "tenant",
        "corrects_source",
        "corrects_id",
        sqlite_where=text("corrects_id IS NOT NULL"),
        postgresql_where=text("corrects_id IS NOT NULL"),
    ),
)
"""CloudEvents as they came, with the time of arrival as ``recordedtime``. Rows are never changed. ``skewed``: it says
that it happened more than five minutes after it arrived. ``general``: it may concern orders that it does not name."""

sla_touched = Table(
    "sla_touched",
    metadata,
    tenant(),
    Column("order", Id, primary_key=True),
    Column("position", BigInteger, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    Index("ix_sla_touched_position", "tenant", "position"),
)
"""When the log last grew by something about an order, in the order of commits (``tenants.touched``). The row of the
order ``""`` is about all orders."""

contracts = Table(
    "contracts",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", String(300)),
    Column("from_on", String(10)),
    Column("to_on", String(10)),
    Column("sha256", String(64), nullable=False),
    Column("document", Document, nullable=False),
    Column("published_by", Id, nullable=False),
    Column("published_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("version >= 1", name="version"),
)
"""A published version never changes: a change is a new version."""
