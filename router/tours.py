"""A hub's tours by PyVRP, in a process of its own: parcels wait for release, a reload begins the next trip.

Source: N. Wouda, L. Lan, W. Kool, PyVRP, INFORMS Journal on Computing 36 (2024); docs/engines.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from router import processes
from router.hub_job import NO_WAY_S, HubJob, Matrix, Rider, Tour

if TYPE_CHECKING:
    import pyvrp

PER_UNIT = 18_000
"""PyVRP's money for one minor unit: a rate per kilometre or per hour is then whole per metre or per second."""

COARSE = 1_000
"""Loads that are counted in ones, times this: a penalty per unit of excess then weighs enough."""

UNBOUND = (1 << 63) - 1
"""PyVRP's own default for a window or a duration without an end."""

HARDEST = 1e6
"""PyVRP's highest penalty for a second or a unit too much: 55 minor units, more than a visit is worth a minute."""

FIRST, NO_LIMIT = 5e5, 1e8
"""Its first penalty, and its highest where every door has to be visited, so that no lawful tour is passed over."""

WAITING = 0.2
"""What a second of waiting weighs beside one of driving where doors are looked for that could be neighbours."""

STUCK_S = 20
"""Processor seconds that one iteration may take; they take milliseconds, a second in the largest hubs."""

START_S = 1.5
"""Starting processes and importing the libraries there takes about this long."""


def shared_out(jobs: list[HubJob], workers: int, left_s: float | None) -> list[list[HubJob]]:
    """The jobs shared out among processes by size; each gets its part of the seconds that are left."""
    lanes: list[list[HubJob]] = [[] for _ in range(min(workers, len(jobs)))]
    for job in sorted(jobs, key=lambda job: -len(job.doors)):
        min(lanes, key=lambda lane: sum(len(other.doors) for other in lane)).append(job)
    if left_s is None:
        return lanes
    return [
        [replace(job, budget_s=left_s * len(job.doors) / sum(len(each.doors) for each in lane)) for job in lane]
        for lane in lanes
    ]


def route(job: HubJob, send: Callable[[tuple[Tour, ...]], None]) -> None:
    """Sends the tours of a hub, better and better, until ``steps`` iterations are done or ``budget_s`` has passed.

    PyVRP 0.14 falls into endless loops at times, where doors have alternatives; whatever was sent by then counts.
    """
    started = monotonic()
    # PyVRP warns where penalties reach their limit; that only says that shifts are tight.
    warnings.simplefilter("ignore")
    processes.alive(STUCK_S)
    model = _Model(job)
    best = model.first()
    send(model.tours(best))
    left_s = None if job.budget_s is None else job.budget_s - (monotonic() - started)
    model.improve(best, left_s, lambda better: send(model.tours(better)))


