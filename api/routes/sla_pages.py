"""The page of breaches, for managers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import HTMLResponse

from api import breach_pages
from api.deps import Marketplace, Now, Store
from api.pages import page
from api.routing import Router

router = Router(prefix="/sla", include_in_schema=False, default_response_class=HTMLResponse)

Choice = Annotated[str | None, Query(min_length=1, max_length=200)]


@router.get("/breaches", response_class=HTMLResponse)
def show_breaches(
    who: Marketplace,
    store: Store,
    now: Now,
    contract: Choice = None,
    party: Choice = None,
    week: Choice = None,
    term: Choice = None,
    page_number: Annotated[int, Query(alias="page", ge=0, le=10**6)] = 0,
) -> HTMLResponse:
    """Breaches by partner and clause; the choice stands in the address."""
    shown = breach_pages.overview(
        store, who.tenant, now, contract=contract, party=party, week=week, term=term, page=page_number
    )
    return page.render("breaches.html", who=who, **shown)


@router.get("/breaches/{contract}/{term}/{order:path}", response_class=HTMLResponse)
def show_breach(who: Marketplace, contract: str, term: str, order: str, store: Store, now: Now) -> HTMLResponse:
    """One clock, and what happened."""
    shown = breach_pages.clock(store, who, now, contract=contract, term=term, order=order)
    return page.render("breach.html", who=who, **shown)
