"""The peer: what a user would build today from an order list and VROOM.

    python -m bench.vroom_pipeline DROP -o PLAN

Orders go by due time to the nearest hub (``bench.nearest_hub``), hubs send their couriers out round after
round with VROOM (``bench.dispatch``), the rest goes to the carriers. Policy A gives a carrier at once what it
delivers in time; policy B offers everything to the couriers first; the cheaper plan counts. VROOM can end the
process it runs in, so run this as a process of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Literal

from bench import explained
from bench.dispatch import Station, Tour
from bench.nearest_hub import Allocation, Pick, allocate, seconds_after
from router import codec
from router.errors import DropwrightError, Invalid
from router.model import Collection, Drop, Order, Parcel, Stop, Tier, Trip, named
from router.plan import Cost, Plan, Reason, Unserved
from router.price import late_fee, price, tariff

Policy = Literal["A", "B"]
POLICIES: tuple[Policy, ...] = ("A", "B")
NOTHING = Cost(
    total=0,
    handling=0,
    split=0,
    contingency=0,
    couriers=0,
    carriers=0,
    late_shipping=0,
    late_delivery=0,
    unserved=0,
)


def plan(drop: Drop) -> Plan:
    """The cheaper of the two policies' plans. Raises ``Invalid`` for a road drop or one with commitments."""
    allocation = allocate(drop)
    return min((follow(drop, allocation, policy) for policy in POLICIES), key=lambda made: made.cost.total)


def follow(drop: Drop, allocation: Allocation, policy: Policy) -> Plan:
    """One policy's plan, with its cost; an order of which any parcel finds no way out is left as a whole."""
    if drop.committed.parcels or drop.committed.trips:
        raise Invalid("the VROOM pipeline plans whole drops: take the commitments out of the drop")
    post = _Post(drop)
    sent = post.take(allocation.picks, in_time=True) if policy == "A" else {}
    offered = [pick for pick in allocation.picks if pick not in sent]
    stations = [Station(drop, hub, [p for p in offered if p.hub == hub.id]) for hub in drop.hubs]
    tours = [tour for station in stations for tour in station.dispatch()]
    left: set[str] = set()
    while True:
        ridden = {call.pick for tour in tours for call in tour.calls}
        waiting = [p for p in offered if p not in ridden and p not in sent and p.order not in left]
        sent |= post.take(waiting, in_time=False)
        stranded = {pick.order for pick in waiting if pick not in sent}
        if not stranded:
            break
        # An order that cannot go whole stays whole: its other parcels come off their tours.
        left |= stranded
        tours = [kept for station in stations for kept in station.without(tours, left)]
    return _written(drop, allocation, tours, {p: to for p, to in sent.items() if p.order not in left}, left)


class _Post:
    """The carriers' collections and the room that is left in them."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.orders: dict[str, Order] = named(drop.orders)
        self.tiers: dict[str, Tier] = named(drop.tiers)
        self.room: dict[str, float] = {
            each.id: inf if each.parcels is None else each.parcels
            for carrier in drop.carriers
            for each in carrier.collections
        }

    def take(self, picks: Iterable[Pick], *, in_time: bool) -> dict[Pick, Collection]:
        """The cheapest collection with room for each pick that makes one (``in_time``: and keeps its due)."""
        found = {}
        for pick in picks:
            offers = [offer for offer in self.offers(pick) if self.room[offer[1].id] > 0]
            if in_time:
                offers = [offer for offer in offers if not self.late_s(pick, offer[1])]
            if offers:
                _, chosen = min(offers, key=lambda offer: offer[0])
                self.room[chosen.id] -= 1
                found[pick] = chosen
        return found

    def offers(self, pick: Pick) -> list[tuple[int, Collection]]:
        """Collections that the pick makes, each with its tariff and what it would be late."""
        order = self.orders[pick.order]
        tier = self.tiers[order.tier]
        found = []
        for carrier in self.drop.carriers:
            amount = tariff(carrier, pick.grams)
            if amount is None or not pick.handling <= set(carrier.handling):
                continue
            for each in carrier.collections:
                if each.hub == pick.hub and seconds_after(self.drop, each.at) >= pick.ready_s:
                    ship, deliver = order.ship_due(tier), order.deliver_due(tier)
                    late = 0 if ship is None else late_fee(tier.late_shipping, _over_s(each.at, ship))
                    late += 0 if deliver is None else late_fee(tier.late_delivery, self.late_s(pick, each))
                    found.append((amount + late, each))
        return found

    def late_s(self, pick: Pick, each: Collection) -> int:
        """Seconds by which the collection delivers the order late, 0 where it does not."""
        order = self.orders[pick.order]
        due = order.deliver_due(self.tiers[order.tier])
        return 0 if due is None else max(0, _over_s(each.delivered_at, due))


def _over_s(at: datetime, due: datetime) -> int:
    return int((at.astimezone(UTC) - due.astimezone(UTC)).total_seconds())


def _written(
    drop: Drop, allocation: Allocation, tours: Sequence[Tour], sent: dict[Pick, Collection], left: set[str]
) -> Plan:
    """The plan with its cost."""

    def at(seconds: int) -> datetime:
        return drop.plan_at + timedelta(seconds=seconds)

    ids = {pick: f"p{i + 1}" for i, pick in enumerate(allocation.picks)}
    parcels: dict[Pick, Parcel] = {}
    trips = []

    def parcel(pick: Pick, shipped_at: datetime, delivered_at: datetime, **way: str) -> None:
        parcels[pick] = Parcel(
            id=ids[pick],
            order=pick.order,
            hub=pick.hub,
            wave=pick.wave,
            lines=pick.lines,
            ready_at=at(pick.ready_s),
            shipped_at=shipped_at,
            delivered_at=delivered_at,
            **way,
        )

    for i, tour in enumerate(tours):
        for call in tour.calls:
            parcel(call.pick, at(tour.depart_s), at(call.start_s), trip=f"t{i + 1}")
        stops = tuple(
            Stop(
                order=call.pick.order,
                parcels=(ids[call.pick],),
                arrive_at=at(call.arrive_s),
                start_at=at(call.start_s),
                leave_at=at(call.leave_s),
            )
            for call in tour.calls
        )
        trips.append(
            Trip(
                id=f"t{i + 1}",
                courier=tour.courier,
                hub=tour.hub,
                load_at=at(tour.load_s),
                depart_at=at(tour.depart_s),
                stops=stops,
                return_to=tour.hub,
                return_at=at(tour.return_s),
                metres=tour.metres,
            )
        )
    for pick, each in sent.items():
        parcel(pick, each.at, each.delivered_at, collection=each.id)
    reasons: dict[str, Reason] = allocation.left | dict.fromkeys(left, "couriers-full")
    made = Plan(
        format="dropwright.plan/1",
        drop=drop.id,
        cost=NOTHING,
        lower_bound=None,
        parcels=tuple(parcels[pick] for pick in allocation.picks if pick in parcels),
        trips=tuple(trips),
        unserved=tuple(
            Unserved(order=order.id, reason=reasons[order.id]) for order in drop.orders if order.id in reasons
        ),
    )
    return replace(made, cost=price(drop, made))


def main() -> int:
    """Reads a drop, writes the peer's plan."""
    given = argparse.ArgumentParser(prog="python -m bench.vroom_pipeline", description=__doc__.splitlines()[0])
    given.add_argument("drop", type=Path)
    given.add_argument("-o", "--output", type=Path, required=True, metavar="PLAN")
    asked = given.parse_args()
    try:
        asked.output.write_bytes(codec.write(plan(codec.read_drop(asked.drop.read_bytes()))))
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
