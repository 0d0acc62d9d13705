"""joint: one search over hub, wave, trip and carrier together, by ruin and recreate with simulated annealing.

Starts from the greedy plan, or from the one it is given. Each worker anneals on its own; the best plan is handed round
as it cools. Honours what ``greedy`` honours. Sources: Schrimpf et al. 2000; Christiaens and Vanden Berghe 2020;
docs/engines.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from math import inf, log
from threading import Event
from time import monotonic

from router import _core, codec, parts
from router.effort import Effort, Watch
from router.instance import NEVER, Instance
from router.model import Drop
from router.schedule import Draft

WARM = True
ROUNDS = 40
ROUND_S, ROUND_ORDER_S = 0.05, 2e-5
"""A round is no shorter than so many seconds, and so many for each order, or handing parts out would take too much."""

HOT, COOL, FALL = 3.0, 0.25, 30.0
"""Temperatures in shares of the best plan's cost an order: at the start from a raw plan and from a good one; and by how
much they fall. Measured, docs/engines.md."""

STILL = 0.02
"""The temperature at which it is found out how good a start is."""

RAW, GOOD = 3e-3, 3e-4
"""What as many cold moves as there are orders save of a raw plan's cost, and of a good one's; measured too."""

TRIAL = 0.05
"""The share of the effort that may go into finding out how good a start is."""

ENOUGH_S, ENOUGH_ORDER_S = 8.0, 0.02
"""With so many seconds, and so many for each order, PyVRP finishes long routes. Measured, docs/engines.md."""

SEARCHED = 0.25
"""The share of the seconds that the search gets where PyVRP finishes the routes."""

STOP_S = 0.1
"""How often ``stop`` is looked at."""


def solve(
    drop: Drop,
    *,
    seed: int,
    effort: Effort,
    workers: int,
    watch: Watch,
    stop: Event,
    start: Draft | None,
    executor: Executor | None = None,
) -> Draft:
    """The best draft found in ``effort``: moves per worker, or seconds in all. The same for seed, steps and workers.

    Given seconds, PyVRP finishes long routes in spawned processes (``router.refine``); steps never do.
    ``executor``: who runs the parts of a round, by ``router.parts.run``; else threads of this process do.
    """
    started = monotonic()
    instance = Instance(drop)
    first = _core.Search(instance.problem, seed)
    if start is not None:
        first.load(instance.problem, instance.assignment(start))
    first.greedy(float(NEVER) if effort.budget_s is None else max(0.0, effort.budget_s - (monotonic() - started)))
    watch(first.best_cost, None)
    orders = max(1, len(drop.orders))
    hot = HOT if start is None else _heat(first, orders, effort, started, stop)
    team = _core.Team(instance.problem, seed, workers, first)
    begun = monotonic()
    seconds = 0.0 if effort.budget_s is None else max(0.0, effort.budget_s - (begun - started))
    until = begun + seconds
    finishes = seconds >= max(ENOUGH_S, ENOUGH_ORDER_S * orders) and _long_routes(drop, instance, first)
    if finishes:
        seconds *= SEARCHED
    rounds = ROUNDS
    if effort.budget_s is not None:
        rounds = max(1, min(ROUNDS, int(seconds / (ROUND_S + ROUND_ORDER_S * orders))))
    halt, written = _core.Halt(), codec.write(drop) if executor else b""
    with ThreadPoolExecutor(max(1, workers)) as threads:

        def submit(part: bytes) -> Future[bytes]:
            if executor is None:
                return threads.submit(_core.run_part, instance.problem, halt, part)
            return executor.submit(parts.run, written, part)

        for round_ in range(rounds):
            low, high = round_ / rounds, (round_ + 1) / rounds
            if stop.is_set() or (effort.budget_s is not None and begun + seconds * high <= monotonic()):
                continue
            share, steps = begun + seconds * high - monotonic(), 0
            if effort.steps is not None:
                share, steps = 0.0, effort.steps * (round_ + 1) // rounds - effort.steps * round_ // rounds
            if share > 0 or steps > 0:
                mean = max(1.0, team.best_cost / orders)
                given = team.share(round_, steps, share, low, high, hot * mean, hot * mean / FALL)
                team.gather(_outcomes([submit(part) for part in given], stop, halt))
            watch(team.best_cost, None)
    draft = instance.draft(team.assignment())
    if not finishes or stop.is_set():
        return draft
    from router.refine import refined

    return refined(drop, draft, seed=seed, workers=workers, until=until, watch=watch, stop=stop)


def _long_routes(drop: Drop, instance: Instance, first: _core.Search) -> bool:
    from router.refine import worthwhile  # not with less time: importing it takes a tenth of a second

    return worthwhile(drop, instance.draft(first.assignment()))


def _outcomes(jobs: Sequence[Future[bytes]], stop: Event, halt: _core.Halt) -> list[bytes]:
    """What the parts come to; ``stop`` ends those that run in this process."""
    while wait(jobs, STOP_S).not_done:
        if stop.is_set():
            halt.set()
    return [job.result() for job in jobs]


def _heat(first: _core.Search, orders: int, effort: Effort, started: float, stop: Event) -> float:
    """How hot to begin from a start: the less a few cold moves find to save, the less is thrown away by heat."""
    before, done = first.best_cost, 0
    still = STILL * max(1.0, before / orders)
    most = orders if effort.steps is None else min(orders, round(TRIAL * effort.steps))
    until = inf if effort.budget_s is None else monotonic() + TRIAL * (effort.budget_s - (monotonic() - started))
    while done < most and monotonic() < until and not stop.is_set():
        moves = min(64, most - done)
        first.anneal(moves, 0.0, 0.0, 1.0, still, still)
        done += moves
    saved = (before - first.best_cost) / max(1, before) * orders / max(1, done)
    rawness = log(max(GOOD, min(RAW, saved)) / GOOD) / log(RAW / GOOD)
    return COOL * float((HOT / COOL) ** rawness)
