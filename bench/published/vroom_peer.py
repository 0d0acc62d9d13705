"""VROOM on an instance: exploration 5, two threads, until it ends by itself."""

from __future__ import annotations

import numpy as np
import vroom

from bench.published.instance import CannotState, Instance, Route, beyond_vroom

EXPLORATION, THREADS = 5, 2
PROFILE = "car"


def input_of(instance: Instance) -> vroom.Input:
    """The same integers as VROOM's input, all cost in distance and fixed cost.

    Raises ``CannotState`` where ``beyond_vroom`` says why.
    """
    if (why := beyond_vroom(instance)) is not None:
        raise CannotState(why)
    given = vroom.Input()
    matrix = instance.metres.astype(np.uint32)
    given.set_durations_matrix(PROFILE, matrix)
    given.set_distances_matrix(PROFILE, matrix)
    jobs = []
    for index, visit in enumerate(instance.visits):
        windows = [] if visit.closes_s is None else [vroom.TimeWindow(visit.opens_s, visit.closes_s)]
        jobs.append(
            vroom.Job(
                index,
                location=visit.place,
                default_service=visit.service_s,
                delivery=[visit.demand],
                time_windows=windows,
            )
        )
    given.add_job(jobs)
    vehicles: list[vroom.Vehicle] = []
    for fleet in instance.fleets:
        ends_s = fleet.closes_s if fleet.duration_s is None else min(fleet.closes_s, fleet.opens_s + fleet.duration_s)
        for _ in range(fleet.count):
            vehicles.append(
                vroom.Vehicle(
                    len(vehicles),
                    start=fleet.depot,
                    end=fleet.depot,
                    profile=PROFILE,
                    capacity=[fleet.capacity],
                    time_window=vroom.TimeWindow(fleet.opens_s, ends_s),
                    costs=vroom.VehicleCosts(fixed=fleet.fixed, per_hour=0, per_km=1000 * fleet.per_metre),
                )
            )
    given.add_vehicle(vehicles)
    return given


def solve(given: vroom.Input, instance: Instance) -> tuple[Route, ...]:
    """The routes; whoever VROOM could not place is in none."""
    columns = given.solve(exploration_level=EXPLORATION, nb_threads=THREADS).routes
    if "id" not in columns:  # nobody could be placed
        return ()
    fleet_of = [index for index, fleet in enumerate(instance.fleets) for _ in range(fleet.count)]
    routes: dict[int, list[int]] = {}
    for vehicle, kind, job in zip(columns["vehicle_id"], columns["type"], columns["id"], strict=True):
        if kind == "job":
            routes.setdefault(int(vehicle), []).append(int(job))
    return tuple(Route(fleet=fleet_of[vehicle], trips=(tuple(visits),)) for vehicle, visits in sorted(routes.items()))
