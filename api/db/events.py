"""The outbox: what happened is written in the transaction in which it happened.

Positions are counted in the marketplace's own row, which stays locked until the transaction ends, so they have no gaps
and grow in the order of commits: whoever reads after position 7 never misses an 8 that was committed late. Emit last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select

from api.db.counters import count
from api.db.tables.accounts import tenants
from api.db.tables.events import events
from api.db.tables.webhooks import deliveries, webhooks
from api.event_types import TYPES
from api.feed import Feed, FeedEvent, source
from router.errors import DropwrightError, Invalid


class EventsForgotten(DropwrightError):
    """Events were asked for that are so old that they are not kept any more."""

    code, title = "events-forgotten", "Events that old are not kept"

    def __init__(self, oldest: int) -> None:
        super().__init__(
            f"the oldest event that is kept is number {oldest}: read what you missed from the lists, then go on "
            f"with after={oldest - 1}",
            oldest=oldest,
        )


class AheadOfFeed(Invalid):
    """A position was given that no event has yet: it is of another marketplace, or of a database since restored."""

    code, title = "ahead-of-feed", "No event has that position yet"

    def __init__(self, last: int) -> None:
        super().__init__(f"the last event is number {last}; give the next of an earlier answer", last=last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to ``subject`` (``order/o1``). ``partner``: who besides the marketplace may see it.

    Raises ``ValueError`` for a type that ``api.event_types`` does not list.
    """

    id: str
    type: str
    subject: str
    time: datetime
    data: Mapping[str, object]
    partner: str | None = None

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"{self.type} is no type of api.event_types")


_ADD = insert(events)


def emit(db: Connection, tenant: str, happened: Sequence[Event]) -> int:
    """Appends to the marketplace's feed and gives the position of the last event there."""
    last = count(db, tenant, tenants.c.last_event, len(happened))
    place(db, tenant, happened, last)
    return last


def place(db: Connection, tenant: str, happened: Sequence[Event], last: int) -> None:
    """As ``emit``, for whoever has counted them already: ``last`` is the position of the last."""
    first = last - len(happened) + 1
    if happened:
        db.execute(
            _ADD,
            [
                {
                    "tenant": tenant,
                    "position": first + index,
                    "id": each.id,
                    "type": each.type,
                    "subject": each.subject,
                    "time": each.time,
                    "data": json.dumps(each.data, ensure_ascii=False, sort_keys=True),
                    "partner": each.partner,
                }
                for index, each in enumerate(happened)
            ],
        )


def head(db: Connection, tenant: str) -> int:
    """The position of the marketplace's last event, 0 where nothing happened yet."""
    last: int = db.execute(select(tenants.c.last_event).where(tenants.c.id == tenant)).scalar_one()
    return last


def oldest(db: Connection, tenant: str) -> int:
    """The position of the oldest event that is kept, or of the next one where none is."""
    first = db.execute(select(func.min(events.c.position)).where(events.c.tenant == tenant)).scalar_one()
    return head(db, tenant) + 1 if first is None else int(first)


def heads(db: Connection) -> dict[str, int]:
    """The position of every marketplace's last event."""
    return {row.id: row.last_event for row in db.execute(select(tenants.c.id, tenants.c.last_event))}


def page(
    db: Connection,
    tenant: str,
    *,
    after: int | None,
    limit: int,
    partner: str | None = None,
    types: Sequence[str] = (),
) -> Feed:
    """At most ``limit`` events strictly after a position, or from the oldest one that is kept.

    Those of ``partner`` and of ``types`` alone, where they are given. Raises ``AheadOfFeed``, ``EventsForgotten``.
    """
    last = head(db, tenant)  # first: what is committed later is left to the next page
    if after is not None:
        if after > last:
            raise AheadOfFeed(last)
        if after + 1 < (first := oldest(db, tenant)):
            raise EventsForgotten(first)
    wanted = and_(events.c.position > (after or 0), events.c.position <= last, seen(tenant, partner, types))
    rows = db.execute(select(events).where(wanted).order_by(events.c.position).limit(limit)).all()
    return Feed(
        items=tuple(event_of(row) for row in rows),
        next=rows[-1].position if len(rows) == limit else last,
    )


def seen(tenant: str, partner: str | None, types: Sequence[str] = ()) -> ColumnElement[bool]:
    """The events of a marketplace; where they are given, those of a partner and of some types alone."""
    mine = [events.c.tenant == tenant]
    if partner is not None:
        mine.append(events.c.partner == partner)
    if types:
        mine.append(events.c.type.in_(sorted(types)))
    return and_(*mine)


def event_of(row: Row[Any]) -> FeedEvent:
    """A row of the table as it is told."""
    return FeedEvent(
        position=row.position,
        specversion="1.0",
        id=row.id,
        source=source(row.tenant),
        type=row.type,
        subject=row.subject,
        time=row.time,
        partner=row.partner,
        data=json.loads(row.data),
    )


def forget(db: Connection, before: datetime) -> int:
    """Deletes what is older than ``before`` and was sent to every webhook that is enabled; gives how many.

    The feed loses its beginning and nothing else, so it has no gaps afterwards either.
    """
    gone = 0
    for tenant, last in sorted(heads(db).items()):
        young = select(func.min(events.c.position)).where(events.c.tenant == tenant, events.c.time >= before)
        unsent = select(func.min(webhooks.c.sent_through)).where(webhooks.c.tenant == tenant, webhooks.c.enabled)
        again = select(func.min(deliveries.c.position)).where(
            deliveries.c.tenant == tenant, deliveries.c.state == "waiting"
        )
        first_young, sent, waiting = (db.execute(each).scalar_one() for each in (young, unsent, again))
        through = min(
            last if first_young is None else first_young - 1,
            last if sent is None else sent,
            last if waiting is None else waiting - 1,
        )
        gone += db.execute(delete(events).where(events.c.tenant == tenant, events.c.position <= through)).rowcount
    return gone
