"""R7 movement and R8 duty: that a courier can be where the plan says, when it says so."""

from __future__ import annotations

from collections.abc import Iterator

from router.check.case import Case, Remark
from router.check.legs import Leg, legs
from router.model import Courier, Location, Order, Stop, Trip
from router.price import instant


def movement(case: Case) -> Iterator[Remark]:
    """R7: no leg is faster than travel allows, none is without a way, and metres is their sum."""
    by_profile = {name: legs(case.drop.travel, name) for name in case.drop.travel.profiles}
    for where, trip in case.trips:
        courier = case.couriers.get(trip.courier)
        yield from _trip(case, where, trip, None if courier is None else by_profile.get(courier.profile))


def duty(case: Case) -> Iterator[Remark]:
    """R8: a courier's trips follow each other in time and place, from home to home, within shift and duty."""
    made: dict[str, list[tuple[str, Trip]]] = {}
    for where, trip in case.trips:
        made.setdefault(trip.courier, []).append((where, trip))
    for name, trips in made.items():
        courier = case.couriers.get(name)
        if courier is not None:
            trips.sort(key=lambda row: (instant(row[1].load_at), instant(row[1].return_at)))
            yield from _duty(courier, trips)


def _trip(case: Case, where: str, trip: Trip, leg: Leg | None) -> Iterator[Remark]:
    at, left, metres, measured = _hub(case, trip.hub), instant(trip.depart_at), 0, True
    ends = []
    for index, stop in enumerate(trip.stops):
        spot, order = f"{where}/stops/{index}", case.orders.get(stop.order)
        yield from _visit(spot, stop, order)
        there = None if order is None else order.location
        ends.append((spot, f"{spot}/arrive_at", there, stop.arrive_at, stop.leave_at))
    ends.append((where, f"{where}/return_at", _hub(case, trip.return_to), trip.return_at, trip.return_at))
    for spot, field, there, reached_at, leaves_at in ends:
        way = leg(at, there) if leg and at and there else None
        if way is not None:
            metres += way[0]
            early_s = left + way[1] - instant(reached_at)
            if early_s > 0:
                yield field, f"is {early_s} s sooner than the {way[1]} s of travel allow"
        else:
            measured = False
            if leg and at and there:
                yield spot, "there is no way to this place from the one before"
        at, left = there, instant(leaves_at)
    if measured and metres != trip.metres:
        yield f"{where}/metres", f"is {trip.metres}, but the legs come to {metres}"


def _hub(case: Case, name: str) -> Location | None:
    return case.hubs[name].location if name in case.hubs else None


def _visit(spot: str, stop: Stop, order: Order | None) -> Iterator[Remark]:
    """That a stop starts after the courier is there and the buyer is, and lasts as long as it must."""
    start = instant(stop.start_at)
    if start < instant(stop.arrive_at):
        yield f"{spot}/start_at", f"is {instant(stop.arrive_at) - start} s before arrive_at"
    if order is None:
        return
    if order.not_before is not None and start < instant(order.not_before):
        early_s = instant(order.not_before) - start
        yield f"{spot}/start_at", f"is {early_s} s before order {order.id!r} may be delivered"
    short_s = start + order.service_seconds - instant(stop.leave_at)
    if short_s > 0:
        yield f"{spot}/leave_at", f"is {short_s} s before the {order.service_seconds} s of service are over"


def _duty(courier: Courier, trips: list[tuple[str, Trip]]) -> Iterator[Remark]:
    """``trips``: all of the courier's, by ``load_at``."""
    start, end = instant(courier.shift.start), instant(courier.shift.end)
    place, free = courier.home, None
    for where, trip in trips:
        load, back = instant(trip.load_at), instant(trip.return_at)
        if free is not None and load < free:
            yield (
                f"{where}/load_at",
                f"is {free - load} s before courier {courier.id!r} is back from the last trip",
            )
        if trip.hub != place:
            yield f"{where}/hub", f"courier {courier.id!r} is at hub {place!r} then, not at {trip.hub!r}"
        if load < start:
            yield f"{where}/load_at", f"is {start - load} s before the shift of courier {courier.id!r}"
        if back > end:
            yield f"{where}/return_at", f"is {back - end} s after the shift of courier {courier.id!r}"
        place, free = trip.return_to, back if free is None else max(free, back)
    last = trips[-1][0]
    if place != courier.home:
        yield f"{last}/return_to", f"is {place!r}, and courier {courier.id!r} ends at home, {courier.home!r}"
    if courier.max_trips is not None and len(trips) > courier.max_trips:
        yield last, f"is trip {len(trips)} of courier {courier.id!r}, who makes at most {courier.max_trips}"
    if free is not None and courier.max_duty_seconds is not None:
        duty_s = free - instant(trips[0][1].load_at)
        if duty_s > courier.max_duty_seconds:
            most = courier.max_duty_seconds
            yield f"{last}/return_at", f"ends {duty_s} s of duty of courier {courier.id!r}, who may do {most}"
