"""What a plan leaves free at the hubs, and every way to pick a left-over order from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from bench.nearest_hub import seconds_after
from router.model import Drop, Order, ParcelLine, Wave, named
from router.plan import Plan

MOST_HUBS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one hub picks for an order, to travel together: one parcel, or two where no one wave has the room.

    ``cost``: minor units of handling and contingency; ``ready_s``: seconds from ``plan_at`` to the last
    wave's end.
    """

    hub: str
    parcels: tuple[tuple[str, tuple[ParcelLine, ...]], ...]
    ready_s: int
    cost: int
    grams: tuple[int, ...]
    millilitres: int
    handling: frozenset[str]


class Remainder:
    """Stock, contingency and wave lines that a plan does not use."""

    def __init__(self, drop: Drop, plan: Plan) -> None:
        self.drop = drop
        self.hubs = named(drop.hubs)
        self.skus = {sku.sku: sku for sku in drop.catalog}
        self.rows = {(row.hub, row.sku): row for row in drop.stock}
        self.stock = {place: row.quantity for place, row in self.rows.items()}
        self.beside = {place: row.contingency for place, row in self.rows.items()}
        self.room = {(hub.id, wave.id): wave.lines for hub in drop.hubs for wave in hub.waves}
        for parcel in plan.parcels:
            self.room[parcel.hub, parcel.wave] -= len(parcel.lines)
            for line in parcel.lines:
                self.stock[parcel.hub, line.sku] -= line.quantity - line.contingency
                self.beside[parcel.hub, line.sku] -= line.contingency

    def cuts(self, order: Order) -> Iterator[tuple[Load, ...]]:
        """Ways to pick the whole order: at one hub, over two, and over three only where fewer cannot.

        Of two waves the one that ends earlier is never worse for a single order, so only the earliest with
        room is used. Over several hubs, in every sequence, each takes the lines that it holds whole; a line
        that nobody holds whole is taken from each as far as it goes.
        """
        need = self.drop.wants(order)
        allowed = [hub.id for hub in self.drop.hubs if order.hubs is None or hub.id in order.hubs]
        some = [hub for hub in allowed if any(self.held(hub, sku) for sku in need)]
        seen = set()
        for count in range(1, min(MOST_HUBS, len(some)) + 1):
            for sequence in permutations(some, count):
                parts = self.shared(order, sequence, need)
                key = frozenset((hub, tuple(part.items())) for hub, part in parts)
                if parts and key not in seen:
                    seen.add(key)
                    loads = [self.load(order, hub, part) for hub, part in parts]
                    if all(loads):
                        yield tuple(load for load in loads if load is not None)
            if count > 1 and seen:
                return

    def held(self, hub: str, sku: str) -> int:
        return self.stock.get((hub, sku), 0) + self.beside.get((hub, sku), 0)

    def shared(self, order: Order, sequence: tuple[str, ...], need: dict[str, int]) -> list[tuple[str, dict[str, int]]]:
        """Units by hub, every hub of the sequence with some; empty where these hubs cannot."""
        left = dict(need)
        whole = {sku for sku in need if any(self.held(hub, sku) >= need[sku] for hub in sequence)}
        parts = []
        for hub in sequence:
            room = sum(sorted((self.room[hub, wave.id] for wave in self.open(hub, order)), reverse=True)[:2])
            part: dict[str, int] = {}
            for sku in sorted(left, key=lambda sku: sum(self.held(other, sku) > 0 for other in sequence)):
                units = min(self.held(hub, sku), left[sku])
                if len(part) < room and (units == left[sku] if sku in whole else units > 0):
                    part[sku] = units
            left = {sku: rest for sku in left if (rest := left[sku] - part.get(sku, 0)) > 0}
            if not part:
                return []
            parts.append((hub, {sku: part[sku] for sku in need if sku in part}))
        return [] if left else parts

    def open(self, hub: str, order: Order) -> list[Wave]:
        """Waves with room that this order may still join, earliest end first."""
        earliest_at = max(order.clear_at, self.drop.plan_at)
        waves = [w for w in self.hubs[hub].waves if w.start >= earliest_at and self.room[hub, w.id] > 0]
        return sorted(waves, key=lambda wave: wave.end)

    def load(self, order: Order, hub: str, part: dict[str, int]) -> Load | None:
        """The part as a load from its hub: one parcel in the earliest wave, else two in the earliest pair."""
        waves = self.open(hub, order)
        chosen = next(([w] for w in waves if self.room[hub, w.id] >= len(part)), None)
        if chosen is None:
            pairs = ([early, late] for i, late in enumerate(waves) for early in waves[:i])
            chosen = next((pair for pair in pairs if self.joint(hub, pair) >= len(part)), None)
        if chosen is None:
            return None
        lines = [self.line(hub, sku, units) for sku, units in part.items()]
        first = min(self.room[hub, chosen[0].id], len(lines) - len(chosen) + 1)
        groups = [lines[:first], lines[first:]][: len(chosen)]
        at = self.hubs[hub]
        goods = [self.skus[sku] for sku in part]
        return Load(
            hub=hub,
            parcels=tuple((wave.id, tuple(group)) for wave, group in zip(chosen, groups, strict=True)),
            ready_s=seconds_after(self.drop, chosen[-1].end),
            cost=at.cost_per_parcel * len(groups)
            + at.cost_per_line * len(lines)
            + sum(self.rows[hub, each.sku].contingency_cost * each.contingency for each in lines),
            grams=tuple(sum(self.skus[e.sku].grams * e.quantity for e in group) for group in groups),
            millilitres=sum(sku.millilitres * part[sku.sku] for sku in goods),
            handling=frozenset(kind for sku in goods for kind in sku.handling),
        )

    def joint(self, hub: str, waves: list[Wave]) -> int:
        return sum(self.room[hub, wave.id] for wave in waves)

    def line(self, hub: str, sku: str, units: int) -> ParcelLine:
        return ParcelLine(sku=sku, quantity=units, contingency=max(0, units - self.stock[hub, sku]))
