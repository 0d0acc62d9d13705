"""Orders left over: tried once more everywhere, then given a reason that is true of them.

Every order is tried at every hub, whole and in pieces, with every collection, in every place of every day. The reason
is the first thing that still stands in its way when the rest of the plan comes back bit by bit: goods, then waves, then
couriers and collections. Source: docs/reasons.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from time import monotonic

from router import _core
from router.draft import Draft
from router.errors import Conflict
from router.instance import NEVER, Instance
from router.model import Carrier, Collection, Drop, Order, TariffStep, named
from router.plan import Reason, Unserved
from router.taken import held, taken_by_draft


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

    After ``budget_s`` the draft comes back as far as it is, and a reason that takes a search is the last one not ruled
    out by then. Raises ``BegunUnfinished`` where committed work cannot be brought to its end.
    """
    started = monotonic()
    if budget_s is not None and budget_s <= 0 and not drop.committed.parcels:
        sums = _Sums(drop, draft)
        return draft, {order.id: sums.at_once(order) for order in _left(drop, draft)}
    instance = Instance(drop)
    search = _core.Search(instance.problem, seed)
    search.load(instance.problem, instance.assignment(draft))
    search.fill(float(NEVER) if budget_s is None else max(0.0, budget_s - (monotonic() - started)))
    filled = instance.draft(search.assignment())
    _finished(drop, filled)
    why = _Why(instance, filled, search)
    unserved = {}
    for order in _left(drop, filled):
        late = budget_s is not None and monotonic() - started > budget_s
        unserved[order.id] = why.sums.at_once(order) if late else why.of(order)
    return filled, unserved


def _left(drop: Drop, draft: Draft) -> Iterator[Order]:
    served = {each.order for each in draft.parcels} | {parcel.order for parcel in drop.committed.parcels}
    return (order for order in drop.orders if order.id not in served)


def _finished(drop: Drop, draft: Draft) -> None:
    """Raises where the rest of an order that has begun stays, or a courier on its way is not brought home."""
    given = Counter[tuple[str, str]]()
    for parcel in drop.committed.parcels:
        if parcel.trip is not None or parcel.collection is not None:
            given.update({(parcel.order, line.sku): line.quantity for line in parcel.lines})
    for each in draft.parcels:
        given.update({(each.order, sku): units for sku, units in each.lines})
    orders = named(drop.orders)
    begun = dict.fromkeys(parcel.order for parcel in drop.committed.parcels)
    open_ = [id_ for id_ in begun if any(given[id_, sku] < n for sku, n in drop.wants(orders[id_]).items())]
    away = astray(drop, draft)
    if open_ or away:
        raise BegunUnfinished(tuple(open_), away)


def astray(drop: Drop, draft: Draft) -> tuple[str, ...]:
    """Couriers whose committed trips end away from home, and whom no trip of the draft brings there."""
    driving = {trip.courier for trip in draft.trips}
    homes = {courier.id: courier.home for courier in drop.couriers}
    begun = drop.committed.by_courier()
    return tuple(name for name, trips in begun.items() if name not in driving and trips[-1].return_to != homes[name])


class _Sums:
    """What is held of each SKU at each hub, ever and beside what a draft takes."""

    def __init__(self, drop: Drop, draft: Draft) -> None:
        self.drop, self.hubs = drop, tuple(hub.id for hub in drop.hubs)
        self.held = held(drop)
        taken = taken_by_draft(drop, draft).units
        self.left = {at: units - taken[at] for at, units in self.held.items()}

    def at_once(self, order: Order) -> Unserved:
        """A reason found by adding up goods alone."""
        if short := self._short(order, self.held):
            return _unserved(
                order, "no-stock", "{1} x {0} ordered, {2} ever held where it may come from".format(*short)
            )
        if short := self._short(order, self.left):
            return _unserved(order, "stock-taken", "{1} x {0} ordered, {2} left where it may come from".format(*short))
        return _unserved(order, "couriers-full", "time was up before every way to serve it had been tried")

    def _short(self, order: Order, held: Mapping[tuple[str, str], int]) -> tuple[str, int, int] | None:
        """A SKU of which too little is held where the order may come from: (SKU, units ordered, units held)."""
        hubs = self.hubs if order.hubs is None else set(order.hubs)
        for sku, units in self.drop.wants(order).items():
            some = sum(max(0, held.get((hub, sku), 0)) for hub in hubs)
            if some < units:
                return sku, units, some
        return None


