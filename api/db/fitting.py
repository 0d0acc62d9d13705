"""Whether the orders of a drop fit other settings than those under which they came."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, select

from api.db.orders import listed
from api.db.tables.orders import order_units
from api.drop_settings import DropSettings
from api.ordering import names_of
from router import faults
from router.errors import Conflict


class OrdersInTheWay(Conflict):
    """An edit of a drop would take away what orders of it need."""

    code, title = "orders-in-the-way", "Orders need what the edit takes away"

    def __init__(self, count: int, order: str, why: str) -> None:
        super().__init__(f"{count} orders would not fit the drop; {order!r}: {why}", orders=count)


def check(db: Connection, tenant: str, settings: DropSettings) -> None:
    """Raises ``OrdersInTheWay`` where the settings lack something that an order of the drop needs. O(orders)."""
    found: dict[str, str] = {}
    for order, why in _faults(db, tenant, settings):
        found.setdefault(order, why)
    if found:
        raise OrdersInTheWay(len(found), *min(found.items()))


def _faults(db: Connection, tenant: str, settings: DropSettings) -> Iterator[tuple[str, str]]:
    """Orders that do not fit, each with why."""
    names = names_of(settings)
    for row in db.execute(listed(tenant, settings.id)):
        if row.state != "cancelled":
            for fault in faults.of_order(json.loads(row.document), names):
                yield row.id, f"{fault.pointer} {fault.message}"
    mine = (order_units.c.tenant == tenant, order_units.c.drop == settings.id)
    gone = order_units.c.hub.not_in([hub.id for hub in settings.hubs])
    for unit in db.execute(select(order_units.c.order, order_units.c.hub).where(*mine, gone)):
        yield unit.order, f"its stock is reserved at hub {unit.hub!r}"
