"""Where events are sent, with which secrets, and what became of each."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from api.db.schema import Document, Id, Instant, metadata, tenant

webhooks = Table(
    "webhooks",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("partner", Id),
    Column("url", String(2000), nullable=False),
    Column("types", Document),
    Column("description", String(500)),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_reason", String(20)),
    Column("revision", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("sent_through", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("paused_until", Instant),
    Column("lease_until", Instant),
    Column("token", BigInteger, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("enabled = (disabled_reason IS NULL)", name="disabled_reason"),
)
"""``sent_through``: up to which position every event was tried once. ``failures``: batches in a row that failed whole.
``token`` grows with each lease: who holds an older one writes nothing any more; ``lease_until`` is when the last one
ended or will."""

secrets = Table(
    "webhook_secrets",
    metadata,
    tenant(),
    Column("webhook", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Instant),
    ForeignKeyConstraint(["tenant", "webhook"], ["webhooks.tenant", "webhooks.id"]),
)
"""The secrets that sign, encrypted. The one that does not expire is the newest."""

deliveries = Table(
    "webhook_deliveries",
    metadata,
    tenant(),
    Column("webhook", Id, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event", Id, nullable=False),
    Column("type", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("next_at", Instant),
    Column("status", Integer),
    Column("reason", String(50)),
    ForeignKeyConstraint(["tenant", "webhook"], ["webhooks.tenant", "webhooks.id"]),
    CheckConstraint("state IN ('delivered', 'waiting', 'dead')", name="state"),
    CheckConstraint("(state = 'waiting') = (next_at IS NOT NULL)", name="next_at"),
    Index("ix_webhook_deliveries_next_at", "tenant", "webhook", "state", "next_at"),
)
"""A row for each event that was tried; those to come are only counted by ``sent_through``."""
