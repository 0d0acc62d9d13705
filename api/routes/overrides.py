"""What a person decides beside the solver."""

from __future__ import annotations

from typing import Annotated

from api import overriding
from api.db import drops, overrides
from api.db.overrides import NewOverride, Override
from api.db.tables.plans import overrides as rows
from api.deps import Engineer, Marketplace, Now, Read, Write
from api.paging import Page, Paging
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/drops/{drop}/overrides", tags=["plans"])


@router.get("", summary="Overrides of a drop, the oldest first")
def list_overrides(who: Marketplace, drop: str, db: Read, paged: Paging) -> Page[Override]:
    """All that holds for the next plan."""
    drops.stands(db, who.tenant, drop)
    return paged.page(db, overrides.listed(who.tenant, drop), [rows.c.created_at, rows.c.id], overrides.override_of)


@router.post("", status_code=201, summary="Override the solver")
def add_override(
    who: Engineer, drop: str, new: Annotated[NewOverride, reads(NewOverride, "override")], db: Write, now: Now
) -> Reply[Override]:
    """Pins an order to a hub, or keeps a courier at home, in every plan that is made from now on."""
    return overriding.add(db, who, drop, new, now)


@router.delete("/{override}", summary="Take an override back")
def remove_override(who: Engineer, drop: str, override: str, db: Write, now: Now) -> None:
    """The solver decides again, from the next plan on."""
    overriding.remove(db, who, drop, override, now)
