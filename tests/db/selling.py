"""A drop that is open, in the database, and orders of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from api.db import accounts, articles, drops, intake, migrate, order_sums
from api.db.connect import Database, connect
from api.db.intake import Added
from api.db.order_sums import Key, Sums
from api.db.orders import listed, order_of
from api.db.tables.orders import order_units
from api.drop_settings import DropSettings, read
from api.ordering import NewOrder
from router import codec
from router.model import Drop
from tests.db.shelves import NOW, TENANT
from tests.market import orders_of, register, settings_of

IDS = (f"e{number}" for number in count())


@contextmanager
def selling(address: str, drop: Drop) -> Iterator[Database]:
    """The database at ``address`` with a marketplace that has all of ``drop`` but the orders."""
    store = connect(address, pool_size=8)
    migrate.upgrade(store)
    with store.write() as db:
        accounts.add_tenant(db, TENANT, name=TENANT, now=NOW)
        register(db, drop)
        drops.add(db, TENANT, settings(db, drop), NOW)
    yield store
    store.close()


def settings(db: Connection, drop: Drop, **changes: Any) -> DropSettings:
    tree = settings_of(drop) | changes
    return read(json.dumps(tree).encode(), partial(drops.registered, db, TENANT))


def asked(drop: Drop, **changes: Any) -> list[NewOrder]:
    """The orders of a drop as they come in."""
    return [order(each | changes) for each in orders_of(drop)]


def order(tree: dict[str, Any]) -> NewOrder:
    return codec.read_as(NewOrder, json.dumps(tree).encode(), "order")


def add(db: Connection, drop: Drop, orders: Sequence[NewOrder]) -> Added:
    hubs = [hub.id for hub in drop.hubs]
    stands = drops.stands(db, TENANT, drop.id, firm=True)
    made_of = articles.parts(db, TENANT, {line.sku for order in orders for line in order.lines})
    return intake.add(db, TENANT, stands, orders, hubs=hubs, made_of=made_of, new_id=lambda: next(IDS), now=NOW)


def outcomes(store: Database, drop: Drop, orders: Sequence[NewOrder]) -> list[str]:
    with store.write() as db:
        return [fate.outcome for fate in add(db, drop, orders).fates]


def recounted(db: Connection, drop: Drop) -> dict[Key, Sums]:
    """The sums of a drop, counted from its orders one by one."""
    found = []
    for row in db.execute(listed(TENANT, drop.id, state="cleared")):
        mine = (order_units.c.tenant == TENANT, order_units.c.drop == drop.id, order_units.c.order == row.id)
        cells = [tuple(cell) for cell in db.execute(select(order_units.c.hub, order_units.c.sku).where(*mine))]
        found.append(order_sums.of(order_of(row), cells))
    return order_sums.together(found)
