"""The judge over a plan's planned times: what a plan would breach, and what that would cost, if all went as planned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from router.model import Drop, Parcel, named
from router.plan import Plan
from sla.contract import Contract
from sla.event import EPOCH, Event
from sla.replay import Outcome, outcome
from sla.rules import prepared

SOURCE = "dropwright/plan"
"""The source of planned events, which no partner may speak with."""


def planned_events(drop: Drop, plan: Plan) -> tuple[Event, ...]:
    """The events that a valid plan foresees, in fold order: each order placed and cleared, released when the drop is
    planned, each parcel packed, handed over and delivered. Orders left over have no parcels. O(orders + parcels)."""
    return tuple(sorted(_events(drop, plan)))


def forecast(drop: Drop, plan: Plan, contract: Contract) -> Outcome:
    """The verdicts of a bound contract if the plan goes as planned, judged at its last event.

    Raises ParameterUnbound.
    """
    return outcome(prepared(contract), planned_events(drop, plan))


def _events(drop: Drop, plan: Plan) -> Iterator[Event]:
    orders, trips = named(drop.orders), named(plan.trips)
    takes = {collection.id: carrier.id for carrier in drop.carriers for collection in carrier.collections}
    parcels: dict[str, list[Parcel]] = {}
    for parcel in plan.parcels:
        parcels.setdefault(parcel.order, []).append(parcel)
    for order in drop.orders:
        listed = [parcel.id for parcel in parcels.get(order.id, ())]
        data: dict[str, object] = {"order": order.id, "tier": order.tier, "drop": drop.id}
        data |= {"parcels": listed} if listed else {}
        for kind, at in (
            ("order.placed", order.placed_at),
            ("order.cleared", order.clear_at),
            ("plan.released", max(drop.plan_at, order.clear_at)),
        ):
            yield _event(kind, f"order/{order.id}", at, data)
    for parcel in plan.parcels:
        order = orders[parcel.order]
        carrier = trips[parcel.trip].courier if parcel.trip is not None else takes.get(parcel.collection or "")
        data = {"order": order.id, "tier": order.tier, "drop": drop.id, "hub": parcel.hub}
        data |= {"courier": carrier} if carrier is not None else {}
        for kind, planned_at in (
            ("parcel.packed", parcel.ready_at),
            ("parcel.handed_over", parcel.shipped_at),
            ("parcel.delivered", parcel.delivered_at),
        ):
            if planned_at is not None:
                yield _event(kind, f"parcel/{parcel.id}", planned_at, data)


def _event(kind: str, subject: str, at: datetime, data: dict[str, object]) -> Event:
    at_us = (at - EPOCH) // timedelta(microseconds=1)
    order = data["order"]
    return Event(
        at_us, SOURCE, f"{kind}/{subject}", kind, subject, order if isinstance(order, str) else None, at_us, data
    )
