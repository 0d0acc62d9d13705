"""Who may come in: marketplaces (tenants), people, API keys and sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table

from api.db.schema import Id, Instant, metadata, tenant

ROLES = ("engineer", "hub", "courier", "manager", "auditor")
_ROLE = "role IN ('engineer', 'hub', 'courier', 'manager', 'auditor')"
_PARTNER = "(role IN ('hub', 'courier')) = (partner IS NOT NULL)"

tenants = Table(
    "tenants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_event", BigInteger, nullable=False, server_default="0"),
    Column("audited", BigInteger, nullable=False, server_default="0"),
    Column("audit_sha256", String(64), nullable=False, server_default=""),
    Column("touched", BigInteger, nullable=False, server_default="0"),
    Column("judgements", BigInteger, nullable=False, server_default="0"),
)

users = Table(
    "users",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("partner", Id),
    Column("password_hash", String(200)),
    Column("issuer", String(500)),
    Column("subject", String(500)),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    CheckConstraint(_ROLE, name="role"),
    CheckConstraint(_PARTNER, name="partner"),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    Index("ux_users_issuer_subject", "issuer", "subject", unique=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    tenant(),
    Column("id", Id, primary_key=True),
    Column("prefix", String(16), nullable=False, unique=True),
    Column("secret_sha256", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("partner", Id),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    CheckConstraint(_ROLE, name="role"),
    CheckConstraint(_PARTNER, name="partner"),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("user", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_sessions_user", "tenant", "user"),
    ForeignKeyConstraint(["tenant", "user"], ["users.tenant", "users.id"]),
)
