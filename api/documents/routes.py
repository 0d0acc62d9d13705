"""Where things lie on a map, and the lines that trips draw between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from router.model import Drop, Trip
from router.plan import Plan

Place = tuple[float, float]
"""Latitude and longitude in degrees."""
Line = list[Place]
Node = tuple[str, str]
"""``("hub", id)`` or ``("order", id)``."""

_APART_M = 6.0
_DEGREES_A_METRE = 1 / 111_195
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


class Streets(Protocol):
    """What a map needs of a road graph."""

    def paths(self, points: NDArray[np.float64], legs: Sequence[tuple[int, int]]) -> list[Line | None]:
        """The quickest way of each leg, a pair of rows of ``points``, or ``None`` where there is none."""
        ...

    def streets(self) -> list[Line]:
        """Every stretch of street."""
        ...


def addresses(drop: Drop) -> dict[Node, Place]:
    """Where hubs and orders lie; those without coordinates are left out."""
    located = [(("hub", hub.id), hub.location) for hub in drop.hubs]
    located += [(("order", order.id), order.location) for order in drop.orders]
    return {node: (place.lat, place.lon) for node, place in located if place.lat is not None and place.lon is not None}


def spread(places: Mapping[Node, Place]) -> dict[Node, Place]:
    """Where they are drawn: what shares an address stands metres apart, as in a sunflower, and all shows."""
    sharing: dict[Place, int] = {}
    drawn: dict[Node, Place] = {}
    for node, place in places.items():
        turn = sharing.get(place, 0)
        sharing[place] = turn + 1
        away = _APART_M * math.sqrt(turn) * _DEGREES_A_METRE
        lat = place[0] + away * math.cos(turn * _GOLDEN_ANGLE)
        lon = place[1] + away * math.sin(turn * _GOLDEN_ANGLE) / max(0.01, math.cos(math.radians(place[0])))
        drawn[node] = (lat, lon)
    return drawn


def lines(drop: Drop, plan: Plan, streets: Mapping[str, Streets]) -> dict[str, list[Line]]:
    """A line for every leg of each trip, return included: along the streets of its profile, else straight.

    ``streets`` is keyed by profile. A leg with an end that has no coordinates draws nothing.
    """
    places = addresses(drop)
    drawn = spread(places)
    profile = {courier.id: courier.profile for courier in drop.couriers}
    legs = {trip.id: [leg for leg in _legs(trip) if places.keys() >= {*leg}] for trip in plan.trips}
    ways: dict[tuple[str, Node, Node], Line] = {}
    for kind, graph in streets.items():
        wanted = sorted({leg for trip in plan.trips if profile[trip.courier] == kind for leg in legs[trip.id]})
        nodes = sorted({node for leg in wanted for node in leg})
        row = {node: index for index, node in enumerate(nodes)}
        points = np.array([places[node] for node in nodes], dtype=np.float64).reshape(-1, 2)
        found = graph.paths(points, [(row[start], row[end]) for start, end in wanted]) if wanted else []
        ways |= {(kind, *leg): way for leg, way in zip(wanted, found, strict=True) if way}
    return {
        trip.id: [
            [drawn[start], *ways.get((profile[trip.courier], start, end), ()), drawn[end]]
            for start, end in legs[trip.id]
        ]
        for trip in plan.trips
    }


def _legs(trip: Trip) -> Iterator[tuple[Node, Node]]:
    """From the hub through every stop and back."""
    nodes = [("hub", trip.hub), *(("order", stop.order) for stop in trip.stops), ("hub", trip.return_to)]
    return pairwise(nodes)
