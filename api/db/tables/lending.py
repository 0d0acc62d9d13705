"""Contingency that sellers lend to drops, and every unit of it that changed hands."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from api.db.schema import Id, Instant, Money, metadata, tenant

ACCOUNTS = "('seller', 'drop', 'consumed')"

loans = Table(
    "loans",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("for_drop", Id, nullable=False),
    Column("hub", Id, nullable=False),
    Column("sku", Id, nullable=False),
    Column("seller", Id, nullable=False),
    Column("most", BigInteger, nullable=False),
    Column("unit_cost", Money, nullable=False),
    Column("lent", BigInteger, nullable=False),
    Column("consumed", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    ForeignKeyConstraint(["tenant", "hub", "sku"], ["stock.tenant", "stock.hub", "stock.sku"]),
    UniqueConstraint("tenant", "for_drop", "hub", "sku"),
    CheckConstraint("lent >= 0 AND consumed >= 0 AND lent + consumed <= most", name="most"),
    CheckConstraint("unit_cost >= 0", name="unit_cost"),
    CheckConstraint("ended_at IS NULL OR lent = 0", name="ended"),
    Index("ix_loans_cell", "tenant", "hub", "sku"),
)
"""``lent``: what the drop has now; ``consumed``: what went with its parcels; both together are within ``most``."""

entries = Table(
    "loan_entries",
    metadata,
    tenant(),
    Column("loan", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("debited", String(20), nullable=False),
    Column("credited", String(20), nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("reference", String(500)),
    Column("actor", Id, nullable=False),
    ForeignKeyConstraint(["tenant", "loan"], ["loans.tenant", "loans.id"]),
    CheckConstraint(f"debited IN {ACCOUNTS} AND credited IN {ACCOUNTS} AND debited <> credited", name="accounts"),
    CheckConstraint("units >= 1", name="units"),
)
"""One account gives what the other gets, so each entry, and the whole ledger, sums to zero. Rows are never changed."""
