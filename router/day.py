"""One courier's day: trips driven as early as they can be, and when the first should load so that the day costs least.

Seconds count from ``plan_at``; places are numbers, hubs first, then orders, as the drop lists them. Duty is paid from
the first load to the last return, so a day with waits in it is cheaper begun later, as long as lateness costs less.
Source: docs/model.md, "Times".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from router.draft import DraftParcel
from router.model import Courier, Penalty
from router.price import courier_cost, late_fee

NEVER_S = 1 << 60
LONG_AGO_S = -NEVER_S

Leg = Callable[[int, int], tuple[int, int] | None]
"""Metres and seconds from one place to another, or ``None`` where there is no way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What an order pays for lateness.

    ``shipped_s``, ``delivered_s``: the last of its parcels that do not travel on the day at hand.
    """

    shipping: Penalty | None = None
    delivery: Penalty | None = None
    ship_due_s: int = NEVER_S
    deliver_due_s: int = NEVER_S
    shipped_s: int = LONG_AGO_S
    delivered_s: int = LONG_AGO_S

    def fee(self, shipped_s: int, delivered_s: int) -> int:
        """Minor units if the last parcel of the day ships and is delivered then."""
        ship_s, deliver_s = max(shipped_s, self.shipped_s), max(delivered_s, self.delivered_s)
        fee = late_fee(self.shipping, ship_s - self.ship_due_s) if ship_s > self.ship_due_s else 0
        return fee + late_fee(self.delivery, deliver_s - self.deliver_due_s) if deliver_s > self.deliver_due_s else fee


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stop at ``place``: service may start at ``opens_s`` and takes ``service_s``."""

    order: str
    place: int
    opens_s: int
    service_s: int
    promise: Promise
    parcels: tuple[DraftParcel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A trip before it has times: loads at ``hub`` when everything is ready."""

    hub: int
    ready_s: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The committed start of a day, which nothing changes."""

    load_s: int
    return_s: int
    metres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A courier between the first moment it may load and the last to be back."""

    courier: Courier
    home: int
    opens_s: int
    closes_s: int
    leg: Leg
    began: Began | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A run with its times; a stop is (arrive, start, leave). A leg without a way counts as none at all."""

    run: Run
    load_s: int
    depart_s: int
    stops: tuple[tuple[int, int, int], ...]
    return_to: int
    return_s: int
    metres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """A day with times. ``waits``: how far the first load may be put off before each load and each stop moves too."""

    trips: tuple[Timed, ...]
    waits: tuple[int, ...]
    duty_s: int
    metres: int

    @property
    def spare_s(self) -> int:
        """How far the first load may be put off before the last return moves."""
        return self.waits[-1] if self.waits else 0


def drive(day: Day, runs: Sequence[Run], first_s: int = LONG_AGO_S) -> Driven:
    """The runs in this order, each as early as can be, the first not before ``first_s``. O(stops)."""
    began, courier, leg = day.began, day.courier, day.leg
    now = max(day.opens_s, began.return_s) if began else day.opens_s
    start_s = began.load_s if began else None
    total = began.metres if began else 0
    slack, waits, trips = 0, [], []
    for number, run in enumerate(runs):
        load_s = max(now, run.ready_s)
        if number == 0:
            load_s = max(load_s, first_s)
        if start_s is None:
            start_s = load_s
        else:
            slack += load_s - now
        waits.append(slack)
        depart_s = now = load_s + courier.load_seconds
        here, metres, stops = run.hub, 0, []
        for visit in run.visits:
            way = leg(here, visit.place) or (0, 0)
            metres += way[0]
            arrive_s = now + way[1]
            begin_s = max(arrive_s, visit.opens_s)
            slack += begin_s - arrive_s
            waits.append(slack)
            now = begin_s + visit.service_s
            here = visit.place
            stops.append((arrive_s, begin_s, now))
        to = runs[number + 1].hub if number + 1 < len(runs) else day.home
        way = leg(here, to) or (0, 0)
        metres += way[0]
        now += way[1]
        total += metres
        trips.append(
            Timed(
                run=run,
                load_s=load_s,
                depart_s=depart_s,
                stops=tuple(stops),
                return_to=to,
                return_s=now,
                metres=metres,
            )
        )
    duty_s = 0 if start_s is None or not trips else now - start_s
    return Driven(trips=tuple(trips), waits=tuple(waits), duty_s=duty_s, metres=total)


def cost(day: Day, driven: Driven) -> int:
    """Minor units: what the courier is paid for the whole day, and lateness of the orders on its new trips."""
    began = day.began
    if not driven.trips:
        return 0 if began is None else courier_cost(day.courier.cost, began.metres, began.return_s - began.load_s)
    return courier_cost(day.courier.cost, driven.metres, driven.duty_s) + lateness(driven)


def lateness(driven: Driven) -> int:
    """Minor units for the orders aboard; one that is visited twice pays for the last visit."""
    last: dict[str, tuple[Promise, int, int]] = {}
    for trip in driven.trips:
        for visit, (_, start_s, _) in zip(trip.run.visits, trip.stops, strict=True):
            before = last.get(visit.order)
            ship_s, deliver_s = trip.depart_s, start_s
            if before is not None:
                ship_s, deliver_s = max(ship_s, before[1]), max(deliver_s, before[2])
            last[visit.order] = visit.promise, ship_s, deliver_s
    return sum(promise.fee(ship_s, deliver_s) for promise, ship_s, deliver_s in last.values())


def timed(day: Day, runs: Sequence[Run]) -> Driven:
    """The runs begun when the day costs least, as far as one start can tell.

    Tried are: at once, and every later start at which a wait is used up or somebody's fee is about to rise. Duty that
    is too long is shortened first. Where two starts cost the same, the earlier one is kept. O(stops²).
    """
    early = drive(day, runs)
    most_s = day.courier.max_duty_seconds
    if day.began is not None or early.spare_s <= 0 or not (day.courier.cost.per_hour or most_s is not None):
        return early
    over_s = 0 if most_s is None else min(early.spare_s, early.duty_s - most_s)
    chosen, least = early, NEVER_S if over_s > 0 else cost(day, early)
    for delay_s in sorted({*_delays(early), over_s}):
        if delay_s > 0 and delay_s >= over_s:
            driven = drive(day, runs, early.trips[0].load_s + delay_s)
            price = cost(day, driven)
            if price < least:
                chosen, least = driven, price
    return chosen


def _delays(early: Driven) -> set[int]:
    """Delays of the first load worth pricing: a wait used up, or a departure or start at the brink of a dearer fee."""
    spare_s = early.spare_s
    found = {wait for wait in early.waits if wait <= spare_s}
    waits = iter(early.waits)
    for trip in early.trips:
        before_s = next(waits)
        for visit, (_, start_s, _) in zip(trip.run.visits, trip.stops, strict=True):
            promise, waited_s = visit.promise, next(waits)
            for penalty, due_s, own_s, floor_s, gone_s in (
                (promise.shipping, promise.ship_due_s, trip.depart_s, promise.shipped_s, before_s),
                (promise.delivery, promise.deliver_due_s, start_s, promise.delivered_s, waited_s),
            ):
                if penalty is not None and due_s < NEVER_S:
                    brinks = [0, *(step.after for step in penalty.steps)]
                    late_s = max(own_s, floor_s) - due_s
                    if penalty.per_minute and late_s > 0:
                        brinks.append(-(-late_s // 60) * 60)
                    found.update(due_s + brink - own_s + gone_s for brink in brinks)
    return {delay for delay in found if 0 < delay <= spare_s}
