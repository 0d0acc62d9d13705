"""The manifest as GeoJSON (RFC 7946): where the trip loads, its stops, where it returns, and straight legs between.

Every feature has ``kind``: ``hub``, ``stop`` or ``leg``. What has no coordinates keeps its place in the order, with no
geometry, as section 3.2 has it.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from api.documents.manifests import Manifest, ManifestHub, ManifestStop
from router import codec
from router.model import Location

MEDIA_TYPE = "application/geo+json"

_HALF_TURN = 180.0
_DIGITS = 7
"""A centimetre; where a leg is cut at the antimeridian, no more is meant."""

Position = tuple[float, float]
"""Longitude, then latitude."""


def render(manifest: Manifest) -> bytes:
    """UTF-8. One FeatureCollection: hub, stops in order, hub to return to, then a leg from each to the next."""
    hubs = (_hub(manifest, manifest.hub, "load"), _hub(manifest, manifest.return_to, "return"))
    stops = [_stop(stop) for stop in manifest.stops]
    places = [manifest.hub.location, *(stop.location for stop in manifest.stops), manifest.return_to.location]
    legs = [
        _feature(f"leg-{number}", {"kind": "leg", "trip": manifest.trip, "number": number}, _leg(start, end))
        for number, (start, end) in enumerate(pairwise(places), start=1)
    ]
    collection = {"type": "FeatureCollection", "features": [hubs[0], *stops, hubs[1], *legs]}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _hub(manifest: Manifest, hub: ManifestHub, role: str) -> dict[str, Any]:
    times = (
        {"load_at": codec.plain(manifest.load_at), "depart_at": codec.plain(manifest.depart_at)}
        if role == "load"
        else {"return_at": codec.plain(manifest.return_at)}
    )
    told = {"kind": "hub", "role": role, "hub": hub.id, "trip": manifest.trip, "courier": manifest.courier, **times}
    return _feature(role, told, _at(hub.location))


def _stop(stop: ManifestStop) -> dict[str, Any]:
    told = {name: value for name, value in codec.plain(stop).items() if name != "location"}
    return _feature(f"stop-{stop.number}", {"kind": "stop", **told}, _at(stop.location))


def _feature(name: str, told: dict[str, Any], geometry: dict[str, Any] | None) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": told}


def _at(point: Location) -> dict[str, Any] | None:
    position = _position(point)
    return position and {"type": "Point", "coordinates": position}


def _leg(start: Location, end: Location) -> dict[str, Any] | None:
    """A straight line; cut in two where the short way crosses the antimeridian, as section 3.1.9 has it."""
    one, other = _position(start), _position(end)
    if one is None or other is None:
        return None
    if abs(one[0] - other[0]) > _HALF_TURN:
        if abs(one[0]) == _HALF_TURN:
            one = (-one[0], one[1])
        elif abs(other[0]) == _HALF_TURN:
            other = (-other[0], other[1])
        else:
            return {"type": "MultiLineString", "coordinates": _cut(one, other)}
    return {"type": "LineString", "coordinates": [one, other]}


def _cut(one: Position, other: Position) -> list[list[Position]]:
    """The two halves, each within one hemisphere. Both ends lie less than half a turn apart the short way round."""
    edge = _HALF_TURN if one[0] > 0 else -_HALF_TURN
    before, after = abs(edge - one[0]), abs(-edge - other[0])
    lat = round(one[1] + (other[1] - one[1]) * before / (before + after), _DIGITS)
    return [[one, (edge, lat)], [(-edge, lat), other]]


def _position(point: Location) -> Position | None:
    return None if point.lat is None or point.lon is None else (point.lon, point.lat)
