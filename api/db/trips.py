"""Trips of released plans, with their manifests. The scope stands in each query, as for pick lists.

Whoever works for the marketplace sees all of its trips, a courier operator those of its partner's couriers, a hub
operator none. Manifests name recipients; ``forget`` takes them away when they are not needed any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, insert, select

from api.db import stored
from api.db.stored import File, Format
from api.db.tables.releases import trip_files, trips
from api.documents import manifest_csv, manifest_geojson, manifest_json
from api.documents.manifests import Manifest
from api.paging import Page, Paged
from api.principal import Principal, Role
from router.errors import NotFound

FORMATS: Mapping[str, Format[Manifest]] = MappingProxyType(
    {
        "csv": Format(media_type=manifest_csv.MEDIA_TYPE, render=manifest_csv.render),
        "json": Format(media_type=manifest_json.MEDIA_TYPE, render=manifest_json.render),
        "geojson": Format(media_type=manifest_geojson.MEDIA_TYPE, render=manifest_geojson.render),
    }
)


class NoTrip(NotFound):
    """No trip of that id, or none that whoever asks may see."""

    code, title = "no-trip", "There is no such trip"

    def __init__(self) -> None:
        super().__init__("there is no trip of that id")


class NoManifest(NotFound):
    """The trip is there, but its manifest was taken away with the personal data in it."""

    code, title = "no-manifest", "The manifest is not kept any more"

    def __init__(self) -> None:
        super().__init__("the trip is over, and its manifest was deleted with the personal data in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class TripEntry:
    """One trip of one courier. ``trip``: its id within the plan; ``stops`` and ``parcels`` count what is delivered.

    ``superseded_at``: when it was withdrawn.
    """

    id: str
    drop: str
    plan_version: int
    trip: str
    courier: str
    partner: str
    hub: str
    load_at: datetime
    depart_at: datetime
    return_to: str
    return_at: datetime
    stops: int
    parcels: int
    metres: int
    released_at: datetime
    superseded_at: datetime | None


_SHOWN = tuple(trips.c[field.name] for field in fields(TripEntry))


def add(db: Connection, tenant: str, driven: Mapping[str, Manifest], *, drop: str, version: int, now: datetime) -> None:
    """Stores trips by their ids, in every format."""
    rows = [
        {
            "tenant": tenant,
            "id": name,
            "drop": drop,
            "plan_version": version,
            "trip": each.trip,
            "courier": each.courier,
            "partner": each.partner,
            "hub": each.hub.id,
            "load_at": each.load_at,
            "depart_at": each.depart_at,
            "return_to": each.return_to.id,
            "return_at": each.return_at,
            "stops": len(each.stops),
            "parcels": each.count,
            "metres": each.metres,
            "released_at": now,
        }
        for name, each in driven.items()
    ]
    if rows:
        db.execute(insert(trips), rows)
    stored.add(db, trip_files, tenant, driven, FORMATS)


def page(
    db: Connection,
    who: Principal,
    paged: Paged,
    *,
    drop: str | None = None,
    hub: str | None = None,
    courier: str | None = None,
    load_after: datetime | None = None,
) -> Page[TripEntry]:
    """Trips that hold: loading first, then by id. ``load_after`` is strict. Raises ``BadCursor``."""
    held = trips.c
    rows = select(*_SHOWN).where(_seen(who), held.superseded_at.is_(None))
    for column, wanted in ((held.drop, drop), (held.hub, hub), (held.courier, courier)):
        if wanted is not None:
            rows = rows.where(stored.named(column, wanted))
    if load_after is not None:
        rows = rows.where(held.load_at > load_after)
    return paged.page(db, rows, (held.load_at, held.id), lambda row: TripEntry(**row._mapping))


def held(db: Connection, tenant: str, drop: str, version: int) -> dict[str, str]:
    """The ids of the trips of one version that were not withdrawn, by their id in the plan."""
    return {each.trip: each.id for each in released(db, tenant, drop, version) if each.superseded_at is None}


def withdraw(db: Connection, tenant: str, names: Sequence[str], now: datetime) -> tuple[TripEntry, ...]:
    """Takes trips back, and gives them: for whoever tells the couriers."""
    stored.withdraw(db, trips, tenant, names, now)
    wanted = select(*_SHOWN).where(trips.c.tenant == tenant, trips.c.id.in_(names)).order_by(trips.c.id)
    return tuple(TripEntry(**row) for row in db.execute(wanted).mappings())


def released(db: Connection, tenant: str, drop: str, version: int) -> tuple[TripEntry, ...]:
    """The trips of one version of a drop's plan, in the order of ``page``: for whoever tells the couriers."""
    held = trips.c
    wanted = (
        select(*_SHOWN)
        .where(held.tenant == tenant, held.drop == drop, held.plan_version == version)
        .order_by(held.load_at, held.id)
    )
    return tuple(TripEntry(**row) for row in db.execute(wanted).mappings())


def entry(db: Connection, who: Principal, trip: str) -> TripEntry:
    """The trip of that id, withdrawn or not. Raises ``NoTrip``."""
    row = db.execute(select(*_SHOWN).where(_one(who, trip))).mappings().one_or_none()
    if row is None:
        raise NoTrip
    return TripEntry(**row)


def file(db: Connection, who: Principal, trip: str, ending: str) -> File:
    """The manifest in one of ``FORMATS``. Raises ``NoTrip``, ``NoManifest``, ``Withdrawn``, ``FileDamaged``."""
    row = stored.find(db, trips, trip_files, _one(who, trip), ending)
    if row is None:
        entry(db, who, trip)
        raise NoManifest
    return File(
        words=("manifest", row.drop, f"v{row.plan_version}", row.courier, row.trip),
        ending=ending,
        media_type=FORMATS[ending].media_type,
        sha256=row.sha256,
        content=row.content,
    )


def forget(db: Connection, before: datetime) -> int:
    """Deletes the manifests of trips that returned strictly before; the trips stay. Gives the number of files."""
    over = exists().where(
        trips.c.tenant == trip_files.c.tenant, trips.c.id == trip_files.c.of, trips.c.return_at < before
    )
    return db.execute(delete(trip_files).where(over)).rowcount


def _seen(who: Principal) -> ColumnElement[bool]:
    """What whoever asks may see."""
    if who.role is Role.HUB:
        return false()
    mine = trips.c.tenant == who.tenant
    return mine if who.courier_partner is None else and_(mine, trips.c.partner == who.courier_partner)


def _one(who: Principal, trip: str) -> ColumnElement[bool]:
    return and_(_seen(who), stored.named(trips.c.id, trip))
