"""A road graph from an OpenStreetMap extract: metres, seconds and shapes along real streets.

The quickest way is sought with Dijkstra's algorithm (scipy). Time and length travel together in one number,
``milliseconds x SPREAD + centimetres``, whole and below 2**53, so a float64 adds them exactly: among the
quickest ways the shortest is taken, and metres and seconds are of the same way. Points are snapped to the
nearest spot *on* a street, not to the nearest junction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from router.errors import Invalid
from router.streets.costing import COSTINGS
from router.streets.extract import Float64, Int64, Stretches, read_stretches
from router.streets.snap import MAX_SNAP_METRES, Snap, Snapper
from router.streets.turns import Arms, arms

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LONGEST_MS = 12 * 3600 * 1000
"""A leg of more than twelve hours counts as no way: no courier of a drop rides it, and sums stay exact."""

SPREAD = 130_000_000
"""Above the centimetres of any leg: twelve hours at TOP_KMH are 120 000 000. LONGEST_MS x SPREAD < 2**53."""

NO_STRETCH = -1

BYTES_AT_ONCE = 64 * 2**20
"""Bounds the memory of one batch of sources."""

Place = tuple[float, float]


class CostingUnknown(Invalid):
    """Roads are asked for by a costing that there is not. In a drop it is a fault: ``router.travel.prepare``."""

    code, title = "costing-unknown", "There is no such costing"

    def __init__(self, costing: str) -> None:
        known = ", ".join(COSTINGS)
        super().__init__(f"costing {costing!r} is unknown; choose one of {known}", costing=costing)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoadMatrix:
    """Travel between n places, from row to column: int64, shape (n, n); -1 in both = no way, diagonal 0."""

    metres: Int64
    seconds: Int64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoadGraph:
    """The streets of one extract for one costing. Build with read_roads; never changed afterwards."""

    costing: str
    stretches: Stretches
    arms: Arms
    main: NDArray[np.bool_]
    """Stretches of the main network, the greatest part where every spot reaches every other; shape (E,)."""
    snapper: Snapper

    def snap(self, points: Float64, max_metres: int = MAX_SNAP_METRES) -> Snap:
        """Where each point (shape (n, 2): latitude, longitude) meets the streets.

        The nearest spot on a street of the main network; where none is within ``max_metres``, on any usable
        street. Raises OffRoad with every point that has none, ValueError where a coordinate is not a number.
        """
        return self.snapper.snap(points, max_metres=max_metres)

    def matrix(self, points: Float64, max_metres: int = MAX_SNAP_METRES) -> RoadMatrix:
        """Metres and seconds of the quickest way between all points (shape (n, 2): latitude, longitude).

        Seconds are rounded up, metres to the nearest; both are counted on the streets, without the bit
        between a point and its street. No way within twelve hours is -1, never 0. Raises OffRoad.
        O(n x streets x log), memory bounded by BYTES_AT_ONCE beyond the result.
        """
        net = _net(self.stretches, self.arms, self.snap(points, max_metres))
        leaving, row = np.unique(net.leaving, return_inverse=True)
        found = np.full((leaving.size, net.arriving.size), -1, dtype=np.int64)
        batch = max(1, BYTES_AT_ONCE // (8 * net.nodes))
        for first in range(0, leaving.size, batch):
            far = _dijkstra(net, leaving[first : first + batch])[:, net.arriving]
            found[first : first + batch] = np.where(np.isfinite(far), far, -1).astype(np.int64)
        spread = found[row]
        ms, cm = np.divmod(spread, SPREAD)
        no_way = spread < 0
        return RoadMatrix(metres=np.where(no_way, -1, (cm + 50) // 100), seconds=np.where(no_way, -1, -(-ms // 1000)))

    def path(self, start: Place, end: Place, max_metres: int = MAX_SNAP_METRES) -> list[Place] | None:
        """The quickest way along the streets, (latitude, longitude); None without a way. Raises OffRoad."""
        return self.paths(np.array([start, end], dtype=np.float64), [(0, 1)], max_metres)[0]

    def paths(
        self, points: Float64, legs: Sequence[tuple[int, int]], max_metres: int = MAX_SNAP_METRES
    ) -> list[list[Place] | None]:
        """The same for many legs, each a pair of row numbers in ``points``: one search per starting point."""
        net = _net(self.stretches, self.arms, self.snap(points, max_metres))
        found: dict[tuple[int, int], list[Place] | None] = {}
        for start in sorted({start for start, _ in legs}):
            before = _predecessors(net, int(net.leaving[start]))
            for end in {end for source, end in legs if source == start}:
                found[start, end] = _walk_back(self.stretches, net, before, start, end)
        return [found[leg] for leg in legs]

    def streets(self) -> list[list[Place]]:
        """Every usable stretch of street as a line of (latitude, longitude), for drawing a map."""
        lines = np.split(self.stretches.shape, self.stretches.shape_from[1:-1])
        return [[(float(lat), float(lon)) for lat, lon in line] for line in lines]


def read_roads(extract: Path, costing: str) -> RoadGraph:
    """The road graph of an OpenStreetMap extract for one of COSTINGS.

    Raises CostingUnknown, ExtractMissing, ExtractUnreadable, ExtractWithoutRoads. About a second for every
    50 000 ways in the extract.
    """
    if costing not in COSTINGS:
        raise CostingUnknown(costing)
    stretches = read_stretches(extract, COSTINGS[costing])
    taken_apart = arms(stretches)
    main = _main_network(stretches, taken_apart)
    snapper = Snapper.over(costing, stretches, main)
    return RoadGraph(costing=costing, stretches=stretches, arms=taken_apart, main=main, snapper=snapper)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Net:
    """The graph with the snapped points cut in. Arcs are sorted by (tail, head), at most one of each pair."""

    nodes: int
    leaving: Int64
    """The node at which a way from each point begins; shape (n,)."""
    arriving: Int64
    """The node at which a way to it ends: another one only at a junction that was taken apart."""
    graph: csr_array[np.float64]
    arc_key: Int64
    """tail x nodes + head, ascending; shape (A,)."""
    stretch: Int64
    """The stretch that each arc is a piece of; NO_STRETCH for a join."""
    from_cm: Int64
    """Where on its stretch the arc begins; above ``to_cm`` where it runs against the shape."""
    to_cm: Int64


def _main_network(stretches: Stretches, arms: Arms) -> NDArray[np.bool_]:
    """Stretches inside the strongly connected part with the most metres of street."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    there, back = stretches.forward_ms >= 0, stretches.backward_ms >= 0
    arcs = np.concatenate((arms.forward[there], arms.backward[back], arms.joins))
    graph = csr_array((np.ones(len(arcs), np.int8), (arcs[:, 0], arcs[:, 1])), shape=(arms.nodes, arms.nodes))
    parts, part = connected_components(graph, directed=True, connection="strong")
    within = np.full(stretches.tail.size, -1)
    for ends, open_ in ((part[arms.forward], there), (part[arms.backward], back)):
        whole = open_ & (ends[:, 0] == ends[:, 1])
        within[whole] = ends[whole, 0]
    inside = within >= 0
    length_cm = np.bincount(within[inside], stretches.length_cm[inside], minlength=parts)
    main: NDArray[np.bool_] = inside & (within == np.argmax(length_cm))
    return main


