"""Snapping: the nearest spot on a street to a point, and the error where there is none near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from router.errors import Invalid
from router.streets.extract import EARTH_METRES, Float64, Int64, Stretches

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

MAX_SNAP_METRES = 250
"""A point farther from a usable street than this is refused unless the caller says otherwise."""

PIECE_CM = 5_000
"""Streets are indexed in straight pieces no longer than this: a nearest middle is near the nearest spot."""


class OffRoad(Invalid):
    """Points lie too far from any street that may be used: wrong coordinates, or the wrong extract."""

    code, title = "off-road", "Places are too far from a usable road"

    def __init__(self, costing: str, max_metres: int, far: Sequence[tuple[int, float, float, int | None]]) -> None:
        """far: (index of the point, latitude, longitude, metres to the nearest usable road), by index.

        Metres are None where whoever looked found no road at all.
        """
        listed = "; ".join(
            f"point {i} at {lat:.6f}, {lon:.6f}: {'none found' if m is None else f'{m} m'}" for i, lat, lon, m in far
        )
        count = "1 point is" if len(far) == 1 else f"{len(far)} points are"
        super().__init__(
            f"{count} more than {max_metres} m from a road for {costing} ({listed}); "
            "check the coordinates and that the extract covers them",
            costing=costing,
            max_metres=max_metres,
            points=[{"point": i, "lat": lat, "lon": lon, "metres": m} for i, lat, lon, m in far],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snap:
    """Spots on streets, one for each of n points; every array has shape (n,)."""

    stretch: Int64
    at_cm: Int64
    """Centimetres from the tail of the stretch."""
    lat: Float64
    lon: Float64
    metres: Int64
    """From the point to its spot, as the crow flies, rounded to the nearest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pieces:
    """Straight pieces of street in earth-centred coordinates, metres; P pieces."""

    stretch: Int64
    start: Float64
    """Shape (P, 3)."""
    step: Float64
    """From start to end; shape (P, 3)."""
    from_cm: Float64
    span_cm: Float64
    middles: cKDTree
    reach: float
    """Half the longest piece, in metres."""

    def nearest(self, spots: Float64) -> tuple[Float64, Int64, Float64]:
        """For spots (n, 3): metres to the nearest piece, which one, and the share of it run through."""
        bound = self.middles.query(spots)[0] + self.reach
        # The nearest piece's middle is no farther than the nearest middle plus half a piece.
        near = self.middles.query_ball_point(spots, bound + 0.01, return_sorted=True)
        lists: list[Int64] = [np.asarray(found, dtype=np.int64) for found in near]
        counts = np.array([found.size for found in lists], dtype=np.int64)
        piece = np.concatenate(lists)
        first = np.cumsum(counts) - counts
        away = np.repeat(spots, counts, axis=0) - self.start[piece]
        step = self.step[piece]
        square = np.maximum((step * step).sum(axis=1), 1e-12)
        share = np.clip((away * step).sum(axis=1) / square, 0.0, 1.0)
        metres = np.sqrt(((away - share[:, None] * step) ** 2).sum(axis=1))
        best = np.array(
            [start + int(np.argmin(metres[start : start + count])) for start, count in zip(first, counts, strict=True)]
        )
        return metres[best], piece[best], share[best]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapper:
    """Finds spots on the streets of one road graph, on its main network where one is near enough."""

    costing: str
    stretches: Stretches
    main: _Pieces
    every: _Pieces

    @staticmethod
    def over(costing: str, stretches: Stretches, main: NDArray[np.bool_]) -> Snapper:
        """An index over all stretches, and one over those that ``main`` (shape (E,)) marks."""
        everything = np.ones_like(main)
        return Snapper(
            costing=costing,
            stretches=stretches,
            main=_pieces(stretches, main if main.any() else everything),
            every=_pieces(stretches, everything),
        )

    def snap(self, points: Float64, *, max_metres: int) -> Snap:
        """See RoadGraph.snap."""
        points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        if not np.isfinite(points).all():
            raise ValueError("points must be numbers, latitude and longitude in degrees")
        if len(points) == 0:
            none = np.zeros(0, dtype=np.int64)
            return Snap(stretch=none, at_cm=none, lat=np.zeros(0), lon=np.zeros(0), metres=none)
        spots = _earth_centred(points)
        metres, piece, share = self.main.nearest(spots)
        stretch, at_cm = _on_stretch(self.main, piece, share)
        beyond = np.flatnonzero(metres > max_metres)
        if beyond.size:
            metres[beyond], piece, share = self.every.nearest(spots[beyond])
            stretch[beyond], at_cm[beyond] = _on_stretch(self.every, piece, share)
            self._refuse(points, metres, max_metres)
        lat, lon = self._places(stretch, at_cm)
        return Snap(stretch=stretch, at_cm=at_cm, lat=lat, lon=lon, metres=np.rint(metres).astype(np.int64))

    def _refuse(self, points: Float64, metres: Float64, max_metres: int) -> None:
        too_far = np.flatnonzero(metres > max_metres)
        if too_far.size:
            # The chord through the earth, back to an arc over it: only so is (0, 0) its true distance away.
            arcs = 2 * EARTH_METRES * np.arcsin(np.minimum(metres / (2 * EARTH_METRES), 1.0))
            far = [(int(i), float(points[i, 0]), float(points[i, 1]), int(np.ceil(arcs[i]))) for i in too_far]
            raise OffRoad(self.costing, max_metres, far)

    def _places(self, stretch: Int64, at_cm: Int64) -> tuple[Float64, Float64]:
        """Latitude and longitude of spots on stretches."""
        lat, lon = np.empty(stretch.size), np.empty(stretch.size)
        for i, (which, spot) in enumerate(zip(stretch, at_cm, strict=True)):
            rows = slice(int(self.stretches.shape_from[which]), int(self.stretches.shape_from[which + 1]))
            run = self.stretches.shape_cm[rows]
            lat[i] = np.interp(spot, run, self.stretches.shape[rows, 0])
            lon[i] = np.interp(spot, run, self.stretches.shape[rows, 1])
        return lat, lon


