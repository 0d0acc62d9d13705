"""What no courier undercuts on the way: single legs, the nearest neighbour of a door, the shortest way there at all.

Every figure is at most what the format measures. On the sphere a leg is rounded to whole metres, half up or down, so a
way of L legs is at most L/2 metres shorter than the straight one; and the arithmetic here may differ from that of
``router.travel`` in the last digit, for which ``SLACK_M`` is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from router.bound.fees import DEAR, Floats
from router.model import Drop, Location, Profile
from router.travel import EARTH_RADIUS_M, speed

SLACK_M = 1e-6
"""Metres by which an arc in doubles may be off, near the other side of the earth excepted."""

FAR_M = 1.5e7
"""Beyond, arcs are ill-conditioned, and a whole metre is taken off."""

SHRUNK = 1 - 1e-12
"""Takes off more than the rounding of a product of doubles."""

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Metres and seconds of one profile; axis 0 of every array: metres, seconds. ``inf`` is no way.

    to, fro: (2, hubs, orders), the direct leg from and to a hub. home: (2, orders), the shortest leg to any hub. came,
    gone: (2, orders), the shortest leg from, to another order's door. out: (2, hubs, orders), the shortest way by any
    stops between; back: (2, orders), the shortest such way to any hub.
    """

    to: Floats
    fro: Floats
    home: Floats
    came: Floats
    gone: Floats
    out: Floats
    back: Floats


def measured(drop: Drop, name: str, longest: int) -> Legs:
    """The legs of a profile. longest: the most legs that a trip can have. O(orders × hubs), a matrix: O(places²)."""
    profile = drop.travel.profiles[name]
    hubs, doors = [hub.location for hub in drop.hubs], [order.location for order in drop.orders]
    if drop.travel.kind == "road":
        raise ValueError("a road drop is made a matrix drop before it is bounded")
    return _given(profile, hubs, doors) if drop.travel.kind == "matrix" else _round(profile, hubs, doors, longest)


def doors(drop: Drop, name: str, some: npt.NDArray[np.int64]) -> Floats:
    """Metres and seconds from door to door: (2, some, some) for the orders with these numbers, ``inf`` to itself."""
    profile = drop.travel.profiles[name]
    at = [drop.orders[number].location for number in some.tolist()]
    if drop.travel.kind == "matrix":
        place = np.array([each.place or 0 for each in at], dtype=np.int64)
        legs = np.stack([_matrix(rows)[np.ix_(place, place)] for rows in (profile.metres, profile.seconds)])
    else:
        points = _unit(at)
        legs = _timed(profile, _rounded(_arcs(points, points), profile.detour or 1.0))
    legs[:, np.arange(len(at)), np.arange(len(at))] = np.inf
    return legs


def _given(profile: Profile, hubs: Sequence[Location], doors: Sequence[Location]) -> Legs:
    depot = np.array([each.place or 0 for each in hubs], dtype=np.int64)
    place = np.array([each.place or 0 for each in doors], dtype=np.int64)
    parts: list[tuple[Floats, ...]] = []
    for rows in (profile.metres, profile.seconds):
        legs = _matrix(rows)
        open_, count = np.unique(place, return_counts=True)
        near = legs[np.ix_(open_, open_)]
        # Two orders at one place are the matrix's own leg apart; one alone has no such neighbour.
        np.fill_diagonal(near, np.where(count > 1, np.diag(near), np.inf))
        spot = np.searchsorted(open_, place)
        back = _shortest(legs.T, depot, place, open_).min(axis=0, initial=np.inf)
        parts.append(
            (
                legs[np.ix_(depot, place)],
                legs[np.ix_(place, depot)].T,
                legs[np.ix_(place, depot)].min(axis=1, initial=np.inf),
                near.min(axis=0, initial=np.inf)[spot],
                near.min(axis=1, initial=np.inf)[spot],
                _shortest(legs, depot, place, open_),
                back,
            )
        )
    to, fro, home, came, gone, out, back = (np.stack(pair) for pair in zip(*parts, strict=True))
    return Legs(to=to, fro=fro, home=home, came=came, gone=gone, out=out, back=back)


def _matrix(rows: tuple[tuple[int | None, ...], ...] | None) -> Floats:
    """A given matrix, no way as ``inf``, long legs cut down to ``DEAR``."""
    size = len(rows or ())
    flat = [np.inf if cell is None else float(min(cell, DEAR)) for row in rows or () for cell in row]
    return np.array(flat, dtype=np.float64).reshape(size, size)


def _shortest(
    legs: Floats, depot: npt.NDArray[np.int64], place: npt.NDArray[np.int64], open_: npt.NDArray[np.int64]
) -> Floats:
    """From every depot to every door by way of any doors: (hubs, orders). Bellman and Ford, until nothing shrinks."""
    inner = legs[np.ix_(open_, open_)]
    best = legs[np.ix_(depot, open_)]
    for row in best:
        while len(row):
            shorter = np.minimum(row, (row[:, None] + inner).min(axis=0))
            if (shorter == row).all():
                break
            row[:] = shorter
    found: Floats = best[:, np.searchsorted(open_, place)]
    return found


def _round(profile: Profile, hubs: Sequence[Location], doors: Sequence[Location], longest: int) -> Legs:
    detour, depot, door = profile.detour or 1.0, _unit(hubs), _unit(doors)
    straight = _arcs(depot, door)
    to, near = _timed(profile, _rounded(straight, detour)), _timed(profile, _rounded(_nearest(door), detour))
    out = _timed(profile, np.maximum(0.0, np.ceil(straight * detour * SHRUNK - 0.5 * longest)))
    return Legs(
        to=to,
        fro=to,
        home=to.min(axis=1, initial=np.inf),
        came=near,
        gone=near,
        out=out,
        back=out.min(axis=1, initial=np.inf),
    )


def _rounded(metres: Floats, detour: float) -> Floats:
    """The least whole number of metres that the format may round a leg to."""
    return np.maximum(0.0, np.ceil(metres * detour * SHRUNK - 0.5))


def _timed(profile: Profile, metres: Floats) -> Floats:
    """Metres, and the seconds that they take: the least whole number."""
    pace = speed(profile)
    seconds = metres * (pace.denominator / pace.numerator)
    return np.stack([metres, np.maximum(0.0, np.ceil(seconds * SHRUNK - 1e-9))])


def _unit(places: Sequence[Location]) -> Vectors:
    """Points of the unit sphere: (places, 3)."""
    north, east = np.radians([(at.lat or 0.0, at.lon or 0.0) for at in places]).reshape(len(places), 2).T
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


def _arc(chord: Floats) -> Floats:
    """At most the metres along the sphere between points of the unit sphere that are so far apart."""
    found = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chord / 2))
    less: Floats = np.maximum(0.0, found - np.where(found > FAR_M, 1.0, SLACK_M))
    return less


def _arcs(starts: Vectors, ends: Vectors) -> Floats:
    square = np.zeros((len(starts), len(ends)))
    for axis in range(3):
        square += (starts[:, None, axis] - ends[None, :, axis]) ** 2
    return _arc(np.sqrt(square))


def _nearest(points: Vectors) -> Floats:
    """Metres from every point to the nearest other one; ``inf`` where there is no other."""
    if len(points) < 2:
        return np.full(len(points), np.inf)
    from scipy.spatial import cKDTree

    return _arc(np.asarray(cKDTree(points).query(points, k=2)[0], dtype=np.float64)[:, 1])
