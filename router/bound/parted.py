"""Orders that may come in parts, and SKUs of which too little is there for all orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.bound.fees import Floats, Ints
from router.bound.relax import Relaxation
from router.bound.stocks import Stocks
from router.bound.wants import Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """Orders of which couriers may take parts, so that each line is offered for by itself.

    orders: by order with any way. row: by such a line, its order. weight: how more money for its order's visits is
    spread: in all one visit's worth, or two where no courier may take all. entry: entries of these orders that couriers
    may take, sorted by item; line: by such an entry, the line's number here; first: by item, where its entries begin
    (one more at the end).
    """

    orders: Flags
    row: Ints
    weight: Floats
    entry: Ints
    line: Ints
    first: Ints

    @staticmethod
    def of(relaxed: Relaxation) -> Parted:
        """Those of a drop. A line's weight is what the cheapest visit with it costs, shared by lines of one way."""
        found = relaxed.ways
        carried = found.team >= 0
        whole, by_courier = (np.zeros(len(relaxed.orders), dtype=np.bool_) for _ in range(2))
        whole[relaxed.own[carried & found.whole]] = True
        by_courier[relaxed.own[carried]] = True
        orders: Flags = relaxed.divides & by_courier
        own = orders[relaxed.line_at]
        row = relaxed.line_at[own]
        number = np.full(int(found.line.max(initial=-1)) + 1, -1, dtype=np.int64)
        number[relaxed.lines[own]] = np.arange(len(row))
        entry = np.flatnonzero(orders[relaxed.own[found.item]] & carried[found.item])
        entry = entry[np.argsort(found.item[entry], kind="stable")]
        line = number[found.line[entry]]
        visit = found.money[1][found.item[entry]]
        weight, way = np.zeros(len(row)), np.full(len(row), -1, dtype=np.int64)
        for at in np.argsort(-visit, kind="stable").tolist():
            weight[line[at]], way[line[at]] = max(1.0, visit[at]), found.item[entry[at]]
        alike = np.bincount(way[way >= 0], minlength=len(found.order) + 1)
        weight = weight / np.maximum(1, alike[way])
        total = np.bincount(row, weights=weight, minlength=len(orders))
        return Parted(
            orders=orders,
            row=row,
            weight=np.where(whole, 1.0, 2.0)[row] * weight / np.maximum(1e-9, total[row]),
            entry=entry,
            line=line,
            first=np.searchsorted(found.item[entry], np.arange(len(found.order) + 1)),
        )

    def lists(self, items: Ints) -> tuple[Ints, Ints]:
        """All entries of these items: the item's place among them, and the place in ``entry``."""
        many = self.first[items + 1] - self.first[items]
        at = np.repeat(np.arange(len(items)), many)
        return at, np.arange(len(at)) + (self.first[items] - np.cumsum(many) + many)[at]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """SKUs of which all orders together ask for more than there is. need: by such a SKU, the units too many. share:
    (orders with any way, such SKUs), what leaving an order does for it: its units, at most ``need``.

    Who takes no more than there is leaves orders whose shares add up to ``need`` at least: coefficients of a knapsack
    cover cut to what is needed (Balas 1975).
    """

    need: Floats
    share: Floats

    @staticmethod
    def of(relaxed: Relaxation, held: Stocks) -> Shortage:
        """Those of a drop."""
        skus = held.row.shape[1]
        there = np.append(held.units + held.beside, 0.0)[held.row].sum(axis=0)
        asked = np.zeros((len(relaxed.orders), skus))
        row = np.full(len(relaxed.asked.leaving), -1, dtype=np.int64)
        row[relaxed.orders] = np.arange(len(relaxed.orders))
        for line in relaxed.asked.lines:
            if line.sku >= 0 and row[line.order] >= 0:
                asked[row[line.order], line.sku] += line.units
        need = asked.sum(axis=0) - there
        short = np.flatnonzero(need > 0)
        return Shortage(need=need[short], share=np.minimum(asked[:, short], need[short]))
