"""Drop to indices and back: the only file that translates ids for the compiled core.

Points are hubs, then orders. Seconds count from ``plan_at``. What committed parcels and trips have taken is gone from
stock, waves, collections and couriers before the core sees them. Amounts and masses so large that sums could overflow
are cut: amounts then count for less than they are, and what is heavier or more than the cut is carried by nobody.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, replace
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from router import _core
from router.errors import Invalid
from router.model import Collection, Courier, Drop, Penalty, Tier, named
from router.price import instant
from router.schedule import Draft, DraftParcel, DraftTrip
from router.travel import speed

NEVER: int = _core.NEVER
MUST_SERVE = 1 << 40
"""Stands for the penalty of leaving an order of which a hub has picked something already: no plan may do so."""
_LARGE = 1 << 36
_HEAVY = 1 << 29
"""Units, grams and millilitres are cut here, so that their products stay exact; limits are cut one below."""
_LONGEST = 1 << 62


class TooManyClasses(Invalid):
    """The catalog has more handling classes than the solver tells apart."""

    code, title = "too-many-handling-classes", "Too many handling classes"

    def __init__(self, classes: int) -> None:
        super().__init__(f"{classes} handling classes; the solver tells 64 apart, merge some", classes=classes)


class Instance:
    """A drop's ``problem`` for the core, with the maps that lead back to its ids."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.problem = _core.Problem()
        self.hub = {hub.id: index for index, hub in enumerate(drop.hubs)}
        self.sku = {each.sku: index for index, each in enumerate(drop.catalog)}
        self.order = {order.id: index for index, order in enumerate(drop.orders)}
        self.courier = {courier.id: index for index, courier in enumerate(drop.couriers)}
        self.profile = {name: index for index, name in enumerate(drop.travel.profiles)}
        self.waves = [sorted(hub.waves, key=lambda wave: (wave.end, wave.start)) for hub in drop.hubs]
        self.wave = {(hub.id, wave.id): index for hub, row in zip(drop.hubs, self.waves, strict=True)
                     for index, wave in enumerate(row)}  # fmt: skip
        self.collections: list[Collection] = [row for carrier in drop.carriers for row in carrier.collections]
        self.collection = {row.id: index for index, row in enumerate(self.collections)}
        self.picked: dict[str, list[str]] = defaultdict(list)
        classes = sorted({name for each in drop.catalog for name in each.handling})
        if len(classes) > 64:
            raise TooManyClasses(len(classes))
        self._bit = {name: 1 << index for index, name in enumerate(classes)}
        self._begun = drop.committed.by_courier()
        self._travel()
        self._goods()
        self._hubs()
        self._ways_out()
        self._orders()
        self.problem.seal()

    def s(self, at: datetime) -> int:
        """Seconds from ``plan_at`` to an instant."""
        return instant(at) - instant(self.drop.plan_at)

    def _mask(self, handling: tuple[str, ...]) -> int:
        return sum(self._bit.get(name, 0) for name in set(handling))

    def _travel(self) -> None:
        travel = self.drop.travel
        if travel.kind == "road":
            raise ValueError("a road drop is made a matrix drop before it is solved")
        for profile in travel.profiles.values():
            if travel.kind == "matrix":
                self.problem.add_matrix_profile(_matrix(profile.metres), _matrix(profile.seconds))
            else:
                self.problem.add_circle_profile(profile.detour or 1.0, *_ratio(speed(profile)))
        points = [hub.location for hub in self.drop.hubs] + [order.location for order in self.drop.orders]
        if travel.kind == "matrix":
            self.problem.set_points([], [], [point.place or 0 for point in points])
        else:
            self.problem.set_points([point.lat or 0.0 for point in points], [point.lon or 0.0 for point in points], [])

    def _goods(self) -> None:
        drop, size = self.drop, len(self.sku)
        for each in drop.catalog:
            self.problem.add_sku(min(each.grams, _HEAVY), min(each.millilitres, _HEAVY), self._mask(each.handling))
        stock, contingency, cost = ([0] * (size * len(drop.hubs)) for _ in range(3))
        for row in drop.stock:
            at = self.hub[row.hub] * size + self.sku[row.sku]
            stock[at], contingency[at] = min(row.quantity, _HEAVY), min(row.contingency, _HEAVY)
            cost[at] = min(row.contingency_cost, _LARGE)
        for parcel in drop.committed.parcels:
            for line in parcel.lines:
                at = self.hub[parcel.hub] * size + self.sku[line.sku]
                stock[at] -= line.quantity - line.contingency
                contingency[at] -= line.contingency
        self.problem.set_stock(stock, contingency, cost)
        self.problem.set_split_cost(min(drop.split_cost, _LARGE))

    def _hubs(self) -> None:
        used: dict[tuple[str, str], int] = defaultdict(int)
        for parcel in self.drop.committed.parcels:
            used[parcel.hub, parcel.wave] += len(parcel.lines)
        for hub, waves in zip(self.drop.hubs, self.waves, strict=True):
            rows = [(self.s(wave.start), self.s(wave.end), wave.lines - used[hub.id, wave.id]) for wave in waves]
            self.problem.add_hub(rows, min(hub.cost_per_parcel, _LARGE), min(hub.cost_per_line, _LARGE))

    def _ways_out(self) -> None:
        drop = self.drop
        used: dict[str, int] = defaultdict(int)
        for parcel in drop.committed.parcels:
            if parcel.collection is not None:
                used[parcel.collection] += 1
        for carrier in drop.carriers:
            tariff = [(_limit(step.up_to_grams), min(step.amount, _LARGE)) for step in carrier.tariff]
            for row in carrier.collections:
                room = (NEVER if row.parcels is None else row.parcels) - used[row.id]
                times = self.s(row.at), self.s(row.delivered_at)
                self.problem.add_collection(self.hub[row.hub], *times, room, self._mask(carrier.handling), tariff)
        groups: dict[tuple[object, ...], int] = {}
        for courier in drop.couriers:
            alike = astuple(replace(courier, id="", partner="")), self._committed(courier)
            capacity, cost = courier.capacity, courier.cost
            self.problem.add_courier(
                self.profile[courier.profile],
                self.hub[courier.home],
                groups.setdefault(alike, len(groups)),
                sorted({self.hub[name] for name in courier.loads_at}),
                (self.s(courier.shift.start), self.s(courier.shift.end), _or_never(courier.max_duty_seconds)),
                (
                    NEVER if capacity.grams is None else _limit(capacity.grams),
                    NEVER if capacity.millilitres is None else _limit(capacity.millilitres),
                    _or_never(capacity.parcels),
                    _or_never(courier.max_trips),
                ),
                self._mask(courier.handling),
                courier.load_seconds,
                (min(cost.fixed, _LARGE), min(cost.per_km, _LARGE), min(cost.per_hour, _LARGE)),
                self._committed(courier),
            )

    def _committed(self, courier: Courier) -> tuple[int, int, int, int, int]:
        """Where the courier's committed trips leave it: hub, free from, first load, metres, trips."""
        trips = self._begun.get(courier.id, ())
        if not trips:
            return self.hub[courier.home], -NEVER, NEVER, 0, 0
        last, metres = trips[-1], sum(trip.metres for trip in trips)
        return self.hub[last.return_to], self.s(last.return_at), self.s(trips[0].load_at), metres, len(trips)

    def _orders(self) -> None:
        committed = defaultdict(list)
        for parcel in self.drop.committed.parcels:
            committed[parcel.order].append(parcel)
        penalties: dict[Penalty, int] = {}
        tiers = named(self.drop.tiers)
        for order in self.drop.orders:
            tier: Tier = tiers[order.tier]
            wanted = self.drop.wants(order)
            picked, away, before = [], 0, (-NEVER, -NEVER)
            for parcel in committed[order.id]:
                for line in parcel.lines:
                    wanted[line.sku] = wanted.get(line.sku, 0) - line.quantity
                if parcel.shipped_at is None or parcel.delivered_at is None:
                    self.picked[order.id].append(parcel.id)
                    rows = [(self.sku[line.sku], line.quantity) for line in parcel.lines]
                    picked.append((self.hub[parcel.hub], self.s(parcel.ready_at), rows))
                else:
                    away += 1
                    before = (
                        max(before[0], self.s(parcel.shipped_at)),
                        max(before[1], self.s(parcel.delivered_at)),
                    )
            open_lines = [(self.sku[sku], min(units, 4 * _HEAVY)) for sku, units in wanted.items() if units > 0]
            # Of an order that is on its way as a whole nothing is left to decide, and leaving it costs nothing.
            must = MUST_SERVE if open_lines or picked else 0
            hubs = self.hub.values() if order.hubs is None else sorted({self.hub[name] for name in order.hubs})
            due = order.ship_due(tier), order.deliver_due(tier)
            self.problem.add_order(
                open_lines,
                list(hubs),
                picked,
                (away, *before),
                (
                    self._penalty(tier.late_shipping, penalties),
                    self._penalty(tier.late_delivery, penalties),
                    NEVER if due[0] is None else self.s(due[0]),
                    NEVER if due[1] is None else self.s(due[1]),
                ),
                (
                    self.s(order.clear_at),
                    -NEVER if order.not_before is None else self.s(order.not_before),
                    order.service_seconds,
                ),
                must if committed[order.id] else min(tier.unserved, _LARGE),
            )

    def _penalty(self, penalty: Penalty | None, known: dict[Penalty, int]) -> int:
        if penalty is None:
            return -1
        if penalty not in known:
            known[penalty] = len(known)
            steps = sorted((step.after, min(step.amount, _LARGE)) for step in penalty.steps)
            cap = NEVER if penalty.cap is None else min(penalty.cap, _LARGE)
            self.problem.add_penalty(steps, min(penalty.per_minute, _LARGE), cap)
        return known[penalty]

    def draft(self, assignment: Any) -> Draft:
        """What the core decided, in ids."""
        pieces, routes = assignment
        drop = self.drop
        skus = [each.sku for each in drop.catalog]
        made: list[list[DraftParcel]] = []
        for order, own in zip(drop.orders, pieces, strict=True):
            made.append([])
            for hub, wave, picked, collection, lines in own:
                settled = self.picked[order.id][picked] if picked >= 0 else None
                made[-1].append(
                    DraftParcel(
                        order=order.id,
                        hub=drop.hubs[hub].id,
                        wave="" if settled else self.waves[hub][wave].id,
                        lines=tuple((skus[sku], quantity) for sku, quantity in lines),
                        collection=self.collections[collection].id if collection >= 0 else None,
                        committed=settled,
                    )
                )
        trips = tuple(
            DraftTrip(
                courier=courier.id,
                hub=drop.hubs[hub].id,
                visits=tuple(
                    tuple(made[order][slot] for order, slot in run) for _, run in groupby(stops, key=itemgetter(0))
                ),
            )
            for courier, driven in zip(drop.couriers, routes, strict=True)
            for hub, stops in driven
        )
        return Draft(carried=tuple(each for own in made for each in own if each.collection is not None), trips=trips)

    def assignment(self, draft: Draft) -> Any:
        """A draft in indices; a visit that hands over several parcels becomes as many stops at one place."""
        pieces: list[list[Any]] = [[] for _ in self.drop.orders]
        routes: list[list[Any]] = [[] for _ in self.drop.couriers]

        def add(each: DraftParcel) -> tuple[int, int]:
            order = self.order[each.order]
            lines = [(self.sku[sku], quantity) for sku, quantity in each.lines]
            settled = -1 if each.committed is None else self.picked[each.order].index(each.committed)
            wave = -1 if each.committed is not None else self.wave[each.hub, each.wave]
            collection = -1 if each.collection is None else self.collection[each.collection]
            pieces[order].append((self.hub[each.hub], wave, settled, collection, lines))
            return order, len(pieces[order]) - 1

        for each in draft.carried:
            add(each)
        for trip in draft.trips:
            stops = [add(each) for visit in trip.visits for each in visit]
            routes[self.courier[trip.courier]].append((self.hub[trip.hub], stops))
        return pieces, routes


def _matrix(rows: tuple[tuple[int | None, ...], ...] | None) -> np.ndarray[Any, np.dtype[np.int32]]:
    """A given matrix as int32, no way as -1; longer than 2^30 counts as no way, which no courier could use anyhow."""
    given = np.array([[-1 if cell is None else cell for cell in row] for row in rows or ()], dtype=np.int64)
    given = given.reshape(len(rows or ()), -1) if rows else given.reshape(0, 0)
    given[given > 1 << 30] = -1
    return np.ascontiguousarray(given, dtype=np.int32)


def _or_never(limit: int | None) -> int:
    return NEVER if limit is None else min(limit, NEVER)


def _limit(limit: int) -> int:
    return min(limit, _HEAVY - 1)


def _ratio(pace: Fraction) -> tuple[int, int]:
    """A speed as two numbers that the core can hold, rounded down where the decimal is too long."""
    numerator, denominator = pace.numerator, pace.denominator
    while numerator > _LONGEST or denominator > _LONGEST:
        numerator, denominator = numerator // 2, -(-denominator // 2)
    return max(1, numerator), denominator
