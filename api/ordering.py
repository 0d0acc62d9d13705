"""An order as a marketplace posts it, changes it and sees it."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Len

from api.drop_settings import DropSettings
from router import codec, faults
from router.errors import Fault
from router.faults import Names
from router.model import BY_TIER, Component, Id, Location, Order, Record, Seconds

State: TypeAlias = Literal["held", "cleared", "cancelled"]
StockState: TypeAlias = Literal["reserved", "short", "taken", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient(Record):
    """Whom the courier meets: personal data, in no event and no log."""

    name: Annotated[str, Len(1, 500)] | None = None
    phone: Annotated[str, Len(1, 500)] | None = None
    address: Annotated[str, Len(1, 2000)] | None = None
    note: Annotated[str, Len(1, 2000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder(Order):
    """One basket as it is posted. What ``hold`` keeps becomes the order's; ``on_hold``: fraud review is not through."""

    hold: Id | None = None
    on_hold: bool = False
    recipient: Recipient | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange(Record):
    """All of an order that may change, as it shall be."""

    tier: Id
    location: Location
    lines: Annotated[tuple[Component, ...], Len(1)]
    not_before: datetime | None = None
    ship_by: datetime | None = BY_TIER
    deliver_by: datetime | None = BY_TIER
    hubs: tuple[Id, ...] | None = None
    service_seconds: Seconds = 0
    recipient: Recipient | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder(Order):
    """One basket as it stands. ``stock``: whether units are reserved for it, or none were left."""

    drop: Id
    state: State
    stock: StockState
    created_at: datetime
    updated_at: datetime
    recipient: Recipient | None = None


_OF_ORDER = tuple(each.name for each in fields(Order))
Reads: TypeAlias = Callable[[dict[str, Any]], list[Fault]]


def names_of(settings: DropSettings) -> Names:
    """What an order of the drop may name; which SKUs there are is asked of the registry."""
    return faults.names_of(codec.plain(settings))


def look(names: Names, sold: Callable[[set[str]], Set[str]]) -> Reads:
    """Finds every fault of an order, posted or changed, that its form does not show.

    ``sold`` gives those of some names that the registry has as a SKU or bundle; it may give more.
    """

    def seen(tree: dict[str, Any]) -> list[Fault]:
        found = faults.of_order(tree, replace(names, sold=sold(skus_of(tree))))
        if tree.get("on_hold") is True and tree.get("cleared_at") is not None:
            message = "says when fraud review let the order through, and on_hold that it has not; keep one"
            found.append(Fault(pointer="/cleared_at", code="held-and-cleared", message=message))
        return found

    return seen


def skus_of(tree: dict[str, Any]) -> set[str]:
    """The SKUs and bundles that the lines of an order name, whatever else is wrong with it."""
    lines = tree.get("lines")
    found = (line.get("sku") for line in lines if isinstance(line, dict)) if isinstance(lines, list) else ()
    return {sku for sku in found if isinstance(sku, str) and "\0" not in sku}


def as_in_drop(order: Order) -> Order:
    """The order as a drop has it, before anybody clears it."""
    return Order(**{name: getattr(order, name) for name in _OF_ORDER} | {"cleared_at": None})
