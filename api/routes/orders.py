"""Orders of a drop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Response

from api import order_flows
from api.bulk import Bulk, taking
from api.db import drops, orders
from api.db.tables.orders import orders as rows
from api.deps import Engineer, Marketplace, Now, Read, Revision, Write
from api.ordering import NewOrder, OrderChange, PlacedOrder, State, StockState
from api.paging import Page, Paging
from api.routing import Body, Reply, Router, reads, sends
from router.model import Record

router = Router(prefix="/v1/drops/{drop}/orders", tags=["orders"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance(Record):
    """When fraud review let an order through; absent is now."""

    cleared_at: datetime | None = None


@router.post("", status_code=201, also=(200,), summary="Post an order", **sends(NewOrder))
def post_order(who: Engineer, drop: str, given: Body, db: Write, now: Now) -> Reply[PlacedOrder]:
    """Takes an order in and reserves its stock: 201. The same order again is answered with 200 and changes nothing."""
    return order_flows.post(db, who, drop, given, now)


@router.post("/bulk", summary="Post many orders", **taking(NewOrder))
def load_orders(who: Engineer, drop: str, given: Bulk) -> Response:
    """Orders as NDJSON, CSV or a JSON array. Those that are in already stay as they are."""
    return order_flows.load(given, drop)


@router.get("", summary="Orders of a drop, by id")
def list_orders(
    who: Marketplace,
    drop: str,
    db: Read,
    paged: Paging,
    state: Annotated[State | None, Query(description="Those in this state alone.")] = None,
    stock: Annotated[StockState | None, Query(description="Those whose stock stands so alone.")] = None,
    tier: Annotated[str | None, Query(max_length=200, description="Those of this tier alone.")] = None,
) -> Page[PlacedOrder]:
    """The orders without their recipients, who are told one by one."""
    drops.stands(db, who.tenant, drop)
    wanted = orders.listed(who.tenant, drop, state=state, stock_state=stock, tier=tier)
    return paged.page(db, wanted, [rows.c.id], orders.placed)


@router.post("/{order:path}/hold", summary="Hold an order back")
def hold_order(who: Engineer, drop: str, order: str, db: Write, now: Now) -> Reply[PlacedOrder]:
    """Fraud review takes the order back: it keeps its stock and is not planned."""
    return order_flows.hold(db, who, drop, order, now)


@router.post("/{order:path}/release", summary="Let an order through")
def release_order(
    who: Engineer,
    drop: str,
    order: str,
    given: Annotated[Clearance, reads(Clearance, "clearance", Clearance())],
    db: Write,
    now: Now,
) -> Reply[PlacedOrder]:
    """Fraud review lets the order through, now or when the body says: it is planned, and its promises run."""
    return order_flows.release(db, who, drop, order, given.cleared_at, now)


@router.post("/{order:path}/cancel", summary="Cancel an order")
def cancel_order(who: Engineer, drop: str, order: str, db: Write, now: Now) -> Reply[PlacedOrder]:
    """Gives the order up for good; its stock is free again."""
    return order_flows.cancel(db, who, drop, order, now)


@router.get("/{order:path}", summary="One order")
def read_order(who: Marketplace, drop: str, order: str, db: Read) -> Reply[PlacedOrder]:
    """The order with its recipient, and its revision as ETag."""
    return order_flows.show(db, who, drop, order)


@router.put("/{order:path}", summary="Change an order", **sends(OrderChange))
def change_order(
    who: Engineer, drop: str, order: str, given: Body, db: Write, revision: Revision, now: Now
) -> Reply[PlacedOrder]:
    """Another content in the place of the revision in If-Match; the reservation follows."""
    return order_flows.change(db, who, drop, order, given, revision, now)
