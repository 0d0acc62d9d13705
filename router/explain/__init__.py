"""Why an order goes as it does: what a plan decided, what each other hub would have meant, and what would cure it.

Everything is asked of the plan at hand: the rest of it stays as it is while this order alone is put elsewhere. What the
answers mean is in docs/explain.md.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Literal

from router.errors import NotFound
from router.explain.cures import Cures, cures
from router.explain.desk import Desk, NotRetimed
from router.explain.hubs import answers
from router.explain.records import (
    Change,
    Decision,
    Explanation,
    HubAnswer,
    Placed,
    Remedy,
    Shortage,
    late_s,
    placed,
)
from router.model import Drop, named
from router.plan import Plan
from router.price import price

__all__ = [
    "Change",
    "Decision",
    "Explanation",
    "HubAnswer",
    "NotRetimed",
    "OrderUnknown",
    "Placed",
    "Remedy",
    "Shortage",
    "explain",
]


class OrderUnknown(NotFound):
    """The drop has no order of that id."""

    code, title = "order-unknown", "There is no such order"

    def __init__(self, order: str, near: tuple[str, ...]) -> None:
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        super().__init__(f"the drop has no order {order!r}{hint}", order=order)


def explain(drop: Drop, plan: Plan, order: str) -> Explanation:
    """Explains one order of a valid plan (``router.check`` finds nothing in it) of a prepared drop.

    Raises ``OrderUnknown``, ``NotRetimed`` where the plan holds together only with the times it has, and the errors of
    ``router.instance``. Pure. One plan for each hub and some for each kind of change, each O(orders).
    """
    known = named(drop.orders)
    if order not in known:
        raise OrderUnknown(order, tuple(get_close_matches(order, known, n=3, cutoff=0.4)))
    desk = Desk(drop, plan, known[order])
    begun = any(parcel.order == order for parcel in drop.committed.parcels)
    decision = _decision(drop, plan, desk, begun)
    sought: Literal["in-time", "served"] | None = None
    if decision.unserved is not None:
        sought = "served"
    elif decision.late:
        sought = "in-time"
    found = Cures(as_it_is=None, best=None, exhausted=not begun)
    if sought and not begun:
        found = cures(desk, in_time=sought == "in-time")
    here = {each.hub for each in decision.parcels}
    return Explanation(
        order=order,
        tier=desk.order.tier,
        total=plan.cost.total,
        retimed=desk.now.cost.total - plan.cost.total,
        begun=begun,
        decision=decision,
        hubs=_begun(drop, here) if begun else answers(desk, here.pop() if len(here) == 1 else None),
        sought=sought,
        as_it_is=found.as_it_is,
        cure=found.best,
        exhausted=found.exhausted,
    )


def _decision(drop: Drop, plan: Plan, desk: Desk, begun: bool) -> Decision:
    order, tier = desk.order, named(drop.tiers)[desk.order.tier]
    parcels = placed(drop, plan, order.id)
    unserved = next((each for each in plan.unserved if each.order == order.id), None)
    own = tuple(parcel for parcel in plan.parcels if parcel.order == order.id)
    alone = replace(plan, parcels=own, trips=(), unserved=() if unserved is None else (unserved,))
    share = None
    if unserved is not None:
        share = tier.unserved
    elif not begun and (rest := desk.without()) is not None:
        share = desk.now.cost.total - (rest.cost.total - tier.unserved)
    ships_late_s, arrives_late_s = late_s(drop, order.id, parcels)
    return Decision(
        parcels=parcels,
        unserved=unserved,
        ship_due=order.ship_due(tier),
        deliver_due=order.deliver_due(tier),
        ships_late_s=ships_late_s,
        arrives_late_s=arrives_late_s,
        cost=price(drop, alone),
        share=share,
    )


def _begun(drop: Drop, here: set[str]) -> tuple[HubAnswer, ...]:
    """Of an order that has been begun nothing is asked: what is committed of it stands."""
    detail = f"work on the order has begun at {', '.join(sorted(here))}"
    return tuple(
        HubAnswer(hub=hub.id, binding="begun", detail=detail, shortages=(), extra=None, parcels=())
        for hub in drop.hubs
        if hub.id not in here
    )