def _on_stretch(pieces: _Pieces, piece: Int64, share: Float64) -> tuple[Int64, Int64]:
    at_cm = np.rint(pieces.from_cm[piece] + pieces.span_cm[piece] * share).astype(np.int64)
    return pieces.stretch[piece], at_cm


def _earth_centred(points: Float64) -> Float64:
    """Degrees (n, 2) to metres from the centre of the earth (n, 3)."""
    lat, lon = np.radians(points[:, 0]), np.radians(points[:, 1])
    return EARTH_METRES * np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)), axis=1)


def _pieces(stretches: Stretches, wanted: NDArray[np.bool_]) -> _Pieces:
    from scipy.spatial import cKDTree

    stretch = np.repeat(np.arange(wanted.size), np.diff(stretches.shape_from))
    row = np.flatnonzero((stretch[:-1] == stretch[1:]) & wanted[stretch[:-1]])
    spot = _earth_centred(stretches.shape)
    span_cm = stretches.shape_cm[row + 1] - stretches.shape_cm[row]
    parts = np.maximum(-(-span_cm // PIECE_CM), 1)
    part = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
    row, each = np.repeat(row, parts), np.repeat(span_cm / parts, parts)
    step = (spot[row + 1] - spot[row]) / np.repeat(parts, parts)[:, None]
    start = spot[row] + step * part[:, None]
    return _Pieces(
        stretch=stretch[row],
        start=start,
        step=step,
        from_cm=stretches.shape_cm[row] + each * part,
        span_cm=each,
        middles=cKDTree(start + step / 2),
        reach=float(np.sqrt((step * step).sum(axis=1).max())) / 2,
    )
