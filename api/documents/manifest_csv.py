"""The manifest as CSV: a row to load, a row a stop, a row to return, times local to the drop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from api.documents import sheet
from api.documents.manifests import Manifest, ManifestStop
from api.documents.sheet import MEDIA_TYPE, Cell
from api.wording import stamp
from router.model import Location

__all__ = ["HEADS", "MEDIA_TYPE", "render"]

HEADS = (
    "trip",
    "courier",
    "stop",
    "what",
    "hub",
    "order",
    "recipient",
    "phone",
    "address",
    "note",
    "latitude",
    "longitude",
    "arrive_at",
    "start_at",
    "leave_at",
    "not_before",
    "deliver_by",
    "parcels",
    "count",
    "grams",
    "handling",
)


def render(manifest: Manifest) -> bytes:
    """One trip. ``what`` is ``load`` (``stop`` 0), ``deliver`` or ``return`` (the last ``stop``)."""
    return sheet.render(HEADS, _rows(manifest, ZoneInfo(manifest.timezone)))


def _rows(manifest: Manifest, zone: ZoneInfo) -> Iterator[tuple[Cell, ...]]:
    whose = (manifest.trip, manifest.courier)
    nobody = ("",) * 5
    yield (
        *(*whose, 0, "load", manifest.hub.id),
        *nobody,
        *_degrees(manifest.hub.location),
        *(stamp(manifest.load_at, zone), "", stamp(manifest.depart_at, zone), "", "", ""),
        *(manifest.count, manifest.grams, ", ".join(manifest.handling)),
    )
    for stop in manifest.stops:
        yield (*whose, stop.number, "deliver", "", *_visited(stop, zone))
    yield (
        *(*whose, len(manifest.stops) + 1, "return", manifest.return_to.id),
        *nobody,
        *_degrees(manifest.return_to.location),
        *(stamp(manifest.return_at, zone), "", "", "", "", ""),
        *(0, 0, ""),
    )


def _visited(stop: ManifestStop, zone: ZoneInfo) -> tuple[Cell, ...]:
    who = stop.recipient
    return (
        *(stop.order, who.name or "", who.phone or "", who.address or "", who.note or ""),
        *_degrees(stop.location),
        *(stamp(stop.arrive_at, zone), stamp(stop.start_at, zone), stamp(stop.leave_at, zone)),
        *(_perhaps(stop.not_before, zone), _perhaps(stop.deliver_by, zone)),
        *(", ".join(each.parcel for each in stop.parcels), stop.count, stop.grams, ", ".join(stop.handling)),
    )


def _degrees(at: Location) -> tuple[Cell, Cell]:
    return "" if at.lat is None else at.lat, "" if at.lon is None else at.lon


def _perhaps(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else stamp(at, zone)
