"""Faults of travel and locations: which fields there may be depends on ``travel.kind``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from router.faults.scan import Known, Scan, escape
from router.faults.text import Spelt

_OF_TRAVEL = ("extract", "places")
_OF_PROFILE = ("costing", "detour", "metres", "metres_per_second", "seconds")
_WANTED = {
    "great_circle": ("detour", "metres_per_second"),
    "matrix": ("places", "metres", "seconds"),
    "road": ("extract", "costing"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the rest of a drop must fit: profile names, the kind of travel, places if it is a matrix, if known."""

    profiles: Known = None
    kind: str | None = None
    places: int | None = None


def travel(scan: Scan, tree: Any) -> Ground:
    """Faults of the travel that its form does not show, and what locations and couriers have to fit."""
    if not isinstance(tree, dict):
        return Ground()
    kind, profiles = tree.get("kind"), tree.get("profiles")
    if not isinstance(kind, str) or kind not in _WANTED:
        kind = None
    if kind:
        _fits(scan, tree, "/travel", _OF_TRAVEL, kind)
    places = tree.get("places") if kind == "matrix" else None
    size = places if type(places) is int and places >= 0 else None
    for name, profile in profiles.items() if isinstance(profiles, dict) else ():
        if isinstance(profile, dict):
            pointer = f"/travel/profiles/{escape(name)}"
            if kind:
                _fits(scan, profile, pointer, _OF_PROFILE, kind)
            _exact(scan, profile, pointer)
            if kind == "matrix":
                _matrices(scan, profile, pointer, size)
    return Ground(profiles=set(profiles) if isinstance(profiles, dict) else None, kind=kind, places=size)


def location(scan: Scan, row: dict[str, Any], pointer: str, ground: Ground) -> None:
    """Faults of the ``location`` of a hub or an order: a point, or under matrix travel a place."""
    at = row.get("location")
    if ground.kind is None or not isinstance(at, dict):
        return
    if ground.kind == "matrix":
        place = at.get("place")
        if "place" not in at:
            message = "is required under matrix travel and absent"
            scan.fault(f"{pointer}/location/place", "missing-field", message)
        elif type(place) is int and ground.places is not None and place >= ground.places:
            message = f"is place {place}, and the last of {ground.places} places is {ground.places - 1}"
            scan.fault(f"{pointer}/location/place", "unknown-place", message)
    elif "place" in at:
        message = "is only a field under matrix travel; remove it"
        scan.fault(f"{pointer}/location/place", "unknown-field", message)
    for name, other in (("lat", "lon"), ("lon", "lat")):
        if name not in at and (ground.kind != "matrix" or at.get(other) is not None):
            why = f"beside {other}" if other in at else "unless travel is a matrix"
            scan.fault(f"{pointer}/location/{name}", "missing-field", f"is required {why}, and absent")


def _fits(scan: Scan, row: dict[str, Any], pointer: str, names: tuple[str, ...], kind: str) -> None:
    """Faults for fields that this kind of travel lacks or does not have."""
    for name in names:
        if name in _WANTED[kind] and name not in row:
            scan.fault(f"{pointer}/{name}", "missing-field", f"is required under {kind} travel and absent")
        if name not in _WANTED[kind] and name in row:
            scan.fault(f"{pointer}/{name}", "unknown-field", f"is not a field of {kind} travel; remove it")


def _exact(scan: Scan, profile: dict[str, Any], pointer: str) -> None:
    """The format computes with these two as written, so they must be what the record can hold."""
    for name in ("detour", "metres_per_second"):
        value = profile.get(name)
        if isinstance(value, Spelt) and value.is_rounded():
            message = f"would be rounded to {float(value)!r}; write at most 15 digits"
            scan.fault(f"{pointer}/{name}", "too-precise", message)


def _matrices(scan: Scan, profile: dict[str, Any], pointer: str, size: int | None) -> None:
    metres, seconds = profile.get("metres"), profile.get("seconds")
    for name, matrix in (("metres", metres), ("seconds", seconds)):
        if isinstance(matrix, list) and size is not None:
            if len(matrix) != size:
                scan.fault(f"{pointer}/{name}", "not-square", f"has {len(matrix)} rows for {size} places")
            for index, row in enumerate(matrix):
                if isinstance(row, list) and len(row) != size:
                    message = f"has {len(row)} entries for {size} places"
                    scan.fault(f"{pointer}/{name}/{index}", "not-square", message)
    if isinstance(metres, list) and isinstance(seconds, list):
        for index, (row, other) in enumerate(zip(metres, seconds, strict=False)):
            if isinstance(row, list) and isinstance(other, list) and (None in row or None in other):
                _half_ways(scan, row, other, f"{pointer}/seconds/{index}")


def _half_ways(scan: Scan, metres: list[Any], seconds: list[Any], pointer: str) -> None:
    """One fault a row: where the entries of many rows disagree, the first ones say enough."""
    half = [
        column
        for column, (metre, second) in enumerate(zip(metres, seconds, strict=False))
        if (metre is None) != (second is None)
    ]
    if half:
        more = f" ({len(half) - 1} more in this row)" if len(half) > 1 else ""
        message = f"no way must be null in metres and in seconds, and is in only one of them{more}"
        scan.fault(f"{pointer}/{half[0]}", "half-a-way", message)
