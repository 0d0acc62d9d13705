"""Versions of the plans of drops. A plan is stored whole, with the drop that it is a plan of, and never changed."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, select, update

from api.db.connect import inserting
from api.db.stored import File, FileDamaged
from api.db.tables.plans import documents, plans
from router import codec
from router.errors import NotFound
from router.model import Drop
from router.plan import Plan

State: TypeAlias = Literal["draft", "superseded", "released"]


class NoPlan(NotFound):
    """The drop has no plan of that version."""

    code, title = "no-plan", "There is no such plan"

    def __init__(self, drop: str, version: int) -> None:
        super().__init__(f"drop {drop!r} has no plan of version {version}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What befell the engine that was asked for, where another one made the plan."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """One version of the plan of a drop: where it comes from, what it costs, how much it leaves undone.

    ``cost`` and ``lower_bound`` in minor units; ``gap_percent``: how far the cost is above what any plan costs.
    """

    drop: str
    version: int
    state: State
    job: str
    engine: str
    seed: int
    cost: int
    lower_bound: int | None
    gap_percent: float | None
    currency: str
    orders: int
    unserved: int
    trips: int
    instead_of: Mishap | None
    drop_sha256: str
    plan_sha256: str
    created_by: str
    created_at: datetime
    released_by: str | None
    released_at: datetime | None


def gap_percent(cost: int, lower_bound: int | None) -> float | None:
    """How far a cost is above a bound, in percent of the cost; ``None`` where nothing is proved."""
    return round(100 * (cost - lower_bound) / cost, 2) if lower_bound and cost else None


def keep(db: Connection, tenant: str, record: Drop | Plan, now: datetime) -> str:
    """Stores a document under its hash, and gives that. A document that is there stays."""
    content = codec.canonical(record)
    sha256 = hashlib.sha256(content).hexdigest()
    row = {"tenant": tenant, "sha256": sha256, "content": zlib.compress(content, 6), "created_at": now}
    db.execute(inserting(db)(documents).values(row).on_conflict_do_nothing())
    return sha256


def document(db: Connection, tenant: str, sha256: str) -> bytes:
    """A document as canonical JSON. Raises ``FileDamaged``."""
    mine = and_(documents.c.tenant == tenant, documents.c.sha256 == sha256)
    packed: bytes = db.execute(select(documents.c.content).where(mine)).scalar_one()
    try:
        content = zlib.decompress(packed)
    except zlib.error:
        raise FileDamaged from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise FileDamaged
    return content


def add(
    db: Connection,
    tenant: str,
    drop: str,
    *,
    asked: Drop,
    planned: Drop,
    plan: Plan,
    job: str,
    instead_of: Mishap | None,
    actor: str,
    now: datetime,
) -> PlanEntry:
    """A new version, a draft that supersedes those before it. One job at a time plans a drop, so none is skipped."""
    mine = and_(plans.c.tenant == tenant, plans.c.drop == drop)
    version = (db.execute(select(func.max(plans.c.version)).where(mine)).scalar_one() or 0) + 1
    db.execute(update(plans).where(mine, plans.c.state == "draft").values(state="superseded"))
    if plan.certificate is None:
        raise ValueError("a plan without a certificate is none of ours")
    row = {
        "tenant": tenant,
        "drop": drop,
        "version": version,
        "state": "draft",
        "job": job,
        "engine": plan.certificate.engine,
        "seed": plan.certificate.seed,
        "cost": plan.cost.total,
        "lower_bound": plan.lower_bound,
        "currency": planned.currency,
        "orders": len(planned.orders),
        "unserved": len(plan.unserved),
        "trips": len(plan.trips),
        "instead_of": None if instead_of is None else json.dumps(codec.plain(instead_of)),
        "asked_sha256": keep(db, tenant, asked, now),
        "drop_sha256": keep(db, tenant, planned, now),
        "plan_sha256": keep(db, tenant, plan, now),
        "created_by": actor,
        "created_at": now,
    }
    db.execute(insert(plans).values(row))
    return get(db, tenant, drop, version)


def get(db: Connection, tenant: str, drop: str, version: int) -> PlanEntry:
    """One version. Raises ``NoPlan``."""
    return entry(_row(db, tenant, drop, version))


def last_released(db: Connection, tenant: str, drop: str) -> PlanEntry | None:
    """The version that was released last: the one that holds, as far as it was not withdrawn."""
    wanted = listed(tenant, drop).where(plans.c.state == "released").order_by(plans.c.version.desc()).limit(1)
    row = db.execute(wanted).one_or_none()
    return None if row is None else entry(row)


def listed(tenant: str, drop: str) -> Select[Any]:
    """The versions of a drop's plan, for ``entry``; order them by version."""
    return select(plans).where(plans.c.tenant == tenant, plans.c.drop == drop)


def entry(row: Row[Any]) -> PlanEntry:
    """A row of ``listed`` as a record."""
    same = {name: row._mapping[name] for name in PlanEntry.__slots__ if name not in ("gap_percent", "instead_of")}
    return PlanEntry(
        **same,
        gap_percent=gap_percent(row.cost, row.lower_bound),
        instead_of=None if row.instead_of is None else Mishap(**json.loads(row.instead_of)),
    )


def spelt(db: Connection, tenant: str, drop: str, version: int, what: Literal["asked", "drop", "plan"]) -> bytes:
    """The plan of a version, the drop that it is a plan of, or the drop as it was asked for. Raises ``NoPlan``."""
    row = _row(db, tenant, drop, version)
    return document(db, tenant, row._mapping[f"{what}_sha256"])


def file(db: Connection, tenant: str, drop: str, version: int, what: Literal["drop", "plan"]) -> File:
    """What ``spelt`` gives, to be downloaded. Raises ``NoPlan``, ``FileDamaged``."""
    content = spelt(db, tenant, drop, version, what)
    return File(
        words=(what, drop, f"v{version}"),
        ending="json",
        media_type="application/json",
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def release(db: Connection, tenant: str, drop: str, version: int, *, actor: str, now: datetime) -> bool:
    """Marks a draft as the plan that holds; False where it is no draft (any more). Raises ``NoPlan``."""
    _row(db, tenant, drop, version)
    draft = and_(_one(tenant, drop, version), plans.c.state == "draft")
    values = {"state": "released", "released_by": actor, "released_at": now}
    return db.execute(update(plans).where(draft).values(values)).rowcount == 1


def _one(tenant: str, drop: str, version: int) -> ColumnElement[bool]:
    return and_(plans.c.tenant == tenant, plans.c.drop == drop, plans.c.version == version)


def _row(db: Connection, tenant: str, drop: str, version: int) -> Row[Any]:
    found = db.execute(select(plans).where(_one(tenant, drop, version))).one_or_none()
    if found is None:
        raise NoPlan(drop, version)
    return found
