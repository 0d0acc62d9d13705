"""The demo of the service: a marketplace with a key for each role, and the drop of central Helsinki, planned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url

from api import crew, files, planning
from api.db import accounts, articles, counting, drops, intake, lending, migrate, registry, sla_log
from api.db.accounts import NoTenant
from api.db.connect import Database, connect
from api.db.kinds import BUNDLES, CARRIERS, COURIERS, HUBS, SKUS, Kind
from api.db.movements import Cause
from api.deps import new_id
from api.drain import Drain
from api.drop_settings import DropSettings
from api.keys import new_key
from api.lending import NewLoan
from api.ordering import NewOrder
from api.planning import PlanAsked
from api.principal import OPERATORS, Role
from api.settings import Settings
from api.stocking import StockSetUp
from router import codec
from router.model import Drop

TENANT = "demo"
SECONDS = 5.0
_BATCH = 250
_ACTOR = "key/demo-engineer"
_DATED = {"hubs": "waves", "couriers": "shift", "carriers": "collections"}


def load(settings: Settings) -> str:
    """Loads and plans the demo's drop, unless that was done before; gives what to tell whoever started it."""
    folder = resources("fixtures").joinpath("centre")
    drop = codec.read_drop(folder.joinpath("drop.json").read_bytes())
    store = connect(settings.database)
    migrate.upgrade(store)
    keys = keys_file(settings)
    now = datetime.now(UTC)
    try:
        with store.read() as db:
            accounts.tenant(db, TENANT)
        return f"the demo is in {settings.database} already; its keys are in {keys}"
    except NoTenant:
        pass
    if drop.travel.extract is not None:
        files.write(settings.extracts / drop.travel.extract, folder.joinpath(drop.travel.extract).read_bytes())
    with store.write() as db:
        shown = _open(db, drop, now)
        _register(db, drop, now)
        _sell(db, drop, now)
        _write(keys, {"tenant": TENANT, "drop": drop.id, "keys": shown})
    _plan(settings, store, drop)
    store.close()
    return f"{len(drop.orders)} orders are loaded and planned; the keys of every role are in {keys}"


def keys_file(settings: Settings) -> Path:
    """Beside the database where that is a file, else here."""
    url = make_url(settings.database)
    beside = Path(url.database).parent if url.get_backend_name() == "sqlite" and url.database else Path()
    return beside / "demo-keys.json"


def _open(db: Connection, drop: Drop, now: datetime) -> Mapping[str, str]:
    """The marketplace, and a key for each role."""
    accounts.add_tenant(db, TENANT, name="Demo", now=now)
    partners = {Role.HUB: drop.hubs[0].partner, Role.COURIER: drop.couriers[0].partner}
    shown = {}
    for role in Role:
        key = new_key()
        accounts.add_key(
            db,
            TENANT,
            key,
            key_id=f"demo-{role}",
            name=f"Demo, {role}",
            role=role,
            partner=partners[role] if role in OPERATORS else None,
            now=now,
        )
        shown[str(role)] = key.text
    return shown


def _register(db: Connection, drop: Drop, now: datetime) -> None:
    """Catalog, hubs, couriers, carriers and stock, as a marketplace would have registered them."""
    kinds: tuple[tuple[Kind[Any], Any], ...] = (
        (SKUS, drop.catalog),
        (BUNDLES, drop.bundles),
        (HUBS, drop.hubs),
        (COURIERS, drop.couriers),
        (CARRIERS, drop.carriers),
    )
    for kind, records in kinds:
        names = {each.name for each in fields(kind.record)}
        given = [
            kind.record(**{each.name: getattr(record, each.name) for each in fields(record) if each.name in names})
            for record in records
        ]
        registry.put(db, TENANT, kind, given, now)
    cause = Cause(reason="counted", reference=None, actor=_ACTOR, at=now)
    rows = [
        StockSetUp(
            hub=row.hub,
            sku=row.sku,
            quantity=row.quantity,
            contingency=row.contingency,
            contingency_cost=row.contingency_cost,
        )
        for row in drop.stock
    ]
    counting.wrong(db, TENANT, rows, now)
    counting.set_up(db, TENANT, rows, cause)


def _sell(db: Connection, drop: Drop, now: datetime) -> None:
    """The drop with its loans and its orders, closed."""
    tree = codec.plain(drop)
    kept = ("id", "currency", "timezone", "plan_at", "travel", "tiers", "split_cost")
    given = {name: tree[name] for name in kept if name in tree} | {
        part: [{"id": record["id"], dated: record[dated]} for record in tree.get(part, ())]
        for part, dated in _DATED.items()
    }
    settings = codec.read_as(DropSettings, json.dumps(given).encode(), "drop")
    drops.add(db, TENANT, replace(settings, title="Central Helsinki"), now)
    cause = Cause(reason="lent", reference=f"drop/{drop.id}", actor=_ACTOR, at=now)
    for row in drop.stock:
        if row.contingency:
            lending.add(
                db, TENANT, new_id(), NewLoan(drop=drop.id, hub=row.hub, sku=row.sku, limit=row.contingency), cause
            )
    stands = drops.stands(db, TENANT, drop.id)
    orders = [NewOrder(**{each.name: getattr(order, each.name) for each in fields(order)}) for order in drop.orders]
    for start in range(0, len(orders), _BATCH):
        some = orders[start : start + _BATCH]
        made_of = articles.parts(db, TENANT, {line.sku for order in some for line in order.lines})
        hubs = tuple(hub.id for hub in drop.hubs)
        added = intake.add(db, TENANT, stands, some, hubs=hubs, made_of=made_of, new_id=new_id, now=now)
        sla_log.tell(db, TENANT, added.happened, now)
    drops.turn(db, TENANT, drop.id, "closed", of=("open",), now=now)


def _plan(settings: Settings, store: Database, drop: Drop) -> None:
    """The first version of its plan, by the job that a request would have asked for."""
    with store.write() as db:
        job = planning.enqueue(db, TENANT, _ACTOR, drop.id, PlanAsked(seconds=SECONDS), datetime.now(UTC))
    worker = crew.worker(settings, store, Drain())
    lease = worker.claim((TENANT, job.id))
    if lease is not None:
        worker.do(lease)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Keys for nobody but the owner of the file."""
    files.write(path, f"{json.dumps(content, indent=2)}\n".encode())
    path.chmod(0o600)
