"""What the log comes to under contracts: rows that can be made again from both at any time, kept to be read quickly.

A judgement is known by its number; of each contract version there is one as of now, and perhaps some as of an instant.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Index, Integer, String, Table, text

from api.db.schema import Document, Id, Instant, Money, metadata, tenant

judgements = Table(
    "judgements",
    metadata,
    tenant(),
    Column("contract", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("as_of", String(40), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("program", String(60), nullable=False),
    Column("sums", Document, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
)
"""``as_of``: empty for the one that goes on with the time, else the instant that it stays at, or that its rows are in
the making (since ``at``) and nobody's yet. ``position``: how far the log is judged (``sla_touched``). ``program``: the
version of the program that judged. ``sums``: of all orders."""

judged_orders = Table(
    "judged_orders",
    metadata,
    tenant(),
    Column("judgement", BigInteger, primary_key=True, autoincrement=False),
    Column("order", Id, primary_key=True),
    Column("changes_at", Instant),
    Column("sums", Document, nullable=False),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    Index(
        "ix_judged_orders_changes_at",
        "tenant",
        "judgement",
        "changes_at",
        sqlite_where=text("changes_at IS NOT NULL"),
        postgresql_where=text("changes_at IS NOT NULL"),
    ),
)
"""``changes_at``: from when on an order may come to something else without an event. ``sums``: what it adds."""

verdicts = Table(
    "verdicts",
    metadata,
    tenant(),
    Column("judgement", BigInteger, primary_key=True, autoincrement=False),
    Column("order", Id, primary_key=True),
    Column("term", Id, primary_key=True),
    Column("party", String(420), nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", Instant),
    Column("due_at", Instant),
    Column("stopped_at", Instant),
    Column("late_seconds", BigInteger, nullable=False),
    Column("grows_at", Instant),
    Column("excluded", Document),
    Column("waived", Boolean, nullable=False),
    Column("uncapped", Money, nullable=False),
    Column("amount", Money, nullable=False),
    Column("attributed_to", String(420)),
    Column("case", String(20)),
    Column("drop", Document),
    Column("tier", Document),
    Column("hub", Document),
    Column("courier", Document),
    Column("week", String(8)),
    ForeignKeyConstraint(["tenant"], ["tenants.id"]),
    Index(
        "ix_verdicts_breached",
        "tenant",
        "judgement",
        "started_at",
        "order",
        "term",
        sqlite_where=text("state = 'breached'"),
        postgresql_where=text("state = 'breached'"),
    ),
)
"""One clock each, as ``sla.judge`` has it: ``uncapped`` and ``amount`` before and after the cap of an event.

``grows_at``: lateness has been counting from then, a second each second. ``case``: what its last event made of a
breach. ``week``: of its start, in the contract's zone. ``drop``, ``tier``, ``hub``, ``courier``: what the events of the
order say first.
"""
