"""What happened, in the order in which it was committed: the outbox, the feed and the source of webhooks in one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, String, Table

from api.db.schema import Document, Id, Instant, metadata, tenant

events = Table(
    "events",
    metadata,
    tenant(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False, unique=True),
    Column("type", String(100), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("time", Instant, nullable=False),
    Column("data", Document, nullable=False),
    Column("partner", Id),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    Index("ix_events_partner", "tenant", "partner", "position"),
)
