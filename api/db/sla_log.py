"""The log of what happened to orders, parcels, hubs and couriers: appended to, never changed.

An event is known by its source and id. A second one with the same content changes nothing; one with other content is
refused. What the service itself does to orders is in the log too, under the source ``dropwright``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, tuple_

from api.db import events
from api.db.connect import Inserting, inserting
from api.db.counters import count, count_each
from api.db.events import Event
from api.db.stored import named
from api.db.tables.accounts import tenants
from api.db.tables.sla import sla_events as rows
from api.db.tables.sla import sla_touched
from sla import around

OWN_SOURCE = "dropwright"
OWN_TYPES = frozenset({"order.placed", "order.held", "order.cleared", "order.cancelled", "plan.released"})
"""What the service tells its own log; an event of another type in its outbox is none of the log's."""

SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One event to keep. ``told``: the CloudEvent as JSON values, without its time of arrival."""

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    told: Mapping[str, Any]

    @property
    def content_sha256(self) -> str:
        """Of what it says; equal events have equal ones."""
        return hashlib.sha256(spelt(self.told).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """An event in the log. ``skewed``: by its own clock it happened well after it arrived."""

    source: str
    id: str
    type: str
    subject: str
    order: str | None
    time: datetime
    received_at: datetime
    skewed: bool
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What events are about: orders, ``ALL`` of them among these; ``corrected``: the events whose place some take."""

    orders: set[str] = field(default_factory=set)
    corrected: set[tuple[str, str]] = field(default_factory=set)

    def note(self, entries: Iterable[LogEntry]) -> None:
        """Adds what events are about."""
        for row in map(_about, entries):
            if row["general"]:
                self.orders.add(ALL)
            if row["order"] is not None:
                self.orders.add(row["order"])
            if row["corrects_id"] is not None:
                self.corrected.add((row["corrects_source"], row["corrects_id"]))


ALL = ""
"""Stands for all orders where one is named."""


def spelt(told: Mapping[str, Any]) -> str:
    """One spelling for equal events."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def add(db: Connection, tenant: str, entries: Sequence[LogEntry], now: datetime) -> dict[int, str]:
    """Appends events that are not there. Gives by position ``"same"`` or ``"differs"`` for those that are.

    Of two in one call the first one counts. O(events).
    """
    found: dict[int, str] = {}
    first: dict[tuple[str, str], int] = {}
    fresh: dict[tuple[str, str], dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        key = (entry.source, entry.id)
        if key in first:
            same = entry.content_sha256 == fresh[key]["content_sha256"]
            found[number] = "same" if same else "differs"
            continue
        first[key] = number
        fresh[key] = _row(tenant, entry, now)
    ordered = [fresh[key] for key in sorted(fresh)]
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        kept = {(row.source, row.id) for row in db.execute(_adding(inserting(db)), part)}
        left = [(row["source"], row["id"]) for row in part if (row["source"], row["id"]) not in kept]
        if left:
            which = tuple_(rows.c.source, rows.c.id).in_(left)
            columns = select(rows.c.source, rows.c.id, rows.c.content_sha256)
            for known in db.execute(columns.where(rows.c.tenant == tenant, which)):
                key = (known.source, known.id)
                found[first[key]] = "same" if known.content_sha256 == fresh[key]["content_sha256"] else "differs"
    return found


@cache
def _adding(insert: Inserting) -> Any:
    return insert(rows).on_conflict_do_nothing().returning(rows.c.source, rows.c.id)


def touch(db: Connection, tenant: str, about: Touched) -> None:
    """Notes which orders are to be judged again, each at a position of its own.

    Call it last, before what is emitted: it holds the marketplace's row, so positions grow in the order of commits.
    """
    if not about.orders and not about.corrected:
        return
    orders = set(about.orders)
    if about.corrected:
        count(db, tenant, tenants.c.touched, 0)  # holds the row before it looks: whoever was here before has committed
    known = sorted(about.corrected)
    for start in range(0, len(known), 500):
        which = tuple_(rows.c.source, rows.c.id).in_(known[start : start + 500])
        for row in db.execute(select(rows.c.order, rows.c.general).where(rows.c.tenant == tenant, which)):
            orders |= {ALL} if row.general else {row.order} - {None}
    _note(db, tenant, orders, count(db, tenant, tenants.c.touched, len(orders)))


def _note(db: Connection, tenant: str, orders: Collection[str], last: int) -> None:
    first = last - len(orders) + 1
    found = [{"tenant": tenant, "order": name, "position": place} for place, name in enumerate(sorted(orders), first)]
    for start in range(0, len(found), 500):
        db.execute(_touching(inserting(db)), found[start : start + 500])


@cache
def _touching(insert: Inserting) -> Any:
    new = insert(sla_touched)
    return new.on_conflict_do_update(index_elements=["tenant", "order"], set_={"position": new.excluded.position})


def touched(db: Connection, tenant: str) -> int:
    """The position of what the log of a marketplace told last."""
    found: int = db.execute(select(tenants.c.touched).where(tenants.c.id == tenant)).scalar_one()
    return found


def own(event_id: str, kind: str, subject: str, time: datetime, data: Mapping[str, Any]) -> LogEntry:
    """An event of the service's own."""
    told = {
        "specversion": "1.0",
        "id": event_id,
        "source": OWN_SOURCE,
        "type": kind,
        "time": _instant(time),
        "subject": subject,
        "data": dict(data),
    }
    return LogEntry(source=OWN_SOURCE, id=event_id, type=kind, subject=subject, time=time, told=told)


