"""Orders left over: tried once more everywhere, then given a reason that is true of them.

The core looks first, at every order and nearly everywhere. What it still leaves is looked at again with every way to
pick it and whole days timed anew. The reason is the first thing that stands in an order's way when the rest of the plan
comes back bit by bit: goods, then waves, then couriers and collections. Source: docs/reasons.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from time import monotonic

from router import _core
from router.draft import Draft
from router.errors import Conflict
from router.fleet import Fleet
from router.insertion import NEVER, Inserter, inserted, keeps_the_law
from router.instance import Instance
from router.loads import Remainder
from router.model import Component, Drop, Order
from router.plan import Reason, Unserved
from router.schedule import finish


class BegunUnfinished(Conflict):
    """Work has begun, and no way was found to bring it to its end."""

    code, title = "begun-unfinished", "Begun work cannot be finished"

    def __init__(self, orders: tuple[str, ...], couriers: tuple[str, ...]) -> None:
        facts = []
        if orders:
            facts.append(f"no stock, wave, courier or collection was found for the rest of orders {_listed(orders)}")
        if couriers:
            facts.append(f"no order was found that brings couriers {_listed(couriers)} home again")
        super().__init__(
            f"the drop has committed work, and {'; '.join(facts)}. Give more time, or commit less",
            orders=len(orders),
            couriers=len(couriers),
        )


def complete(drop: Drop, draft: Draft, *, seed: int, budget_s: float | None) -> tuple[Draft, dict[str, Unserved]]:
    """The draft with every order inserted that pays for itself, and the reasons of the others.

    Every allowed hub, two or three of them, wave, trip position, new trip and collection is tried. After ``budget_s``
    the draft comes back as far as it is, and a reason that takes a search is the last one not ruled out by then. Raises
    ``BegunUnfinished`` where committed work cannot be brought to its end.
    """
    started = monotonic()

    def late() -> bool:
        return budget_s is not None and monotonic() - started > budget_s

    instance, fleet = Instance(drop), Fleet(drop)
    begun = {parcel.order for parcel in drop.committed.parcels}
    while True:
        left_s = float(NEVER) if budget_s is None else max(0.0, budget_s - (monotonic() - started))
        draft, search = _filled(instance, draft, seed, left_s)
        grown = _grown(fleet, draft, begun, late)
        if grown is draft:
            break
        draft = grown
    why = _Why(fleet, draft, late, lambda order: search.cheapest(instance.order[order.id]))
    served = _served(draft) | begun
    unserved = {}
    for order in drop.orders:
        if order.id not in served:
            reason, detail = why.of(order)
            unserved[order.id] = Unserved(order=order.id, reason=reason, detail=detail)
    return draft, unserved


def _filled(instance: Instance, draft: Draft, seed: int, seconds: float) -> tuple[Draft, _core.Search]:
    """The draft with what the core finds to insert, and the core standing at that plan."""
    search = _core.Search(instance.problem, seed)
    search.load(instance.problem, instance.assignment(draft))
    search.fill(seconds)
    filled = instance.draft(search.assignment())
    if any(len({visit[0].order for visit in trip.visits}) < len(trip.visits) for trip in filled.trips):
        filled = draft  # something came between two parcels of one visit, which the core holds for two stops
    if filled is draft or search.cost != search.best_cost:
        search = _core.Search(instance.problem, seed)
        search.load(instance.problem, instance.assignment(filled))
    return filled, search


def _grown(fleet: Fleet, draft: Draft, begun: set[str], late: Callable[[], bool]) -> Draft:
    """The draft with one order more, which pays for itself when the whole plan is priced; the same where none does.

    Orders whose work has begun come first, whatever they cost and however late it is.
    """
    served = _served(draft)
    left = sorted((order for order in fleet.drop.orders if order.id not in served), key=lambda o: o.id not in begun)
    remainder = Remainder(fleet, goods=draft, waves=draft)
    inserter, total = None, None
    stuck: list[str] = []
    for order in left:
        must = order.id in begun
        if must and not remainder.unfinished(order):
            continue
        if not must and (stuck or late()):
            break
        found = None
        if remainder.pickable(order):
            inserter = inserter or Inserter(fleet, remainder, carriage=draft)
            below = NEVER if must else fleet.tiers[order.tier].unserved
            found = inserter.cheapest(order, below, until=_not_yet if must else late)
        grown = inserted(fleet, draft, found) if found else draft
        if grown is not draft and keeps_the_law(fleet, grown):
            if must:
                return grown
            total = total or finish(fleet.drop, draft).cost.total
            if finish(fleet.drop, grown).cost.total < total:
                return grown
        elif must:
            stuck.append(order.id)
    driving = {trip.courier for trip in draft.trips}
    astray = [
        courier.id
        for courier in fleet.drop.couriers
        if courier.id not in driving and fleet.day(courier).starts_at != fleet.place[courier.home]
    ]
    if stuck or astray:
        raise BegunUnfinished(tuple(stuck), tuple(astray))
    return draft


class _Why:
    """Why orders stay: the first thing in their way when the rest of this plan comes back bit by bit."""

    def __init__(self, fleet: Fleet, draft: Draft, late: Callable[[], bool], adds: Callable[[Order], int]) -> None:
        self.fleet, self.draft, self.late, self.adds = fleet, draft, late, adds
        self.ever = Remainder(fleet, goods=None, waves=None)
        self.taken = Remainder(fleet, goods=draft, waves=None)
        self.now = Remainder(fleet, goods=draft, waves=draft)

    @cached_property
    def _alone(self) -> Inserter:
        return Inserter(self.fleet, self.ever, carriage=None)

    @cached_property
    def _without_goods(self) -> Inserter:
        return Inserter(self.fleet, self.taken, carriage=None)

    @cached_property
    def _without_waves(self) -> Inserter:
        return Inserter(self.fleet, self.now, carriage=None)

    @cached_property
    def _here(self) -> Inserter:
        return Inserter(self.fleet, self.now, carriage=self.draft)

    def of(self, order: Order) -> tuple[Reason, str]:
        """The reason of one order that is left over, with its figures."""
        leaving = self.fleet.tiers[order.tier].unserved
        short = self.ever.short_of(order)
        if short:
            return "no-stock", "{1} x {0} ordered, {2} ever held where it may come from".format(*short)
        short = self.now.short_of(order)
        if self.late():
            if short:
                return "stock-taken", "{1} x {0} ordered, {2} left where it may come from".format(*short)
            return "couriers-full", "time was up before every way to serve it had been tried"
        if not self.ever.pickable(order):
            return "no-wave", "too few lines in the waves after clearance at the hubs that hold its goods"
        if not self._any_way(self._alone, order):
            return "no-way-out", self._stays(order)
        if short:
            return "stock-taken", "{1} x {0} ordered, {2} left where it may come from".format(*short)
        if not self.now.pickable(order):
            return "waves-full", "too few lines left in the waves after clearance at the hubs that hold its goods"
        adds = self.adds(order)
        if adds < NEVER:
            return "costs-more-than-leaving", f"serving adds {adds}, leaving costs {leaving}"
        if self._any_way(self._here, order):
            return "costs-more-than-leaving", f"no way to serve it adds less than the {leaving} that leaving costs"
        if not self._any_way(self._without_goods, order):
            return "stock-taken", "the goods left where it may come from lie where nobody could take them from"
        if not self._any_way(self._without_waves, order):
            return "waves-full", "the waves with lines left end too late for every courier and collection"
        return "couriers-full", "no courier or collection has room and time left"

    def _any_way(self, inserter: Inserter, order: Order) -> bool:
        return inserter.cheapest(order, NEVER, any_way=True) is not None

    def _stays(self, order: Order) -> str:
        """What no courier or collection takes, a single unit if it is that bad."""
        for sku in self.fleet.drop.wants(order):
            if not self._any_way(self._alone, replace(order, lines=(Component(sku=sku, quantity=1),))):
                return f"no courier or collection could take even one {sku} alone"
        return "no couriers and collections could take all of it, even if it were the only order"


def _served(draft: Draft) -> set[str]:
    return {each.order for each in draft.parcels}


def _not_yet() -> bool:
    return False


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names[:10])) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
