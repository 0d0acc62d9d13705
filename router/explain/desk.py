"""One order taken off a plan, and put back under other conditions while the rest stays as it is.

The core does the placing: it is given the drop with this order first and with a tier of its own, the rest of the plan,
and fills in what is missing. Plans are then timed and priced by the drop itself. Source: docs/explain.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from router import _core
from router.check import findings
from router.draft import Draft, DraftParcel, DraftTrip
from router.errors import Invalid
from router.explain.records import late_s, placed
from router.instance import NEVER, Instance
from router.leftover import astray
from router.model import Drop, Order, Penalty, Step, Tier, named
from router.plan import Plan, Unserved
from router.price import price
from router.schedule import finish
from router.warm import from_plan

_DEAR = 1 << 36
"""Dearer than anything a plan could save: what the core is told that leaving the order costs."""


class NotRetimed(Invalid):
    """A valid plan whose decisions Dropwright cannot time itself, so that nothing can be compared with it."""

    code, title = "plan-not-retimed", "The plan cannot be timed anew"

    def __init__(self, first: str) -> None:
        super().__init__(
            f"the plan is valid, but begun again as early as can be it is not ({first}), so there is nothing to "
            "compare other decisions with; plan the drop with: dropwright plan"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The core with the rest of a plan in it; the order asked about is its first."""

    instance: Instance
    search: _core.Search


class Desk:
    """The plan as it is (``now``, timed by Dropwright), without the order (``rest``), and with it put elsewhere."""

    def __init__(self, drop: Drop, plan: Plan, order: Order) -> None:
        self.drop, self.order = drop, order
        self.reasons: Mapping[str, Unserved] = {each.order: each for each in plan.unserved}
        whole = from_plan(drop, plan)
        self.now = self._finished(drop, whole)
        if found := findings(drop, self.now):
            raise NotRetimed(str(found[0]))
        self.rest = without(drop, whole, order.id)
        kept = {each.order for each in whole.parcels} | {parcel.order for parcel in drop.committed.parcels}
        self._others = tuple(each for each in drop.orders if each.id in kept and each.id != order.id)

    def without(self) -> Plan | None:
        """The plan without the order; ``None`` where a courier could not come home then."""
        rest = self.rest
        if len({each.order for each in rest.parcels}) < len(self._others):  # some lost their courier with it
            question = self._loaded(self.drop, self._others)
            question.search.fill(float(NEVER))
            rest = question.instance.draft(question.search.assignment())
        return None if astray(self.drop, rest) else self._finished(self.drop, rest)

    def question(self, drop: Drop, *, hubs: tuple[str, ...] | None, in_time: bool = False) -> Question:
        """The rest of the plan in ``drop``, where the order may come from ``hubs`` alone (``None``: from any).

        With ``in_time`` the core had rather leave the order than be late with it.
        """
        own = self._own_tier(drop, in_time)
        asked = replace(self.order, tier=own.id, hubs=hubs)
        return self._loaded(replace(drop, tiers=(*drop.tiers, own)), (asked, *self._others))

    def put(self, question: Question, drop: Drop, *, in_time: bool = False) -> Plan | None:
        """The plan of ``drop`` with the order in the cheapest place there is; ``None`` where there is none.

        The order is in time with ``in_time``. What the order pays for lateness and the plan's cost are the drop's own.
        """
        question.search.fill(float(NEVER))
        draft = question.instance.draft(question.search.assignment())
        if all(each.order != self.order.id for each in draft.parcels) or astray(drop, draft):
            return None
        if not in_time:
            return self._finished(drop, draft)
        own = self._own_tier(drop, in_time)
        strict = replace(
            drop,
            tiers=(*drop.tiers, own),
            orders=tuple(replace(each, tier=own.id) if each.id == self.order.id else each for each in drop.orders),
        )
        made = self._finished(strict, draft)
        made = replace(made, cost=price(drop, made))
        return None if any(late_s(drop, self.order.id, placed(drop, made, self.order.id))) else made

    def _own_tier(self, drop: Drop, in_time: bool) -> Tier:
        tier = named(drop.tiers)[self.order.tier]
        name = tier.id + "'"
        while name in named(drop.tiers):
            name += "'"
        own = replace(tier, id=name, unserved=_DEAR)
        if in_time:
            never = Penalty(steps=(Step(after=0, amount=_DEAR),))
            own = replace(own, late_shipping=never, late_delivery=never)
        return own

    def _loaded(self, drop: Drop, orders: tuple[Order, ...]) -> Question:
        instance = Instance(replace(drop, orders=orders))
        search = _core.Search(instance.problem, 0)
        search.load(instance.problem, instance.assignment(self.rest))
        return Question(instance=instance, search=search)

    def _finished(self, drop: Drop, draft: Draft) -> Plan:
        return finish(drop, draft, unserved=self.reasons)


def without(drop: Drop, draft: Draft, order: str) -> Draft:
    """The draft without an order, and without those whose courier could not reach its first hub then.

    A courier's day begins where it is, and no trip is empty: where the trip that led to another hub falls away, so do
    those from there.
    """
    start = {courier.id: courier.home for courier in drop.couriers}
    start |= {name: trips[-1].return_to for name, trips in drop.committed.by_courier().items()}
    gone = {order}
    while True:
        left = _less(draft, gone)
        out: set[str] = set()
        stranded: set[str] = set()
        for trip in left.trips:
            if trip.courier not in out and trip.hub != start[trip.courier]:
                stranded |= {each.order for visit in trip.visits for each in visit}
            out.add(trip.courier)
        if not stranded:
            return left
        gone |= stranded


def _less(draft: Draft, gone: set[str]) -> Draft:
    """The draft without these orders, and without trips that have no visit left."""
    trips = []
    for trip in draft.trips:
        visits = tuple(visit for visit in trip.visits if visit[0].order not in gone)
        if visits:
            trips.append(DraftTrip(courier=trip.courier, hub=trip.hub, visits=visits))
    return Draft(carried=_kept(draft.carried, gone), trips=tuple(trips))


def _kept(parcels: Iterable[DraftParcel], gone: set[str]) -> tuple[DraftParcel, ...]:
    return tuple(each for each in parcels if each.order not in gone)
