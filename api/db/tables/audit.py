"""Who did what, for ever: rows that can be added and neither changed nor deleted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, ForeignKeyConstraint, Integer, String, Table, event

from api.db.schema import Id, Instant, metadata, tenant

audit = Table(
    "audit",
    metadata,
    tenant(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Id, nullable=False),
    Column("action", String(200), nullable=False),
    Column("subject", String(1000)),
    Column("request", String(32)),
    Column("status", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
)

_SAID = "'the audit log can only be added to'"
_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE {_SAID}; END $$"
)
_BEFORE = "CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"

GUARDS = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{each} BEFORE {each} ON audit BEGIN SELECT RAISE(ABORT, {_SAID}); END"
        for each in ("update", "delete")
    ),
    "postgresql": (_FUNCTION, f"{_BEFORE} FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()"),
}
"""By dialect, what makes the table refuse changes. It comes with the table, made by the metadata or by a revision."""


audit.info["guards"] = GUARDS


@event.listens_for(audit, "after_create")
def _guard(_table: Table, db: Connection, **_options: object) -> None:
    for each in GUARDS[db.dialect.name]:
        db.exec_driver_sql(each)
