"""What is left of the things that orders share, once committed parcels have taken their part: hubs, waves, places."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from router.bound.fees import DEAR, Floats, Ints
from router.bound.wants import NEVER_S
from router.model import Drop
from router.price import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocks:
    """row: (hubs, SKUs), the stock row or −1. units, beside, fee: by row, ordinary units, contingency, its unit price.

    wave_from_s, wave_to_s, wave_lines: (hubs, waves); a wave that there is not, or that has begun, has no lines and
    never ends. ready_s: by hub, when the first parcel can be ready, ``inf`` for never. places: by collection.
    """

    row: Ints
    units: Floats
    beside: Floats
    fee: Floats
    wave_from_s: Ints
    wave_to_s: Ints
    wave_lines: Floats
    ready_s: Floats
    places: Floats


def stocks(drop: Drop) -> Stocks:
    """The account of a drop. Pure; O(hubs × SKUs)."""
    start, hub = instant(drop.plan_at), {each.id: index for index, each in enumerate(drop.hubs)}
    sku = {each.sku: index for index, each in enumerate(drop.catalog)}
    taken: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    picked: dict[tuple[str, str], int] = defaultdict(int)
    boarded: dict[str, int] = defaultdict(int)
    for parcel in drop.committed.parcels:
        picked[parcel.hub, parcel.wave] += len(parcel.lines)
        if parcel.collection is not None:
            boarded[parcel.collection] += 1
        for line in parcel.lines:
            own = taken[parcel.hub, line.sku]
            own[0] += line.quantity - line.contingency
            own[1] += line.contingency
    row = np.full((len(drop.hubs), len(drop.catalog)), -1, dtype=np.int64)
    units, beside = [], []
    for index, stock in enumerate(drop.stock):
        row[hub[stock.hub], sku[stock.sku]] = index
        gone = taken[stock.hub, stock.sku]
        units.append(max(0, stock.quantity - gone[0]))
        beside.append(max(0, stock.contingency - gone[1]))
    most = max((len(each.waves) for each in drop.hubs), default=0)
    shape = len(drop.hubs), most
    from_s, to_s, lines = np.full(shape, -NEVER_S), np.full(shape, NEVER_S), np.zeros(shape)
    for h, each in enumerate(drop.hubs):
        for w, wave in enumerate(each.waves):
            left = wave.lines - picked[each.id, wave.id]
            if instant(wave.start) >= start and left > 0:
                from_s[h, w], to_s[h, w] = instant(wave.start) - start, instant(wave.end) - start
                lines[h, w] = left
    ready_s = to_s.min(axis=1, initial=NEVER_S).astype(np.float64)
    for parcel in drop.committed.parcels:
        if parcel.trip is None and parcel.collection is None:
            h = hub[parcel.hub]
            ready_s[h] = min(ready_s[h], max(0, instant(parcel.ready_at) - start))
    places = [
        np.inf if each.parcels is None else max(0.0, float(each.parcels) - boarded[each.id])
        for carrier in drop.carriers
        for each in carrier.collections
    ]
    return Stocks(
        row=row,
        units=np.array(units, dtype=np.float64),
        beside=np.array(beside, dtype=np.float64),
        fee=np.array([min(stock.contingency_cost, DEAR) for stock in drop.stock], dtype=np.float64),
        wave_from_s=from_s,
        wave_to_s=to_s,
        wave_lines=lines,
        ready_s=np.where(ready_s < NEVER_S, ready_s, np.inf),
        places=np.array(places, dtype=np.float64),
    )
