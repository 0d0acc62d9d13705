"""A contract of eight terms and the events of a month of orders under it: seeded, shuffled, with all that happens.

Some events come twice, some are corrected, some parcels come back, orders are held and cancelled, hubs are closed,
excuses are proposed and decided.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST = datetime(2026, 11, 1, 6, tzinfo=UTC)
HUBS = ("kallio", "pasila", "vallila", "sornainen")
COURIERS = ("bike-1", "bike-2", "van-1")
ORDERS_AT_ONCE = 2000
"""Orders whose events are mixed with each other."""


def write_log(path: Path, *, orders: int, seed: int) -> int:
    """Writes the events of so many orders, about ten each; tells how many."""
    draw = random.Random(seed)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in _closures(draw, orders):
            file.write(line)
            count += 1
        for begin in range(0, orders, ORDERS_AT_ONCE):
            lines = [
                line
                for order in range(begin, min(orders, begin + ORDERS_AT_ONCE))
                for line in _order(draw, order, orders)
            ]
            draw.shuffle(lines)
            file.writelines(lines)
            count += len(lines)
    return count


def _order(draw: random.Random, number: int, orders: int) -> list[str]:
    order = f"o{number}"
    hub, courier = draw.choice(HUBS), draw.choice(COURIERS)
    tier = draw.choice(("express-2h", "same-day"))
    parcels = [f"{order}-p{parcel}" for parcel in range(draw.choice((1, 1, 1, 2)))]
    at = FIRST + timedelta(seconds=int(29 * 86_400 * number / orders) + draw.randrange(3600))
    told: list[dict[str, Any]] = []

    def tell(kind: str, subject: str, minutes: float, **more: object) -> None:
        nonlocal at
        at += timedelta(seconds=int(minutes * 60))
        data = {"order": order, "hub": hub, "courier": courier, "tier": tier, **more}
        told.append(_event(f"{order}-{len(told)}", f"partner/{hub}", kind, subject, at, data))

    whole = f"order/{order}"
    tell("order.placed", whole, 0)
    if draw.random() < 0.05:
        tell("order.held", whole, 1)
    tell("order.cleared", whole, draw.expovariate(1 / 8))
    tell("plan.released", whole, draw.expovariate(1 / 6))
    if draw.random() < 0.02:
        tell("order.cancelled", whole, draw.expovariate(1 / 30))
    tell("pick.started", whole, 2)
    if draw.random() < 0.05:
        tell("pick.short", whole, 3)
    for parcel in parcels:
        tell("parcel.packed", f"parcel/{parcel}", draw.expovariate(1 / 20))
        tell("parcel.manifested", f"parcel/{parcel}", 1)
    for parcel in parcels:
        tell("parcel.handed_over", f"parcel/{parcel}", draw.expovariate(1 / 10), evidence=[{"kind": "scan"}])
        tell("parcel.out_for_delivery", f"parcel/{parcel}", 1)
    for parcel in parcels:
        if draw.random() < 0.02:
            tell("parcel.attempt_failed", f"parcel/{parcel}", 30)
            tell("parcel.returned", f"parcel/{parcel}", 120)
        else:
            tell("parcel.delivered", f"parcel/{parcel}", draw.expovariate(1 / 30), evidence=[{"kind": "photo"}])
    if draw.random() < 0.04:
        tell("excuse.proposed", whole, 60, code=draw.choice(("bad_address", "stock_error_upstream")))
        if draw.random() < 0.5:
            kind = draw.choice(("excuse.accepted", "excuse.rejected"))
            tell(kind, whole, 60, excuse=f"{order}-{len(told) - 1}")
    if draw.random() < 0.02:
        wrong = draw.choice(told)
        right = datetime.fromisoformat(wrong["time"]) - timedelta(minutes=3)
        corrects = {"source": wrong["source"], "id": wrong["id"]}
        told.append(
            _event(
                f"{order}-c",
                wrong["source"],
                wrong["type"],
                wrong["subject"],
                right,
                {**wrong["data"], "corrects": corrects},
            )
        )
    if draw.random() < 0.05:
        told.append(draw.choice(told))
    return [json.dumps(each) + "\n" for each in told]


def _closures(draw: random.Random, orders: int) -> Iterator[str]:
    for number in range(max(1, orders // 2000)):
        hub = draw.choice(HUBS)
        at = FIRST + timedelta(seconds=draw.randrange(29 * 86_400))
        for kind, minutes in (("hub.closed_by_authority", 0), ("hub.reopened", draw.randrange(10, 120))):
            made = _event(f"h{number}-{kind}", "city", kind, f"hub/{hub}", at + timedelta(minutes=minutes), {})
            yield json.dumps(made) + "\n"


def _event(name: str, source: str, kind: str, subject: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    spelt = f"{at:%Y-%m-%dT%H:%M:%S}Z"
    made = {"specversion": "1.0", "id": name, "source": source, "type": kind, "time": spelt, "subject": subject}
    return {**made, "recordedtime": spelt, "data": data}
