"""Takes in what partners and the marketplace say happened, as CloudEvents: once, and of nobody but themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import Connection, Table, select
from starlette.responses import Response

from api.bulk import Intake, Kept, Loaded
from api.db import sla_log
from api.db.sla_log import LogEntry
from api.db.tables.registry import couriers, hubs
from api.principal import OPERATORS, Principal, Role
from api.rows import CSV, LONGEST_ROW, NotRows, Row, RowFault
from router.errors import Fault, Faulty
from sla import adapters, event
from sla.event import Event, FaultyEvent

FUTURE = timedelta(hours=24)
"""How far ahead of the clock an event may be; further, somebody's clock is wrong."""

MARKETPLACE_ALONE = (
    "order.",
    "plan.",
    "drop.",
    "window.",
    "excuse.accepted",
    "excuse.rejected",
    "case.",
    "dispute.resolved",
    "dispute.first_response",
)
"""Beginnings of the types that only the marketplace may say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as it was sent: for clocks, and for the log."""

    event: Event
    entry: LogEntry


def load(rows: Intake) -> Response:
    """Appends the events of a request to the log: one, a batch, or a line each.

    Raises ``FaultyRows`` with every event that is none, is somebody else's to tell, or differs from one that is there.
    """
    if rows.media == CSV:
        raise NotRows
    begin = rows.file.read(1024).lstrip()
    rows.file.seek(0)
    if begin.startswith(b"{") and rows.media != "application/x-ndjson":
        rows = replace(rows, file=BytesIO(b"[" + rows.file.read(LONGEST_ROW + 1) + b"]"))

    def keep(db: Connection, given: Sequence[Row[Told]]) -> Kept:
        refused = list(_refused(db, rows.who, given, rows.now))
        bad = {fault.line for fault in refused}
        good = [row for row in given if row.line not in bad]
        known = sla_log.add(db, rows.who.tenant, [row.record.entry for row in good], rows.now)
        for number, what in known.items():
            if what == "differs":
                message = "was sent before with other content; a correction is a new event with data.corrects"
                refused.append(good[number].fault("/id", "event-differs", message))
        same = sum(what == "same" for what in known.values())
        told = [row.record.entry for number, row in enumerate(good) if number not in known]
        return Kept(outcomes={"added": len(good) - len(known), "unchanged": same}, faults=refused, told=told)

    return rows.load(Told, "event", keep, read=read)


def track(
    db: Connection, who: Principal, service: str, data: bytes, *, parcel: str | None, order: str | None, now: datetime
) -> Loaded:
    """Appends what a tracking service tells of a parcel. Raises ``Faulty`` where it is no such notification."""
    try:
        told = json.loads(event.content(data))
    except FaultyEvent as faulty:
        raise Faulty("notification", faulty.faults) from None
    entries = [
        read(json.dumps(each).encode()).entry
        for each in adapters.events(service, told, source=f"tracking/{service}", parcel=parcel, order=order)
    ]
    known = sla_log.append(db, who.tenant, entries, now)
    outcomes = {"added": len(entries) - len(known), "unchanged": len(known)}
    return Loaded(rows=len(entries), kept=len(entries), refused=0, outcomes=outcomes)


def read(data: bytes) -> Told:
    """The event that a row spells. Raises ``Faulty`` with every fault of it."""
    try:
        found = event.read(data)
        told: dict[str, Any] = json.loads(event.content(data))
    except FaultyEvent as faulty:
        raise Faulty("event", faulty.faults) from None
    entry = LogEntry(
        source=found.source,
        id=found.id,
        type=found.type,
        subject=found.subject,
        time=datetime.fromtimestamp(0, UTC) + timedelta(microseconds=found.at_us),
        told=told,
    )
    long = [
        name
        for name, most in (("source", 500), ("id", 500), ("type", 100), ("subject", 500))
        if len(told.get(name) or "") > most
    ]
    if long:
        raise Faulty(
            "event", tuple(Fault(pointer=f"/{name}", code="bad-length", message="is too long") for name in long)
        )
    return Told(event=found, entry=entry)


def _refused(db: Connection, who: Principal, given: Sequence[Row[Told]], now: datetime) -> Iterable[RowFault]:
    """Faults of events that are beyond the clock, or not for this partner to tell."""
    for row in given:
        if row.record.entry.time > now + FUTURE:
            message = "is more than 24 hours ahead of the clock here; mend the clock that it comes from"
            yield row.fault("/time", "in-the-future", message)
        if row.record.entry.source == sla_log.OWN_SOURCE:
            yield row.fault("/source", "not-yours", f"{sla_log.OWN_SOURCE} is the service itself; give your own")
    if who.role in OPERATORS:
        yield from _foreign(db, who, given)


def _foreign(db: Connection, who: Principal, given: Sequence[Row[Told]]) -> Iterable[RowFault]:
    """A partner speaks for its own hubs or couriers, and for parcels that they handle."""
    what = "hub" if who.role is Role.HUB else "courier"
    table = hubs if who.role is Role.HUB else couriers
    named = {name for row in given for name in _names(row.record.event, what)}
    own = _own(db, who, table, named)
    events = [row.record.event for row in given]
    handled = sla_log.handlers(
        db,
        who.tenant,
        parcels=[each.subject[7:] for each in events if each.subject.startswith("parcel/")],
        orders=[each.order for each in events if each.order is not None],
        what=what,
    )
    ours = _own(db, who, table, {name for names in handled.values() for name in names})
    for row in given:
        told = row.record.event
        if told.source != f"partner/{who.partner}":
            yield row.fault("/source", "not-yours", f"must be partner/{who.partner}: a partner speaks for itself")
        elif told.type.startswith(MARKETPLACE_ALONE):
            yield row.fault("/type", "not-yours", f"{told.type} is for the marketplace to tell")
        else:
            fault = _not_theirs(told, what, own, handled, ours)
            if fault is not None:
                yield row.fault(*fault)


def _not_theirs(
    told: Event, what: str, own: set[str], handled: dict[str, set[str]], ours: set[str]
) -> tuple[str, str, str] | None:
    """Why an event is about somebody else's work; ``None`` where it is not."""
    names = _names(told, what)
    for name in names:
        if name not in own:
            return (
                "/data" if told.data.get(what) == name else "/subject",
                "not-yours",
                f"{name!r} is no {what} of yours",
            )
    if told.subject.startswith(("hub/", "courier/")) and not names:
        return "/subject", "not-yours", f"is for another kind of partner; tell of {what}/…"
    parcel = handled.get(told.subject)
    if parcel is not None and parcel.isdisjoint(ours):
        return "/subject", "not-yours", f"another {what} handles it"
    if not names and parcel is None and handled.get(f"order/{told.order}", set()).isdisjoint(ours):
        return "/data", "not-yours", f"say in data.{what} which {what} of yours handles it"
    return None


def _names(told: Event, what: str) -> set[str]:
    """The hubs, or couriers, that an event names as the ones at work."""
    found = {told.data.get(what)} if told.data.get(what) else set()
    if told.subject.startswith(f"{what}/"):
        found.add(told.subject.partition("/")[2])
    return {str(each) for each in found}


def _own(db: Connection, who: Principal, table: Table, names: set[str]) -> set[str]:
    """Those of the names that are the partner's."""
    found: set[str] = set()
    wanted = sorted(name for name in names if "\0" not in name)
    for start in range(0, len(wanted), 500):
        mine = (
            table.c.tenant == who.tenant,
            table.c.partner == who.partner,
            table.c.id.in_(wanted[start : start + 500]),
        )
        found |= set(db.execute(select(table.c.id).where(*mine)).scalars())
    return found
