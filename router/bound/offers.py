"""The second stage's relaxation: orders offer an amount for being served, and couriers make the days that pay best.

Whatever is offered, a plan costs at least the offers, less what shared things are worth, less what the best day of each
courier earns beyond its cost. docs/model.md, "The lower bound", has the proof.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import LifoQueue
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from router import _bound
from router.bound.crews import Crews
from router.bound.days import Cells, Kind, Scene
from router.bound.fees import Floats, Ints
from router.bound.parted import Parted, Shortage
from router.bound.parts import Parts
from router.bound.relax import Prices, Relaxation, given
from router.bound.taking import Taking
from router.bound.teams import Team
from router.bound.terms import Terms
from router.bound.wants import Flags

LOADS = ("parcels", "grams", "millilitres")
"""What a trip has so much of."""

SOME = 10
"""Days of a kind that are looked at beside the cheapest."""


class Places(NamedTuple):
    """Where parts of an offer begin in one row: lines offered for, units, lines of waves, places, room, trips."""

    line: int
    unit: int
    pick: int
    place: int
    load: int
    trip: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Minor units. worth: by order with any way, what it offers for being served. line: by line of orders of which
    couriers may bring parts, what is offered for bringing it; in all what is left of ``worth`` after the lines, each
    where it is cheapest, and two parcels' fees. shared: prices of units, lines and places. load: (teams, ``LOADS``),
    for a whole trip's room; trip: (teams,), for a trip. short: for orders left over, by the SKU of which too little is
    there for all. None but ``worth`` is below zero."""

    worth: Floats
    line: Floats
    short: Floats
    shared: Prices
    load: Floats
    trip: Floats

    def places(self) -> Places:
        """Where each part begins in ``flat``."""
        sizes = [self.worth.size, self.line.size, self.short.size, self.shared.unit.size, self.shared.line.size]
        line, _, unit, pick, place = np.cumsum(sizes).tolist()
        end = self.flat().size
        trip = end - self.trip.size
        return Places(line, unit, pick, place, trip - self.load.size, trip, end)

    def flat(self) -> Floats:
        """All of it in one row."""
        return np.concatenate([self.worth, self.line, self.short, self.shared.flat(), self.load.ravel(), self.trip])

    def shaped(self, flat: Floats) -> Offer:
        """The offer that ``flat`` spells, shaped like this one."""
        ends = np.cumsum([each.size for each in (self.worth, self.line, self.short, self.shared.flat(), self.load)])
        worth, line, short, shared, load, trip = np.split(flat, ends)
        return Offer(
            worth=worth,
            line=line,
            short=short,
            shared=self.shared.shaped(shared),
            load=load.reshape(self.load.shape),
            trip=trip,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A bound (without what is settled), the sizes of its terms added up, and the offer (cut to what orders can offer).

    values: by crew, of all its days; cheapest: by limit, the cheapest day. Of some days, these among them: costs,
    limits, lasting, and slopes (days, ``Offer.flat``), how they change with the offer. carried, lines: (orders,
    ``Offer.flat``), how what orders cost by collections alone changes, and their lines where they are cheapest; there:
    how much there is of what is shared.
    """

    bound: float
    size: float
    offer: Offer
    values: Floats
    cheapest: Floats
    costs: Floats
    limits: Ints
    lasting: Flags
    slopes: Any
    there: Prices
    carried: Any
    lines: Any


class Day(NamedTuple):
    """A day's cost in minor units, the number of its kind's limit by which it ends, ``_bound.Days.path``, and whether
    it may come again: one that comes to a door twice in a trip is forbidden from the next time on, where that can be
    remembered."""

    cost: float
    limit: int
    visits: list[tuple[int, int, int, bool]]
    lasting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """Days of a kind. By node: rows, of the orders; by node and lane: wave, the cheapest, and picking, what a line
    costs then. cheapest: by limit, the cost of the cheapest day. days: those for which the visits are known, for each
    limit the cheapest at first."""

    rows: Ints
    wave: Ints
    picking: Floats
    cheapest: Floats
    days: list[Day]


class Workers(ThreadPoolExecutor):
    """Threads that price days, each with tables of its own."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._tables = LifoQueue[_bound.Tables]()
        for _ in range(number):
            self._tables.put(_bound.Tables())

    @contextmanager
    def tables(self) -> Iterator[_bound.Tables]:
        """Room for a day's numbers, for oneself alone."""
        own = self._tables.get()
        try:
            yield own
        finally:
            self._tables.put(own)


class Market:
    """Orders, and the kinds of courier whose days are priced."""

    def __init__(self, relaxed: Relaxation, kinds: list[Kind], scene: Scene, workers: Workers) -> None:
        found, teams, held = relaxed.ways, scene.teams, scene.held
        self.ways, self.kinds, self.workers = found, kinds, workers
        # The longest days first, so that no worker begins with one when the others have done.
        self.turns = sorted(range(len(kinds)), key=lambda each: -kinds[each].work)
        self.visit = found.money[0][found.team >= 0]
        self.orders = relaxed.charging(np.where(found.team >= 0, 0.0, found.money))
        self.room = replace(relaxed.room, supplies=())
        self.row = np.full(len(relaxed.asked.leaving), -1, dtype=np.int64)
        self.row[relaxed.orders] = np.arange(len(relaxed.orders))
        self.parted = Parted.of(relaxed)
        self.days = [each.days() for each in self.kinds]
        self.shortage = Shortage.of(relaxed, held)
        # (teams, 2, orders, LOADS): the share of a trip's room that a visit takes, for all of an order and for a part.
        self.sizes = np.stack([_sizes(relaxed, team) for team in teams])
        orders, lines = len(relaxed.orders), len(relaxed.line_at)
        self.of_order = csr_array((np.ones(lines), (relaxed.line_at, np.arange(lines))), (orders, lines))
        self.counts_trips = np.ones(len(teams), dtype=np.bool_)
        for kind in kinds:
            self.counts_trips[kind.home_team] &= all(np.isfinite(each.trips) for each in kind.members)
        self.crews = Crews(kinds, self.counts_trips)

    def recall(self, other: Market) -> None:
        """What days have learned in a market of the same kinds by another clock."""
        for own, before in zip(self.days, other.days, strict=True):
            own.recall(before)

    def terms(self, prices: Prices, short: Floats) -> Terms:
        """What orders cost at these prices, couriers aside."""
        return Terms.of(self.orders, prices, self.shortage.share @ short)

    def at(self, offer: Offer, going_on: Callable[[], bool]) -> Answer | None:
        """The bound at this offer; ``None`` if told to stop, or if amounts are beyond what days can count."""
        found, terms = self.ways, self.terms(offer.shared, offer.short)
        limit = _bound.DEEP / 64 / (self.kinds[0].scale if self.kinds else 1.0)
        parted = self.parted
        lines = np.bincount(parted.row, weights=offer.line, minlength=len(offer.worth))
        asked = np.minimum(offer.worth, np.where(parted.orders, terms.rest + lines, limit))
        worth = np.minimum(np.minimum(asked, terms.most), limit)
        line = offer.line * (np.maximum(0.0, worth - terms.rest) / np.maximum(lines, 1e-9))[parted.row]
        parts = Parts.of(parted, found, terms, line)
        there, (value, size) = given(self.room, offer.shared)
        left_over = float(offer.short @ self.shortage.need)
        bound, size = float(worth.sum()) + value + left_over, float(np.abs(worth).sum()) + size + left_over

        def work(turn: int) -> Worked | None:
            return self._worked(turn, offer, worth, parts, terms) if going_on() else None

        by_turn = dict(zip(self.turns, self.workers.map(work, self.turns), strict=True))
        all_worked = [each for _, each in sorted(by_turn.items()) if each is not None]
        if len(all_worked) < len(self.kinds):
            return None
        crews, taking = self.crews, Taking(self, terms, offer, parts)
        cheapest = np.concatenate([np.zeros(0), *(each.cheapest for each in all_worked)])
        values, trips = crews.spend(cheapest, offer.trip), crews.many * crews.trips * offer.trip[crews.team]
        days = [
            (start + day.limit, day) for start, each in zip(crews.start, all_worked, strict=True) for day in each.days
        ]
        limits = np.array([limit for limit, _ in days], dtype=np.int64)
        none = csr_array((0, offer.places().end))
        slopes = vstack([none, *(taking.slopes(turn, each) for turn, each in enumerate(all_worked))], format="csr")
        return Answer(
            bound=bound + float(values.sum()),
            size=size + float((np.abs(values) + 2 * trips).sum()),
            offer=replace(offer, worth=worth, line=line),
            values=values,
            cheapest=cheapest,
            costs=np.array([day.cost for _, day in days]),
            limits=limits,
            lasting=np.array([day.lasting for _, day in days], dtype=np.bool_),
            slopes=slopes,
            carried=taking.carried(),
            lines=taking.in_parts,
            there=there,
        )

    def _worked(self, turn: int, offer: Offer, worth: Floats, parts: Parts, terms: Terms) -> Worked | None:
        """The best days of a kind; ``None`` if amounts are beyond what days can count."""
        kind, days, slots = self.kinds[turn], self.days[turn], self.crews.slots[turn]
        orders, found = self.orders, self.ways
        rows, team = self.row[kind.order], kind.home_team
        price = np.where(kind.waves, offer.shared.by_wave[kind.hub][None], np.inf)
        wave = price.argmin(axis=2)
        picking = np.where(kind.part, np.take_along_axis(price, wave[:, :, None], axis=2)[:, :, 0], 0.0)
        toll = self.sizes[team][:, rows] @ offer.load[team]
        cost = found.parcel[kind.item] + terms.lines[kind.item] + (orders.one_fee[rows] + toll[0])[:, None]
        cost = cost + found.many[kind.item] * picking + kind.ships
        whole = _gains(worth[rows][:, None] - cost, kind.whole, kind.scale)
        some = kind.part & self.parted.orders[rows][:, None]
        node, lane = np.nonzero(some)
        paid, share = np.zeros(some.shape), np.zeros(some.shape)
        paid[node, lane], share[node, lane] = parts.gains(
            kind.item[node, lane], rows[node], picking[node, lane], kind.latest[node]
        )
        late = np.floor(share * _bound.ALL).astype(np.int32)
        spent = found.parcel[kind.item] + toll[1][:, None]
        part = _gains(np.maximum(0.0, paid - late / _bound.ALL * kind.ships) - spent, some, kind.scale)
        least = _gains(parts.lone[rows][:, None] - spent, some, kind.scale)
        trip = offer.trip[team] if self.counts_trips[team] else 0.0
        load = int(np.floor((trip - offer.load[team].sum()) * kind.scale))
        with self.workers.tables() as tables:
            if not days.price(tables, whole, part, late, least, load):
                return None
            found_days = [(days.value(slot), slot, days.path(tables, slot)) for slot in slots]
            others = days.cheap(tables, slots[-1], SOME) if slots else []
        cheapest = np.array([cost / kind.scale if cost < _bound.NONE // 2 else np.inf for cost, _, _ in found_days])
        known_visits = [visits for _, _, visits in found_days]
        found_days += [each for each in others if each[2] not in known_visits]
        # Dearer ones go where there is no way.
        own = [
            Day(cost / kind.scale, bisect_left(slots, slot), visits, not days.learn(visits))
            for cost, slot, visits in found_days
            if visits and cost < _bound.DEEP
        ]
        return Worked(rows=rows, wave=wave, picking=picking, cheapest=cheapest, days=own)


def _sizes(relaxed: Relaxation, team: Team) -> Floats:
    """(2, orders, LOADS): the share of a trip's room that a visit takes at least, for all of an order, for a part."""
    found = np.zeros((2, len(relaxed.orders), len(LOADS)))
    if 0 < team.parcels < np.inf:
        found[:, :, 0] = 1 / team.parcels
    row = {order: number for number, order in enumerate(relaxed.orders.tolist())}
    for kind, name in enumerate(LOADS[1:], start=1):
        limit = float(getattr(team, name))
        if not 0 < limit < np.inf:
            continue
        found[1, :, kind] = np.inf
        for line in relaxed.asked.lines:
            if line.order in row:
                at, weight = row[line.order], getattr(line, name) / limit
                found[0, at, kind] += weight * line.units
                found[1, at, kind] = min(found[1, at, kind], weight)
    return np.minimum(found, 1.0)


def _gains(money: Floats, known: Flags, scale: float) -> Cells:
    """Whole cost units, at least what a visit gains; too large ones stay too large to count."""
    units = np.ceil(np.where(known, money, 0.0) * scale + 1e-3)
    found: Cells = np.where(known, np.clip(units, _bound.NO_GAIN, 2.0**30), _bound.NO_GAIN).astype(np.int32)
    return np.ascontiguousarray(found)
