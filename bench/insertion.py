"""How a left-over order could travel, and the plan that lets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from bench.courier_day import Driven
from bench.remainder import Load
from router.model import Collection, Courier, Drop, Parcel, ParcelLine, Stop, Trip
from router.plan import Plan
from router.price import price


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A courier whose day takes the load along; ``driven`` is the new day."""

    courier: Courier
    driven: Driven


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A way for one load, or for two with one courier. ``cost``: what it adds but the order's own lateness.

    Handling is within it, the price of splitting is not.
    """

    loads: tuple[Load, ...]
    cost: int
    shipped_s: int
    delivered_s: int
    by: Ride | Collection

    @property
    def way(self) -> str:
        """The way in words."""
        picked = [f"{load.hub} {wave}" for load in self.loads for wave, _ in load.parcels]
        by = f"courier {self.by.courier.id}" if isinstance(self.by, Ride) else f"collection {self.by.id}"
        return f"{' and '.join(picked)} by {by}"


def with_order(drop: Drop, plan: Plan, order: str, offers: Sequence[Offer]) -> Plan:
    """``plan`` with the order served as offered and the days of its couriers re-timed; all else as it was."""
    names = _unused(order, plan)
    parcels, trips = {parcel.id: parcel for parcel in plan.parcels}, {trip.id: trip for trip in plan.trips}
    for offer in offers:
        aboard: dict[str, list[str]] = {}
        for load in offer.loads:
            for wave, lines in load.parcels:
                parcel = _parcel(drop, order, load.hub, wave, lines, next(names), offer.by)
                parcels[parcel.id] = parcel
                aboard.setdefault(load.hub, []).append(parcel.id)
        if isinstance(offer.by, Ride):
            _ride(drop, offer.by, order, aboard, parcels, trips, names)
    served = replace(
        plan,
        lower_bound=None,
        parcels=tuple(parcels.values()),
        trips=tuple(trips.values()),
        unserved=tuple(row for row in plan.unserved if row.order != order),
        certificate=None,
    )
    return replace(served, cost=price(drop, served))


def _unused(order: str, plan: Plan) -> Iterator[str]:
    """Ids for new parcels and trips."""
    taken = {parcel.id for parcel in plan.parcels} | {trip.id for trip in plan.trips}
    return (name for i in count(1) if (name := f"{order}+{i}") not in taken)


def _parcel(
    drop: Drop,
    order: str,
    hub: str,
    wave: str,
    lines: tuple[ParcelLine, ...],
    name: str,
    by: Ride | Collection,
) -> Parcel:
    ready_at = next(w.end for each in drop.hubs if each.id == hub for w in each.waves if w.id == wave)
    parcel = Parcel(id=name, order=order, hub=hub, wave=wave, lines=lines, ready_at=ready_at)
    if isinstance(by, Ride):
        return parcel
    return replace(parcel, collection=by.id, shipped_at=by.at, delivered_at=by.delivered_at)


def _ride(
    drop: Drop,
    ride: Ride,
    order: str,
    boarding: dict[str, list[str]],
    parcels: dict[str, Parcel],
    trips: dict[str, Trip],
    names: Iterator[str],
) -> None:
    """Rewrites the courier's trips that are not committed, and the times of the parcels aboard.

    ``boarding``: the order's new parcels by hub.
    """

    def at(seconds: int) -> datetime:
        return drop.plan_at + timedelta(seconds=seconds)

    for run, marks in zip(ride.driven.runs, ride.driven.marks, strict=True):
        trip = run.trip or next(names)
        before = {stop.order: stop.parcels for stop in trips[trip].stops} if trip in trips else {}
        stops = []
        for visit, (arrive_s, start_s, leave_s) in zip(run.visits, marks.calls, strict=True):
            new = visit.order == order
            aboard = tuple(boarding[drop.hubs[run.hub].id]) if new else before[visit.order]
            for name in aboard:
                parcels[name] = replace(
                    parcels[name], trip=trip, shipped_at=at(marks.depart_s), delivered_at=at(start_s)
                )
            stops.append(
                Stop(
                    order=visit.order,
                    parcels=aboard,
                    arrive_at=at(arrive_s),
                    start_at=at(start_s),
                    leave_at=at(leave_s),
                )
            )
        trips[trip] = Trip(
            id=trip,
            courier=ride.courier.id,
            hub=drop.hubs[run.hub].id,
            load_at=at(marks.load_s),
            depart_at=at(marks.depart_s),
            stops=tuple(stops),
            return_to=drop.hubs[marks.to].id,
            return_at=at(marks.return_s),
            metres=marks.metres,
        )
