"""joint: one search over hub, wave, trip and carrier together, by ruin and recreate with simulated annealing.

Starts from the greedy plan. Each worker anneals on its own; the best plan is handed round as it cools. Honours what
``greedy`` honours. Sources: Schrimpf et al. 2000; Christiaens and Vanden Berghe 2020; docs/engines.md.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from time import monotonic

from router import _core
from router.effort import Effort, Watch
from router.instance import NEVER, Instance
from router.model import Drop
from router.schedule import Draft

ROUNDS = 40
HOT, COLD = 4.0, 0.02
"""Temperature at the start and the end, in shares of the greedy plan's cost an order; measured, docs/engines.md."""

STOP_S = 0.1
"""How often ``stop`` is looked at."""


def solve(drop: Drop, *, seed: int, effort: Effort, workers: int, watch: Watch, stop: Event) -> Draft:
    """The best draft found in ``effort``: moves per worker, or seconds in all. The same for seed, steps and workers."""
    started = monotonic()
    instance = Instance(drop)
    first = _core.Search(instance.problem, seed)
    first.greedy(float(NEVER) if effort.budget_s is None else max(0.0, effort.budget_s - (monotonic() - started)))
    watch(first.best_cost, None)
    team = _core.Team(instance.problem, seed, workers)
    team.start(first)
    mean = max(1.0, first.best_cost / max(1, len(drop.orders)))
    begun = monotonic()
    seconds = 0.0 if effort.budget_s is None else effort.budget_s - (begun - started)
    with ThreadPoolExecutor(team.size) as pool:
        for round_ in range(ROUNDS):
            low, high = round_ / ROUNDS, (round_ + 1) / ROUNDS
            if stop.is_set() or (effort.budget_s is not None and begun + seconds * high <= monotonic()):
                continue
            team.share(round_)
            share, steps = begun + seconds * high - monotonic(), 0
            if effort.steps is not None:
                share, steps = 0.0, effort.steps * (round_ + 1) // ROUNDS - effort.steps * round_ // ROUNDS
            if share > 0 or steps > 0:
                jobs = [
                    pool.submit(team.worker(each).anneal, steps, share, low, high, HOT * mean, COLD * mean)
                    for each in range(team.size)
                ]
                while wait(jobs, STOP_S).not_done:
                    for each in range(team.size if stop.is_set() else 0):
                        team.worker(each).halt()
                for job in jobs:
                    job.result()
            team.gather()
            watch(team.best_cost, None)
    return instance.draft(team.assignment())
