"""The peer's allocation: by due time, each order to the nearest hub with its goods, earliest wave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

import numpy as np

from bench.legs import NO_WAY, Float64, great_circle_m, legs
from router.model import Drop, Hub, Order, ParcelLine, Sku, Tier, Wave, named
from router.plan import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """What one hub picks for one order in one wave, ready ``ready_s`` seconds after ``Drop.plan_at``."""

    order: str
    hub: str
    wave: str
    lines: tuple[ParcelLine, ...]
    ready_s: int
    grams: int
    millilitres: int
    handling: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Every order in exactly one of the two."""

    picks: tuple[Pick, ...]
    left: dict[str, Reason]


def allocate(drop: Drop) -> Allocation:
    """Each order, by due time (none: last; ties as in the drop), to the nearest hub that has all its goods.

    Else hub by hub: the one that covers most lines, then the nearest; an order whose goods cannot all be
    found is left. Where the text is silent, what serves more orders was chosen: a hub's contingency stock
    counts too (and is taken last), and a hub none of whose waves has room is passed over for the next.
    """
    tiers = named(drop.tiers)
    far = distances_m(drop)
    shelf = _Shelf(drop)
    picks: list[Pick] = []
    left: dict[str, Reason] = {}
    for i in sorted(range(len(drop.orders)), key=lambda i: (due_s(drop, drop.orders[i], tiers), i)):
        order = drop.orders[i]
        near = sorted(range(len(drop.hubs)), key=lambda h: (float(far[i, h]), h))
        allowed = [drop.hubs[h] for h in near if order.hubs is None or drop.hubs[h].id in order.hubs]
        found = shelf.serve(order, allowed)
        if found:
            picks += found
        else:
            left[order.id] = shelf.why_not(order, allowed)
    return Allocation(picks=tuple(picks), left=left)


def seconds_after(drop: Drop, at: datetime) -> int:
    """Seconds from ``plan_at`` to ``at``, below zero before it."""
    return int((at.astimezone(UTC) - drop.plan_at.astimezone(UTC)).total_seconds())


def due_s(drop: Drop, order: Order, tiers: dict[str, Tier]) -> float:
    """Seconds from ``plan_at`` to when the order must be delivered; infinite where nothing was promised."""
    due = order.deliver_due(tiers[order.tier])
    return inf if due is None else seconds_after(drop, due)


def distances_m(drop: Drop) -> Float64:
    """Metres between each order and each hub: as the crow flies, or by the shortest profile of a matrix."""
    doors, sites = [order.location for order in drop.orders], [hub.location for hub in drop.hubs]
    if drop.travel.kind == "great_circle":
        return great_circle_m(doors, sites)
    found = [legs(drop, profile, sites, doors).metres.T for profile in drop.travel.profiles]
    least: Float64 = np.min([np.where(m == NO_WAY, inf, m) for m in found], axis=0, initial=inf)
    return least


