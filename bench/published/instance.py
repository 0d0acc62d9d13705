"""A published routing problem in integers, whatever text it came from.

Every family has one matrix: a leg takes as many seconds as it has metres. Places are the depots, then the visits,
as the published files number them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from router.errors import Invalid

Family = Literal["vrptw", "mdvrptw", "mtvrptwr", "hfvrp", "mdvrp", "same-day"]
FAMILIES: tuple[Family, ...] = get_args(Family)
Scale = Literal["dimacs", "exact", "integer"]
FACTOR: dict[Scale, int] = {"dimacs": 10, "exact": 1000, "integer": 1}
"""How the literature makes integers: tenths cut off, thousandths rounded, or integers as they come."""

MOST_VEHICLES = 20_000
"""More in a file are a slip of the pen."""

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class CannotState(Invalid):
    """A peer has no words for something that the instance asks for, so there is nothing to measure."""

    code, title = "cannot-state", "The peer cannot state the problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A customer. ``closes_s``: latest start of the service, ``None`` for never. ``release_s``: no loading before.

    ``name`` is the number that published solutions use; ``place`` is the row of the matrix.
    """

    name: str
    place: int
    demand: int
    service_s: int = 0
    opens_s: int = 0
    closes_s: int | None = None
    release_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """``count`` equal vehicles of the depot at place ``depot``.

    ``fixed`` and ``per_metre`` in minor units; ``duration_s`` from leaving to being back; ``trips`` at most, or
    ``None``; under way between ``opens_s`` and ``closes_s`` only.
    """

    depot: int
    count: int
    capacity: int
    opens_s: int
    closes_s: int
    fixed: int = 0
    per_metre: int = 1
    duration_s: int | None = None
    trips: int | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best cost known, in the instance's own units; ``told`` says what it is the best of."""

    cost: float
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A problem: visit everybody at the least fixed cost + ``per_metre`` × metres.

    ``metres``: int64, shape (places, places), seconds too. ``points``: int64, shape (places, 2), coordinates scaled
    as the legs are, of no weight here. ``factor``: what the file's numbers were multiplied by, demands excepted.
    ``unit``: minor units to one published unit of cost.
    """

    name: str
    family: Family
    depots: int
    visits: tuple[Visit, ...]
    fleets: tuple[Fleet, ...]
    metres: Int64
    points: Int64
    factor: int
    unit: int
    best: Best | None = None

    @property
    def windows(self) -> bool:
        """Whether any visit has a window."""
        return any(visit.closes_s is not None or visit.opens_s for visit in self.visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What one vehicle of ``fleets[fleet]`` does: its trips, each a sequence of indices into ``visits``."""

    fleet: int
    trips: tuple[tuple[int, ...], ...]


def scaled(values: Float64, scale: Scale) -> Int64:
    """The numbers as integers by the family's convention."""
    if scale == "dimacs":
        return (10 * values).astype(np.int64)
    return np.rint(FACTOR[scale] * values).astype(np.int64)


def euclidean(points: Float64, scale: Scale) -> Int64:
    """Distances between points, shape (n, 2), as int64, shape (n, n)."""
    gaps = points[:, None, :] - points[None, :, :]
    return scaled(np.sqrt((gaps**2).sum(axis=-1)), scale)


def long_enough(metres: Int64, service_s: int) -> int:
    """Seconds in which even one vehicle could make every visit, one after the other."""
    return (len(metres) + 1) * int(metres.max(initial=0)) + service_s


def objective(instance: Instance, routes: tuple[Route, ...]) -> int:
    """What the routes cost in minor units, from the instance alone: no drop, no plan, no ``router.price``."""
    total = 0
    for route in routes:
        fleet = instance.fleets[route.fleet]
        total += fleet.fixed
        for trip in route.trips:
            stops = [fleet.depot, *(instance.visits[visit].place for visit in trip), fleet.depot]
            total += fleet.per_metre * sum(int(instance.metres[a, b]) for a, b in pairwise(stops))
    return total


def beyond_vroom(instance: Instance) -> str | None:
    """What of the instance VROOM cannot be told, or ``None``.

    Its vehicles have hours but no limit on their duration, which comes to the same only where nobody has a window.
    """
    if any(fleet.trips != 1 for fleet in instance.fleets) or any(visit.release_s for visit in instance.visits):
        return "VROOM makes one trip a vehicle, and knows no release times"
    if instance.windows and any(fleet.duration_s is not None for fleet in instance.fleets):
        return "VROOM has no limit on a route's duration beside time windows"
    return None


def without_idle(instance: Instance) -> Instance:
    """The same problem without vehicles that no best plan needs.

    Of two routes of one fleet whose loads fit into one vehicle, joining them saves way (the triangle inequality
    holds but for rounding). So in some best plan at most one route of a fleet is loaded to half or less, and
    2 × demand ÷ capacity, rounded up, vehicles do. True only where nothing but the load limits a route.
    """
    if instance.windows or any(visit.release_s for visit in instance.visits):
        return instance
    demand = sum(visit.demand for visit in instance.visits)
    return replace(
        instance,
        fleets=tuple(
            fleet
            if fleet.duration_s is not None
            else replace(fleet, count=min(fleet.count, max(1, -(-2 * demand // max(1, fleet.capacity)))))
            for fleet in instance.fleets
        ),
    )
