"""What is sold, with its weight and size."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from api import registering
from api.bulk import Bulk, taking
from api.db.kinds import SKUS
from api.deps import Engineer, Marketplace, Now, Read, Revision, Write
from api.entries import SkuEntry
from api.paging import Page, Paging
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/skus", tags=["registry"])


@router.get("", summary="SKUs, by name")
def list_skus(who: Marketplace, db: Read, paged: Paging) -> Page[SkuEntry]:
    """All SKUs of the marketplace."""
    return registering.page(db, who, SKUS, paged)


@router.post("", status_code=201, summary="Add a SKU")
def add_sku(who: Engineer, new: Annotated[SkuEntry, reads(SkuEntry, "sku")], db: Write, now: Now) -> Reply[SkuEntry]:
    """A new SKU; one that is there already is edited with PUT."""
    return registering.add(db, who, SKUS, new, now)


@router.post("/bulk", summary="Add or replace many SKUs", **taking(SkuEntry))
def load_skus(who: Engineer, rows: Bulk) -> Response:
    """SKUs as NDJSON or CSV. Those that are so already are left as they are."""
    return registering.load(rows, SKUS)


@router.get("/{sku:path}", summary="One SKU")
def read_sku(who: Marketplace, sku: str, db: Read) -> Reply[SkuEntry]:
    """The SKU with its revision as ETag."""
    return registering.shown(db, who, SKUS, sku)


@router.put("/{sku:path}", summary="Replace a SKU")
def replace_sku(
    who: Engineer,
    sku: str,
    new: Annotated[SkuEntry, reads(SkuEntry, "sku")],
    db: Write,
    revision: Revision,
    now: Now,
) -> Reply[SkuEntry]:
    """Another SKU in the place of the revision in If-Match."""
    return registering.replace(db, who, SKUS, sku, new, revision, now)


@router.delete("/{sku:path}", summary="Delete a SKU")
def remove_sku(who: Engineer, sku: str, db: Write, revision: Revision, now: Now) -> None:
    """Deletes the revision in If-Match, if nothing else needs it."""
    registering.remove(db, who, SKUS, sku, revision, now)
