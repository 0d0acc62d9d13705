"""What orders cost at prices, couriers aside: leaving them, collections, and what parts of them cost at least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.bound.fees import Floats, Ints
from router.bound.relax import Prices, Relaxation
from router.bound.wants import Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Orders at prices. most: the least that an order costs without any courier, ``leaving`` it by itself (what
    leaving does for shortages left out) or ``carried``; single: whether by one collection, not two. one, half: by
    order, the collection's item for all of it, for one of two parts. rest: lines, each at its cheapest, and the fees
    of two parcels. alone: the cheapest collection for a part, lines aside and with all of its lateness, of the item
    ``beside``. lines: by item, what its lines cost, their picking aside. chosen: the cheapest entry for each line;
    line: by entry, which line that is. wave, part_wave: by item, the cheapest for all of the order, for a part.
    dearer: by entry, by how much the line costs more there than where it is cheapest, its picking there left out.
    """

    most: Floats
    leaving: Floats
    carried: Floats
    single: Flags
    one: Ints
    half: Ints
    rest: Floats
    alone: Floats
    beside: Ints
    lines: Floats
    chosen: Ints
    line: Ints
    wave: Ints
    part_wave: Ints
    dearer: Floats

    @staticmethod
    def of(orders: Relaxation, prices: Prices, short: Floats) -> Terms:
        """Those at these prices. short: by order, what leaving it does for shortages.

        The last parcel of an order is at least as late as any other, so of two each pays half for its own.
        """
        found = orders.ways
        opened, picking, wave, entry = orders.costs(prices)
        collected = np.where(found.collection >= 0, opened[1], np.inf)
        lines = np.bincount(found.item, weights=entry, minlength=len(found.order)).astype(np.float64)
        whole = np.where(found.whole & (found.collection >= 0), opened[0] + picking + lines, np.inf)
        single, one = orders.least(whole)
        single = single + orders.one_fee
        late = found.late.min(axis=1, initial=np.inf)
        part, half = orders.least(collected + late / 2)
        alone, beside = orders.least(collected + late)
        by_wave = np.where(np.isfinite(found.late), prices.by_wave[found.hub], np.inf)
        each = entry + by_wave.min(axis=1, initial=np.inf)[found.item]
        least, chosen = orders.lines_alone(each)
        rest = least + orders.two_fee
        double = np.where(orders.divides, 2 * part + rest, np.inf)
        leaving = orders.asked.leaving[orders.orders]
        most = np.minimum(np.minimum(single, double), leaving - short)
        line = np.searchsorted(orders.lines, found.line)
        return Terms(
            most=most,
            leaving=leaving,
            carried=np.minimum(single, double),
            single=single <= double,
            one=one,
            half=half,
            rest=rest,
            alone=alone,
            beside=beside,
            lines=lines,
            chosen=chosen,
            line=line,
            wave=wave,
            part_wave=by_wave.argmin(axis=1),
            dearer=entry - each[chosen][line],
        )