class _Shelf:
    """What is still free while orders are served: units by (hub, sku), lines by (hub, wave)."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.catalog: dict[str, Sku] = {sku.sku: sku for sku in drop.catalog}
        self.stock = {(row.hub, row.sku): row.quantity for row in drop.stock}
        self.contingency = {(row.hub, row.sku): row.contingency for row in drop.stock}
        self.room = {(hub.id, wave.id): wave.lines for hub in drop.hubs for wave in hub.waves}
        self.waves = {hub.id: sorted(hub.waves, key=lambda wave: (wave.end, wave.start)) for hub in drop.hubs}

    def serve(self, order: Order, near: Sequence[Hub]) -> list[Pick]:
        """Picks for a whole order, taken from what is free; none, and nothing taken, where it cannot be."""
        need = self.drop.wants(order)
        for hub in near:
            if all(self.holds(hub, sku) >= quantity for sku, quantity in need.items()):
                wave = self.wave(hub, order, len(need))
                if wave is not None:
                    return [self.pick(order, hub, wave, need)]
        return self.split(order, near, need)

    def split(self, order: Order, near: Sequence[Hub], need: dict[str, int]) -> list[Pick]:
        """Hub by hub, the one that covers most lines first.

        A line is covered where the hub holds all that is still wanted of it; only when no hub covers any is
        one broken up, at the hub that holds most units.
        """
        picks: list[Pick] = []
        free, wanted = list(near), dict(need)
        while wanted and free:
            offers = [(hub, self.covered(hub, order, wanted)) for hub in free]
            hub, lines = max(offers, key=lambda offer: len(offer[1]))
            if not lines:
                offers = [(hub, self.broken(hub, order, wanted)) for hub in free]
                hub, lines = max(offers, key=lambda offer: sum(offer[1].values()))
            wave = self.wave(hub, order, len(lines)) if lines else None
            if wave is None:
                break
            picks.append(self.pick(order, hub, wave, lines))
            free.remove(hub)
            wanted = {sku: left for sku in wanted if (left := wanted[sku] - lines.get(sku, 0)) > 0}
        if not wanted:
            return picks
        for pick in picks:
            self.put_back(pick)
        return []

    def holds(self, hub: Hub, sku: str) -> int:
        return self.stock.get((hub.id, sku), 0) + self.contingency.get((hub.id, sku), 0)

    def covered(self, hub: Hub, order: Order, wanted: dict[str, int]) -> dict[str, int]:
        """The lines that ``hub`` can pick whole, no more than one wave has room for."""
        held = {sku: left for sku, left in wanted.items() if self.holds(hub, sku) >= left}
        return dict(list(held.items())[: self.most(hub, order)])

    def broken(self, hub: Hub, order: Order, wanted: dict[str, int]) -> dict[str, int]:
        held = {sku: self.holds(hub, sku) for sku in wanted if self.holds(hub, sku) > 0}
        return dict(list(held.items())[: self.most(hub, order)])

    def open(self, hub: Hub, order: Order) -> list[Wave]:
        """Waves after clearance that have not begun, earliest first."""
        return [w for w in self.waves[hub.id] if w.start >= max(order.clear_at, self.drop.plan_at)]

    def most(self, hub: Hub, order: Order) -> int:
        return max((self.room[hub.id, wave.id] for wave in self.open(hub, order)), default=0)

    def wave(self, hub: Hub, order: Order, lines: int) -> Wave | None:
        return next((w for w in self.open(hub, order) if self.room[hub.id, w.id] >= lines), None)

    def pick(self, order: Order, hub: Hub, wave: Wave, lines: dict[str, int]) -> Pick:
        """Takes the goods and the room."""
        self.room[hub.id, wave.id] -= len(lines)
        goods = [self.catalog[sku] for sku in lines]
        return Pick(
            order=order.id,
            hub=hub.id,
            wave=wave.id,
            lines=tuple(self.take(hub, sku, quantity) for sku, quantity in lines.items()),
            ready_s=seconds_after(self.drop, wave.end),
            grams=sum(sku.grams * lines[sku.sku] for sku in goods),
            millilitres=sum(sku.millilitres * lines[sku.sku] for sku in goods),
            handling=frozenset(kind for sku in goods for kind in sku.handling),
        )

    def take(self, hub: Hub, sku: str, quantity: int) -> ParcelLine:
        """Contingency units cost extra, so they go last."""
        beside = max(0, quantity - self.stock[hub.id, sku])
        self.stock[hub.id, sku] -= quantity - beside
        self.contingency[hub.id, sku] -= beside
        return ParcelLine(sku=sku, quantity=quantity, contingency=beside)

    def put_back(self, pick: Pick) -> None:
        self.room[pick.hub, pick.wave] += len(pick.lines)
        for line in pick.lines:
            self.stock[pick.hub, line.sku] += line.quantity - line.contingency
            self.contingency[pick.hub, line.sku] += line.contingency

    def why_not(self, order: Order, near: Sequence[Hub]) -> Reason:
        """Why an order found no hub: goods that were never there, goods that others have, or waves."""
        need = self.drop.wants(order)
        allowed = {hub.id for hub in near}
        held = [(row.sku, row.quantity + row.contingency) for row in self.drop.stock if row.hub in allowed]
        if any(sum(units for sku, units in held if sku == wanted) < need[wanted] for wanted in need):
            return "no-stock"
        if any(sum(self.holds(hub, wanted) for hub in near) < need[wanted] for wanted in need):
            return "stock-taken"
        return "waves-full" if any(wave.lines for hub in near for wave in self.open(hub, order)) else "no-wave"
