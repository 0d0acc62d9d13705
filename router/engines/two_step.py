"""two-step: allocate the whole drop by a mixed-integer program, then route hub by hub with PyVRP.

First ``router.allocation`` says which hub picks what in which wave, at an estimated price of carriage. Then every hub
plans its own tours, several hubs at a time in processes of their own: parcels are released at the end of their wave,
a trip begins with loading, a door's steps of lateness are alternatives of which one is visited, and a visit is worth
what the cheapest collection (or leaving the order) would cost. What is not visited goes that other way.

Honours stock, contingency, waves, splits, several trips a courier, capacity, handling, shifts, duty, lateness by steps
and by the minute, collections, committed parcels and trips. Simplified: a courier serves the hub where it stands only,
lateness by the minute is priced in quarters of an hour, and late shipping by when the door is reached.
Source: N. Wouda, L. Lan, W. Kool, PyVRP, INFORMS Journal on Computing 36 (2024); docs/engines.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from time import monotonic

from router import processes
from router.allocation import Allocation, allocate, instantly
from router.dispatch import Dispatch
from router.effort import Effort, Watch
from router.handover import Handover
from router.hub_job import Tour
from router.model import Drop
from router.schedule import Draft
from router.tours import START_S, route, shared_out

NODES = 200
"""Branch and bound nodes of an allocation where effort is counted in steps."""

PROGRAM_SHARE = 0.25
"""The share of the seconds that the allocation's program may take."""


WARM = False


def solve(
    drop: Drop, *, seed: int, effort: Effort, workers: int, watch: Watch, stop: Event, start: Draft | None
) -> Draft:
    """A draft by allocation and routing; steps are PyVRP's iterations a hub. The same for seed and steps.

    With seconds, nine tenths of them are used; where there are too few, the allocation is the instant one and parcels
    that no tour takes in time leave by carrier or not at all.
    """
    started = monotonic()
    budget_s = effort.budget_s
    until = None if budget_s is None else started + 0.9 * budget_s
    allocation = _allocated(drop, until, budget_s, stop)
    dispatch = Dispatch(drop)
    handover = Handover(dispatch, dispatch.picks(allocation.shares), watch)
    handover.report(until)
    jobs = [
        replace(job, steps=effort.steps)
        for number, hub in enumerate(drop.hubs)
        if (job := dispatch.job(hub.id, handover.at[hub.id], handover.ledger, seed * 1000 + number)) is not None
    ]
    left_s = None if until is None else until - monotonic() - START_S
    lanes = shared_out(jobs, max(1, workers), left_s)
    if left_s is None or left_s > 0:

        def each(lane: int, place: int, tours: tuple[Tour, ...]) -> None:
            handover.tours[lanes[lane][place].hub] = tours
            handover.report(until)

        processes.run(route, lanes, each, until=until, stop=stop)
    return handover.lawful()


def _allocated(drop: Drop, until: float | None, budget_s: float | None, stop: Event) -> Allocation:
    """The allocation of the program, solved in a process of its own, or the instant one where that is not to be had."""
    program_s = None if budget_s is None else PROGRAM_SHARE * budget_s
    found: list[Allocation] = []
    if program_s is None or program_s > START_S + len(drop.orders) / 1000:
        limit = None if program_s is None else monotonic() + program_s + START_S
        job = drop, None if program_s is None else program_s - len(drop.orders) / 5000
        processes.run(_allocation, [[job]], lambda lane, place, made: found.append(made), until=limit, stop=stop)
    return found[0] if found else instantly(drop, until=until)


def _allocation(job: tuple[Drop, float | None], send: Callable[[Allocation], None]) -> None:
    drop, budget_s = job
    send(allocate(drop, node_limit=NODES if budget_s is None else None, budget_s=budget_s))
