"""greedy: orders by due time, each at the cheapest place that is free; a plan within a second for 1 000 orders.

Honours everything the format has: stock and contingency, waves, splits, multi-trip and multi-hub couriers, windows,
lateness, handling, collections, committed parcels. Uses no clock unless it is given seconds. From a start it places
what the start leaves over.
"""

from __future__ import annotations

from threading import Event

from router import _core
from router.effort import Effort, Watch
from router.instance import NEVER, Instance
from router.model import Drop
from router.schedule import Draft

WARM = True


def solve(
    drop: Drop, *, seed: int, effort: Effort, workers: int, watch: Watch, stop: Event, start: Draft | None
) -> Draft:
    """A draft by cheapest insertion. Steps do not bind it; after ``budget_s`` the orders still open are left over."""
    instance = Instance(drop)
    search = _core.Search(instance.problem, seed)
    if start is not None:
        search.load(instance.problem, instance.assignment(start))
    search.greedy(float(NEVER) if effort.budget_s is None else effort.budget_s)
    watch(search.best_cost, None)
    return instance.draft(search.assignment())