class _Model:
    """A hub's tours in PyVRP's terms."""

    def __init__(self, job: HubJob) -> None:
        import pyvrp

        self.job = job
        loads, self._room = _dimensions(job)
        self.door: list[int] = []
        clients: list[pyvrp.Client] = []
        groups: list[pyvrp.ClientGroup] = []
        for number, door in enumerate(job.doors):
            first = len(clients)
            for late_s, worth in door.worth:
                clients.append(
                    pyvrp.Client(
                        location=door.place,
                        delivery=loads[number],
                        service_duration=door.service_s,
                        tw_early=door.opens_s,
                        tw_late=UNBOUND if late_s is None else max(late_s, door.opens_s),
                        release_time=door.ready_s,
                        prize=worth * PER_UNIT,
                        required=door.must,
                        group=len(groups) if len(door.worth) > 1 else None,
                    )
                )
                self.door.append(number)
            if len(door.worth) > 1:
                groups.append(pyvrp.ClientGroup(list(range(first, len(clients))), required=False))
        starts = {load_s: index for index, load_s in enumerate(sorted({rider.load_s for rider in job.riders}))}
        depots = [pyvrp.Depot(location=0, service_duration=load_s) for load_s in starts]
        ends = {}
        for rider in job.riders:
            if rider.home and rider.home not in ends:
                ends[rider.home] = len(depots)
                depots.append(pyvrp.Depot(location=rider.home))
        metres: list[Matrix] = [
            np.where(seconds >= NO_WAY_S, 0, given) for given, seconds in zip(job.metres, job.seconds, strict=True)
        ]
        self.data = pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in range(len(job.metres[0]))],
            clients,
            depots,
            [self._vehicle(rider, starts[rider.load_s], ends.get(rider.home)) for rider in job.riders],
            metres,
            list(job.seconds),
            groups,
        )

    def _vehicle(self, rider: Rider, start: int, end: int | None) -> pyvrp.VehicleType:
        import pyvrp

        trips = len(self.job.doors) if rider.trips is None else rider.trips
        return pyvrp.VehicleType(
            num_available=len(rider.couriers),
            capacity=[room(rider) for room in self._room],
            start_depot=start,
            end_depot=start if end is None else end,
            fixed_cost=0 if rider.begun else rider.fixed * PER_UNIT,
            tw_early=rider.opens_s,
            tw_late=rider.closes_s,
            unit_distance_cost=rider.per_km * PER_UNIT // 1000,
            unit_duration_cost=rider.per_hour * PER_UNIT // 3600,
            profile=rider.profile,
            reload_depots=[start] if trips > 1 else [],
            max_reloads=trips - 1,
            shift_duration=UNBOUND if rider.duty_s is None else rider.duty_s,
            start_late=rider.opens_s if rider.begun else rider.closes_s,
        )

    def first(self) -> pyvrp.Solution:
        """The tours to begin with, or else random ones, improved until no move helps."""
        import pyvrp
        from pyvrp import search

        rng = pyvrp.RandomNumberGenerator(self.job.seed % (1 << 32))
        self._search = search.LocalSearch(
            self.data,
            rng,
            search.compute_neighbours(self.data, search.NeighbourhoodParams(WAITING * second(self.job))),
            search.PerturbationManager(search.PerturbationParams()),
        )
        for operator in search.OPERATORS:
            if operator.supports(self.data):
                self._search.add_operator(operator(self.data))
        hardest = NO_LIMIT if all(door.must for door in self.job.doors) else HARDEST
        params = pyvrp.PenaltyParams(max_penalty=hardest)
        penalties = [FIRST] * self.data.num_load_dimensions, FIRST, FIRST
        self._penalties = pyvrp.PenaltyManager(penalties, params)
        if self.job.tours:
            return pyvrp.Solution(self.data, [self._route(*tour) for tour in self.job.tours])
        random = pyvrp.Solution.make_random(self.data, rng)
        return self._search(random, self._penalties.max_cost_evaluator(), exhaustive=True)

    def _route(self, courier: str, trips: tuple[tuple[int, ...], ...]) -> pyvrp.Route:
        """A tour in PyVRP's terms, for jobs whose doors are one client each."""
        import pyvrp

        kind = next(number for number, rider in enumerate(self.job.riders) if courier in rider.couriers)
        reload = pyvrp.Activity(pyvrp.ActivityType.DEPOT, self.data.vehicle_type(kind).start_depot)
        visits: list[pyvrp.Activity] = []
        for trip in trips:
            visits += [reload] if visits else []
            visits += [pyvrp.Activity(pyvrp.ActivityType.CLIENT, door) for door in trip]
        return pyvrp.Route(self.data, visits, kind)

    def improve(self, first: pyvrp.Solution, budget_s: float | None, each: Callable[[pyvrp.Solution], None]) -> None:
        """PyVRP's iterated local search; every new best is handed to ``each``, at most ten a second with seconds."""
        import pyvrp
        from pyvrp.stop import MaxIterations, MaxRuntime

        class Told(pyvrp.IteratedLocalSearchCallbacks):
            """What the search says on its way."""

            best, sent, next_at = first, first, 0.0

            def on_iteration(
                self,
                current: pyvrp.Solution,
                candidate: pyvrp.Solution,
                best: pyvrp.Solution,
                cost_evaluator: pyvrp.CostEvaluator,
            ) -> None:
                processes.alive(STUCK_S)
                if best is not self.sent and (budget_s is None or monotonic() > self.next_at):
                    each(best)
                    self.sent, self.next_at = best, monotonic() + 0.1

        told = Told()
        stop = MaxIterations(self.job.steps or 0) if budget_s is None else MaxRuntime(max(0.0, budget_s))
        params = pyvrp.IteratedLocalSearchParams(callbacks=told)
        loop = pyvrp.IteratedLocalSearch(self.data, self._penalties, self._search, first, params)
        best = loop.run(stop, collect_stats=False).best
        if best is not told.sent:
            each(best)

    def tours(self, solution: pyvrp.Solution) -> tuple[Tour, ...]:
        """The routes that keep every limit, as trips of door numbers."""
        found: list[Tour] = []
        used = [0] * len(self.job.riders)
        for route in solution.routes():
            if not route.is_feasible():
                continue
            rider = self.job.riders[route.vehicle_type()]
            trips: dict[int, list[int]] = {}
            for activity in route:
                if activity.is_client():
                    trips.setdefault(activity.trip, []).append(self.door[activity.idx])
            if trips:
                courier = rider.couriers[used[route.vehicle_type()]]
                used[route.vehicle_type()] += 1
                found.append((courier, tuple(tuple(doors) for _, doors in sorted(trips.items()))))
        return tuple(found)


def second(job: HubJob) -> float:
    """PyVRP's money for a second of driving, over all ways and kinds of couriers. Pure. O(places² x riders)."""
    cost = seconds = 0.0
    for rider in job.riders:
        way_s = job.seconds[rider.profile]
        known = way_s < NO_WAY_S
        driven_s, metres = float(way_s[known].sum()), float(job.metres[rider.profile][known].sum())
        cost += (rider.per_km * metres / 1000 + rider.per_hour * driven_s / 3600) * PER_UNIT
        seconds += driven_s
    return cost / max(1.0, seconds)


def _dimensions(job: HubJob) -> tuple[list[list[int]], list[Callable[[Rider], int]]]:
    """Loads of every door and the room of a rider, for grams, millilitres, parcels and classes that can bind.

    A handling class is a load of one that riders without it have no room for.
    """
    plenty = 1 << 50

    def limit(value: int | None, factor: int = 1) -> int:
        return plenty if value is None else min(plenty, value * factor)

    kinds = 0
    for door in job.doors:
        kinds |= door.kinds
    classes = [1 << bit for bit in range(kinds.bit_length()) if kinds >> bit & 1]
    columns: list[tuple[list[int], Callable[[Rider], int]]] = [
        ([door.grams for door in job.doors], lambda rider: limit(rider.grams)),
        ([door.millilitres for door in job.doors], lambda rider: limit(rider.millilitres)),
        ([COARSE] * len(job.doors), lambda rider: limit(rider.parcels, COARSE)),
    ]
    for kind in classes:

        def room(rider: Rider, kind: int = kind) -> int:
            return plenty if rider.kinds & kind else 0

        columns.append(([COARSE if door.kinds & kind else 0 for door in job.doors], room))
    binding = [(loads, room) for loads, room in columns if any(sum(loads) > room(rider) for rider in job.riders)]
    cut = [[min(load, plenty) for load in loads] for loads, _ in binding]
    return [list(own) for own in zip(*cut, strict=True)] if cut else [[] for _ in job.doors], [r for _, r in binding]
