"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "actor", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_event", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("audited", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("audit_sha256", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
    )
    op.create_table(
        "api_keys",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(role IN ('hub', 'courier')) = (partner IS NOT NULL)", name=op.f("ck_api_keys_partner")),
        sa.CheckConstraint(
            "role IN ('engineer', 'hub', 'courier', 'manager', 'auditor')", name=op.f("ck_api_keys_role")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_api_keys_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_table(
        "articles",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.CheckConstraint("kind IN ('sku', 'bundle')", name=op.f("ck_articles_kind")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_articles_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_articles")),
    )
    op.create_table(
        "audit",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=1000), nullable=True),
        sa.Column("request", sa.String(length=32), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_audit_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "number", name=op.f("pk_audit")),
    )
    guards = {
        "sqlite": (
            "CREATE TRIGGER audit_no_update BEFORE update ON audit BEGIN SELECT RAISE(ABORT, 'the audit log can only be added to'); END",
            "CREATE TRIGGER audit_no_delete BEFORE delete ON audit BEGIN SELECT RAISE(ABORT, 'the audit log can only be added to'); END",
        ),
        "postgresql": (
            "CREATE OR REPLACE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the audit log can only be added to'; END $$",
            "CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()",
        ),
    }
    for each in guards[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(each)
    op.create_table(
        "carriers",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_carriers_revision")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_carriers_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_carriers")),
    )
    op.create_index(op.f("ix_carriers_tenant_partner"), "carriers", ["tenant", "partner"], unique=False)
    op.create_table(
        "contracts",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("from_on", sa.String(length=10), nullable=True),
        sa.Column("to_on", sa.String(length=10), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_contracts_version")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_contracts_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", "version", name=op.f("pk_contracts")),
    )
    op.create_table(
        "couriers",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_couriers_revision")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_couriers_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_couriers")),
    )
    op.create_index(op.f("ix_couriers_tenant_partner"), "couriers", ["tenant", "partner"], unique=False)
    op.create_table(
        "documents",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_documents_sha256")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_documents_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "sha256", name=op.f("pk_documents")),
    )
    op.create_table(
        "drops",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("settings_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed', 'released', 'cancelled')", name=op.f("ck_drops_state")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_drops_revision")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_drops_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_drops")),
    )
    op.create_table(
        "events",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_events_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "position", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    op.create_index("ix_events_partner", "events", ["tenant", "partner", "position"], unique=False)
    op.create_table(
        "holds",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("for_drop", sa.String(length=200), nullable=True),
        sa.Column("for_checkout", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('held', 'released', 'converted')", name=op.f("ck_holds_state")),
        sa.CheckConstraint("(for_drop IS NULL) <> (for_checkout IS NULL)", name=op.f("ck_holds_for_one")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_holds_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_created_at", "holds", ["tenant", "created_at", "id"], unique=False)
    op.create_index("ix_holds_for_checkout", "holds", ["tenant", "for_checkout", "created_at", "id"], unique=False)
    op.create_index("ix_holds_for_drop", "holds", ["tenant", "for_drop", "created_at", "id"], unique=False)
    op.create_table(
        "hubs",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_hubs_revision")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_hubs_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_hubs")),
    )
    op.create_index(op.f("ix_hubs_tenant_partner"), "hubs", ["tenant", "partner"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("slot", sa.String(length=500), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancel_wanted", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("detail", sa.String(length=2000), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_jobs_leased")),
        sa.CheckConstraint("(state IN ('queued', 'running')) = (ended_at IS NULL)", name=op.f("ck_jobs_ended")),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'dead', 'cancelled')", name=op.f("ck_jobs_state")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_jobs_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["tenant", "created_at", "id"], unique=False)
    op.create_index("ix_jobs_waiting", "jobs", ["state", "not_before"], unique=False)
    op.create_index(
        "ux_jobs_slot",
        "jobs",
        ["tenant", "slot"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "pick_lists",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=False),
        sa.Column("wave", sa.String(length=200), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("lines > 0 AND units >= lines", name=op.f("ck_pick_lists_something_to_pick")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_pick_lists_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_pick_lists")),
        sa.UniqueConstraint(
            "tenant",
            "drop",
            "plan_version",
            "hub",
            "wave",
            name=op.f("uq_pick_lists_tenant_drop_plan_version_hub_wave"),
        ),
    )
    op.create_index(
        "ix_pick_lists_partner", "pick_lists", ["tenant", "partner", "due_at", "leaves_at", "id"], unique=False
    )
    op.create_index("ix_pick_lists_urgency", "pick_lists", ["tenant", "due_at", "leaves_at", "id"], unique=False)
    op.create_table(
        "sla_events",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("id", sa.String(length=500), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("order", sa.String(length=200), nullable=True),
        sa.Column("hub", sa.String(length=200), nullable=True),
        sa.Column("courier", sa.String(length=200), nullable=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skewed", sa.Boolean(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.CheckConstraint("length(content_sha256) = 64", name=op.f("ck_sla_events_content_sha256")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_sla_events_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "source", "id", name=op.f("pk_sla_events")),
    )
    op.create_index("ix_sla_events_order", "sla_events", ["tenant", "order", "time"], unique=False)
    op.create_index("ix_sla_events_subject", "sla_events", ["tenant", "subject"], unique=False)
    op.create_index("ix_sla_events_time", "sla_events", ["tenant", "time", "source", "id"], unique=False)
    op.create_table(
        "stock_movements",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pool", sa.String(length=20), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=False),
        sa.Column("reference", sa.String(length=500), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.CheckConstraint("pool IN ('stock', 'contingency')", name=op.f("ck_stock_movements_pool")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_stock_movements_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "hub", "sku", "number", name=op.f("pk_stock_movements")),
    )
    op.create_index("ix_stock_movements_at", "stock_movements", ["tenant", "at", "hub", "sku", "number"], unique=False)
    op.create_table(
        "trips",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("trip", sa.String(length=200), nullable=False),
        sa.Column("courier", sa.String(length=200), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("load_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("depart_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("return_to", sa.String(length=200), nullable=False),
        sa.Column("return_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stops", sa.BigInteger(), nullable=False),
        sa.Column("parcels", sa.BigInteger(), nullable=False),
        sa.Column("metres", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("stops > 0 AND parcels >= stops", name=op.f("ck_trips_something_to_carry")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_trips_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_trips")),
        sa.UniqueConstraint(
            "tenant", "drop", "plan_version", "trip", name=op.f("uq_trips_tenant_drop_plan_version_trip")
        ),
    )
    op.create_index("ix_trips_load_at", "trips", ["tenant", "load_at", "id"], unique=False)
    op.create_index("ix_trips_partner", "trips", ["tenant", "partner", "load_at", "id"], unique=False)
    op.create_table(
        "users",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("issuer", sa.String(length=500), nullable=True),
        sa.Column("subject", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(role IN ('hub', 'courier')) = (partner IS NOT NULL)", name=op.f("ck_users_partner")),
        sa.CheckConstraint("role IN ('engineer', 'hub', 'courier', 'manager', 'auditor')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_users_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index("ux_users_issuer_subject", "users", ["issuer", "subject"], unique=True)
    op.create_table(
        "webhooks",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("types", sa.Text(), nullable=True),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(length=20), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_through", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("enabled = (disabled_reason IS NULL)", name=op.f("ck_webhooks_disabled_reason")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_webhooks_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "bundles",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_bundles_revision")),
        sa.ForeignKeyConstraint(
            ["tenant", "id"], ["articles.tenant", "articles.id"], name=op.f("fk_bundles_tenant_id_articles")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_bundles_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_bundles")),
    )
    op.create_table(
        "courier_hubs",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("courier", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "courier"],
            ["couriers.tenant", "couriers.id"],
            name=op.f("fk_courier_hubs_tenant_courier_couriers"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "hub"], ["hubs.tenant", "hubs.id"], name=op.f("fk_courier_hubs_tenant_hub_hubs")
        ),
        sa.PrimaryKeyConstraint("tenant", "courier", "hub", name=op.f("pk_courier_hubs")),
    )
    op.create_index("ix_courier_hubs_hub", "courier_hubs", ["tenant", "hub"], unique=False)
    op.create_table(
        "drop_carriers",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("carrier", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "carrier"],
            ["carriers.tenant", "carriers.id"],
            name=op.f("fk_drop_carriers_tenant_carrier_carriers"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "drop"], ["drops.tenant", "drops.id"], name=op.f("fk_drop_carriers_tenant_drop_drops")
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "carrier", name=op.f("pk_drop_carriers")),
    )
    op.create_index("ix_drop_carriers_carrier", "drop_carriers", ["tenant", "carrier"], unique=False)
    op.create_table(
        "drop_couriers",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("courier", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "courier"],
            ["couriers.tenant", "couriers.id"],
            name=op.f("fk_drop_couriers_tenant_courier_couriers"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "drop"], ["drops.tenant", "drops.id"], name=op.f("fk_drop_couriers_tenant_drop_drops")
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "courier", name=op.f("pk_drop_couriers")),
    )
    op.create_index("ix_drop_couriers_courier", "drop_couriers", ["tenant", "courier"], unique=False)
    op.create_table(
        "drop_hubs",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "drop"], ["drops.tenant", "drops.id"], name=op.f("fk_drop_hubs_tenant_drop_drops")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "hub"], ["hubs.tenant", "hubs.id"], name=op.f("fk_drop_hubs_tenant_hub_hubs")
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "hub", name=op.f("pk_drop_hubs")),
    )
    op.create_index("ix_drop_hubs_hub", "drop_hubs", ["tenant", "hub"], unique=False)
    op.create_table(
        "order_sums",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("tier", sa.String(length=200), nullable=False),
        sa.Column("parcels", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("service_seconds", sa.BigInteger(), nullable=False),
        sa.Column("lat", sa.BigInteger(), nullable=False),
        sa.Column("lon", sa.BigInteger(), nullable=False),
        sa.Column("lat_squared", sa.BigInteger(), nullable=False),
        sa.Column("lon_squared", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("lines >= 0", name=op.f("ck_order_sums_lines")),
        sa.CheckConstraint("parcels >= 0", name=op.f("ck_order_sums_parcels")),
        sa.ForeignKeyConstraint(
            ["tenant", "drop"], ["drops.tenant", "drops.id"], name=op.f("fk_order_sums_tenant_drop_drops")
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "hub", "tier", name=op.f("pk_order_sums")),
    )
    op.create_table(
        "orders",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("stock", sa.String(length=20), nullable=False),
        sa.Column("tier", sa.String(length=200), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("posted_cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold", sa.String(length=200), nullable=True),
        sa.Column("has_recipient", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'cancelled') = (stock = 'none')", name=op.f("ck_orders_cancelled")),
        sa.CheckConstraint("state IN ('held', 'cleared', 'cancelled')", name=op.f("ck_orders_state")),
        sa.CheckConstraint("stock IN ('reserved', 'short', 'taken', 'none')", name=op.f("ck_orders_stock")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_orders_revision")),
        sa.ForeignKeyConstraint(
            ["tenant", "drop"], ["drops.tenant", "drops.id"], name=op.f("fk_orders_tenant_drop_drops")
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_state", "orders", ["tenant", "drop", "state", "id"], unique=False)
    op.create_table(
        "overrides",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order", sa.String(length=200), nullable=True),
        sa.Column("hub", sa.String(length=200), nullable=True),
        sa.Column("courier", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('pin-order', 'forbid-courier')", name=op.f("ck_overrides_kind")),
        sa.ForeignKeyConstraint(
            ["tenant", "drop"], ["drops.tenant", "drops.id"], name=op.f("fk_overrides_tenant_drop_drops")
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "id", name=op.f("pk_overrides")),
    )
    op.create_table(
        "pick_list_files",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("of", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_pick_list_files_sha256")),
        sa.ForeignKeyConstraint(
            ["tenant", "of"],
            ["pick_lists.tenant", "pick_lists.id"],
            name=op.f("fk_pick_list_files_tenant_of_pick_lists"),
        ),
        sa.PrimaryKeyConstraint("tenant", "of", "format", name=op.f("pk_pick_list_files")),
    )
    op.create_table(
        "plans",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("job", sa.String(length=200), nullable=False),
        sa.Column("engine", sa.String(length=50), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("lower_bound", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("unserved", sa.Integer(), nullable=False),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.Column("instead_of", sa.Text(), nullable=True),
        sa.Column("asked_sha256", sa.String(length=64), nullable=False),
        sa.Column("drop_sha256", sa.String(length=64), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(length=200), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'released') = (released_at IS NOT NULL)", name=op.f("ck_plans_released")),
        sa.CheckConstraint("state IN ('draft', 'superseded', 'released')", name=op.f("ck_plans_state")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_plans_version")),
        sa.ForeignKeyConstraint(
            ["tenant", "asked_sha256"],
            ["documents.tenant", "documents.sha256"],
            name=op.f("fk_plans_tenant_asked_sha256_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "drop"], ["drops.tenant", "drops.id"], name=op.f("fk_plans_tenant_drop_drops")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "drop_sha256"],
            ["documents.tenant", "documents.sha256"],
            name=op.f("fk_plans_tenant_drop_sha256_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "plan_sha256"],
            ["documents.tenant", "documents.sha256"],
            name=op.f("fk_plans_tenant_plan_sha256_documents"),
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "version", name=op.f("pk_plans")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "user"], ["users.tenant", "users.id"], name=op.f("fk_sessions_tenant_user_users")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_user", "sessions", ["tenant", "user"], unique=False)
    op.create_table(
        "skus",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_skus_revision")),
        sa.ForeignKeyConstraint(
            ["tenant", "id"], ["articles.tenant", "articles.id"], name=op.f("fk_skus_tenant_id_articles")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_skus_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_skus")),
    )
    op.create_table(
        "trip_files",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("of", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_trip_files_sha256")),
        sa.ForeignKeyConstraint(
            ["tenant", "of"], ["trips.tenant", "trips.id"], name=op.f("fk_trip_files_tenant_of_trips")
        ),
        sa.PrimaryKeyConstraint("tenant", "of", "format", name=op.f("pk_trip_files")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("webhook", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=50), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (next_at IS NOT NULL)", name=op.f("ck_webhook_deliveries_next_at")),
        sa.CheckConstraint("state IN ('delivered', 'waiting', 'dead')", name=op.f("ck_webhook_deliveries_state")),
        sa.ForeignKeyConstraint(
            ["tenant", "webhook"],
            ["webhooks.tenant", "webhooks.id"],
            name=op.f("fk_webhook_deliveries_tenant_webhook_webhooks"),
        ),
        sa.PrimaryKeyConstraint("tenant", "webhook", "position", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        "ix_webhook_deliveries_next_at", "webhook_deliveries", ["tenant", "webhook", "state", "next_at"], unique=False
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("webhook", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "webhook"],
            ["webhooks.tenant", "webhooks.id"],
            name=op.f("fk_webhook_secrets_tenant_webhook_webhooks"),
        ),
        sa.PrimaryKeyConstraint("tenant", "webhook", "number", name=op.f("pk_webhook_secrets")),
    )
    op.create_table(
        "bundle_components",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("bundle", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_bundle_components_quantity")),
        sa.ForeignKeyConstraint(
            ["tenant", "bundle"],
            ["bundles.tenant", "bundles.id"],
            name=op.f("fk_bundle_components_tenant_bundle_bundles"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "sku"], ["skus.tenant", "skus.id"], name=op.f("fk_bundle_components_tenant_sku_skus")
        ),
        sa.PrimaryKeyConstraint("tenant", "bundle", "position", name=op.f("pk_bundle_components")),
    )
    op.create_index("ix_bundle_components_sku", "bundle_components", ["tenant", "sku"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("order", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_order_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["tenant", "drop", "order"],
            ["orders.tenant", "orders.drop", "orders.id"],
            name=op.f("fk_order_lines_tenant_drop_order_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "sku"], ["articles.tenant", "articles.id"], name=op.f("fk_order_lines_tenant_sku_articles")
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "order", "position", name=op.f("pk_order_lines")),
    )
    op.create_index("ix_order_lines_sku", "order_lines", ["tenant", "sku"], unique=False)
    op.create_table(
        "recipients",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("order", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=True),
        sa.Column("phone", sa.String(length=500), nullable=True),
        sa.Column("address", sa.String(length=2000), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "drop", "order"],
            ["orders.tenant", "orders.drop", "orders.id"],
            name=op.f("fk_recipients_tenant_drop_order_orders"),
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "order", name=op.f("pk_recipients")),
    )
    op.create_table(
        "stock",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("contingency", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("contingency_cost", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bin", sa.String(length=100), nullable=True),
        sa.Column("movements", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("contingency <= 9007199254740991", name=op.f("ck_stock_contingency")),
        sa.CheckConstraint("contingency_cost BETWEEN 0 AND 9007199254740991", name=op.f("ck_stock_contingency_cost")),
        sa.CheckConstraint("lent BETWEEN 0 AND contingency", name=op.f("ck_stock_lent")),
        sa.CheckConstraint("on_hand <= 9007199254740991", name=op.f("ck_stock_on_hand")),
        sa.CheckConstraint("reserved BETWEEN 0 AND on_hand", name=op.f("ck_stock_reserved")),
        sa.ForeignKeyConstraint(["tenant", "hub"], ["hubs.tenant", "hubs.id"], name=op.f("fk_stock_tenant_hub_hubs")),
        sa.ForeignKeyConstraint(["tenant", "sku"], ["skus.tenant", "skus.id"], name=op.f("fk_stock_tenant_sku_skus")),
        sa.PrimaryKeyConstraint("tenant", "hub", "sku", name=op.f("pk_stock")),
    )
    op.create_index("ix_stock_sku", "stock", ["tenant", "sku", "hub"], unique=False)
    op.create_table(
        "held_units",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("hold", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("units >= 1", name=op.f("ck_held_units_units")),
        sa.ForeignKeyConstraint(
            ["tenant", "hold"], ["holds.tenant", "holds.id"], name=op.f("fk_held_units_tenant_hold_holds")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "hub", "sku"],
            ["stock.tenant", "stock.hub", "stock.sku"],
            name=op.f("fk_held_units_tenant_hub_sku_stock"),
        ),
        sa.PrimaryKeyConstraint("tenant", "hold", "hub", "sku", name=op.f("pk_held_units")),
    )
    op.create_index("ix_held_units_expires_at", "held_units", ["tenant", "sku", "hub", "expires_at"], unique=False)
    op.create_table(
        "loans",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("for_drop", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("seller", sa.String(length=200), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=False),
        sa.Column("lent", sa.BigInteger(), nullable=False),
        sa.Column("consumed", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ended_at IS NULL OR lent = 0", name=op.f("ck_loans_ended")),
        sa.CheckConstraint("lent >= 0 AND consumed >= 0 AND lent + consumed <= most", name=op.f("ck_loans_most")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_loans_unit_cost")),
        sa.ForeignKeyConstraint(
            ["tenant", "hub", "sku"],
            ["stock.tenant", "stock.hub", "stock.sku"],
            name=op.f("fk_loans_tenant_hub_sku_stock"),
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_loans_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_loans")),
        sa.UniqueConstraint("tenant", "for_drop", "hub", "sku", name=op.f("uq_loans_tenant_for_drop_hub_sku")),
    )
    op.create_index("ix_loans_cell", "loans", ["tenant", "hub", "sku"], unique=False)
    op.create_table(
        "order_units",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("drop", sa.String(length=200), nullable=False),
        sa.Column("order", sa.String(length=200), nullable=False),
        sa.Column("hub", sa.String(length=200), nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 1", name=op.f("ck_order_units_units")),
        sa.ForeignKeyConstraint(
            ["tenant", "drop", "order"],
            ["orders.tenant", "orders.drop", "orders.id"],
            name=op.f("fk_order_units_tenant_drop_order_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "hub", "sku"],
            ["stock.tenant", "stock.hub", "stock.sku"],
            name=op.f("fk_order_units_tenant_hub_sku_stock"),
        ),
        sa.PrimaryKeyConstraint("tenant", "drop", "order", "hub", "sku", name=op.f("pk_order_units")),
    )
    op.create_index("ix_order_units_cell", "order_units", ["tenant", "hub", "sku"], unique=False)
    op.create_table(
        "loan_entries",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("loan", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("debited", sa.String(length=20), nullable=False),
        sa.Column("credited", sa.String(length=20), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=500), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "debited IN ('seller', 'drop', 'consumed') AND credited IN ('seller', 'drop', 'consumed') AND debited <> credited",
            name=op.f("ck_loan_entries_accounts"),
        ),
        sa.CheckConstraint("units >= 1", name=op.f("ck_loan_entries_units")),
        sa.ForeignKeyConstraint(
            ["tenant", "loan"], ["loans.tenant", "loans.id"], name=op.f("fk_loan_entries_tenant_loan_loans")
        ),
        sa.PrimaryKeyConstraint("tenant", "loan", "number", name=op.f("pk_loan_entries")),
    )


def downgrade() -> None:
    op.drop_table("loan_entries")
    op.drop_index("ix_order_units_cell", table_name="order_units")
    op.drop_table("order_units")
    op.drop_index("ix_loans_cell", table_name="loans")
    op.drop_table("loans")
    op.drop_index("ix_held_units_expires_at", table_name="held_units")
    op.drop_table("held_units")
    op.drop_index("ix_stock_sku", table_name="stock")
    op.drop_table("stock")
    op.drop_table("recipients")
    op.drop_index("ix_order_lines_sku", table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_index("ix_bundle_components_sku", table_name="bundle_components")
    op.drop_table("bundle_components")
    op.drop_table("webhook_secrets")
    op.drop_index("ix_webhook_deliveries_next_at", table_name="webhook_deliveries")
    op.drop_table("webhook_deliveries")
    op.drop_table("trip_files")
    op.drop_table("skus")
    op.drop_index("ix_sessions_user", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("plans")
    op.drop_table("pick_list_files")
    op.drop_table("overrides")
    op.drop_index("ix_orders_state", table_name="orders")
    op.drop_table("orders")
    op.drop_table("order_sums")
    op.drop_index("ix_drop_hubs_hub", table_name="drop_hubs")
    op.drop_table("drop_hubs")
    op.drop_index("ix_drop_couriers_courier", table_name="drop_couriers")
    op.drop_table("drop_couriers")
    op.drop_index("ix_drop_carriers_carrier", table_name="drop_carriers")
    op.drop_table("drop_carriers")
    op.drop_index("ix_courier_hubs_hub", table_name="courier_hubs")
    op.drop_table("courier_hubs")
    op.drop_table("bundles")
    op.drop_table("webhooks")
    op.drop_index("ux_users_issuer_subject", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_trips_partner", table_name="trips")
    op.drop_index("ix_trips_load_at", table_name="trips")
    op.drop_table("trips")
    op.drop_index("ix_stock_movements_at", table_name="stock_movements")
    op.drop_table("stock_movements")
    op.drop_index("ix_sla_events_time", table_name="sla_events")
    op.drop_index("ix_sla_events_subject", table_name="sla_events")
    op.drop_index("ix_sla_events_order", table_name="sla_events")
    op.drop_table("sla_events")
    op.drop_index("ix_pick_lists_urgency", table_name="pick_lists")
    op.drop_index("ix_pick_lists_partner", table_name="pick_lists")
    op.drop_table("pick_lists")
    op.drop_index(
        "ux_jobs_slot",
        table_name="jobs",
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_index("ix_jobs_waiting", table_name="jobs")
    op.drop_index("ix_jobs_created_at", table_name="jobs")
    op.drop_table("jobs")
    op.drop_index(op.f("ix_hubs_tenant_partner"), table_name="hubs")
    op.drop_table("hubs")
    op.drop_index("ix_holds_for_drop", table_name="holds")
    op.drop_index("ix_holds_for_checkout", table_name="holds")
    op.drop_index("ix_holds_created_at", table_name="holds")
    op.drop_table("holds")
    op.drop_index("ix_events_partner", table_name="events")
    op.drop_table("events")
    op.drop_table("drops")
    op.drop_table("documents")
    op.drop_index(op.f("ix_couriers_tenant_partner"), table_name="couriers")
    op.drop_table("couriers")
    op.drop_table("contracts")
    op.drop_index(op.f("ix_carriers_tenant_partner"), table_name="carriers")
    op.drop_table("carriers")
    op.drop_table("audit")
    op.drop_table("articles")
    op.drop_table("api_keys")
    op.drop_table("tenants")
    op.drop_index("ix_idempotency_created_at", table_name="idempotency")
    op.drop_table("idempotency")