def _net(stretches: Stretches, arms: Arms, snap: Snap) -> _Net:
    """Cuts every stretch at the points snapped to it; the pieces add up to the stretch exactly."""
    from scipy.sparse import csr_array

    between = (snap.at_cm > 0) & (snap.at_cm < stretches.length_cm[snap.stretch])
    cuts, cut_of = np.unique(
        np.stack((snap.stretch[between], snap.at_cm[between]), axis=1), axis=0, return_inverse=True
    )
    leaving = np.where(snap.at_cm <= 0, stretches.tail[snap.stretch], stretches.head[snap.stretch])
    arriving = arms.arrival[leaving]
    leaving[between] = arriving[between] = arms.nodes + cut_of.reshape(-1)

    joins = np.zeros((len(arms.joins), 6), dtype=np.int64)
    joins[:, :2], joins[:, 3] = arms.joins, NO_STRETCH
    arcs = np.concatenate(
        (_pieces(stretches, cuts, arms, forward=True), _pieces(stretches, cuts, arms, forward=False), joins)
    )
    # Of parallel streets the quicker counts: a sparse matrix would add them up.
    nodes = arms.nodes + len(cuts)
    key = arcs[:, 0] * nodes + arcs[:, 1]
    order = np.lexsort((arcs[:, 2], key))
    first = np.concatenate(([True], key[order][1:] != key[order][:-1]))
    arcs, key = arcs[order[first]], key[order[first]]
    return _Net(
        nodes=nodes,
        leaving=leaving,
        arriving=arriving,
        graph=csr_array((arcs[:, 2].astype(np.float64), (arcs[:, 0], arcs[:, 1])), shape=(nodes, nodes)),
        arc_key=key,
        stretch=arcs[:, 3],
        from_cm=arcs[:, 4],
        to_cm=arcs[:, 5],
    )


