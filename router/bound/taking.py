"""What days and orders take of everything that has a price: how their costs change with the offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array, vstack

from router.bound.fees import Floats, Ints
from router.bound.terms import Terms
from router.bound.wants import Flags

if TYPE_CHECKING:
    from router.bound.offers import Market, Offer, Worked

Part = tuple[Ints, Ints, Floats]
"""Rows, columns and values of a matrix."""


def _matrix(parts: list[Part], shape: tuple[int, int]) -> Any:
    row, column, value = (np.concatenate(each) for each in zip(*parts, strict=True))
    return csr_array(coo_array((value, (row, column)), shape))


class Taking:
    """One offer's rates, by columns of ``Offer.flat``: of an item as a whole, of a part of its order there, and of what
    is dearer there; below zero for what is offered."""

    def __init__(self, market: Market, terms: Terms, offer: Offer, counted: Floats, lone: Flags) -> None:
        """counted: by order, how much of its offer a part is paid. lone: by item, whether a part of an order that
        offers by the line is paid for all of it."""
        found, parted, own = market.ways, market.parted, market.orders.own
        self.market, self.terms, self.offer = market, terms, offer
        self.at = offer.places()
        at, items, size = self.at, np.arange(len(found.order)), self.at.end
        taken = found.row >= 0
        stock = found.item[taken], at.unit + found.row[taken], found.units[taken]
        self.stock = _matrix([stock], (len(items), size))
        whole = self.stock + _matrix([(items, own, -np.ones(len(items)))], self.stock.shape)
        self.lines = self._lines()
        self.in_parts = market.of_order @ self.lines
        alone, brings = lone & parted.orders[own], ~lone[parted.item]
        beside = np.flatnonzero(((counted[own] == 1) | alone) & np.isfinite(terms.beside_cost[own]))
        some = [
            (items, own, -counted[own]),
            (beside, at.place + found.collection[terms.beside[own[beside]]], np.ones(len(beside))),
            (parted.item[brings], at.line + parted.line[brings], -parted.has[brings]),
        ]
        every_line = parted.row, at.line + np.arange(len(parted.row)), -np.ones(len(parted.row))
        every = _matrix([every_line], (len(counted), size))
        part = _matrix(some, whole.shape) + diags_array(counted[own]) @ self.in_parts[own]
        dear = np.flatnonzero(terms.dearest >= 0)
        entry = terms.dearest[dear]
        stocked = found.row[entry] >= 0
        there = dear[stocked], at.unit + found.row[entry[stocked]], found.units[entry[stocked]]
        instead = _matrix([(dear, terms.line[entry], np.ones(len(dear)))], (len(items), len(terms.chosen)))
        dearer = _matrix([there], whole.shape) - instead @ self.lines
        self.rates = vstack([whole, part + diags_array(alone * 1.0) @ every[own], dearer], format="csr")

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
        node, lane, whole, first = visits.T
        item, row, dearer = kind.item[node, lane], worked.rows[node], worked.dearer[node, lane] & (whole == 0)
        picked = np.where(whole, market.ways.many[item], dearer * 1.0)
        room = market.sizes[team, 1 - whole, row] - first[:, None]
        loads = room.shape[1]
        pay = _matrix([(day, item + items * (1 - whole), np.ones(len(day))), (day, item + 2 * items, dearer * 1.0)],
                      (len(worked.days), 3 * items))  # fmt: skip
        rest = [
            self._picks(day, item, worked.wave[node, lane], picked),
            (np.repeat(day, loads), at.load + team * loads + np.tile(np.arange(loads), len(day)), room.ravel()),
            (day, np.full(len(day), at.trip + team), first * float(market.counts_trips[team])),
        ]
        return pay @ self.rates + _matrix(rest, (len(worked.days), at.end))

    def lines_of_parted(self) -> Any:
        """(orders, ``Offer.flat``): how what lines cost changes, of orders that offer by the line."""
        return diags_array(self.market.parted.orders * 1.0) @ self.in_parts

    def carried(self) -> Any:
        """(orders, ``Offer.flat``): how what orders cost by collections alone changes with what is shared."""
        found, terms, at = self.market.ways, self.terms, self.at
        at_all = np.isfinite(terms.carried)
        by_post, in_two = np.flatnonzero(at_all & terms.single), np.flatnonzero(at_all & ~terms.single)
        one, beside = terms.one[by_post], terms.beside[in_two]
        parts = [
            self._picks(by_post, one, terms.wave[one], found.many[one]),
            (by_post, at.place + found.collection[one], np.ones(len(one))),
            (in_two, at.place + found.collection[beside], np.full(len(beside), 2.0)),
        ]
        orders = len(terms.carried)
        goods = _matrix([(by_post, one, np.ones(len(one)))], (orders, len(found.order))) @ self.stock
        return goods + diags_array((at_all & ~terms.single) * 1.0) @ self.in_parts + _matrix(parts, (orders, at.end))
