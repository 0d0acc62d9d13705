"""Answers to requests that carried an Idempotency-Key, kept in the transaction of what they did."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from api.db.schema import Document, Id, Instant, metadata, tenant

idempotency = Table(
    "idempotency",
    metadata,
    tenant(),
    Column("actor", Id, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_sha256", String(64), nullable=False),
    Column("status", Integer),
    Column("headers", Document),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Index("ix_idempotency_created_at", "created_at"),
)
