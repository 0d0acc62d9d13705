"""The cheapest single change of a drop that serves an order, or has it in time; each found is proved by planning anew.

All changes of a kind are made at once, and the order is put back at the least cost: no single one of them can do
better. Where that way uses one change, it is the best of its kind; where it uses several, each is tried by itself, and
so are the others without them. How an order is parted is a heuristic's choice, which more room may mislead: where it
goes in parts and all changes at once save nothing, each is tried by itself too. Source: docs/explain.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from router.check import findings
from router.explain.changes import groups, in_use, widened
from router.explain.desk import Desk
from router.explain.records import Change, Kind, Remedy, placed
from router.plan import Plan

_MOST_PLANS = 60
"""Plans tried for the changes of one kind."""

_MOST_EQUALS = 6
"""Plans tried for a smaller change that costs as little."""

_RANK: tuple[Kind, ...] = ("stock", "wave", "collection", "capacity", "shift", "courier")
"""Which kind comes first where plans cost the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cures:
    """What would cure an order: without any change, and with the cheapest single one that is cheaper than that."""

    as_it_is: Remedy | None
    best: Remedy | None
    exhausted: bool


@dataclass(slots=True)
class _Found:
    """The best change of a kind so far, and whether all that could be better were tried."""

    limit: int | None
    change: Change | None = None
    plan: Plan | None = None
    exhausted: bool = True

    def beats(self, plan: Plan, change: Change) -> bool:
        """Whether the plan is cheaper than the best so far, or costs the same for less of a change."""
        if self.plan is None or self.change is None:
            return self.limit is None or plan.cost.total < self.limit
        return (plan.cost.total, change.size) < (self.plan.cost.total, self.change.size)


def cures(desk: Desk, *, in_time: bool) -> Cures:
    """What would serve the order of the desk, or with ``in_time`` have it in time too."""
    plain = desk.put(desk.question(desk.drop, hubs=desk.order.hubs, in_time=in_time), desk.drop, in_time=in_time)
    limit = None if plain is None else plain.cost.total
    found = [_best(desk, group, in_time, limit) for group in groups(desk.drop, desk.rest, desk.order)]
    proved = [(each.plan, each.change) for each in found if each.plan is not None and each.change is not None]
    best = None
    if proved:
        plan, change = min(proved, key=lambda each: (each[0].cost.total, _RANK.index(each[1].kind), each[1].size))
        best = _remedy(desk, plan, change)
    return Cures(
        as_it_is=None if plain is None else _remedy(desk, plain, None),
        best=best,
        exhausted=all(each.exhausted for each in found),
    )


def _remedy(desk: Desk, plan: Plan, change: Change | None) -> Remedy:
    drop = desk.drop if change is None else widened(desk.drop, (change,))
    return Remedy(
        change=change,
        total=plan.cost.total,
        adds=plan.cost.total - desk.now.cost.total,
        parcels=placed(drop, plan, desk.order.id),
    )


def _planned(desk: Desk, changes: tuple[Change, ...], in_time: bool) -> Plan | None:
    drop = widened(desk.drop, changes)
    return desk.put(desk.question(drop, hubs=desk.order.hubs, in_time=in_time), drop, in_time=in_time)


def _best(desk: Desk, group: tuple[Change, ...], in_time: bool, limit: int | None) -> _Found:
    """The best single change of a group whose plan costs less than ``limit``."""
    found = _Found(limit)
    waiting, plans, equals = [group], 0, 0
    while waiting:
        changes = waiting.pop()
        if not changes:
            continue
        if plans == _MOST_PLANS:
            found.exhausted = False
            break
        plans += 1
        made = _planned(desk, changes, in_time)
        if made is None or not found.beats(made, replace(changes[0], size=0)):
            if made is not None and len(changes) > 1 and len(placed(desk.drop, made, desk.order.id)) > 1:
                waiting.extend((each,) for each in changes)
            continue
        if found.plan is not None and made.cost.total == found.plan.cost.total:
            equals += 1
            if equals > _MOST_EQUALS:
                continue
        used = in_use(desk.drop, made, changes, desk.order)
        names = {_place(each) for each in used}
        others = tuple(each for each in changes if _place(each) not in names)
        if len(used) == 1:
            proved = _proved(desk, used[0], in_time)
            if proved is not None and found.beats(proved, used[0]):
                found.change, found.plan = used[0], proved
            smaller = used[0].size > 1 and used[0].kind in ("stock", "wave", "collection")
            if proved is None or proved.cost.total > made.cost.total or smaller:
                waiting.append(others)
        elif used:
            waiting.append(others)
            waiting.extend((each,) for each in changes if _place(each) in names)
    return found


def _place(change: Change) -> Change:
    """The change whatever its size."""
    return replace(change, size=0, shift=None)


def _proved(desk: Desk, change: Change, in_time: bool) -> Plan | None:
    """The plan with just this change, if it cures the order and the referee finds nothing."""
    made = _planned(desk, (change,), in_time)
    if made is None or findings(widened(desk.drop, (change,)), made):
        return None
    return made
