"""Routes to plans and back, so that one referee judges everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from bench.published.drop import NOTHING_SKU, UNIT_SKU, at, courier_id, hub_id, wave_id
from bench.published.instance import Fleet, Instance, Route, Visit, objective
from router.check import findings
from router.errors import Invalid
from router.model import Drop, Parcel, ParcelLine, Stop, Trip, named
from router.plan import COMPONENTS, PLAN_FORMAT, Cost, Plan, Unserved
from router.price import price


@dataclass(frozen=True, slots=True)
class _Event:
    """A load or the last return (``visit`` is -1), or a visit, on one vehicle's day."""

    place: int
    opens_s: int
    closes_s: int | None
    service_s: int
    visit: int = -1


def plan_of(instance: Instance, drop: Drop, routes: Sequence[Route]) -> Plan:
    """The routes as a priced plan; whoever is in no route is left over.

    Every vehicle is back as early as can be and leaves as late as that allows, so that a limit on duration is kept
    if any timing keeps it. Raises ``Invalid`` where a fleet has fewer vehicles than routes.
    """
    parcels: list[Parcel] = []
    trips: list[Trip] = []
    used = [0] * len(instance.fleets)
    for route in routes:
        if used[route.fleet] == instance.fleets[route.fleet].count:
            raise Invalid(f"{instance.name}: more routes than vehicles in fleet {route.fleet}")
        _drive(instance, route, courier_id(route.fleet, used[route.fleet]), parcels, trips)
        used[route.fleet] += 1
    served = {parcel.order for parcel in parcels}
    made = Plan(
        format=PLAN_FORMAT,
        drop=drop.id,
        cost=Cost(**dict.fromkeys((*COMPONENTS, "total"), 0)),
        lower_bound=None,
        parcels=tuple(parcels),
        trips=tuple(trips),
        unserved=tuple(
            Unserved(order=visit.name, reason="couriers-full") for visit in instance.visits if visit.name not in served
        ),
    )
    return replace(made, cost=price(drop, made))


def _drive(instance: Instance, route: Route, courier: str, parcels: list[Parcel], trips: list[Trip]) -> None:
    """Adds one vehicle's trips and their parcels."""
    fleet = instance.fleets[route.fleet]
    events = _events(instance, fleet, route)
    starts = _starts(instance, events)
    loads = [index for index, event in enumerate(events) if event.visit < 0]
    for number, (first, last) in enumerate(pairwise(loads)):
        trip = f"{courier}-{number}"
        leave_s, here, metres, stops = starts[first], fleet.depot, 0, list[Stop]()
        depart = at(leave_s)
        for event, start_s in zip(events[first + 1 : last], starts[first + 1 : last], strict=True):
            visit = instance.visits[event.visit]
            leg = int(instance.metres[here, event.place])
            arrive_s, leave_s = leave_s + leg, start_s + event.service_s
            here, metres = event.place, metres + leg
            parcel = f"{visit.name}-{trip}"
            stops.append(
                Stop(
                    order=visit.name,
                    parcels=(parcel,),
                    arrive_at=at(arrive_s),
                    start_at=at(start_s),
                    leave_at=at(leave_s),
                )
            )
            parcels.append(
                Parcel(
                    id=parcel,
                    order=visit.name,
                    hub=hub_id(fleet.depot),
                    wave=wave_id(visit.release_s),
                    lines=(_line(visit),),
                    trip=trip,
                    ready_at=at(visit.release_s),
                    shipped_at=depart,
                    delivered_at=at(start_s),
                )
            )
        leg = int(instance.metres[here, fleet.depot])
        trips.append(
            Trip(
                id=trip,
                courier=courier,
                hub=hub_id(fleet.depot),
                load_at=depart,
                depart_at=depart,
                stops=tuple(stops),
                return_to=hub_id(fleet.depot),
                return_at=at(leave_s + leg),
                metres=metres + leg,
            )
        )


def _line(visit: Visit) -> ParcelLine:
    return ParcelLine(sku=UNIT_SKU, quantity=visit.demand) if visit.demand else ParcelLine(sku=NOTHING_SKU, quantity=1)


def _events(instance: Instance, fleet: Fleet, route: Route) -> list[_Event]:
    events = []
    for trip in route.trips:
        visits = [instance.visits[index] for index in trip]
        release_s = max([fleet.opens_s, *(visit.release_s for visit in visits)])
        events.append(_Event(fleet.depot, release_s, None, 0))
        events += [
            _Event(visit.place, visit.opens_s, visit.closes_s, visit.service_s, index)
            for index, visit in zip(trip, visits, strict=True)
        ]
    return [*events, _Event(fleet.depot, 0, fleet.closes_s, 0)]


def _starts(instance: Instance, events: Sequence[_Event]) -> list[int]:
    """When each event starts in seconds, its service included in the way to the next."""
    ways = [a.service_s + int(instance.metres[a.place, b.place]) for a, b in pairwise(events)]

    def onward(first_s: int) -> list[int]:
        starts = [first_s]
        for way, event in zip(ways, events[1:], strict=True):
            starts.append(max(starts[-1] + way, event.opens_s))
        return starts

    earliest = onward(events[0].opens_s)
    latest_s = earliest[-1]
    for way, event in zip(reversed(ways), reversed(events[:-1]), strict=True):
        latest_s -= way
        if event.closes_s is not None:
            latest_s = min(latest_s, event.closes_s)
    return onward(max(earliest[0], latest_s))


def routes_of(instance: Instance, plan: Plan) -> tuple[Route, ...]:
    """What a plan's couriers do, by their ids. The plan must have been made for this instance's drop."""
    index = {visit.name: number for number, visit in enumerate(instance.visits)}
    days = sorted(plan.trips, key=lambda trip: (trip.courier, trip.load_at, trip.return_at))
    return tuple(
        Route(
            fleet=int(courier.partition("-")[0]),
            trips=tuple(tuple(index[stop.order] for stop in trip.stops) for trip in trips),
        )
        for courier, trips in groupby(days, key=lambda trip: trip.courier)
    )


def refusals(instance: Instance, drop: Drop, plan: Plan) -> tuple[str, ...]:
    """Why a plan is no solution: the referee's findings, who is left over or late, another cost than the routes'."""
    found = [str(each) for each in findings(drop, plan)]
    if found:
        return tuple(found)
    if plan.unserved:
        found.append(f"{len(plan.unserved)} customers left over, first {plan.unserved[0].order}")
    orders = named(drop.orders)
    late = [
        parcel.order
        for parcel in plan.parcels
        if (due := orders[parcel.order].deliver_by) is not None
        and parcel.delivered_at is not None
        and parcel.delivered_at > due
    ]
    if late:
        found.append(f"{len(late)} customers late, first {late[0]}")
    cost = objective(instance, routes_of(instance, plan))
    if not found and cost != plan.cost.total:
        found.append(f"the plan costs {plan.cost.total}, its routes {cost}")
    return tuple(found)
