"""A plan's courier days as they stand: from trips and parcels to runs that can be re-timed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from bench.courier_day import LONG_AGO_S, Began, Day, Promise, Run, Visit, lateness
from bench.legs import legs
from bench.nearest_hub import due_s, seconds_after
from router.model import Courier, Drop, Order, Parcel, Tier, Trip, named
from router.plan import Plan
from router.price import courier_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A courier's day and what it costs as the plan has it, lateness of its orders included.

    ``newcomers``: the row of each order left over in the day's tables.
    """

    day: Day
    cost: int
    newcomers: dict[str, int]


class Days:
    """The courier days of one plan."""

    def __init__(self, drop: Drop, plan: Plan) -> None:
        self.drop = drop
        self.orders: dict[str, Order] = named(drop.orders)
        self.tiers: dict[str, Tier] = named(drop.tiers)
        self.parcels: dict[str, Parcel] = named(plan.parcels)
        self.skus = {sku.sku: sku for sku in drop.catalog}
        self.hubs = {hub.id: i for i, hub in enumerate(drop.hubs)}
        self.begun = {trip.id for trip in drop.committed.trips}
        self.trips: dict[str, list[Trip]] = {}
        for trip in sorted(plan.trips, key=lambda trip: trip.load_at):
            self.trips.setdefault(trip.courier, []).append(trip)
        self.of_order: dict[str, list[Parcel]] = {}
        for parcel in plan.parcels:
            self.of_order.setdefault(parcel.order, []).append(parcel)

    def standing(self, courier: Courier, newcomers: Sequence[str]) -> Standing:
        """The courier's day with tables that also hold the doors of ``newcomers``.

        Everything up to the last committed trip is fixed.
        """
        trips = self.trips.get(courier.id, [])
        fixed = max((i + 1 for i, trip in enumerate(trips) if trip.id in self.begun), default=0)
        doors = dict.fromkeys([stop.order for trip in trips[fixed:] for stop in trip.stops] + list(newcomers))
        row = {order: len(self.hubs) + i for i, order in enumerate(doors)}
        places = [hub.location for hub in self.drop.hubs] + [self.orders[order].location for order in doors]
        table = legs(self.drop, courier.profile, places, places)
        free = {trip.id for trip in trips[fixed:]}
        day = Day(
            courier=courier,
            home=self.hubs[courier.home],
            loads_at=frozenset(self.hubs[hub] for hub in courier.loads_at),
            opens_s=max(0, self.at(courier.shift.start)),
            ends_s=self.at(courier.shift.end),
            seconds=table.seconds.tolist(),
            metres=table.metres.tolist(),
            runs=tuple(self.run(trip, row, free) for trip in trips[fixed:]),
            began=self.began(trips[:fixed]),
        )
        return Standing(
            day=day, cost=self.cost(day, trips, fixed), newcomers={order: row[order] for order in newcomers}
        )

    def promise(self, order: str, free: set[str]) -> Promise:
        """The order's due times and penalties, beside what of it travels on none of the trips ``free``."""
        record = self.orders[order]
        tier = self.tiers[record.tier]
        ship_due = record.ship_due(tier)
        elsewhere = [parcel for parcel in self.of_order.get(order, []) if parcel.trip not in free]
        return Promise(
            ship_due_s=inf if ship_due is None else self.at(ship_due),
            deliver_due_s=due_s(self.drop, record, self.tiers),
            shipping=tier.late_shipping,
            delivery=tier.late_delivery,
            shipped_s=max((self.at(p.shipped_at) for p in elsewhere if p.shipped_at), default=LONG_AGO_S),
            delivered_s=max((self.at(p.delivered_at) for p in elsewhere if p.delivered_at), default=LONG_AGO_S),
        )

    def visit(self, order: str, place: int, free: set[str]) -> Visit:
        record = self.orders[order]
        return Visit(
            order=order,
            place=place,
            opens_s=LONG_AGO_S if record.not_before is None else self.at(record.not_before),
            service_s=record.service_seconds,
            promise=self.promise(order, free),
        )

    def run(self, trip: Trip, row: dict[str, int], free: set[str]) -> Run:
        """A trip of the plan without its times."""
        aboard = [self.parcels[parcel] for stop in trip.stops for parcel in stop.parcels]
        goods = [(self.skus[line.sku], line.quantity) for parcel in aboard for line in parcel.lines]
        return Run(
            trip=trip.id,
            hub=self.hubs[trip.hub],
            ready_s=max(self.at(parcel.ready_at) for parcel in aboard),
            visits=tuple(self.visit(stop.order, row[stop.order], free) for stop in trip.stops),
            grams=sum(sku.grams * units for sku, units in goods),
            millilitres=sum(sku.millilitres * units for sku, units in goods),
            parcels=len(aboard),
        )

    def began(self, trips: Sequence[Trip]) -> Began | None:
        if not trips:
            return None
        return Began(
            first_s=self.at(trips[0].load_at),
            return_s=self.at(trips[-1].return_at),
            place=self.hubs[trips[-1].return_to],
            metres=sum(trip.metres for trip in trips),
            trips=len(trips),
        )

    def cost(self, day: Day, trips: Sequence[Trip], fixed: int) -> int:
        """What the day costs as the plan has it: pay, and lateness on trips that are not committed."""
        if not trips:
            return 0
        met = [
            (visit, self.at(trip.depart_at), self.at(stop.start_at))
            for run, trip in zip(day.runs, trips[fixed:], strict=True)
            for visit, stop in zip(run.visits, trip.stops, strict=True)
        ]
        duty_s = self.at(trips[-1].return_at) - self.at(trips[0].load_at)
        return courier_cost(day.courier.cost, sum(trip.metres for trip in trips), duty_s) + lateness(met)

    def at(self, at: datetime) -> int:
        return seconds_after(self.drop, at)
