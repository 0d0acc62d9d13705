"""A released plan of two hub partners and two courier partners, with words in it that only some of them may read.

It is the small drop with its plan, which the referee has accepted; kamppi belongs to southdock instead of northdock,
and bike-2 to wheels instead of pedal. northdock picks in two waves at kallio, southdock in two at kamppi; pedal drives
t1 and t2, wheels t3 and t4. Both go to o04, which is split.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from api.db import releases
from api.db.releases import Release
from api.ordering import Recipient
from router import codec
from router.model import Drop, Location
from router.plan import Plan
from tests.architecture.sources import ROOT

SMALL = ROOT / "fixtures" / "small"
RELEASED_AT = datetime(2026, 11, 20, 16, 16, tzinfo=UTC)
DROP = "small"
PICKED_BY = {"northdock": "kallio", "southdock": "kamppi"}
DRIVEN_BY = {"pedal": ("t1", "t2"), "wheels": ("t3", "t4")}
BINS = {("kallio", "MUG"): "A-2-10", ("kallio", "TEA"): "A-2-9", ("kamppi", "CANDLE"): "B-1-1"}
TITLES = {"MUG": "Canary mug", "TEA": "=Canary()"}


def handed_over() -> tuple[Drop, Plan]:
    """The drop and the plan; order o07 lies at 60.07, 24.07, and so on."""
    drop = codec.read_drop((SMALL / "drop.json").read_bytes())
    plan = codec.read_plan((SMALL / "plan.json").read_bytes())
    hubs = tuple(replace(hub, partner="southdock") if hub.id == "kamppi" else hub for hub in drop.hubs)
    bikes = tuple(replace(bike, partner="wheels") if bike.id == "bike-2" else bike for bike in drop.couriers)
    orders = tuple(
        replace(order, location=Location(place=order.location.place, lat=60 + number / 100, lon=24 + number / 100))
        for number, order in enumerate(drop.orders, start=1)
    )
    return replace(drop, hubs=hubs, couriers=bikes, orders=orders), plan


def recipients(drop: Drop) -> dict[str, Recipient]:
    """Whom to meet: each order's are words that no other order has."""
    return {
        order.id: Recipient(
            name=f"Canary {order.id}", phone=f"+358 40 00 {order.id}", address=f"Kanarienweg {order.id}", note="ring"
        )
        for order in drop.orders
    }


def release(db: Connection, tenant: str, version: int = 1, drop: str = DROP) -> Release:
    """Hands the plan over as this version of the drop's plan."""
    asked, plan = handed_over()
    return releases.add(
        db,
        tenant,
        drop,
        version,
        asked,
        plan,
        BINS,
        RELEASED_AT,
        titles=TITLES,
        recipients=recipients(asked),
    )
