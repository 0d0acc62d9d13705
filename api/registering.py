"""Adding, changing and deleting what the registry keeps, one record or many, alike for every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.responses import Response

from api.bulk import Intake, Kept
from api.db import events, registry
from api.db.events import Event
from api.db.kinds import Entry, Kind
from api.deps import new_id
from api.paging import Page, Paged
from api.principal import Principal
from api.routing import Reply
from api.rows import Row, RowFault


def page(db: Connection, who: Principal, kind: Kind[Entry], paged: Paged, partner: str | None = None) -> Page[Entry]:
    """A page of the records of a kind, by id; those of ``partner`` alone where one is given."""
    by = [kind.table.c.id]
    return paged.page(
        db, registry.listed(who.tenant, kind, partner), by, lambda row: registry.entry_of(kind, row.document)
    )


def shown(db: Connection, who: Principal, kind: Kind[Entry], entry: str, partner: str | None = None) -> Reply[Entry]:
    """One record with its revision. Raises ``NoEntry``."""
    found = registry.read(db, who.tenant, kind, entry, partner)
    return Reply(record=found.record, revision=found.revision)


def add(db: Connection, who: Principal, kind: Kind[Entry], record: Entry, now: datetime) -> Reply[Entry]:
    """A new record, and word of it. Raises ``Faulty``, ``EntryExists``, ``NameTaken``."""
    registry.add(db, who.tenant, kind, record, now)
    events.emit(db, who.tenant, [_event(kind, record.id, "added", now)])
    return Reply(record=record, revision=1, location=f"/v1/{kind.table.name}/{quote(record.id, safe='')}")


def replace(
    db: Connection, who: Principal, kind: Kind[Entry], entry: str, record: Entry, revision: int, now: datetime
) -> Reply[Entry]:
    """Another record in the place of a revision, and word of it. Raises ``NoEntry``, ``Changed``, ``Faulty``."""
    new = registry.replace(db, who.tenant, kind, entry, record, revision, now)
    events.emit(db, who.tenant, [_event(kind, entry, "changed", now)])
    return Reply(record=record, revision=new)


def remove(db: Connection, who: Principal, kind: Kind[Entry], entry: str, revision: int, now: datetime) -> None:
    """Deletes a revision, with word of it. Raises ``NoEntry``, ``Changed``, ``EntryInUse``."""
    registry.remove(db, who.tenant, kind, entry, revision)
    events.emit(db, who.tenant, [_event(kind, entry, "removed", now)])


def load(rows: Intake, kind: Kind[Entry]) -> Response:
    """Adds or replaces the records of a bulk request. Each id may come once."""
    first: dict[str, int] = {}

    def keep(db: Connection, given: Sequence[Row[Entry]]) -> Kept:
        again: list[RowFault] = []
        once = []
        for row in given:
            line = first.setdefault(row.record.id, row.line)
            if line == row.line:
                once.append(row)
            else:
                told = f"stands already at line {line}; remove one"
                again.append(row.fault(f"/{kind.key}", "duplicate-id", told))
        put = registry.put(db, rows.who.tenant, kind, [row.record for row in once], rows.now)
        faults = [
            row.fault(each.pointer, each.code, each.message)
            for row, wrong in zip(once, put.faults, strict=True)
            for each in wrong
        ]
        happened = [
            _event(kind, row.record.id, "added" if fate == "created" else "changed", rows.now)
            for row, fate in zip(once, put.outcomes, strict=True)
            if fate in ("created", "replaced")
        ]
        return Kept(outcomes=Counter(filter(None, put.outcomes)), faults=[*again, *faults], happened=happened)

    return rows.load(kind.record, kind.what, keep)


def _event(kind: Kind[Entry], entry: str, what: str, now: datetime) -> Event:
    return Event(id=new_id(), type=f"{kind.what}.{what}", subject=f"{kind.what}/{entry}", time=now, data={})