def tell(db: Connection, tenant: str, happened: Sequence[Event], now: datetime) -> None:
    """Emits what happened and keeps what of it contracts stand on. Call it last in the transaction."""
    kept = [own(each.id, each.type, each.subject, each.time, each.data) for each in happened if each.type in OWN_TYPES]
    orders = _keep_own(db, tenant, kept, now)
    counters = {tenants.c.touched: len(orders), tenants.c.last_event: len(happened)}
    touched_last, event_last = count_each(db, tenant, counters)
    _note(db, tenant, orders, touched_last)
    events.place(db, tenant, happened, event_last)


_OWN = insert(rows)


def append_own(db: Connection, tenant: str, entries: Sequence[LogEntry], now: datetime) -> None:
    """As ``append``, for events of the service's own with ids that nobody has."""
    touch(db, tenant, Touched(orders=_keep_own(db, tenant, entries, now)))


def _keep_own(db: Connection, tenant: str, entries: Sequence[LogEntry], now: datetime) -> set[str]:
    about = Touched()
    about.note(entries)
    if entries:
        db.execute(_OWN, [_row(tenant, entry, now) for entry in entries])
    return about.orders


def append(db: Connection, tenant: str, entries: Sequence[LogEntry], now: datetime) -> dict[int, str]:
    """As ``add``, and ``touch`` for those that are new: for a transaction that appends once."""
    known = add(db, tenant, entries, now)
    about = Touched()
    about.note(entry for number, entry in enumerate(entries) if number not in known)
    touch(db, tenant, about)
    return known


def listed(tenant: str, *, order: str | None = None, kind: str | None = None, source: str | None = None) -> Select[Any]:
    """Events in the log, for ``entry_of``; order them by time, source and id."""
    found = select(rows).where(rows.c.tenant == tenant)
    for column, wanted in ((rows.c.order, order), (rows.c.type, kind), (rows.c.source, source)):
        if wanted is not None:
            found = found.where(named(column, wanted))
    return found


def entry_of(row: Row[Any]) -> LoggedEvent:
    """A row of ``listed`` as a record."""
    same = {name: row._mapping[name] for name in LoggedEvent.__slots__ if name != "data"}
    return LoggedEvent(**same, data=json.loads(row.document).get("data") or {})


def since(
    db: Connection,
    tenant: str,
    types: Sequence[str],
    *,
    orders: Collection[str],
    subjects: Collection[str],
    received_at: datetime,
) -> Iterator[Row[str, str, str | None, str | None]]:
    """Type, subject, order and hub of events that arrived from ``received_at`` on, about these orders or subjects."""
    columns = select(rows.c.type, rows.c.subject, rows.c.order, rows.c.hub)
    mine = columns.where(rows.c.tenant == tenant, rows.c.type.in_(types), rows.c.received_at >= received_at)
    for column, names in ((rows.c.order, sorted(orders)), (rows.c.subject, sorted(subjects))):
        for start in range(0, len(names), 500):
            yield from db.execute(mine.where(column.in_(names[start : start + 500])))


def handlers(
    db: Connection, tenant: str, *, parcels: Sequence[str], orders: Sequence[str], what: str
) -> dict[str, set[str]]:
    """Which hubs, or couriers (``what``), are known to have handled these parcels and orders.

    By ``parcel/…`` and ``order/…``.
    """
    column = rows.c[what]
    found: dict[str, set[str]] = {}
    for label, by, names in (("parcel", rows.c.subject, parcels), ("order", rows.c.order, orders)):
        keys = sorted({f"parcel/{each}" for each in names} if label == "parcel" else set(names))
        for start in range(0, len(keys), 500):
            some = by.in_(keys[start : start + 500])
            wanted = select(by.label("key"), column.label("name")).distinct()
            for row in db.execute(wanted.where(rows.c.tenant == tenant, some, column.is_not(None))):
                key = row.key if label == "parcel" else f"order/{row.key}"
                found.setdefault(key, set()).add(row.name)
    return found


def _row(tenant: str, entry: LogEntry, now: datetime) -> dict[str, Any]:
    data = entry.told.get("data") or {}
    return {
        "tenant": tenant,
        "source": entry.source,
        "id": entry.id,
        "type": entry.type,
        "subject": entry.subject,
        "hub": data.get("hub"),
        "courier": data.get("courier"),
        "time": entry.time,
        "received_at": now,
        "skewed": entry.time > now + SKEW,
        "content_sha256": entry.content_sha256,
        "document": spelt({**entry.told, "recordedtime": _instant(now)}),
        **_about(entry),
    }


def _about(entry: LogEntry) -> dict[str, Any]:
    data = entry.told.get("data") or {}
    order = data.get("order")
    if order is None and entry.subject.startswith("order/"):
        order = entry.subject[6:]
    corrects = data.get("corrects") or {}
    return {
        "order": order,
        "general": around.is_about_all(entry.type, entry.subject, order),
        "corrects_source": corrects.get("source"),
        "corrects_id": corrects.get("id"),
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
