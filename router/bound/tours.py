"""What the cheapest trip through a door costs, by dynamic programming over how full it is and where it stands.

Trips are relaxed to walks that may come to a door again, though not by way of a single other one (q-routes without
2-cycles), so the cheapest walk is never dearer than the cheapest trip. Sources: Christofides, Mingozzi, Toth 1981
(q-routes, through-routes, elimination of 2-cycles); Houck, Picard, Queyranne, Vemuganti 1980.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from router.bound.fees import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a team's walks cost.

    first, last: (nodes,), from the hub, to any hub. between: (nodes, nodes), from row to column, ``inf`` to itself.
    size: (variants, nodes), how much of the trip's ``room`` a visit takes, 1 at least; gain: (variants, nodes), what it
    is worth, ``-inf`` where there is no such visit.
    """

    first: Floats
    last: Floats
    between: Floats
    size: Ints
    gain: Floats
    room: int

    def turned(self) -> Ground:
        """The same walks, backwards."""
        return replace(self, first=self.last, last=self.first, between=np.ascontiguousarray(self.between.T))


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Walks from the hub. Axes: rank (best, and best of those with another door before), fill, node.

    cost: up to and with a node's visit, gains taken off, ``before`` the door before it (−1: the hub), ``variant`` its
    kind of visit. reach: up to the node with so much aboard, without its visit; origin: the door before it.
    """

    cost: Floats
    before: Ints
    variant: Ints
    reach: Floats
    origin: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """Walks from hub to hub through each node, (fill, nodes), by what the other doors of the walk take.

    cost: the least, without the node's own visit. ahead: how much of the fill is visited before the node; ranks: of
    the two halves, as 2 × the one before + the one after.
    """

    cost: Floats
    ahead: Ints
    ranks: Ints


def through(out: Labels, back: Labels) -> Through:
    """Joins walks from the hub with walks to it, (``labels`` of the ground, and of the ground turned)."""
    fills, nodes = out.reach.shape[1:]
    cost, ahead = np.full((fills, nodes), np.inf), np.zeros((fills, nodes), dtype=np.int64)
    ranks = np.zeros((fills, nodes), dtype=np.int64)
    for first in range(fills):
        if not np.isfinite(out.reach[0, first]).any():
            continue
        rest = fills - first
        # The door before and the door after must differ, unless both are the hub.
        same = (out.origin[0, first] == back.origin[0, :rest]) & (out.origin[0, first] >= 0)
        for mark, one, two in ((0, 0, 0), (1, 0, 1), (2, 1, 0)):
            joined = out.reach[one, first] + back.reach[two, :rest]
            if mark == 0:
                joined = np.where(same, np.inf, joined)
            better = joined < cost[first:]
            cost[first:][better], ahead[first:][better] = joined[better], first
            ranks[first:][better] = mark
    return Through(cost=cost, ahead=ahead, ranks=ranks)


def stops(out: Labels, size: Ints, node: int, fill: int, rank: int) -> list[int]:
    """The doors before a node on its walk from the hub, nearest first, where ``fill`` is aboard on arrival."""
    found: list[int] = []
    door, after = int(out.origin[rank, fill, node]), node
    while door >= 0:
        found.append(door)
        place = 1 if out.before[0, fill, door] == after else 0
        variant, before = int(out.variant[place, fill, door]), int(out.before[place, fill, door])
        fill -= int(size[variant, door])
        after, door = door, before
    return found


def labels(ground: Ground) -> Labels:
    """All walks from the hub. O(room × nodes²); deterministic."""
    variants, nodes = ground.size.shape
    shape, everyone = (2, ground.room + 1, nodes), np.arange(nodes)
    cost, before = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
    variant = np.zeros(shape, dtype=np.int64)
    # Arriving at a node with so much aboard, before its own visit: best, and best from another door.
    reach, origin = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
    reach[0, 0] = ground.first
    inward = np.ascontiguousarray(ground.between.T)
    table = np.empty((nodes, nodes))
    which = np.repeat(np.arange(variants), 2)[:, None]
    rank = np.tile([0, 1], variants)[:, None]
    size, gain = ground.size[which[:, 0]], ground.gain[which[:, 0]]
    for fill in range(1, ground.room + 1):
        past = fill - size
        ok = past >= 0
        past = np.where(ok, past, 0)
        offered = np.where(ok, reach[rank, past, everyone] - gain, np.inf)
        sources = origin[rank, past, everyone]
        best = offered.argmin(axis=0)
        cost[0, fill], before[0, fill] = offered[best, everyone], sources[best, everyone]
        variant[0, fill] = which[best, 0]
        offered[sources == before[0, fill]] = np.inf
        other = offered.argmin(axis=0)
        cost[1, fill], before[1, fill] = offered[other, everyone], sources[other, everyone]
        variant[1, fill] = which[other, 0]
        if fill == ground.room or not np.isfinite(cost[0, fill]).any():
            continue
        np.add(inward, cost[0, fill], out=table)
        back = np.flatnonzero(before[0, fill] >= 0)
        door = before[0, fill, back]
        table[door, back] = inward[door, back] + cost[1, fill, back]
        for place in range(2):
            source = table.argmin(axis=1)
            reach[place, fill], origin[place, fill] = table[everyone, source], source
            table[everyone, source] = np.inf
    return Labels(cost=cost, before=before, variant=variant, reach=reach, origin=origin)
