"""PyVRP on an instance: one thread, stopped after so many seconds of wall clock."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyvrp import Client, Depot, Location, ProblemData, VehicleType
from pyvrp.constants import MAX_SIZE
from pyvrp.solve import solve as search
from pyvrp.stop import MaxRuntime

from bench.published.instance import Fleet, Instance, Route

FOREVER_S = 2**63 - 1
"""PyVRP's own word for no limit."""


def data_of(instance: Instance) -> ProblemData:
    """The same integers as PyVRP's data, equal to what its own reader makes of its own dialect.

    That reader scales demands like everything else, and the search's penalties depend on it: left unscaled, loads
    weigh so little against the cost of HFVRP that it finds no lawful solution.
    """
    matrix: np.ndarray[Any, Any] = instance.metres
    return ProblemData(
        locations=[Location(float(x), float(y)) for x, y in instance.points],
        depots=[Depot(depot) for depot in range(instance.depots)],
        clients=[
            Client(
                visit.place,
                delivery=[visit.demand * instance.factor],
                service_duration=visit.service_s,
                tw_early=visit.opens_s,
                tw_late=FOREVER_S if visit.closes_s is None else visit.closes_s,
                release_time=visit.release_s,
            )
            for visit in instance.visits
        ],
        vehicle_types=[_vehicles(instance, fleet) for fleet in instance.fleets],
        distance_matrices=[matrix],
        duration_matrices=[matrix],
    )


def _vehicles(instance: Instance, fleet: Fleet) -> VehicleType:
    return VehicleType(
        fleet.count,
        [fleet.capacity * instance.factor],
        start_depot=fleet.depot,
        end_depot=fleet.depot,
        fixed_cost=fleet.fixed,
        tw_early=fleet.opens_s,
        tw_late=fleet.closes_s if instance.windows else FOREVER_S,
        shift_duration=FOREVER_S if fleet.duration_s is None else fleet.duration_s,
        unit_distance_cost=fleet.per_metre,
        reload_depots=[] if fleet.trips == 1 else [fleet.depot],
        max_reloads=MAX_SIZE if fleet.trips in (None, 1) else fleet.trips - 1,
    )


def solve(data: ProblemData, *, seed: int, seconds: float) -> tuple[Route, ...]:
    """The best solution found, whether or not it keeps every limit."""
    found = search(data, stop=MaxRuntime(seconds), seed=seed, collect_stats=False, display=False)
    routes = []
    for route in found.best.routes():
        trips: list[list[int]] = [[]]
        for step in route:
            if step.is_depot():
                trips.append([])
            else:
                trips[-1].append(step.idx)
        routes.append(Route(fleet=route.vehicle_type(), trips=tuple(tuple(trip) for trip in trips if trip)))
    return tuple(routes)
