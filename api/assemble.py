"""The drop document of a drop at an instant: what the planner may know, out of registry, settings, stock and orders.

Stock is stated as if none of the drop's cleared orders had reserved any, since they are what is planned: on hand, less
what others have reserved, plus what these have. What a hold kept and keeps no longer is free. Contingency stock is what
sellers have lent to the drop.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from api.db import drops, lending, stock
from api.db.stock import Cell
from api.db.tables.orders import order_lines, order_units, orders
from api.db.tables.registry import bundles as bundle_rows
from api.db.tables.registry import skus as sku_rows
from api.drop_settings import Tree, document, named
from router import codec
from router.model import Committed, Drop

_SKU = ("sku", "seller", "grams", "millilitres", "handling")
_MOST = 500
_NOTHING = Committed()


def drop_document(
    db: Connection, tenant: str, drop_id: str, *, plan_at: datetime, now: datetime, committed: Committed = _NOTHING
) -> Drop:
    """The drop as it would be planned at ``plan_at``, by what is so at ``now``.

    It has the cleared orders, and of catalog and stock what these name. ``committed``: what has begun of an earlier
    plan; its units are stock again, since a drop states quantities as before that plan. Raises ``NoDrop``, and
    ``Faulty`` where the registry no longer fits the drop. O(orders + stock rows).
    """
    settings = json.loads(drops.stored_settings(db, tenant, drop_id))
    registered = drops.registered(db, tenant, named(settings))
    lines = _articles(db, tenant, drop_id)
    bundles = _records(db, tenant, bundle_rows, lines)
    components = {part["sku"] for bundle in bundles for part in bundle["components"]}
    begun = {line.sku for parcel in committed.parcels for line in parcel.lines}
    catalog = _records(db, tenant, sku_rows, (lines - {each["sku"] for each in bundles}) | components | begun)
    whole = document(settings, registered, plan_at=plan_at)
    hubs = {each["id"] for each in settings["hubs"]}
    whole |= {
        "catalog": [{name: each[name] for name in _SKU if name in each} for each in catalog],
        "bundles": bundles,
        "stock": _stock(db, tenant, drop_id, hubs, {each["sku"] for each in catalog}, committed, now),
        "committed": codec.plain(committed),
    }
    spelt = json.dumps(whole, ensure_ascii=False)
    return codec.read_drop(f'{spelt[:-1]}, "orders": [{",".join(_orders(db, tenant, drop_id))}]}}'.encode())


def _articles(db: Connection, tenant: str, drop: str) -> set[str]:
    """SKUs and bundles that the cleared orders name."""
    cleared = order_lines.join(
        orders,
        (orders.c.tenant == order_lines.c.tenant)
        & (orders.c.drop == order_lines.c.drop)
        & (orders.c.id == order_lines.c.order),
    )
    mine = (orders.c.tenant == tenant, orders.c.drop == drop, orders.c.state == "cleared")
    return set(db.execute(select(order_lines.c.sku).distinct().select_from(cleared).where(*mine)).scalars())


def _records(db: Connection, tenant: str, table: Any, ids: Collection[str]) -> list[Tree]:
    """Those of the ids that the table has, as JSON values, in order."""
    found: list[Tree] = []
    for part in _parts(sorted(ids)):
        rows = select(table.c.document).where(table.c.tenant == tenant, table.c.id.in_(part)).order_by(table.c.id)
        found += [json.loads(document) for document in db.execute(rows).scalars()]
    return found


def _orders(db: Connection, tenant: str, drop: str) -> Iterator[str]:
    """The cleared orders as JSON."""
    mine = (orders.c.tenant == tenant, orders.c.drop == drop, orders.c.state == "cleared")
    rows = select(orders.c.document, orders.c.cleared_at).where(*mine).order_by(orders.c.id)
    for row in db.execute(rows):
        at = row.cleared_at
        yield row.document if at is None else f'{row.document[:-1]},"cleared_at":"{codec.plain(at)}"}}'


def _stock(
    db: Connection,
    tenant: str,
    drop: str,
    hubs: Collection[str],
    skus: Collection[str],
    begun: Committed,
    now: datetime,
) -> list[Tree]:
    quantities = {cell: units for cell, units in stock.available(db, tenant, skus, now).items() if cell[0] in hubs}
    for cell, units in (*_reserved(db, tenant, drop).items(), *_begun(begun, contingency=False).items()):
        quantities[cell] = quantities.get(cell, 0) + units
    beside = lending.lent(db, tenant, drop)
    back = _begun(begun, contingency=True)
    rows = []
    for hub, sku in sorted(quantities):
        contingency, cost = beside.get((hub, sku), (0, 0))
        row = {"hub": hub, "sku": sku, "quantity": quantities[hub, sku]}
        contingency += back.get((hub, sku), 0)
        rows.append(row | ({"contingency": contingency, "contingency_cost": cost} if contingency else {}))
    return rows


def _reserved(db: Connection, tenant: str, drop: str) -> dict[Cell, int]:
    """What the cleared orders of the drop have reserved."""
    own = order_units.join(
        orders,
        (orders.c.tenant == order_units.c.tenant)
        & (orders.c.drop == order_units.c.drop)
        & (orders.c.id == order_units.c.order),
    )
    mine = (orders.c.tenant == tenant, orders.c.drop == drop, orders.c.state == "cleared")
    sums = select(order_units.c.hub, order_units.c.sku, func.sum(order_units.c.units).label("units"))
    grouped = sums.select_from(own).where(*mine).group_by(order_units.c.hub, order_units.c.sku)
    return {(row.hub, row.sku): int(row.units) for row in db.execute(grouped)}


def _begun(committed: Committed, *, contingency: bool) -> dict[Cell, int]:
    """Units that committed parcels hold, from contingency stock or from the other."""
    found: dict[Cell, int] = {}
    for parcel in committed.parcels:
        for line in parcel.lines:
            units = line.contingency if contingency else line.quantity - line.contingency
            found[parcel.hub, line.sku] = found.get((parcel.hub, line.sku), 0) + units
    return found


def _parts(names: list[str]) -> Iterator[list[str]]:
    ahead = iter(names)
    while part := list(islice(ahead, _MOST)):
        yield part