class _Why:
    """Why orders stay: the first thing in their way when the rest of this plan comes back bit by bit."""

    def __init__(self, instance: Instance, draft: Draft, plan: _core.Search) -> None:
        self.instance, self.drop, self.plan = instance, instance.drop, plan
        self.tiers, self.sums = named(instance.drop.tiers), _Sums(instance.drop, draft)

    def of(self, order: Order) -> Unserved:
        """The reason of one order that is left over, with its figures."""
        first = self.sums.at_once(order)
        if first.reason == "no-stock":
            return first
        if not self._any_way(self._picked_alone, order):
            return _unserved(
                order, "no-wave", "too few lines in the waves after clearance at the hubs that hold its goods"
            )
        if not self._any_way(self._alone, order):
            return _unserved(order, "no-way-out", self._stays(order))
        if first.reason == "stock-taken":
            return first
        if not self._any_way(self._picked_now, order):
            short = "too few lines left in the waves after clearance at the hubs that hold its goods"
            return _unserved(order, "waves-full", short)
        adds, leaving = self.plan.cheapest(self.instance.order[order.id]), self.tiers[order.tier].unserved
        if adds < NEVER:
            return _unserved(order, "costs-more-than-leaving", f"serving adds {adds}, leaving costs {leaving}")
        if not self._any_way(self._with_goods, order):
            lie = "the goods left where it may come from lie where nobody could take them from"
            return _unserved(order, "stock-taken", lie)
        if not self._any_way(self._with_waves, order):
            return _unserved(
                order, "waves-full", "the waves with lines left end too late for every courier and collection"
            )
        return _unserved(order, "couriers-full", "no courier or collection has room and time left")

    def _any_way(self, search: _core.Search, order: Order) -> bool:
        return search.cheapest(self.instance.order[order.id]) < NEVER

    def _imagined(self, instance: Instance, goods: bool, waves: bool) -> _core.Search:
        search = _core.Search(instance.problem, 0)
        search.imagine(self.plan, goods, waves)
        return search

    @cached_property
    def _free(self) -> Instance:
        """The drop with somebody at every hub who takes all there is for nothing, so that picking alone decides."""
        drop = self.drop
        latest = max((wave.end for hub in drop.hubs for wave in hub.waves), default=drop.plan_at)
        name = "anybody" * 30  # longer than any id of a drop
        anybody = Carrier(
            id=name,
            partner="",
            collections=tuple(
                Collection(id=f"{name} {hub.id}", hub=hub.id, at=latest, delivered_at=latest) for hub in drop.hubs
            ),
            tariff=(TariffStep(up_to_grams=0, amount=0),),
        )
        bare = tuple(replace(each, grams=0, millilitres=0, handling=()) for each in drop.catalog)
        return Instance(replace(drop, catalog=bare, carriers=(*drop.carriers, anybody)))

    @cached_property
    def _picked_alone(self) -> _core.Search:
        return self._imagined(self._free, False, False)

    @cached_property
    def _picked_now(self) -> _core.Search:
        return self._imagined(self._free, True, True)

    @cached_property
    def _alone(self) -> _core.Search:
        return self._imagined(self.instance, False, False)

    @cached_property
    def _with_goods(self) -> _core.Search:
        return self._imagined(self.instance, True, False)

    @cached_property
    def _with_waves(self) -> _core.Search:
        return self._imagined(self.instance, True, True)

    def _stays(self, order: Order) -> str:
        skus = {each.sku: each for each in self.drop.catalog}
        wanted = [(skus[sku], units) for sku, units in self.drop.wants(order).items()]
        grams = sum(sku.grams * units for sku, units in wanted)
        millilitres = sum(sku.millilitres * units for sku, units in wanted)
        needs = ", ".join(sorted({name for sku, _ in wanted for name in sku.handling})) or "no handling class"
        return (
            f"{grams} g, {millilitres} ml, {needs}: too much, too far or too late for every courier and collection, "
            "even if it were the only order"
        )


def _unserved(order: Order, reason: Reason, detail: str) -> Unserved:
    return Unserved(order=order.id, reason=reason, detail=detail)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names[:10])) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
