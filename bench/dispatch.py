"""The peer's couriers: at one hub, round after round, VROOM gets what is ready and who is home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import vroom

from bench.legs import NO_WAY, Int64, Legs, legs
from bench.nearest_hub import Pick, due_s, seconds_after
from router.model import Courier, Drop, Hub, Order, named

EXPLORATION, THREADS, EVERY_S = 5, 2, 1200
FOREVER_S = 30 * 86_400
"""Stands for "no way" and "no end" in what VROOM is given; far beyond any shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One stop: seconds from ``plan_at``."""

    pick: Pick
    arrive_s: int
    start_s: int
    leave_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One trip of a courier from a hub and back: seconds from ``plan_at``, metres of every leg."""

    courier: str
    hub: str
    load_s: int
    depart_s: int
    calls: tuple[Call, ...]
    return_s: int
    metres: int


class Station:
    """A hub with the couriers that live there and the picks that they are offered."""

    def __init__(self, drop: Drop, hub: Hub, picks: Sequence[Pick]) -> None:
        self.drop, self.hub, self.picks = drop, hub, picks
        self.orders: dict[str, Order] = named(drop.orders)
        self.couriers = [c for c in drop.couriers if c.home == hub.id and hub.id in c.loads_at]
        tiers = named(drop.tiers)
        most = max((tier.unserved for tier in drop.tiers), default=0) or 1
        self.priority = {tier.id: round(100 * tier.unserved / most) for tier in drop.tiers}
        self.due_s = {pick.order: due_s(drop, self.orders[pick.order], tiers) for pick in picks}
        places = [hub.location, *(self.orders[pick.order].location for pick in picks)]
        self.legs = {c.profile: legs(drop, c.profile, places, places) for c in self.couriers}
        self.place = {pick.order: i + 1 for i, pick in enumerate(picks)}

    def rounds_s(self) -> list[int]:
        """When a round is called: at each wave's end, then every 20 minutes until the last shift ends."""
        ends = sorted({seconds_after(self.drop, wave.end) for wave in self.hub.waves})
        over_s = max((seconds_after(self.drop, c.shift.end) for c in self.couriers), default=0)
        called = [at for at in ends if at >= 0]
        if called:
            called += range(called[-1] + EVERY_S, over_s, EVERY_S)
        return called

    def dispatch(self) -> list[Tour]:
        """Every round, as it would be called on the day; tours in the order they are driven."""
        pending = list(self.picks)
        tours: list[Tour] = []
        for now_s in self.rounds_s():
            ready = [pick for pick in pending if pick.ready_s <= now_s]
            free = [each for c in self.couriers if (each := self.home(c, tours, now_s)) is not None]
            # VROOM kills the process when it is given no vehicle.
            if not ready or not free:
                continue
            made = self.round(now_s, ready, free)
            gone = {call.pick.order for tour in made for call in tour.calls}
            pending = [pick for pick in pending if pick.order not in gone]
            tours += made
        return tours

    def without(self, tours: Sequence[Tour], orders: set[str]) -> list[Tour]:
        """This hub's tours with some orders taken off, departures as before.

        Where the way without a stop is longer than with it, so that the courier would be back too late, the
        whole tour is given up.
        """
        kept = []
        for tour in tours:
            if tour.hub != self.hub.id:
                continue
            picks = [call.pick for call in tour.calls if call.pick.order not in orders]
            if len(picks) == len(tour.calls):
                kept.append(tour)
            elif picks:
                courier = next(c for c in self.couriers if c.id == tour.courier)
                shorter = self.tour(courier, picks, tour.depart_s)
                if shorter.return_s <= tour.return_s:
                    kept.append(shorter)
        return kept

    def home(self, courier: Courier, tours: Sequence[Tour], now_s: int) -> _Free | None:
        """The courier as a vehicle of this round, or ``None`` while out, off shift or out of trips."""
        before = [tour for tour in tours if tour.courier == courier.id]
        if before and before[-1].return_s > now_s:
            return None
        if courier.max_trips is not None and len(before) >= courier.max_trips:
            return None
        first_s = before[0].load_s if before else now_s
        until_s = seconds_after(self.drop, courier.shift.end)
        if courier.max_duty_seconds is not None:
            until_s = min(until_s, first_s + courier.max_duty_seconds)
        if seconds_after(self.drop, courier.shift.start) > now_s or now_s + courier.load_seconds > until_s:
            return None
        return _Free(courier=courier, depart_s=now_s + courier.load_seconds, until_s=until_s, first=not before)

    def round(self, now_s: int, ready: Sequence[Pick], free: Sequence[_Free]) -> list[Tour]:
        """One call of VROOM; each route that it returns becomes a tour with the format's own times."""
        index = [0, *(self.place[pick.order] for pick in ready)]
        given = vroom.Input()
        for profile in {each.courier.profile for each in free}:
            table = self.legs[profile]
            given.set_durations_matrix(profile, _for_vroom(table.seconds, index))
            given.set_distances_matrix(profile, _for_vroom(table.metres, index))
        skills = {kind: i for i, kind in enumerate(sorted({k for pick in self.picks for k in pick.handling}))}
        given.add_job([self.job(j, pick, now_s, skills) for j, pick in enumerate(ready)])
        given.add_vehicle([_vehicle(v, each, ready, skills) for v, each in enumerate(free)])
        found = given.solve(exploration_level=EXPLORATION, nb_threads=THREADS)
        routes: dict[int, list[Pick]] = {}
        starts_s: dict[int, int] = {}
        columns = found.routes
        # Where nothing could be served the table has no column for jobs at all.
        if "id" not in columns:
            return []
        for v, kind, job, at_s in zip(
            columns["vehicle_id"], columns["type"], columns["id"], columns["arrival"], strict=True
        ):
            if kind == "start":
                starts_s[int(v)] = int(at_s)
            elif kind == "job":
                routes.setdefault(int(v), []).append(ready[int(job)])
        # VROOM starts a route as late as its waiting allows. On a first trip that saves paid time; a later
        # one leaves at once, since the pay runs on and the goods count as shipped sooner.
        return [
            self.tour(free[v].courier, picks, starts_s[v] if free[v].first else free[v].depart_s)
            for v, picks in sorted(routes.items())
        ]

    def job(self, j: int, pick: Pick, now_s: int, skills: dict[str, int]) -> vroom.Job:
        """A pick as VROOM sees it; the window has no end where there is no promise or it is broken."""
        order, due = self.orders[pick.order], self.due_s[pick.order]
        opens_s = 0 if order.not_before is None else max(0, seconds_after(self.drop, order.not_before))
        late = due == inf or max(now_s, opens_s) > due
        return vroom.Job(
            j,
            location=j + 1,
            default_service=order.service_seconds,
            delivery=[pick.grams, pick.millilitres, 1],
            skills={skills[kind] for kind in pick.handling},
            priority=self.priority[order.tier],
            time_windows=[vroom.TimeWindow(opens_s, FOREVER_S if late else int(due))],
        )

    def tour(self, courier: Courier, picks: Sequence[Pick], depart_s: int) -> Tour:
        """The picks in this order with the format's own times."""
        table: Legs = self.legs[courier.profile]
        at_s, here, metres = depart_s, 0, 0
        calls = []
        for pick in picks:
            there = self.place[pick.order]
            order = self.orders[pick.order]
            arrive_s = at_s + int(table.seconds[here, there])
            opens_s = arrive_s if order.not_before is None else seconds_after(self.drop, order.not_before)
            start_at_s = max(arrive_s, opens_s)
            at_s = start_at_s + order.service_seconds
            metres += int(table.metres[here, there])
            here = there
            calls.append(Call(pick=pick, arrive_s=arrive_s, start_s=start_at_s, leave_s=at_s))
        return Tour(
            courier=courier.id,
            hub=self.hub.id,
            load_s=depart_s - courier.load_seconds,
            depart_s=depart_s,
            calls=tuple(calls),
            return_s=at_s + int(table.seconds[here, 0]),
            metres=metres + int(table.metres[here, 0]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Free:
    """A courier that is home, may leave at ``depart_s`` and must be back at ``until_s``."""

    courier: Courier
    depart_s: int
    until_s: int
    first: bool


def _vehicle(v: int, each: _Free, ready: Sequence[Pick], skills: dict[str, int]) -> vroom.Vehicle:
    rates, room = each.courier.cost, each.courier.capacity
    return vroom.Vehicle(
        v,
        start=0,
        end=0,
        profile=each.courier.profile,
        capacity=[
            sum(pick.grams for pick in ready) if room.grams is None else room.grams,
            sum(pick.millilitres for pick in ready) if room.millilitres is None else room.millilitres,
            len(ready) if room.parcels is None else room.parcels,
        ],
        skills={skills[kind] for kind in each.courier.handling if kind in skills},
        time_window=vroom.TimeWindow(each.depart_s, each.until_s),
        costs=vroom.VehicleCosts(fixed=rates.fixed if each.first else 0, per_hour=rates.per_hour, per_km=rates.per_km),
    )


def _for_vroom(matrix: Int64, index: Sequence[int]) -> Int64:
    part = matrix[np.ix_(index, index)]
    return np.where(part == NO_WAY, FOREVER_S, part)
