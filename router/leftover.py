"""Orders left over: tried once more everywhere, then given a reason that is true of them.

The first three reasons are true of the drop, whatever the plan; the others of this plan. A reason of the drop is given
only where no way of cutting the order into parcels would help.
"""

from __future__ import annotations

from collections import defaultdict
from time import monotonic

from router import _core
from router.instance import NEVER, Instance
from router.model import Carrier, Collection, Courier, Drop, Order, Sku, Wave, named
from router.plan import Reason, Unserved
from router.schedule import Draft
from router.travel import Legs, legs


def complete(drop: Drop, draft: Draft, *, seed: int, budget_s: float | None) -> tuple[Draft, dict[str, Unserved]]:
    """The draft with every order inserted that pays for itself, and the reasons of the others.

    Every allowed hub, split, wave, trip position, new trip and collection is tried. After ``budget_s`` the draft comes
    back as far as it is.
    """
    started = monotonic()
    instance = Instance(drop)
    search = _core.Search(instance.problem, seed)
    search.load(instance.problem, instance.assignment(draft))
    search.fill(float(NEVER) if budget_s is None else budget_s)
    draft = instance.draft(search.assignment())
    served = {each.order for each in draft.carried}
    served |= {each.order for trip in draft.trips for visit in trip.visits for each in visit}
    served |= {parcel.order for parcel in drop.committed.parcels}
    why = _Why(drop, draft)
    unserved = {}
    for index, order in enumerate(drop.orders):
        if order.id in served:
            continue
        found: tuple[Reason, str] | None = why.of_drop(order) or why.of_plan(order)
        if found is None:
            late = budget_s is not None and monotonic() - started > budget_s
            extra = NEVER if late else search.cheapest(index)
            leaving = why.tiers[order.tier].unserved
            if extra >= NEVER:
                found = "couriers-full", "no courier or collection has room and time left"
            else:
                found = "costs-more-than-leaving", f"serving adds {extra}, leaving costs {leaving}"
        unserved[order.id] = Unserved(order=order.id, reason=found[0], detail=found[1])
    return draft, unserved


class _Why:
    """What the drop and this plan leave for an order."""

    def __init__(self, drop: Drop, draft: Draft) -> None:
        self.drop = drop
        self.tiers, self.skus, self.hubs = (
            named(drop.tiers),
            {sku.sku: sku for sku in drop.catalog},
            named(drop.hubs),
        )
        self.stock: dict[str, dict[str, int]] = defaultdict(dict)
        for row in drop.stock:
            self.stock[row.sku][row.hub] = row.quantity + row.contingency
        self.left = {sku: dict(held) for sku, held in self.stock.items()}
        self.lines = {hub.id: {wave.id: wave.lines for wave in hub.waves} for hub in drop.hubs}
        drafts = [*draft.carried, *(each for trip in draft.trips for visit in trip.visits for each in visit)]
        fresh = [(each.hub, each.wave, each.lines) for each in drafts if each.committed is None]
        settled = [
            (parcel.hub, parcel.wave, tuple((line.sku, line.quantity) for line in parcel.lines))
            for parcel in drop.committed.parcels
        ]
        for hub, wave, lines in (*fresh, *settled):
            self.lines[hub][wave] -= len(lines)
            for sku, quantity in lines:
                self.left[sku][hub] = self.left[sku].get(hub, 0) - quantity
        self.collections: dict[str, list[tuple[Carrier, Collection]]] = defaultdict(list)
        for carrier in drop.carriers:
            for collection in carrier.collections:
                self.collections[collection.hub].append((carrier, collection))
        self.legs: dict[str, Legs] = {}

    def of_drop(self, order: Order) -> tuple[Reason, str] | None:
        """``no-stock``, ``no-wave`` or ``no-way-out``, if no parcel could hold even one unit of what is short."""
        for sku, quantity in self.drop.wants(order).items():
            held = self._held(order, sku, self.stock)
            if sum(held.values()) < quantity:
                return (
                    "no-stock",
                    f"{quantity} x {sku} ordered, {sum(held.values())} ever held where it may come from",
                )
            waves = {hub: [wave for wave in self._open(order, hub) if wave.lines > 0] for hub in held}
            if sum(held[hub] for hub in held if waves[hub]) < quantity:
                return "no-wave", f"no wave after clearance at the hubs that hold {sku}"
            first = {hub: min(wave.end for wave in waves[hub]) for hub in held if waves[hub]}
            if not any(self._way_out(order, hub, self.skus[sku], first[hub].timestamp()) for hub in first):
                return "no-way-out", f"no courier or collection could take even one {sku} alone"
        return None

    def of_plan(self, order: Order) -> tuple[Reason, str] | None:
        """``stock-taken`` or ``waves-full``, if what this plan leaves is too little."""
        for sku, quantity in self.drop.wants(order).items():
            held = self._held(order, sku, self.left)
            if sum(held.values()) < quantity:
                return (
                    "stock-taken",
                    f"{quantity} x {sku} ordered, {sum(held.values())} left where it may come from",
                )
            room = {hub for hub in held if any(self.lines[hub][wave.id] > 0 for wave in self._open(order, hub))}
            if sum(held[hub] for hub in room) < quantity:
                return "waves-full", f"no line left in a wave after clearance at the hubs that hold {sku}"
        return None

    def _held(self, order: Order, sku: str, stock: dict[str, dict[str, int]]) -> dict[str, int]:
        allowed = None if order.hubs is None else set(order.hubs)
        return {
            hub: units for hub, units in stock.get(sku, {}).items() if units > 0 and (allowed is None or hub in allowed)
        }

    def _open(self, order: Order, hub: str) -> list[Wave]:
        earliest = max(order.clear_at, self.drop.plan_at)
        return [wave for wave in self.hubs[hub].waves if wave.start >= earliest]

    def _way_out(self, order: Order, hub: str, sku: Sku, ready: float) -> bool:
        """Could one unit leave this hub for this order on an otherwise empty day?"""
        needs = set(sku.handling)
        for carrier, row in self.collections[hub]:
            light = sku.grams <= carrier.tariff[-1].up_to_grams
            if needs <= set(carrier.handling) and light and row.at.timestamp() >= ready and row.parcels != 0:
                return True
        return any(
            hub in courier.loads_at
            and needs <= set(courier.handling)
            and self._reaches(order, hub, sku, ready, courier)
            for courier in self.drop.couriers
        )

    def _reaches(self, order: Order, hub: str, sku: Sku, ready: float, courier: Courier) -> bool:
        room = courier.capacity
        if courier.max_trips == 0 or any(
            limit is not None and limit < need
            for limit, need in (
                (room.grams, sku.grams),
                (room.millilitres, sku.millilitres),
                (room.parcels, 1),
            )
        ):
            return False
        way = self.legs.setdefault(courier.profile, legs(self.drop, courier.profile))
        to = self.hubs[hub].location
        out, back = way(to, order.location), way(order.location, self.hubs[courier.home].location)
        if out is None or back is None:
            return False
        load = max(ready, courier.shift.start.timestamp(), self.drop.plan_at.timestamp())
        arrive = load + courier.load_seconds + out[1]
        start = arrive if order.not_before is None else max(arrive, order.not_before.timestamp())
        home = start + order.service_seconds + back[1]
        # Loading may wait, so that only time under way counts as duty; stopping at not_before need not be waited for.
        duty = courier.load_seconds + out[1] + order.service_seconds + back[1]
        longest = courier.max_duty_seconds
        return home <= courier.shift.end.timestamp() and (longest is None or duty <= longest)
