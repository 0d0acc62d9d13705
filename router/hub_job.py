"""The tours of one hub as a problem of its own, in plain records that can be sent to another process.

Everything is an integer: seconds from ``plan_at``, minor units, metres, grams, millilitres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

NO_WAY_S = 1 << 27
"""Seconds that stand for a leg without a way: far beyond ``HORIZON_S``, so nobody drives it in time."""

HORIZON_S = 1 << 26
"""Times are cut off here, two years after ``plan_at``."""

Matrix = np.ndarray[Any, np.dtype[np.int64]]


Tour = tuple[str, tuple[tuple[int, ...], ...]]
"""A courier and its trips in order; each trip lists doors by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    """Couriers that are alike: all start at the hub (place 0) and end at ``home``, once their day is over.

    ``opens_s`` is the first moment to load, ``closes_s`` the last to be back; ``begun``: a committed trip was driven,
    so the fixed cost is spent and the duty runs. ``trips`` is None without a limit.
    """

    couriers: tuple[str, ...]
    profile: int
    home: int
    opens_s: int
    closes_s: int
    duty_s: int | None
    begun: bool
    trips: int | None
    load_s: int
    grams: int | None
    millilitres: int | None
    parcels: int | None
    kinds: int
    fixed: int
    per_km: int
    per_hour: int

    def holds(self, door: Door) -> bool:
        """Whether the parcel fits when it rides alone."""
        rooms = ((self.grams, door.grams), (self.millilitres, door.millilitres), (self.parcels, 1))
        return all(room is None or load <= room for room, load in rooms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A visit: ``worth`` lists the latest start of service (None: any time) with what the visit saves.

    ``must``: it is made in any case, whatever it saves; ``worth`` then names the one time that counts.
    """

    place: int
    service_s: int
    opens_s: int
    ready_s: int
    grams: int
    millilitres: int
    kinds: int
    worth: tuple[tuple[int | None, int], ...]
    must: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HubJob:
    """The tours of one hub. Matrices by profile, over places: the hub, the doors, then homes elsewhere.

    ``tours``: where to begin; without any, from random ones.
    """

    hub: str
    riders: tuple[Rider, ...]
    doors: tuple[Door, ...]
    metres: tuple[Matrix, ...]
    seconds: tuple[Matrix, ...]
    seed: int
    tours: tuple[Tour, ...] = ()
    steps: int | None = None
    budget_s: float | None = None
