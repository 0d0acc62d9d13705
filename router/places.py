"""Every place for one more parcel in a courier's day, and a quick bound on what the day would then cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from router.day import NEVER_S, Day, Driven, Promise, Run, Timed, Visit, cost, drive, lawful, timed
from router.loads import Load
from router.model import Courier
from router.price import courier_cost

Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A run at its earliest. ``fees``: lateness of every stop; of an order that is visited twice, the first visit's.

    ``calm_s[i]``: a delay on arrival at stop i that makes nobody from there on pay more; ``idle_s[i]``: the waits from
    there on, which swallow that much of a delay. Both have one entry more, for the way back.
    """

    trip: Timed
    fees: tuple[int, ...]
    calm_s: tuple[int, ...]
    idle_s: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A courier's day before the parcel comes: its runs, what they cost, and their earliest times."""

    day: Day
    runs: Runs
    cost: int
    early: Driven
    legs: tuple[Leg, ...]
    late: int
    orders: frozenset[str]

    @property
    def trips(self) -> int:
        """Trips made by then, the committed ones included."""
        return len(self.runs) + (self.day.began.trips if self.day.began else 0)

    @property
    def first_s(self) -> int:
        """When the day can begin."""
        return max(self.day.opens_s, self.day.began.return_s) if self.day.began else self.day.opens_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """As stop ``stop`` of run ``run``, or (``None``) as a trip of its own before that run."""

    run: int
    stop: int | None


def ride(day: Day, runs: Runs, price: int | None = None) -> Ride:
    """The day with these runs; ``price``: what it costs, where that is known."""
    early = drive(day, runs)
    seen: set[str] = set()
    legs = tuple(_leg(trip, seen) for trip in early.trips)
    return Ride(
        day=day,
        runs=runs,
        cost=cost(day, timed(day, runs)) if price is None else price,
        early=early,
        legs=legs,
        late=sum(sum(leg.fees) for leg in legs),
        orders=frozenset(seen),
    )


def _leg(trip: Timed, seen: set[str]) -> Leg:
    fees, slacks, waits = [], [], []
    for visit, (arrive_s, start_s, _) in zip(trip.run.visits, trip.stops, strict=True):
        fees.append(0 if visit.order in seen else visit.promise.fee(trip.depart_s, start_s))
        slacks.append(visit.promise.slack_s(trip.depart_s, start_s))
        waits.append(start_s - arrive_s)
        seen.add(visit.order)
    calm_s, idle_s = [NEVER_S], [0]
    for slack_s, wait_s in zip(reversed(slacks), reversed(waits), strict=True):
        calm_s.append(min(slack_s, calm_s[-1]))
        idle_s.append(idle_s[-1] + wait_s)
    return Leg(trip=trip, fees=tuple(fees), calm_s=tuple(reversed(calm_s)), idle_s=tuple(reversed(idle_s)))


def places(ride: Ride, load: Load, *, anywhere: bool) -> Iterator[Place]:
    """Where the courier has room for the load. ``anywhere``: the day may begin at any hub."""
    courier = ride.day.courier
    for number, run in enumerate(ride.runs):
        if run.hub == load.hub and _fits(courier, run, load):
            same = next((k for k, each in enumerate(run.visits) if each.order == load.parcel.order), None)
            for k in range(len(run.visits) + 1) if same is None else (same,):
                yield Place(run=number, stop=k)
    if _fits(courier, None, load) and (courier.max_trips is None or ride.trips < courier.max_trips):
        for number in range(len(ride.runs) + 1):
            if number or anywhere or load.hub == ride.day.starts_at:
                yield Place(run=number, stop=None)


def placed(runs: Runs, place: Place, load: Load, visit: Visit) -> Runs:
    """The runs with the load there: beside what the stop hands over already, where that is of the same order."""
    if place.stop is None:
        alone = Run(
            hub=load.hub,
            ready_s=load.ready_s,
            visits=(visit,),
            grams=load.grams,
            millilitres=load.millilitres,
            parcels=1,
        )
        return (*runs[: place.run], alone, *runs[place.run :])
    run, k = runs[place.run], place.stop
    if _shared(run, k, visit):
        joined = replace(visit, parcels=(*run.visits[k].parcels, *visit.parcels))
        visits = (*run.visits[:k], joined, *run.visits[k + 1 :])
    else:
        visits = (*run.visits[:k], visit, *run.visits[k:])
    grown = replace(
        run,
        visits=visits,
        ready_s=max(run.ready_s, load.ready_s),
        grams=run.grams + load.grams,
        millilitres=run.millilitres + load.millilitres,
        parcels=run.parcels + 1,
    )
    return (*runs[: place.run], grown, *runs[place.run + 1 :])


def cheaper(day: Day, runs: Runs, below: int) -> tuple[Driven, int] | None:
    """The day at its best start with its cost, if it is lawful and costs less than ``below``."""
    driven = timed(day, runs)
    price = cost(day, driven)
    return (driven, price) if price < below and lawful(day, driven) else None


