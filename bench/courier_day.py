"""One courier's day, re-timed from the format's text alone, and every way to put one more stop into it.

Times are seconds from ``Drop.plan_at``; places are row numbers of the day's own tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from router.model import Courier, Penalty
from router.price import courier_cost, late_fee

LONG_AGO_S = -(10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What an order pays for lateness.

    ``shipped_s`` and ``delivered_s``: the last of its parcels that do not travel on this day.
    """

    ship_due_s: float
    deliver_due_s: float
    shipping: Penalty | None
    delivery: Penalty | None
    shipped_s: int = LONG_AGO_S
    delivered_s: int = LONG_AGO_S

    def fee(self, shipped_s: int, delivered_s: int) -> int:
        """Minor units if this parcel ships and is delivered then."""
        ship_s, deliver_s = max(shipped_s, self.shipped_s), max(delivered_s, self.delivered_s)
        fee = late_fee(self.shipping, int(ship_s - self.ship_due_s)) if ship_s > self.ship_due_s else 0
        if deliver_s > self.deliver_due_s:
            fee += late_fee(self.delivery, int(deliver_s - self.deliver_due_s))
        return fee


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stop: service may start at ``opens_s`` and takes ``service_s``."""

    order: str
    place: int
    opens_s: int
    service_s: int
    promise: Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A trip before its times: loads at place ``hub`` from ``ready_s`` on. A new one has no ``trip`` id."""

    trip: str | None
    hub: int
    ready_s: int
    visits: tuple[Visit, ...]
    grams: int
    millilitres: int
    parcels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The committed start of a day: nothing in it may change."""

    first_s: int
    return_s: int
    place: int
    metres: int
    trips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A courier with its tables (``-1``: no way) and runs, all between ``opens_s`` and ``ends_s``."""

    courier: Courier
    home: int
    loads_at: frozenset[int]
    opens_s: int
    ends_s: int
    seconds: Sequence[Sequence[int]]
    metres: Sequence[Sequence[int]]
    runs: tuple[Run, ...]
    began: Began | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The times of one run: (arrive, start, leave) for each visit."""

    load_s: int
    depart_s: int
    calls: tuple[tuple[int, int, int], ...]
    return_s: int
    to: int
    metres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """A day with times. ``waits``: how far the first load may be put off before each load or visit moves."""

    runs: tuple[Run, ...]
    marks: tuple[Marks, ...]
    waits: tuple[int, ...]
    first_s: int
    cost: int

    def times_of(self, order: str) -> tuple[int, int]:
        """When the last of an order ships and is delivered on this day, which must visit it."""
        found = [
            (marks.depart_s, start_s)
            for run, marks in zip(self.runs, self.marks, strict=True)
            for visit, (_, start_s, _) in zip(run.visits, marks.calls, strict=True)
            if visit.order == order
        ]
        return max(depart_s for depart_s, _ in found), max(start_s for _, start_s in found)


def drive(day: Day, runs: Sequence[Run], first_s: int) -> Driven | None:
    """The runs in this order as early as can be, the first not before ``first_s``.

    ``None`` where a leg has no way or the shift ends before; how long duty may last is for ``best`` to say.
    """
    began = day.began
    at = began.return_s if began else LONG_AGO_S
    metres = began.metres if began else 0
    start_s = began.first_s if began else None
    slack, waits, made = 0, [], []
    met: list[tuple[Visit, int, int]] = []
    for r, run in enumerate(runs):
        load_s = max(at, run.ready_s, day.opens_s)
        if start_s is None:
            start_s = load_s = max(load_s, first_s)
        else:
            slack += load_s - at
        waits.append(slack)
        depart_s = at = load_s + day.courier.load_seconds
        here, length, calls = run.hub, 0, []
        for visit in run.visits:
            leg_s = day.seconds[here][visit.place]
            if leg_s < 0:
                return None
            arrive_s = at + leg_s
            begin_s = max(arrive_s, visit.opens_s)
            slack += begin_s - arrive_s
            waits.append(slack)
            at = begin_s + visit.service_s
            length += day.metres[here][visit.place]
            here = visit.place
            calls.append((arrive_s, begin_s, at))
            met.append((visit, depart_s, begin_s))
        to = runs[r + 1].hub if r + 1 < len(runs) else day.home
        leg_s = day.seconds[here][to]
        if leg_s < 0 or at + leg_s > day.ends_s:
            return None
        at += leg_s
        length += day.metres[here][to]
        metres += length
        made.append(Marks(load_s=load_s, depart_s=depart_s, calls=tuple(calls), return_s=at, to=to, metres=length))
    if start_s is None:
        return Driven(runs=(), marks=(), waits=(), first_s=0, cost=0)
    return Driven(
        runs=tuple(runs),
        marks=tuple(made),
        waits=tuple(waits),
        first_s=start_s,
        cost=courier_cost(day.courier.cost, metres, at - start_s) + lateness(met),
    )


def lateness(met: Iterable[tuple[Visit, int, int]]) -> int:
    """Minor units for visits with the seconds they ship and start; an order met twice pays for the last."""
    last: dict[str, tuple[Promise, int, int]] = {}
    for visit, ship_s, start_s in met:
        _, ship, start = last.get(visit.order, (visit.promise, ship_s, start_s))
        last[visit.order] = visit.promise, max(ship, ship_s), max(start, start_s)
    return sum(promise.fee(ship_s, start_s) for promise, ship_s, start_s in last.values())


def best(day: Day, runs: Sequence[Run], below: float) -> Driven | None:
    """The cheapest times for the runs in this order, where they cost less than ``below``; else ``None``.

    Driving as early as can be makes nothing late that need not be. Putting the first load off saves pay until
    the waiting is used up; what it makes late is priced at every start where a wait ends or a penalty step is
    reached.
    """
    early = drive(day, runs, LONG_AGO_S)
    if early is None:
        return None
    spare_s = early.waits[-1] if day.began is None and early.waits else 0
    if early.cost - -(-day.courier.cost.per_hour * spare_s // 3600) - 1 >= below:
        return None
    most_s = day.courier.max_duty_seconds
    chosen = None
    for late_s in {0, *_starts(early, spare_s)}:
        driven = drive(day, runs, early.first_s + late_s) if late_s else early
        if driven is None or (driven.marks and most_s is not None and _duty_s(driven) > most_s):
            continue
        if driven.cost < below:
            chosen, below = driven, driven.cost
    return chosen


def insertions(day: Day, run: Run) -> Iterator[tuple[Run, ...]]:
    """The day's runs with the one visit of ``run`` at every place in its hub's trips, or as a new trip."""
    runs = day.runs
    if run.hub not in day.loads_at:
        return
    visit = run.visits[0]
    for r, old in enumerate(runs):
        grown = replace(
            old,
            ready_s=max(old.ready_s, run.ready_s),
            grams=old.grams + run.grams,
            millilitres=old.millilitres + run.millilitres,
            parcels=old.parcels + run.parcels,
        )
        if old.hub == run.hub and fits(day.courier, grown):
            for k in range(len(old.visits) + 1):
                visits = (*old.visits[:k], visit, *old.visits[k:])
                yield (*runs[:r], replace(grown, visits=visits), *runs[r + 1 :])
    made = len(runs) + (day.began.trips if day.began else 0)
    if fits(day.courier, run) and (day.courier.max_trips is None or made < day.courier.max_trips):
        first = day.began.place if day.began else day.home
        for r in range(len(runs) + 1):
            if r or run.hub == first:
                yield (*runs[:r], run, *runs[r:])


def fits(courier: Courier, run: Run) -> bool:
    """Whether the courier can carry all of it at once."""
    room = courier.capacity
    return (
        run.grams <= (inf if room.grams is None else room.grams)
        and run.millilitres <= (inf if room.millilitres is None else room.millilitres)
        and run.parcels <= (inf if room.parcels is None else room.parcels)
    )


def _duty_s(driven: Driven) -> int:
    return driven.marks[-1].return_s - driven.first_s


def _starts(early: Driven, spare_s: int) -> set[int]:
    """Delays of the first load worth pricing: a wait used up, a visit or departure at the brink of a step."""
    found = set(early.waits)
    waits = iter(early.waits)
    for run, marks in zip(early.runs, early.marks, strict=True):
        before_s = next(waits)
        for visit, (_, start_s, _) in zip(run.visits, marks.calls, strict=True):
            promise, waited_s = visit.promise, next(waits)
            for penalty, due_s, at, by in (
                (promise.shipping, promise.ship_due_s, marks.depart_s, before_s),
                (promise.delivery, promise.deliver_due_s, start_s, waited_s),
            ):
                if penalty is not None and due_s < inf:
                    after = [0, *(step.after for step in penalty.steps)]
                    found |= {int(due_s + each - at + by) for each in after}
    return {delay for delay in found if 0 < delay <= spare_s}
