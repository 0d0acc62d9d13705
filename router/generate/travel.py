"""Invented matrices: distances as on the ground, bent a little both ways, with a few ways missing."""

from __future__ import annotations

from collections.abc import Sequence

from router.errors import Invalid
from router.generate.draw import Draw
from router.generate.ground import Point, metres
from router.generate.supply import Mode
from router.model import Profile, Travel

LARGEST_MATRIX = 1_000
TURNS_S = 20
"""Seconds for pulling out and in, on every leg."""


class MatrixTooLarge(Invalid):
    """An invented matrix has a row for every door; beyond a thousand it is far too long to read."""

    code, title = "matrix-too-large", "The drop is too large for an invented matrix"

    def __init__(self, places: int) -> None:
        super().__init__(
            f"{places} places make too large a matrix (at most {LARGEST_MATRIX}); use great-circle travel",
            places=places,
        )


def invented_matrix(places: Sequence[Point], hubs: int, modes: Sequence[Mode], seed: int) -> Travel:
    """Metres and seconds between places, the first ``hubs`` of which are hubs.

    Each direction is within 15 % of the great circle times the detour. A few doors stand in streets closed
    to all but the first mode, and one pair of doors in 500 has no way: null in both.
    Raises ``MatrixTooLarge``. O(places² × modes).
    """
    if len(places) > LARGEST_MATRIX:
        raise MatrixTooLarge(len(places))
    draw = Draw(seed, "matrix")
    count = len(places)
    straight = [[metres(a, b) for b in places] for a in places]
    profiles = {}
    for m, mode in enumerate(modes):
        closed = {i for i in range(hubs, count) if draw.chance(0.03) and m > 0}
        far, long = [], []
        for i in range(count):
            legs: list[int | None] = []
            spans: list[int | None] = []
            for j in range(count):
                bend, lost = draw.between(0.9, 1.15), draw.chance(0.002)
                if i == j:
                    leg, span = 0, 0
                elif i in closed or j in closed or (lost and min(i, j) >= hubs):
                    leg, span = None, None
                else:
                    leg = round(straight[i][j] * bend * (mode.travel.detour or 1))
                    span = TURNS_S + round(leg / (mode.travel.metres_per_second or 1))
                legs.append(leg)
                spans.append(span)
            far.append(tuple(legs))
            long.append(tuple(spans))
        profiles[mode.profile] = Profile(metres=tuple(far), seconds=tuple(long))
    return Travel(kind="matrix", places=count, profiles=profiles)