def least(ride: Ride, place: Place, load: Load, visit: Visit) -> int:
    """A bound below the day's cost with the load there; ``NEVER_S`` where it is not possible.

    Only what moves is timed anew. The pay for every wait counts as saved; that a later leg or an earlier fee grows
    smaller by one stop more is not thought of, which matters to matrices alone that are shorter by a detour.
    """
    day, trips, k = ride.day, ride.early.trips, place.stop
    courier, leg = day.courier, day.leg
    metres, late, waits = ride.early.metres, ride.late, ride.early.spare_s
    promise = Promise() if visit.order in ride.orders else visit.promise
    before_s = trips[place.run - 1].return_s if place.run else ride.first_s
    start_s = day.began.load_s if day.began else trips[0].load_s if trips else NEVER_S
    if k is not None and _shared(ride.runs[place.run], k, visit):
        trip = trips[place.run]
        if load.ready_s <= trip.load_s:
            return ride.cost
        return 0  # it loads later: rare enough to be timed in full
    if k is None:
        after = trips[place.run].run.hub if place.run < len(trips) else day.home
        way, out = leg(load.hub, visit.place), leg(visit.place, after)
        if place.run:
            last = trips[place.run - 1]
            here = last.run.visits[-1].place
            old, new = leg(here, last.return_to), leg(here, load.hub)
            if old is None or new is None:
                return NEVER_S
            metres += new[0] - old[0]
            before_s += new[1] - old[1]
        if way is None or out is None:
            return NEVER_S
        load_s = max(before_s, load.ready_s)
        if place.run or day.began:
            waits += load_s - before_s
        else:
            start_s = load_s
        arrive_s = load_s + courier.load_seconds + way[1]
        begin_s = max(arrive_s, visit.opens_s)
        waits += begin_s - arrive_s
        late += promise.fee(load_s + courier.load_seconds, begin_s)
        metres += way[0] + out[0]
        now, number = begin_s + visit.service_s + out[1], place.run
    else:
        trip = trips[place.run]
        visits, stops = trip.run.visits, trip.stops
        here = visits[k - 1].place if k else trip.run.hub
        there = visits[k].place if k < len(visits) else trip.return_to
        way, out, old = leg(here, visit.place), leg(visit.place, there), leg(here, there)
        if way is None or out is None or old is None:
            return NEVER_S
        metres += way[0] + out[0] - old[0]
        load_s = max(trip.load_s, load.ready_s)
        if place.run == 0 and not day.began:
            start_s = load_s
        depart_s, delay_s = load_s + courier.load_seconds, load_s - trip.load_s
        calm = delay_s <= ride.legs[place.run].calm_s[0]
        delay_s = max(0, delay_s - ride.legs[place.run].idle_s[0] + ride.legs[place.run].idle_s[k]) if calm else delay_s
        for i in range(0 if calm else k):  # those before it move only if loading does
            arrive_s, begin_s, _ = stops[i]
            begun_s = max(arrive_s + delay_s, visits[i].opens_s)
            delay_s = begun_s - begin_s
            late += visits[i].promise.fee(depart_s, begun_s) - ride.legs[place.run].fees[i]
        arrive_s = (stops[k - 1][2] if k else trip.depart_s) + delay_s + way[1]
        begin_s = max(arrive_s, visit.opens_s)
        waits += begin_s - arrive_s
        late += promise.fee(depart_s, begin_s)
        now = begin_s + visit.service_s + out[1]
        for i in range(k, len(visits)):
            push_s = now - stops[i][0]
            if calm and 0 <= push_s <= ride.legs[place.run].calm_s[i]:
                now = trip.return_s + max(0, push_s - ride.legs[place.run].idle_s[i])
                break
            begun_s = max(now, visits[i].opens_s)
            late += visits[i].promise.fee(depart_s, begun_s) - ride.legs[place.run].fees[i]
            now = trip.return_s if i + 1 == len(visits) else stops[i + 1][0]
            now += begun_s - stops[i][1]
        number = place.run + 1
    for index in range(number, len(trips)):
        trip = trips[index]
        load_s = max(now, trip.run.ready_s)
        delay_s = load_s - trip.load_s
        if index == 0:
            waits += load_s - now
        if not delay_s:
            now = trips[-1].return_s
            break
        if 0 < delay_s <= ride.legs[index].calm_s[0]:
            now = trip.return_s + max(0, delay_s - ride.legs[index].idle_s[0])
            continue
        for i, (arrive_s, begin_s, _) in enumerate(trip.stops):
            begun_s = max(arrive_s + delay_s, trip.run.visits[i].opens_s)
            delay_s = begun_s - begin_s
            late += trip.run.visits[i].promise.fee(load_s + courier.load_seconds, begun_s) - ride.legs[index].fees[i]
        now = trip.return_s + delay_s
    duty_s = max(0, now - start_s - (0 if day.began else waits))
    if now > day.closes_s or (courier.max_duty_seconds is not None and duty_s > courier.max_duty_seconds):
        return NEVER_S
    return courier_cost(courier.cost, metres, duty_s) + late


def _shared(run: Run, stop: int, visit: Visit) -> bool:
    return stop < len(run.visits) and run.visits[stop].order == visit.order


def _fits(courier: Courier, run: Run | None, load: Load) -> bool:
    room = courier.capacity
    return (
        (room.grams is None or load.grams + (run.grams if run else 0) <= room.grams)
        and (room.millilitres is None or load.millilitres + (run.millilitres if run else 0) <= room.millilitres)
        and (room.parcels is None or 1 + (run.parcels if run else 0) <= room.parcels)
    )
