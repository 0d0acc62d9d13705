"""Plans of drops, their documents whole under their hashes, and what a person decided beside the solver."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Integer, LargeBinary, String, Table

from api.db.schema import Document, Id, Instant, Money, metadata, tenant

documents = Table(
    "documents",
    metadata,
    tenant(),
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    CheckConstraint("length(sha256) = 64", name="sha256"),
)
"""Canonical JSON, compressed with zlib; ``sha256`` is of the JSON."""


def _document(column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", column], ["documents.tenant", "documents.sha256"])


plans = Table(
    "plans",
    metadata,
    tenant(),
    Column("drop", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", String(20), nullable=False),
    Column("job", Id, nullable=False),
    Column("engine", String(50), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("cost", Money, nullable=False),
    Column("lower_bound", Money),
    Column("currency", String(3), nullable=False),
    Column("orders", Integer, nullable=False),
    Column("unserved", Integer, nullable=False),
    Column("trips", Integer, nullable=False),
    Column("instead_of", Document),
    Column("asked_sha256", String(64), nullable=False),
    Column("drop_sha256", String(64), nullable=False),
    Column("plan_sha256", String(64), nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("released_by", Id),
    Column("released_at", Instant),
    ForeignKeyConstraint(["tenant", "drop"], ["drops.tenant", "drops.id"]),
    _document("asked_sha256"),
    _document("drop_sha256"),
    _document("plan_sha256"),
    CheckConstraint("state IN ('draft', 'superseded', 'released')", name="state"),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint("(state = 'released') = (released_at IS NOT NULL)", name="released"),
)
"""``asked_sha256``: the drop as it stood, ``drop_sha256``: the one that was planned, which differs for road travel."""

overrides = Table(
    "overrides",
    metadata,
    tenant(),
    Column("drop", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("order", Id),
    Column("hub", Id),
    Column("courier", Id),
    Column("reason", String(500)),
    Column("created_by", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant", "drop"], ["drops.tenant", "drops.id"]),
    CheckConstraint("kind IN ('pin-order', 'forbid-courier')", name="kind"),
)