def _pieces(stretches: Stretches, cuts: Int64, arms: Arms, *, forward: bool) -> Int64:
    """The open arcs of one direction, cut at ``cuts`` (stretch, centimetres; shape (C, 2)).

    A row an arc: tail, head, milliseconds x SPREAD + centimetres, stretch, where on it the arc begins, ends.
    """
    low, high = arms.forward.T if forward else arms.backward.T[::-1]
    ms = stretches.forward_ms if forward else stretches.backward_ms
    every = np.arange(ms.size)
    on = np.concatenate((every, cuts[:, 0], every))
    at_cm = np.concatenate((np.zeros_like(every), cuts[:, 1], stretches.length_cm))
    node = np.concatenate((low, arms.nodes + np.arange(len(cuts)), high))
    order = np.lexsort((at_cm, on))
    on, at_cm, node = on[order], at_cm[order], node[order]
    at_ms = ms[on] * at_cm // stretches.length_cm[on]
    begin = np.flatnonzero((on[1:] == on[:-1]) & (ms[on[1:]] >= 0))
    end = begin + 1
    spread = (at_ms[end] - at_ms[begin]) * SPREAD + at_cm[end] - at_cm[begin]
    rows = np.stack((node[begin], node[end], spread, on[begin], at_cm[begin], at_cm[end]), axis=1)
    return rows if forward else rows[:, [1, 0, 2, 3, 5, 4]]


def _dijkstra(net: _Net, sources: Int64) -> Float64:
    from scipy.sparse.csgraph import dijkstra

    far: Float64 = dijkstra(net.graph, directed=True, indices=sources, limit=float(LONGEST_MS * SPREAD))
    return far


def _predecessors(net: _Net, source: int) -> Int64:
    from scipy.sparse.csgraph import dijkstra

    limit = float(LONGEST_MS * SPREAD)
    _, before = dijkstra(net.graph, directed=True, indices=[source], limit=limit, return_predecessors=True)
    row: Int64 = before[0].astype(np.int64)
    return row


def _walk_back(stretches: Stretches, net: _Net, before: Int64, start: int, end: int) -> list[Place] | None:
    nodes = [int(net.arriving[end])]
    while nodes[-1] != net.leaving[start]:
        previous = int(before[nodes[-1]])
        if previous < 0:
            return None
        nodes.append(previous)
    nodes.reverse()
    tails, heads = np.array(nodes[:-1], dtype=np.int64), np.array(nodes[1:], dtype=np.int64)
    arcs = np.searchsorted(net.arc_key, tails * net.nodes + heads)
    line: list[Place] = []
    for arc in arcs[net.stretch[arcs] != NO_STRETCH]:
        for place in _shape_between(stretches, int(net.stretch[arc]), int(net.from_cm[arc]), int(net.to_cm[arc])):
            if not line or place != line[-1]:
                line.append(place)
    return line


def _shape_between(stretches: Stretches, stretch: int, from_cm: int, to_cm: int) -> Iterator[Place]:
    """The shape of one stretch between two spots on it, in the direction of travel."""
    rows = slice(int(stretches.shape_from[stretch]), int(stretches.shape_from[stretch + 1]))
    at_cm, shape = stretches.shape_cm[rows], stretches.shape[rows]
    low, high = min(from_cm, to_cm), max(from_cm, to_cm)
    spots = np.concatenate(([low], at_cm[(at_cm > low) & (at_cm < high)], [high]))
    lat, lon = np.interp(spots, at_cm, shape[:, 0]), np.interp(spots, at_cm, shape[:, 1])
    if from_cm > to_cm:
        lat, lon = lat[::-1], lon[::-1]
    return zip(lat.tolist(), lon.tolist(), strict=True)
