"""What days and orders take of everything that has a price: how their costs change with the offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array, vstack

from router import _bound
from router.bound.fees import Floats, Ints
from router.bound.parts import Parts
from router.bound.terms import Terms

if TYPE_CHECKING:
    from router.bound.offers import Market, Offer, Worked

Part = tuple[Ints, Ints, Floats]
"""Rows, columns and values of a matrix."""


def _matrix(parts: list[Part], shape: tuple[int, int]) -> Any:
    row, column, value = (np.concatenate(each) for each in zip(*parts, strict=True))
    return csr_array(coo_array((value, (row, column)), shape))


class Taking:
    """One offer's rates, by columns of ``Offer.flat``: of an item as a whole, and of a part of its order there beside a
    collection; below zero for what is offered."""

    def __init__(self, market: Market, terms: Terms, offer: Offer, parts: Parts) -> None:
        found, parted, own = market.ways, market.parted, market.orders.own
        self.market, self.terms, self.offer, self.parts = market, terms, offer, parts
        self.at = offer.places()
        at, items, size = self.at, np.arange(len(found.order)), self.at.end
        taken = found.row >= 0
        stock = found.item[taken], at.unit + found.row[taken], found.units[taken]
        self.stock = _matrix([stock], (len(items), size))
        self.lines = self._lines()
        self.in_parts = market.of_order @ self.lines
        offered = _matrix([(items, own, -np.ones(len(items)))], self.stock.shape)
        beside = np.flatnonzero(parted.orders[own] & np.isfinite(terms.alone[own]))
        place = beside, at.place + found.collection[terms.beside[own[beside]]], np.ones(len(beside))
        alone = offered + self.in_parts[own] + _matrix([place], offered.shape)
        self.rates = vstack([self.stock + offered, alone], format="csr")

    def _lines(self) -> Any:
        """What each line takes where it is cheapest."""
        found, at, chosen = self.market.ways, self.at, self.terms.chosen
        stocked = np.flatnonzero(found.row[chosen] >= 0)
        unit = stocked, at.unit + found.row[chosen[stocked]], found.units[chosen[stocked]]
        pick = self._picks(np.arange(len(chosen)), found.item[chosen], self.terms.part_wave[found.item[chosen]], 1.0)
        return _matrix([unit, pick], (len(chosen), at.end))

    def _picks(self, row: Ints, item: Ints, wave: Ints, many: Floats | float) -> Part:
        """Lines of a wave that items take; what is picked already takes none."""
        waves = self.offer.shared.line.shape[1]
        some = wave < waves
        column = self.at.pick + self.market.ways.hub[item[some]] * waves + wave[some]
        return row[some], column, np.broadcast_to(many, some.shape)[some]

    def slopes(self, turn: int, worked: Worked) -> Any:
        """(days, ``Offer.flat``): how the cost of each day of a kind changes with the offer."""
        market, kind, at = self.market, self.market.kinds[turn], self.at
        items, team = len(market.ways.order), kind.home_team
        day = np.repeat(np.arange(len(worked.days)), [len(each.visits) for each in worked.days])
        visits = np.array([visit for each in worked.days for visit in each.visits], dtype=np.int64).reshape(-1, 4)
        node, lane, paid, first = visits.T
        item, row, whole = kind.item[node, lane], worked.rows[node], paid == _bound.WHOLE
        room = market.sizes[team, 1 - whole, row] - first[:, None]
        loads = room.shape[1]
        alone = paid != _bound.PART
        paid_for = day[alone], (item + items * ~whole)[alone], np.ones(alone.sum())
        pay = _matrix([paid_for], (len(worked.days), 2 * items))
        rest = [
            self._picks(day, item, worked.wave[node, lane], np.where(whole, market.ways.many[item], 0.0)),
            (np.repeat(day, loads), at.load + team * loads + np.tile(np.arange(loads), len(day)), room.ravel()),
            (day, np.full(len(day), at.trip + team), first * float(market.counts_trips[team])),
        ]
        parts = self._brought(day[~alone], item[~alone], node[~alone], lane[~alone], worked)
        return pay @ self.rates + _matrix(rest, (len(worked.days), at.end)) + parts

    def _brought(self, day: Ints, item: Ints, node: Ints, lane: Ints, worked: Worked) -> Any:
        """(days, ``Offer.flat``): what lines cost that visits bring and are paid for one by one."""
        found, at = self.market.ways, self.at
        each = self.parts.brought(item, worked.picking[node, lane])
        stocked = np.flatnonzero(found.row[each.entry] >= 0)
        entry, of = each.entry[stocked], day[each.at]
        some = [
            (of, at.line + each.line, -each.has),
            (of[stocked], at.unit + found.row[entry], each.has[stocked] * found.units[entry]),
            self._picks(of, item[each.at], worked.wave[node, lane][each.at], each.has),
        ]
        cheapest = _matrix([(of, self.terms.line[each.entry], each.has)], (len(worked.days), len(self.terms.chosen)))
        return _matrix(some, (len(worked.days), at.end)) - cheapest @ self.lines

    def carried(self) -> Any:
        """(orders, ``Offer.flat``): how what orders cost by collections alone changes with what is shared."""
        found, terms, at = self.market.ways, self.terms, self.at
        at_all = np.isfinite(terms.carried)
        by_post, in_two = np.flatnonzero(at_all & terms.single), np.flatnonzero(at_all & ~terms.single)
        one, half = terms.one[by_post], terms.half[in_two]
        parts = [
            self._picks(by_post, one, terms.wave[one], found.many[one]),
            (by_post, at.place + found.collection[one], np.ones(len(one))),
            (in_two, at.place + found.collection[half], np.full(len(half), 2.0)),
        ]
        orders = len(terms.carried)
        goods = _matrix([(by_post, one, np.ones(len(one)))], (orders, len(found.order))) @ self.stock
        return goods + diags_array((at_all & ~terms.single) * 1.0) @ self.in_parts + _matrix(parts, (orders, at.end))
