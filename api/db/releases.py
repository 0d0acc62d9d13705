"""What a released plan hands to partners: every pick list and manifest, stored in the transaction of the release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.db import pick_lists, trips
from api.db.pick_lists import PickListEntry
from api.db.trips import TripEntry
from api.documents import manifests, picking
from api.ordering import Recipient
from router.model import Drop
from router.plan import Plan

_ID_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What was handed over: whom to tell of what."""

    pick_lists: tuple[PickListEntry, ...]
    trips: tuple[TripEntry, ...]


def add(
    db: Connection,
    tenant: str,
    drop: str,
    plan_version: int,
    drop_record: Drop,
    plan_record: Plan,
    bins: Mapping[tuple[str, str], str],
    now: datetime,
    *,
    titles: Mapping[str, str] | None = None,
    recipients: Mapping[str, Recipient] | None = None,
) -> Release:
    """Stores all that a valid plan hands over, in every format, but for what had begun before: that was handed over.

    ``bins``: hub and SKU to where it lies. ``titles``: SKU to what it is called. ``recipients``: order to whom the
    courier meets; they stand in manifests alone. Ids depend on the marketplace, the drop, the version and what they
    name. A version that was released before raises SQLAlchemy's ``IntegrityError``. O(parcel lines).
    """
    key = (tenant, drop, plan_version)
    lists = {
        _id(*key, "pick-list", each.hub, each.wave): each
        for each in picking.pick_lists(
            drop_record, plan_record, edition=json.dumps(key), plan_version=plan_version, bins=bins, titles=titles
        )
    }
    under_way = {trip.id for trip in drop_record.committed.trips}
    driven = {
        _id(*key, "trip", each.trip): each
        for each in manifests.manifests(drop_record, plan_record, plan_version=plan_version, recipients=recipients)
        if each.trip not in under_way
    }
    pick_lists.add(db, tenant, lists, drop=drop, version=plan_version, now=now)
    trips.add(db, tenant, driven, drop=drop, version=plan_version, now=now)
    return Release(
        pick_lists=pick_lists.released(db, tenant, drop, plan_version),
        trips=trips.released(db, tenant, drop, plan_version),
    )


def _id(*named_by: str | int) -> str:
    return hashlib.sha256(json.dumps(named_by).encode()).hexdigest()[:_ID_LENGTH]
