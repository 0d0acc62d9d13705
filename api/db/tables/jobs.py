"""Durable jobs: what is to be done, who does it until when, and how it ended."""

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
    text,
)

from api.db.schema import Document, Id, Instant, metadata, tenant

_ACTIVE = text("state IN ('queued', 'running')")

jobs = Table(
    "jobs",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("kind", String(50), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("slot", String(500)),
    Column("state", String(20), nullable=False),
    Column("payload", Document, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("worker", String(200)),
    Column("lease_until", Instant),
    Column("not_before", Instant, nullable=False),
    Column("cancel_wanted", Boolean, nullable=False),
    Column("progress", Document),
    Column("result", Document),
    Column("reason", String(100)),
    Column("detail", String(2000)),
    Column("created_by", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'dead', 'cancelled')", name="state"),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="leased"),
    CheckConstraint("(state IN ('queued', 'running')) = (ended_at IS NULL)", name="ended"),
    Index("ux_jobs_slot", "tenant", "slot", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    Index("ix_jobs_waiting", "state", "not_before"),
    Index("ix_jobs_created_at", "tenant", "created_at", "id"),
)
"""``token`` grows with each lease: who holds an older one writes nothing any more. ``slot``: of all jobs with the same
one, one alone may be queued or running."""
