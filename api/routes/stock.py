"""What hubs have, and what moves there."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Query, Response

from api import moving
from api.bulk import Bulk, taking
from api.db import counting, movements
from api.db.movements import Movement
from api.db.tables.movements import movements as moved
from api.db.tables.stock import stock as shelves
from api.deps import Engineer, Now, Read, Write, allow
from api.moving import Moved
from api.paging import Page, Paging
from api.principal import Principal, Role
from api.routing import Router, reads
from api.stocking import NewMovement, StockEntry, StockSetUp

router = Router(prefix="/v1/stock", tags=["stock"])

Named = Annotated[str | None, Query(max_length=200)]

Seeing: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.MANAGER, Role.AUDITOR, Role.HUB))]
"""The marketplace, and hub operators, who see their partner's hubs alone."""

Handling: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.HUB))]
"""Engineers, and hub operators at their partner's hubs."""


@router.get("", summary="What hubs have")
def list_stock(
    who: Seeing, db: Read, now: Now, paged: Paging, hub: Named = None, sku: Named = None
) -> Page[StockEntry]:
    """Stock by hub and SKU, for hub operators at the hubs of their partner."""
    wanted = counting.listed(who.tenant, now, hub=hub, sku=sku, partner=who.hub_partner)
    return paged.page(db, wanted, [shelves.c.hub, shelves.c.sku], counting.entry_of)


@router.post("/bulk", summary="Set up much stock", **taking(StockSetUp))
def load_stock(who: Engineer, rows: Bulk) -> Response:
    """What was counted, as NDJSON or CSV: each row becomes what is on hand, by a movement of the difference."""
    return moving.load(rows)


@router.get("/movements", summary="What moved, newest first")
def list_movements(
    who: Seeing, db: Read, paged: Paging, hub: Named = None, sku: Named = None, reason: Named = None
) -> Page[Movement]:
    """Movements at a hub, of a SKU, for a reason; for hub operators at the hubs of their partner."""
    wanted = movements.listed(who.tenant, hub=hub, sku=sku, reason=reason, partner=who.hub_partner)
    by = [moved.c.at, moved.c.hub, moved.c.sku, moved.c.number]
    return paged.page(db, wanted, by, movements.movement_of, newest_first=True)


@router.post("/movements", status_code=201, summary="Report what moved")
def report_movement(
    who: Handling, new: Annotated[NewMovement, reads(NewMovement, "movement")], db: Write, now: Now
) -> Moved:
    """Units that came, went, were counted or set aside: all lines or none."""
    return moving.record(db, who, new, now)
