"""Trips: what a courier carries where, as a list, and the manifests as files."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.responses import Response

from api.db import trips
from api.db.trips import FORMATS, TripEntry
from api.deps import Read, allow
from api.documents.manifests import Manifest
from api.downloads import IfNoneMatch, described, download
from api.paging import Page, Paging
from api.parameters import Named, Time, instant
from api.principal import Principal, Role
from api.routes.events import GONE
from api.routing import Router, ref

router = Router(prefix="/v1/trips", tags=["partners"])

Carrying: TypeAlias = Annotated[Principal, Depends(allow(Role.COURIER, Role.ENGINEER, Role.MANAGER, Role.AUDITOR))]


@router.get("", summary="List trips, those that load first at the front")
def list_trips(
    who: Carrying,
    db: Read,
    page: Paging,
    load_after: Time = None,
    drop: Named = None,
    hub: Named = None,
    courier: Named = None,
) -> Page[TripEntry]:
    """Trips that hold, by when they load. A courier operator sees those of its partner's couriers."""
    return trips.page(db, who, page, drop=drop, hub=hub, courier=courier, load_after=instant("load_after", load_after))


@router.get("/{trip}", summary="One trip")
def read_trip(who: Carrying, db: Read, trip: str) -> TripEntry:
    """Who drives when from where to where; its manifest has the stops."""
    return trips.entry(db, who, trip)


@router.get(
    "/{trip}/manifest.csv",
    summary="A manifest for a spreadsheet",
    response_class=Response,
    responses=described(FORMATS["csv"].media_type, {"type": "string"}) | GONE,
)
def manifest_csv(who: Carrying, db: Read, trip: str, known: IfNoneMatch = None) -> Response:
    """A row to load, a row a stop, a row to return."""
    return download(trips.file(db, who, trip, "csv"), known)


@router.get(
    "/{trip}/manifest.json",
    summary="A manifest as JSON",
    response_class=Response,
    responses=described(FORMATS["json"].media_type, ref(Manifest)) | GONE,
)
def manifest_json(who: Carrying, db: Read, trip: str, known: IfNoneMatch = None) -> Response:
    """The stops in order, with recipients and parcels."""
    return download(trips.file(db, who, trip, "json"), known)


@router.get(
    "/{trip}/manifest.geojson",
    summary="A manifest for a map",
    response_class=Response,
    responses=described(
        FORMATS["geojson"].media_type,
        {
            "type": "object",
            "required": ["type", "features"],
            "properties": {"type": {"const": "FeatureCollection"}, "features": {"type": "array"}},
        },
    )
    | GONE,
)
def manifest_geojson(who: Carrying, db: Read, trip: str, known: IfNoneMatch = None) -> Response:
    """RFC 7946: hub, stops, hub, and a straight leg between each two."""
    return download(trips.file(db, who, trip, "geojson"), known)
