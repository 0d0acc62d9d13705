"""The drop's couriers and promises, with ids made numbers and instants made seconds from ``plan_at``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from router.day import LONG_AGO_S, NEVER_S, Began, Day, Leg, Promise, Run, Visit
from router.draft import DraftParcel, DraftTrip
from router.model import Courier, Drop, named
from router.price import instant
from router.travel import legs

Last = tuple[int, int]
"""Seconds at which the last of some parcels ships, and at which the last is delivered."""


class Fleet:
    """Days, runs and visits of one drop; what is asked for twice is measured once."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.orders, self.tiers = named(drop.orders), named(drop.tiers)
        self.place = {hub.id: index for index, hub in enumerate(drop.hubs)}
        self.door = {order.id: len(drop.hubs) + index for index, order in enumerate(drop.orders)}
        self.wave_end_s = {(hub.id, wave.id): self.s(wave.end) for hub in drop.hubs for wave in hub.waves}
        self.settled = named(drop.committed.parcels)
        self._promises: dict[str, Promise] = {}
        self._legs: dict[str, Leg] = {}
        self._begun = drop.committed.by_courier()

    def s(self, at: datetime) -> int:
        """Seconds from ``plan_at`` to an instant."""
        return instant(at) - instant(self.drop.plan_at)

    def promise(self, order: str, but: Last | None = None) -> Promise:
        """What the order pays for lateness; ``but``: when its parcels ship and arrive that travel otherwise."""
        found = self._promises.get(order)
        if found is None:
            record = self.orders[order]
            tier = self.tiers[record.tier]
            ship_due, deliver_due = record.ship_due(tier), record.deliver_due(tier)
            found = self._promises[order] = Promise(
                shipping=tier.late_shipping,
                delivery=tier.late_delivery,
                ship_due_s=NEVER_S if ship_due is None else self.s(ship_due),
                deliver_due_s=NEVER_S if deliver_due is None else self.s(deliver_due),
            )
        return found if but is None else replace(found, shipped_s=but[0], delivered_s=but[1])

    def ready_s(self, parcel: DraftParcel) -> int:
        """When the parcel can be loaded: its wave has ended."""
        if parcel.committed is not None:
            return self.s(self.settled[parcel.committed].ready_at)
        return self.wave_end_s[parcel.hub, parcel.wave]

    def visit(self, parcels: tuple[DraftParcel, ...], but: Last | None = None) -> Visit:
        """The stop that hands over these parcels of one order."""
        order = self.orders[parcels[0].order]
        return Visit(
            order=order.id,
            place=self.door[order.id],
            opens_s=LONG_AGO_S if order.not_before is None else self.s(order.not_before),
            service_s=order.service_seconds,
            promise=self.promise(order.id, but),
            parcels=parcels,
        )

    def run(self, hub: str, visits: Iterable[Visit]) -> Run:
        """The trip that makes these stops."""
        made = tuple(visits)
        ready_s = max(self.ready_s(each) for visit in made for each in visit.parcels)
        return Run(hub=self.place[hub], ready_s=ready_s, visits=made)

    def runs(self, trips: Iterable[DraftTrip], but: Mapping[str, Last]) -> tuple[Run, ...]:
        """A courier's trips as runs; ``but``: by order, the parcels that travel otherwise."""
        return tuple(
            self.run(trip.hub, (self.visit(parcels, but.get(parcels[0].order)) for parcels in trip.visits))
            for trip in trips
        )

    def day(self, courier: Courier) -> Day:
        """The courier's day, what is committed of it included."""
        trips = self._begun.get(courier.id, ())
        began = None
        if trips:
            began = Began(
                load_s=self.s(trips[0].load_at),
                return_s=max(self.s(trip.return_at) for trip in trips),
                metres=sum(trip.metres for trip in trips),
            )
        return Day(
            courier=courier,
            home=self.place[courier.home],
            opens_s=max(0, self.s(courier.shift.start)),
            closes_s=self.s(courier.shift.end),
            leg=self._leg(courier.profile),
            began=began,
        )

    def _leg(self, profile: str) -> Leg:
        if profile not in self._legs:
            way = legs(self.drop, profile)
            at = [hub.location for hub in self.drop.hubs] + [order.location for order in self.drop.orders]
            known: dict[tuple[int, int], tuple[int, int] | None] = {}

            def leg(start: int, end: int) -> tuple[int, int] | None:
                key = start, end
                if key not in known:
                    known[key] = way(at[start], at[end])
                return known[key]

            self._legs[profile] = leg
        return self._legs[profile]
