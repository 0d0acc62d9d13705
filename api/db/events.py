"""The outbox: what happened is written in the transaction in which it happened.

Positions are counted in the marketplace's own row, which stays locked until the transaction ends, so they have no gaps
and grow in the order of commits: whoever reads after position 7 never misses an 8 that was committed late. Emit last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from api.db.tables.accounts import tenants
from api.db.tables.events import events


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to ``subject`` (``order/o1``). ``partner``: who besides the marketplace may see it."""

    id: str
    type: str
    subject: str
    time: datetime
    data: Mapping[str, object]
    partner: str | None = None


def emit(db: Connection, tenant: str, happened: Sequence[Event]) -> int:
    """Appends to the marketplace's feed and gives the position of the last event there."""
    db.execute(update(tenants).where(tenants.c.id == tenant).values(last_event=tenants.c.last_event + len(happened)))
    last: int = db.execute(select(tenants.c.last_event).where(tenants.c.id == tenant)).scalar_one()
    first = last - len(happened) + 1
    if happened:
        db.execute(
            insert(events),
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
    return last
