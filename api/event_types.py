"""The types of events that the service tells of. What each one says: docs/events.md."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

EventType: TypeAlias = Literal[
    "bundle.added",
    "bundle.changed",
    "bundle.removed",
    "carrier.added",
    "carrier.changed",
    "carrier.removed",
    "courier.added",
    "courier.changed",
    "courier.removed",
    "drop.cancelled",
    "drop.changed",
    "drop.closed",
    "drop.created",
    "drop.reopened",
    "hold.created",
    "hold.extended",
    "hold.released",
    "hub.added",
    "hub.changed",
    "hub.removed",
    "loan.changed",
    "loan.lent",
    "loan.returned",
    "order.cancelled",
    "order.changed",
    "order.cleared",
    "order.held",
    "order.placed",
    "override.added",
    "override.removed",
    "pick-list.released",
    "pick-list.withdrawn",
    "plan.made",
    "plan.released",
    "sku.added",
    "sku.changed",
    "sku.removed",
    "stock.moved",
    "trip.released",
    "trip.withdrawn",
    "webhook.disabled",
    "webhook.test",
]
"""The type of an event."""

TYPES: Final = frozenset(get_args(EventType))
