"""A drop taken apart as a marketplace has it: the registry, stock on the shelves, settings, orders to post."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert

from api.db import stock
from api.db.tables.registry import articles, bundles, carriers, components, courier_hubs, couriers, hubs, skus
from api.db.tables.stock import stock as stock_rows
from router import codec
from router.model import Drop
from tests.db.shelves import NOW, TENANT

DATED = {"hubs": "waves", "couriers": "shift", "carriers": "collections"}


def register(db: Connection, drop: Drop, tenant: str = TENANT) -> None:
    """Puts catalog, hubs, couriers, carriers and stock of a drop into the database."""
    tree = codec.plain(drop)

    def put(table: Any, record: dict[str, Any], key: str = "id", **more: Any) -> None:
        row = {"id": record[key], "revision": 1, "created_at": NOW, "updated_at": NOW, **more}
        db.execute(insert(table).values(tenant=tenant, document=json.dumps(record), **row))

    for sku in tree["catalog"]:
        db.execute(insert(articles).values(tenant=tenant, id=sku["sku"], kind="sku"))
        put(skus, sku, "sku")
    for bundle in tree.get("bundles", ()):
        db.execute(insert(articles).values(tenant=tenant, id=bundle["sku"], kind="bundle"))
        put(bundles, bundle, "sku")
        for position, part in enumerate(bundle["components"]):
            row = {"tenant": tenant, "bundle": bundle["sku"], "position": position, **part}
            db.execute(insert(components).values(row))
    for part, table in (("hubs", hubs), ("couriers", couriers), ("carriers", carriers)):
        for record in tree.get(part, ()):
            kept = {name: value for name, value in record.items() if name != DATED[part]}
            put(table, kept, partner=record["partner"])
    for courier in drop.couriers:
        for hub in {courier.home, *courier.loads_at}:
            db.execute(insert(courier_hubs).values(tenant=tenant, courier=courier.id, hub=hub))
    units = {(row.hub, row.sku): row.quantity for row in drop.stock}
    stock.stocked(db, tenant, units)
    stock.move(db, tenant, units, reason="received", reference=None, actor="key/test", now=NOW)
    for row in drop.stock:
        cell = (stock_rows.c.tenant == tenant, stock_rows.c.hub == row.hub, stock_rows.c.sku == row.sku)
        db.execute(
            stock_rows.update().where(*cell).values(contingency=row.contingency, contingency_cost=row.contingency_cost)
        )


def settings_of(drop: Drop) -> dict[str, Any]:
    """What the marketplace says about the drop, beside what the registry knows."""
    tree = codec.plain(drop)
    dated = {
        part: [{"id": record["id"], DATED[part]: record[DATED[part]]} for record in tree[part]]
        for part in DATED
        if part in tree
    }
    kept = ("id", "currency", "timezone", "plan_at", "travel", "tiers", "split_cost")
    return {name: tree[name] for name in kept if name in tree} | dated


def orders_of(drop: Drop) -> list[dict[str, Any]]:
    """The orders as they are posted."""
    found: list[dict[str, Any]] = codec.plain(drop)["orders"]
    return found


def keen_settings_of(drop: Drop) -> dict[str, Any]:
    """The same, but nobody is left over to save money, and couriers drive."""
    settings = settings_of(drop)
    tiers = [each | {"unserved": 90_000} for each in settings["tiers"]]
    return settings | {"carriers": [], "tiers": tiers}
