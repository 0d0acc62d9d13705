"""The kinds of the registry: which records they keep, what those refer to, and what of them lies in tables beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import Table

from api.db.tables import registry as tables
from api.entries import BundleEntry, CarrierEntry, CourierEntry, HubEntry, SkuEntry
from router.errors import Fault

Entry = TypeVar("Entry", bound=SkuEntry | BundleEntry | HubEntry | CourierEntry | CarrierEntry)
Named: TypeAlias = tuple[str, Table, str]
"""Where in a record another one is named (a JSON pointer), of which kind (its table), and its id."""


def _nothing(_entry: Any) -> tuple[()]:
    return ()


def _no_columns(_entry: Any) -> dict[str, Any]:
    return {}


def _partner(entry: HubEntry | CourierEntry | CarrierEntry) -> dict[str, Any]:
    return {"partner": entry.partner}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Entry]):
    """One kind. ``what`` names it in sentences and events, ``key`` is the field that holds its id.

    ``columns``: fields that have columns of their own; ``names``: the records that one refers to; ``wrong``: faults
    that its form does not show; ``beside``: the table of what it is made of, the column there that names it, and the
    other columns of its rows.
    """

    what: str
    record: type[Entry]
    table: Table
    key: str = "id"
    is_article: bool = False
    columns: Callable[[Entry], dict[str, Any]] = _no_columns
    names: Callable[[Entry], Iterable[Named]] = _nothing
    wrong: Callable[[Entry], Iterable[Fault]] = _nothing
    beside: tuple[Table, str, Callable[[Entry], list[dict[str, Any]]]] | None = None


def _component_skus(entry: BundleEntry) -> Iterator[Named]:
    for index, part in enumerate(entry.components):
        yield f"/components/{index}/sku", tables.skus, part.sku


def _component_rows(entry: BundleEntry) -> list[dict[str, Any]]:
    return [
        {"position": index, "sku": part.sku, "quantity": part.quantity} for index, part in enumerate(entry.components)
    ]


def _courier_hubs(entry: CourierEntry) -> Iterator[Named]:
    yield "/home", tables.hubs, entry.home
    for index, hub in enumerate(entry.hubs or ()):
        yield f"/hubs/{index}", tables.hubs, hub


def _courier_rows(entry: CourierEntry) -> list[dict[str, Any]]:
    return [{"hub": hub} for hub in sorted({entry.home, *(entry.hubs or ())})]


def _nowhere(entry: HubEntry) -> Iterator[Fault]:
    """A location needs a point or a place; which of them, a drop's travel says."""
    at = entry.location
    for name, value, other in (("lat", at.lat, at.lon), ("lon", at.lon, at.lat)):
        if value is None and (other is not None or at.place is None):
            yield Fault(pointer=f"/location/{name}", code="missing-field", message="is required and absent")


def _not_ascending(entry: CarrierEntry) -> Iterator[Fault]:
    last = -1
    for index, step in enumerate(entry.tariff):
        if step.up_to_grams <= last:
            message = f"is not above the {last} g of an earlier step; order the steps by weight"
            yield Fault(pointer=f"/tariff/{index}/up_to_grams", code="not-ascending", message=message)
        last = max(last, step.up_to_grams)


SKUS = Kind(what="sku", record=SkuEntry, table=tables.skus, key="sku", is_article=True)
BUNDLES = Kind(
    what="bundle",
    record=BundleEntry,
    table=tables.bundles,
    key="sku",
    is_article=True,
    names=_component_skus,
    beside=(tables.components, "bundle", _component_rows),
)
HUBS = Kind(what="hub", record=HubEntry, table=tables.hubs, columns=_partner, wrong=_nowhere)
COURIERS = Kind(
    what="courier",
    record=CourierEntry,
    table=tables.couriers,
    columns=_partner,
    names=_courier_hubs,
    beside=(tables.courier_hubs, "courier", _courier_rows),
)
CARRIERS = Kind(what="carrier", record=CarrierEntry, table=tables.carriers, columns=_partner, wrong=_not_ascending)
