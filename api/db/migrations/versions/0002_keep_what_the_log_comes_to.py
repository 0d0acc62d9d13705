"""Keep what the log comes to under contracts"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "judged_orders",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("judgement", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order", sa.String(length=200), nullable=False),
        sa.Column("changes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_judged_orders_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "judgement", "order", name=op.f("pk_judged_orders")),
    )
    op.create_index(
        "ix_judged_orders_changes_at",
        "judged_orders",
        ["tenant", "judgement", "changes_at"],
        unique=False,
        sqlite_where=sa.text("changes_at IS NOT NULL"),
        postgresql_where=sa.text("changes_at IS NOT NULL"),
    )
    op.create_table(
        "judgements",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("contract", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("as_of", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("program", sa.String(length=60), nullable=False),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_judgements_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "contract", "version", "as_of", name=op.f("pk_judgements")),
    )
    op.create_table(
        "sla_touched",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("order", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_sla_touched_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "order", name=op.f("pk_sla_touched")),
    )
    op.create_index("ix_sla_touched_position", "sla_touched", ["tenant", "position"], unique=False)
    op.create_table(
        "verdicts",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("judgement", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order", sa.String(length=200), nullable=False),
        sa.Column("term", sa.String(length=200), nullable=False),
        sa.Column("party", sa.String(length=420), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_seconds", sa.BigInteger(), nullable=False),
        sa.Column("grows_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("excluded", sa.Text(), nullable=True),
        sa.Column("waived", sa.Boolean(), nullable=False),
        sa.Column("uncapped", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("attributed_to", sa.String(length=420), nullable=True),
        sa.Column("case", sa.String(length=20), nullable=True),
        sa.Column("drop", sa.Text(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("hub", sa.Text(), nullable=True),
        sa.Column("courier", sa.Text(), nullable=True),
        sa.Column("week", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_verdicts_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "judgement", "order", "term", name=op.f("pk_verdicts")),
    )
    op.create_index(
        "ix_verdicts_breached",
        "verdicts",
        ["tenant", "judgement", "started_at", "order", "term"],
        unique=False,
        sqlite_where=sa.text("state = 'breached'"),
        postgresql_where=sa.text("state = 'breached'"),
    )
    with op.batch_alter_table("sla_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("general", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("corrects_source", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("corrects_id", sa.String(length=500), nullable=True))
        batch_op.create_index(
            "ix_sla_events_corrects",
            ["tenant", "corrects_source", "corrects_id"],
            unique=False,
            sqlite_where=sa.text("corrects_id IS NOT NULL"),
            postgresql_where=sa.text("corrects_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_sla_events_general",
            ["tenant", "general"],
            unique=False,
            sqlite_where=sa.text("general = 1"),
            postgresql_where=sa.text("general"),
        )

    with op.batch_alter_table("tenants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("touched", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("judgements", sa.BigInteger(), server_default="0", nullable=False))

    _fill(op.get_bind())


def _fill(db: sa.Connection) -> None:
    """Says of the events that are there what later ones are stored with."""
    columns = ["tenant", "source", "id", "type", "subject", "order", "document", "general"]
    columns += ["corrects_source", "corrects_id"]
    log = sa.table("sla_events", *(sa.column(name) for name in columns))
    at = log.c
    about_all = sa.or_(
        at.subject.like("hub/%"),
        at.subject.like("courier/%"),
        at.type.in_(["drop.forecast", "window.settled"]),
        sa.and_(at.order.is_(None), at.type.in_(["excuse.accepted", "excuse.rejected"])),
    )
    db.execute(sa.update(log).where(about_all).values(general=sa.true()))
    correcting = sa.select(at.tenant, at.source, at.id, at.document).where(at.document.like('%"corrects":{%'))
    for row in db.execute(correcting).all():
        corrects = (json.loads(row.document).get("data") or {}).get("corrects") or {}
        mine = (at.tenant == row.tenant, at.source == row.source, at.id == row.id)
        values = {"corrects_source": corrects.get("source"), "corrects_id": corrects.get("id")}
        db.execute(sa.update(log).where(*mine).values(values))


def downgrade() -> None:
    with op.batch_alter_table("tenants", schema=None) as batch_op:
        batch_op.drop_column("judgements")
        batch_op.drop_column("touched")

    with op.batch_alter_table("sla_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_sla_events_general", sqlite_where=sa.text("general = 1"), postgresql_where=sa.text("general")
        )
        batch_op.drop_index(
            "ix_sla_events_corrects",
            sqlite_where=sa.text("corrects_id IS NOT NULL"),
            postgresql_where=sa.text("corrects_id IS NOT NULL"),
        )
        batch_op.drop_column("corrects_id")
        batch_op.drop_column("corrects_source")
        batch_op.drop_column("general")

    op.drop_index(
        "ix_verdicts_breached",
        table_name="verdicts",
        sqlite_where=sa.text("state = 'breached'"),
        postgresql_where=sa.text("state = 'breached'"),
    )
    op.drop_table("verdicts")
    op.drop_index("ix_sla_touched_position", table_name="sla_touched")
    op.drop_table("sla_touched")
    op.drop_table("judgements")
    op.drop_index(
        "ix_judged_orders_changes_at",
        table_name="judged_orders",
        sqlite_where=sa.text("changes_at IS NOT NULL"),
        postgresql_where=sa.text("changes_at IS NOT NULL"),
    )
    op.drop_table("judged_orders")
