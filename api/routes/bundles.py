"""What is sold as one and picked as its components."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from api import registering
from api.bulk import Bulk, taking
from api.db.kinds import BUNDLES
from api.deps import Engineer, Marketplace, Now, Read, Revision, Write
from api.entries import BundleEntry
from api.paging import Page, Paging
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/bundles", tags=["registry"])


@router.get("", summary="Bundles, by name")
def list_bundles(who: Marketplace, db: Read, paged: Paging) -> Page[BundleEntry]:
    """All bundles of the marketplace."""
    return registering.page(db, who, BUNDLES, paged)


@router.post("", status_code=201, summary="Add a bundle")
def add_bundle(
    who: Engineer, new: Annotated[BundleEntry, reads(BundleEntry, "bundle")], db: Write, now: Now
) -> Reply[BundleEntry]:
    """A new bundle; one that is there already is edited with PUT."""
    return registering.add(db, who, BUNDLES, new, now)


@router.post("/bulk", summary="Add or replace many bundles", **taking(BundleEntry))
def load_bundles(who: Engineer, rows: Bulk) -> Response:
    """Bundles as NDJSON or CSV. Those that are so already are left as they are."""
    return registering.load(rows, BUNDLES)


@router.get("/{bundle:path}", summary="One bundle")
def read_bundle(who: Marketplace, bundle: str, db: Read) -> Reply[BundleEntry]:
    """The bundle with its revision as ETag."""
    return registering.shown(db, who, BUNDLES, bundle)


@router.put("/{bundle:path}", summary="Replace a bundle")
def replace_bundle(
    who: Engineer,
    bundle: str,
    new: Annotated[BundleEntry, reads(BundleEntry, "bundle")],
    db: Write,
    revision: Revision,
    now: Now,
) -> Reply[BundleEntry]:
    """Another bundle in the place of the revision in If-Match."""
    return registering.replace(db, who, BUNDLES, bundle, new, revision, now)


@router.delete("/{bundle:path}", summary="Delete a bundle")
def remove_bundle(who: Engineer, bundle: str, db: Write, revision: Revision, now: Now) -> None:
    """Deletes the revision in If-Match, if nothing else needs it."""
    registering.remove(db, who, BUNDLES, bundle, revision, now)
