"""What orders cost at prices, couriers aside: leaving them, collections, and what parts of them cost at least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.bound.fees import Floats, Ints
from router.bound.parted import Parted
from router.bound.relax import Prices, Relaxation
from router.bound.wants import Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Orders at prices. most: the least that an order costs without any courier, ``leaving`` it by itself (what leaving
    does for shortages left out) or ``carried``; single: whether by one collection, not two. one, beside: by
    order, the collection's item for all of it, for a part. rest: lines and fees in two parts, ``beside_cost`` a
    collection's parcel there, with half of its lateness. lines: by item, what its lines cost, their picking aside.
    chosen: the cheapest entry for each line; line: by entry, which line that is. wave, part_wave: by item, the cheapest
    for all of the order, for a part. dearer: by item, by how much the line that costs least more there than where it is
    cheapest does so, its picking added; dearest: the entry of that line, −1 where its units may be shared out.
    """

    most: Floats
    leaving: Floats
    carried: Floats
    single: Flags
    one: Ints
    beside: Ints
    beside_cost: Floats
    rest: Floats
    lines: Floats
    chosen: Ints
    line: Ints
    wave: Ints
    part_wave: Ints
    dearer: Floats
    dearest: Ints

    @staticmethod
    def of(orders: Relaxation, parted: Parted, prices: Prices, short: Floats) -> Terms:
        """Those at these prices. short: by order, what leaving it does for shortages.

        The last parcel of an order is at least as late as any other, so of two each pays half for its own; where each
        line is offered for, each pays its share at its earliest.
        """
        found, own = orders.ways, orders.own
        opened, picking, wave, entry = orders.costs(prices)
        by_line = parted.orders[own]
        carried = found.collection >= 0
        lines = np.bincount(found.item, weights=entry, minlength=len(found.order)).astype(np.float64)
        single, one = orders.least(np.where(found.whole & carried, opened[0] + picking + lines, np.inf))
        single = single + orders.one_fee
        late = np.where(by_line, 0.0, found.late.min(axis=1, initial=np.inf) / 2)
        part, beside = orders.least(np.where(carried, opened[1] + late, np.inf))
        by_wave = np.where(np.isfinite(found.late), prices.by_wave[found.hub], np.inf)
        part_wave = np.where(by_line, wave, by_wave.argmin(axis=1))
        alone = np.where(by_line, picking / found.many, by_wave.min(axis=1, initial=np.inf))
        each = entry + alone[found.item]
        least, chosen = orders.lines_alone(each)
        rest = least + orders.two_fee
        double = np.where(orders.divides, 2 * part + rest, np.inf)
        leaving = orders.asked.leaving[orders.orders]
        most = np.minimum(np.minimum(single, double), leaving - short)
        line = np.searchsorted(orders.lines, found.line)
        dearer, dearest = _dearer(orders, entry - each[chosen][line])
        return Terms(
            most=most,
            leaving=leaving,
            carried=np.minimum(single, double),
            single=single <= double,
            one=one,
            beside=beside,
            beside_cost=part,
            rest=rest,
            lines=lines,
            chosen=chosen,
            line=line,
            wave=wave,
            part_wave=part_wave,
            dearer=dearer,
            dearest=dearest,
        )


def _dearer(orders: Relaxation, more: Floats) -> tuple[Floats, Ints]:
    """By item, the least of ``more``, by entry, and which entry it is; of a line of several units a part may come from
    there, which costs its fee more at least."""
    found = orders.ways
    shares = (found.units > 1) & (found.fee < more)
    least = np.where(shares, found.fee, more)
    rank = np.lexsort((least, found.item))
    item, first = np.unique(found.item[rank], return_index=True)
    entry = rank[first]
    dearer, dearest = np.full(len(found.order), 0.0), np.full(len(found.order), -1, dtype=np.int64)
    dearer[item] = least[entry]
    dearest[item] = np.where(shares[entry], -1, entry)
    return dearer, dearest
