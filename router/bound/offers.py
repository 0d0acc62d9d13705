"""The second stage's relaxation: orders offer an amount for being served, and couriers make the days that pay best.

Whatever is offered, a plan costs at least the offers, less what shared things are worth, less what the best day of each
courier earns beyond its cost. docs/model.md, "The lower bound", has the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import LifoQueue

import numpy as np

from router import _bound
from router.bound.days import Cells, Kind, Scene
from router.bound.fees import Floats, Ints
from router.bound.parted import Parted, Shortage
from router.bound.relax import Prices, Relaxation, given
from router.bound.teams import Team
from router.bound.terms import Terms
from router.bound.wants import Flags

LOADS = ("parcels", "grams", "millilitres")
"""What a trip has so much of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Minor units. worth: by order with any way, what it offers for being served as a whole; where no courier may take
    all of it, ``line`` counts instead: by line of such orders, what is offered for bringing it. shared: prices of
    units, lines and places. load: (teams, ``LOADS``), for a whole trip's room; trip: (teams,), for a trip. short: for
    orders left over, by the SKU of which too little is there for all. None but ``worth`` is below zero."""

    worth: Floats
    line: Floats
    short: Floats
    shared: Prices
    load: Floats
    trip: Floats

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
    """A bound (without what is settled), the sizes of its terms added up, the offer (cut to what orders can offer),
    and by how much more of each would be taken than there is. values: by kind of courier, of its days; slopes: (kinds,
    ``Offer.flat``), how they change with the offer; slope: how all else does with what is shared."""

    bound: float
    size: float
    offer: Offer
    excess: Offer
    values: Floats
    slopes: Floats
    slope: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """The best days of a kind. By node: rows, of the orders; by node and lane: wave, the cheapest, and dearer, whether
    a part of the order costs more there than anywhere. By member: last, the slot in which it must be back, and cost, of
    its day. visits: by ``last``, of the day, as ``_bound.Days.path``."""

    rows: Ints
    wave: Ints
    dearer: Flags
    last: list[int]
    cost: list[float]
    visits: dict[int, list[tuple[int, int, bool, bool]]]


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
        self.days = [each.days(~self.parted.orders[self.row[each.order]]) for each in self.kinds]
        self.shortage = Shortage.of(relaxed, held)
        # (teams, 2, orders, LOADS): the share of a trip's room that a visit takes, for all of an order and for a part.
        self.sizes = np.stack([_sizes(relaxed, team) for team in teams])
        self.counts_trips = np.ones(len(teams), dtype=np.bool_)
        for kind in kinds:
            self.counts_trips[kind.home_team] &= all(np.isfinite(each.trips) for each in kind.members)

    def terms(self, prices: Prices, short: Floats) -> Terms:
        """What orders cost at these prices, couriers aside."""
        return Terms.of(self.orders, self.parted, prices, self.shortage.share @ short)

    def at(self, offer: Offer, going_on: Callable[[], bool]) -> Answer | None:
        """The bound at this offer; ``None`` if told to stop, or if amounts are beyond what days can count."""
        orders, found, terms = self.orders, self.ways, self.terms(offer.shared, offer.short)
        limit = _bound.DEEP / 64 / (self.kinds[0].scale if self.kinds else 1.0)
        parted = self.parted
        lines = np.bincount(parted.row, weights=offer.line, minlength=len(offer.worth))
        asked = np.where(parted.orders, terms.rest + lines, offer.worth)
        worth = np.minimum(np.minimum(asked, terms.most), limit)
        full = asked >= terms.most
        cut = np.maximum(0.0, worth - terms.rest) / np.maximum(lines, 1e-9)
        line = offer.line * np.minimum(1.0, cut)[parted.row]
        spare = worth - terms.rest
        alone = spare - terms.beside_cost > spare / 2
        # Never below nothing: an order may come in three parts or more.
        part = np.maximum(0.0, np.maximum(spare / 2, spare - terms.beside_cost))
        part = np.where(orders.divides, part, -np.inf)[orders.own]
        brought = parted.brought(line, len(found.order))
        lone = np.maximum(0.0, spare - terms.beside_cost)[orders.own]
        part = np.where(parted.orders[orders.own], np.maximum(brought, lone), part)
        counted = np.where((spare < 0) | parted.orders, 0.0, np.where(alone, 1.0, 0.5))
        use = Use(self, counted, lone > brought, offer)
        there, (value, size) = given(self.room, offer.shared)
        left_over = float(offer.short @ self.shortage.need)
        bound, size = float(worth.sum()) + value + left_over, float(np.abs(worth).sum()) + size + left_over

        def work(turn: int) -> Worked | None:
            kind, days = self.kinds[turn], self.days[turn]
            return self._worked(kind, days, offer, worth, part, terms) if going_on() else None

        all_worked = dict(zip(self.turns, self.workers.map(work, self.turns), strict=True))
        values, slopes = np.zeros(len(self.kinds)), list[Floats]()
        nothing = before = use.taken(terms).flat()
        for turn, kind in enumerate(self.kinds):
            worked = all_worked[turn]
            if worked is None:
                return None
            values[turn], more = use.spent(kind, worked)
            after = use.taken(terms).flat()
            slopes.append(after - before)
            before, size = after, size + more
        bound += float(values.sum())
        excess = use.excess(terms, full, there)
        return Answer(
            bound=bound,
            size=size,
            offer=replace(offer, worth=worth, line=line),
            excess=excess,
            values=values,
            slopes=np.array(slopes).reshape(len(values), len(before)),
            slope=offer.shared.shaped(excess.shared.flat() - offer.shaped(before - nothing).shared.flat()),
        )

    def _worked(
        self, kind: Kind, days: _bound.Days, offer: Offer, worth: Floats, part: Floats, terms: Terms
    ) -> Worked | None:
        """The best days of a kind; ``None`` if amounts are beyond what days can count."""
        orders, found = self.orders, self.ways
        rows, team = self.row[kind.order], kind.home_team
        price = np.where(kind.waves, offer.shared.by_wave[kind.hub][None], np.inf)
        wave = price.argmin(axis=2)
        picking = np.where(kind.part, np.take_along_axis(price, wave[:, :, None], axis=2)[:, :, 0], 0.0)
        toll = self.sizes[team][:, rows] @ offer.load[team]
        cost = found.parcel[kind.item] + terms.lines[kind.item] + (orders.one_fee[rows] + toll[0])[:, None]
        cost = cost + found.many[kind.item] * picking + kind.ships
        whole = _gains(worth[rows][:, None] - cost, kind.whole, kind.scale)
        known = np.isfinite(part)
        some = kind.part & known[kind.item]
        dearer = np.maximum(0.0, picking + terms.dearer[kind.item])
        least = -found.parcel[kind.item] - toll[1][:, None]
        parts = np.where(known, part, 0.0)[kind.item] - dearer
        parts = parts - np.where(self.parted.orders[rows][:, None], 0.0, kind.ships / 2)
        trip = offer.trip[team] if self.counts_trips[team] else 0.0
        load = int(np.floor((trip - offer.load[team].sum()) * kind.scale))
        with self.workers.tables() as tables:
            at_least = _gains(least, some, kind.scale)
            if not days.price(tables, whole, _gains(np.maximum(0.0, parts) + least, some, kind.scale), at_least, load):
                return None
            last = [kind.slot(each.closes_s) if each.closes_s >= kind.begin_s else -1 for each in kind.members]
            cost_of, visits = [], dict[int, list[tuple[int, int, bool, bool]]]()
            for slot, each in zip(last, kind.members, strict=True):
                day = days.value(slot)
                trips = offer.trip[team] * each.trips if self.counts_trips[team] else 0.0
                cost_of.append(each.first + day / kind.scale - trips if day < _bound.NONE // 2 else np.inf)
                if cost_of[-1] < each.otherwise and slot not in visits:
                    visits[slot] = days.path(tables, slot)
        return Worked(rows=rows, wave=wave, dearer=dearer > 0, last=last, cost=cost_of, visits=visits)


class Use:
    """What the days of one offer take of everything."""

    def __init__(self, market: Market, counted: Floats, lone: Flags, offer: Offer) -> None:
        self.market, self.counted, self.lone, self.offer = market, counted, lone, offer
        self.whole, self.some = np.zeros(len(market.ways.order)), np.zeros(len(market.ways.order))
        self.part, self.dear = np.zeros(len(counted)), np.zeros(len(market.ways.order))
        self.line = np.zeros((len(offer.shared.line), offer.shared.line.shape[1] + 1))
        self.load, self.trip = np.zeros(offer.load.shape), np.zeros(offer.trip.shape)
        self.left = np.ones(len(counted))

    def spent(self, kind: Kind, worked: Worked) -> tuple[float, float]:
        """Takes in the best day of each courier of the kind: what they cost, and the sizes of the terms added up."""
        market, team, rows, value, size = self.market, kind.home_team, worked.rows, 0.0, 0.0
        counts_trips = bool(market.counts_trips[team])
        for each, last, cost in zip(kind.members, worked.last, worked.cost, strict=True):
            trips = self.offer.trip[team] * each.trips if counts_trips else 0.0
            value, size = value + min(cost, each.otherwise), size + 2 * trips
            size += abs(min(cost, each.otherwise))
            if cost >= each.otherwise:
                continue
            self.trip[team] -= each.trips if counts_trips else 0.0
            for node, lane, whole, first in worked.visits[last]:
                row, item = rows[node], kind.item[node, lane]
                self.load[team] += market.sizes[team, 0 if whole else 1, row] - first
                self.trip[team] += first and counts_trips
                if whole:
                    self.whole[item] += 1
                    self.line[kind.hub[lane], worked.wave[node, lane]] += market.ways.many[item]
                    self.left[row] -= 1
                else:
                    self.some[item] += 1
                    self.part[row] += 1
                    if worked.dearer[node, lane]:
                        self.dear[item] += 1
                        self.line[kind.hub[lane], worked.wave[node, lane]] += 1
                    self.left[row] -= self.counted[row]
        return value, size

    def taken(self, terms: Terms) -> Offer:
        """What visits took so far: of orders and of lines of parted ones (below zero), and of all that has a price."""
        market, parted = self.market, self.market.parted
        brought, alone = self._brought()
        shared = self._shared(terms, self.whole, self.line, self.counted * self.part, self._beside(alone))
        line = -parted.brought_of(brought) - alone[parted.row]
        none = np.zeros(len(market.shortage.need))
        return Offer(worth=self.left - 1.0, line=line, short=none, shared=shared, load=self.load, trip=self.trip)

    def _beside(self, alone: Floats) -> Floats:
        return np.where(self.counted == 1, self.part, 0.0) + alone

    def _shared(self, terms: Terms, whole: Floats, line: Floats, share: Floats, beside: Floats) -> Prices:
        """Units, lines and places that are taken by items as a whole (whose lines are ``line``), by orders of which
        each line is taken where it is cheapest (``share``), and by their cheapest collections (``beside``)."""
        market, found, prices = self.market, self.market.ways, self.offer.shared
        own = whole[found.item]
        share = share[market.orders.line_at]
        by_unit = terms.dearest >= 0
        np.add.at(own, terms.dearest[by_unit], self.dear[by_unit])
        np.subtract.at(share, terms.line[terms.dearest[by_unit]], self.dear[by_unit])
        np.add.at(own, terms.chosen, share)
        taken = found.row >= 0
        unit = np.bincount(found.row[taken], weights=(own * found.units)[taken], minlength=len(prices.unit))
        line, place, of = line.copy(), np.zeros(len(prices.place)), found.item[terms.chosen]
        np.add.at(line, (found.hub[of], terms.part_wave[of]), share)
        some = (beside != 0) & np.isfinite(terms.beside_cost)
        np.add.at(place, found.collection[terms.beside[some]], beside[some])
        none = np.zeros(len(prices.span)), np.zeros(len(prices.trip))
        return Prices(unit=unit.astype(np.float64), line=line[:, :-1], place=place, span=none[0], trip=none[1])

    def _brought(self) -> tuple[Floats, Floats]:
        """Visits paid for the lines that they bring, by item; and those paid for all of a parted order, by order."""
        orders, parted = self.market.orders, self.market.parted
        alone = np.bincount(orders.own, weights=self.some * self.lone, minlength=len(self.left)) * parted.orders
        return self.some * ~self.lone, alone.astype(np.float64)

    def excess(self, terms: Terms, full: Flags, there: Prices) -> Offer:
        """By how much more is taken of everything than there is."""
        market, found, left, parted = self.market, self.market.ways, self.left, self.market.parted
        whole, by_post, in_two = self.whole.copy(), full & (terms.how == 1), full & (terms.how == 2)
        one, line = terms.one[by_post], self.line.copy()
        np.add.at(whole, one, left[by_post])
        np.add.at(line, (found.hub[one], terms.wave[one]), found.many[one] * left[by_post])
        share = self.counted * self.part + np.where(in_two | (parted.orders & ~full), left, 0.0)
        brought, alone = self._brought()
        beside = self._beside(alone) + np.where(in_two, 2 * left, 0.0)
        taken = self._shared(terms, whole, line, share, beside)
        np.add.at(taken.place, found.collection[one], left[by_post])
        shared = there.shaped(taken.flat() - there.flat())
        short = market.shortage.need - np.where(full & (terms.how == 0), left, 0.0) @ market.shortage.share
        worth = np.where(parted.orders | (full & (left > 0)), 0.0, left)
        line = parted.missing(brought, alone, full)
        return Offer(worth=worth, line=line, short=short, shared=shared, load=self.load, trip=self.trip)


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
