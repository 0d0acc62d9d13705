"""Reads the streets of an OpenStreetMap extract: stretches between junctions, with their shape and speeds.

Kept apart from roads.py since this alone knows pyosmium. Ferries, rules that depend on the hour, and
forbidden turns over more than one junction are not read; docs/roads.md says what that means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from router.errors import Invalid, NotFound
from router.streets.costing import Costing, directions, may_turn, stopped

if TYPE_CHECKING:
    from osmium.osm import NodeRef

EARTH_METRES = 6_371_009
"""Radius of the sphere of the drop format."""

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class ExtractMissing(NotFound):
    """The OpenStreetMap extract that was named is not there."""

    code, title = "extract-missing", "There is no such extract"

    def __init__(self, extract: Path) -> None:
        super().__init__(f"{extract}: no such file; name an OpenStreetMap extract (.osm.pbf)", extract=str(extract))


class ExtractUnreadable(Invalid):
    """The file is not an OpenStreetMap extract, or is damaged."""

    code, title = "extract-unreadable", "The extract cannot be read"

    def __init__(self, extract: Path, why: str) -> None:
        super().__init__(
            f"{extract}: not an OpenStreetMap extract ({why}); give a whole .osm.pbf file",
            extract=str(extract),
        )


class ExtractWithoutRoads(Invalid):
    """The extract holds no street that this costing may use."""

    code, title = "extract-without-roads", "The extract has no usable road"

    def __init__(self, extract: Path, costing: str) -> None:
        super().__init__(
            f"{extract}: no road that a {costing} may use; the extract must hold ways with a highway tag"
            " and the nodes that they name, nodes first",
            extract=str(extract),
            costing=costing,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """One forbidden turn: at ``via`` from any of some ways into any of others; ids as in the extract."""

    only: bool
    """Into the others *only*: every further way is forbidden instead."""
    turns_back: bool
    from_ways: tuple[int, ...]
    via: int
    to_ways: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretches:
    """Stretches of street between junctions, in the order of the extract. E stretches, S shape points."""

    nodes: int
    """How many junctions and ends there are; tail and head count below it."""
    tail: Int64
    head: Int64
    length_cm: Int64
    forward_ms: Int64
    """Milliseconds from tail to head, -1 where closed; shape (E,)."""
    backward_ms: Int64
    shape_from: Int64
    """Stretch e owns the shape points shape_from[e] up to shape_from[e + 1]; shape (E + 1,)."""
    shape: Float64
    """Latitude and longitude in degrees; shape (S, 2)."""
    shape_cm: Int64
    """Centimetres from the tail along the stretch; shape (S,)."""
    way: Int64
    """The way of the extract that each stretch is part of; shape (E,)."""
    junction: dict[int, int]
    """Junctions by the id of their node in the extract; barred nodes are none."""
    bans: tuple[Ban, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ways:
    """Usable ways as read: one row per node of a way, one row per way."""

    ref: Int64
    place: Float64
    barred: NDArray[np.bool_]
    way: Int64
    kmh: Int64
    way_id: Int64
    bans: tuple[Ban, ...]


def read_stretches(extract: Path, costing: Costing) -> Stretches:
    """The stretches that ``costing`` may use in at least one direction.

    Times are ``36 x centimetres / km/h`` milliseconds, rounded up; lengths are great circle.
    Raises ExtractMissing, ExtractUnreadable, ExtractWithoutRoads.
    """
    if not extract.is_file():
        raise ExtractMissing(extract)
    ways = _read_ways(extract, costing)
    if ways.way.size == 0:
        raise ExtractWithoutRoads(extract, costing.name)
    return _stretches(ways)


def great_circle_m(start: Float64, end: Float64) -> Float64:
    """Haversine metres between places in degrees; shapes (..., 2), the last axis latitude and longitude."""
    a, b = np.radians(start), np.radians(end)
    half = (b - a) / 2
    chord = np.sin(half[..., 0]) ** 2 + np.cos(a[..., 0]) * np.cos(b[..., 0]) * np.sin(half[..., 1]) ** 2
    metres: Float64 = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return metres


def _read_ways(extract: Path, costing: Costing) -> _Ways:
    # pyosmium is loaded only when an extract is read: most drops need no roads.
    import osmium

    barred: set[int] = set()
    bans: list[Ban] = []
    refs: list[int] = []
    places: list[tuple[float, float]] = []
    owner: list[int] = []
    kmh: list[tuple[int, int]] = []
    way_ids: list[int] = []
    try:
        wanted = osmium.FileProcessor(str(extract)).with_locations()
        wanted = wanted.with_filter(osmium.filter.KeyFilter("highway", "railway", "barrier", "restriction"))
        for thing in wanted:
            tags = dict(thing.tags)
            if isinstance(thing, osmium.osm.Node):
                if stopped(tags, costing):
                    barred.add(thing.id)
            elif isinstance(thing, osmium.osm.Way):
                speeds = directions(tags, costing)
                for piece in _pieces(thing.nodes) if any(speeds) else ():
                    refs.extend(ref for ref, _ in piece)
                    places.extend(place for _, place in piece)
                    owner.extend([len(kmh)] * len(piece))
                    kmh.append(speeds)
                    way_ids.append(thing.id)
            elif isinstance(thing, osmium.osm.Relation) and not may_turn(tags, costing):
                members = [(member.role, member.type, member.ref) for member in thing.members]
                bans.extend(_bans(tags["restriction"], members))
    except (RuntimeError, OSError) as fault:
        raise ExtractUnreadable(extract, str(fault)) from fault
    ref = np.array(refs, dtype=np.int64)
    return _Ways(
        ref=ref,
        place=np.array(places, dtype=np.float64).reshape(-1, 2),
        barred=np.isin(ref, np.array(sorted(barred), dtype=np.int64)),
        way=np.array(owner, dtype=np.int64),
        kmh=np.array(kmh, dtype=np.int64).reshape(-1, 2),
        way_id=np.array(way_ids, dtype=np.int64),
        bans=tuple(bans),
    )


def _pieces(nodes: Iterable[NodeRef]) -> list[list[tuple[int, tuple[float, float]]]]:
    """The nodes of a way with their places, parted where the extract lacks a node: its border."""
    pieces: list[list[tuple[int, tuple[float, float]]]] = [[]]
    for node in nodes:
        if not node.location.valid():
            pieces.append([])
        elif not pieces[-1] or pieces[-1][-1][0] != node.ref:
            pieces[-1].append((node.ref, (node.location.lat, node.location.lon)))
    return [piece for piece in pieces if len(piece) > 1]


def _bans(restriction: str, members: list[tuple[str, str, int]]) -> Iterator[Ban]:
    """One ban for every node that the relation turns at; a turn over a way is not read."""
    ways = {
        role: tuple(ref for its_role, kind, ref in members if its_role == role and kind == "w")
        for role in ("from", "to")
    }
    for role, kind, ref in members:
        if role == "via" and kind == "n":
            yield Ban(
                only=restriction.startswith("only_"),
                turns_back=restriction == "no_u_turn",
                from_ways=ways["from"],
                via=ref,
                to_ways=ways["to"],
            )


def _stretches(ways: _Ways) -> Stretches:
    """Cuts the ways where they meet, end, or are barred."""
    same_way = ways.way[1:] == ways.way[:-1]
    first = np.concatenate(([True], ~same_way))
    last = np.concatenate((~same_way, [True]))
    refs, node, uses = np.unique(ways.ref, return_inverse=True, return_counts=True)
    cut = first | last | (uses[node] > 1) | ways.barred
    at = np.flatnonzero(cut)
    goes_on = ways.way[at[1:]] == ways.way[at[:-1]]
    start, end = at[:-1][goes_on], at[1:][goes_on]

    tail, head = node[start].astype(np.int64), node[end].astype(np.int64)
    # A barred node is an end for every stretch that touches it: each gets one of its own, so none leads on.
    at_tail, at_head = np.flatnonzero(ways.barred[start]), np.flatnonzero(ways.barred[end])
    tail[at_tail] = uses.size + np.arange(at_tail.size)
    head[at_head] = uses.size + at_tail.size + np.arange(at_head.size)
    nodes, ends = np.unique(np.concatenate((tail, head)), return_inverse=True)
    plain = nodes[nodes < uses.size]

    points = end - start + 1
    shape_from = np.concatenate(([0], np.cumsum(points)))
    rows = np.arange(shape_from[-1]) + np.repeat(start - shape_from[:-1], points)
    shape = ways.place[rows]
    steps = np.concatenate(([0.0], great_circle_m(shape[:-1], shape[1:]) * 100))
    run = np.cumsum(np.where(_firsts(shape_from), 0.0, steps))
    shape_cm = np.rint(run - np.repeat(run[shape_from[:-1]], points)).astype(np.int64)
    # Two nodes drawn in one spot still take a step: a length of nothing would be no arc at all.
    shape_cm[shape_from[1:] - 1] = np.maximum(shape_cm[shape_from[1:] - 1], 1)
    length_cm = shape_cm[shape_from[1:] - 1]
    kmh = ways.kmh[ways.way[start]]
    closed = kmh == 0
    ms = np.where(closed, -1, -(-36 * length_cm[:, None] // np.where(closed, 1, kmh)))
    return Stretches(
        nodes=int(nodes.size),
        tail=ends[: tail.size],
        head=ends[tail.size :],
        length_cm=length_cm,
        forward_ms=ms[:, 0],
        backward_ms=ms[:, 1],
        shape_from=shape_from,
        shape=shape,
        shape_cm=shape_cm,
        way=ways.way_id[ways.way[start]],
        junction=dict(zip(refs[plain].tolist(), range(plain.size), strict=True)),
        bans=ways.bans,
    )


def _firsts(shape_from: Int64) -> NDArray[np.bool_]:
    first = np.zeros(int(shape_from[-1]), dtype=np.bool_)
    first[shape_from[:-1]] = True
    return first
