"""What the registry keeps of each kind: the records of a drop without what is dated, and with a name to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Len

from router.model import (
    Capacity,
    Component,
    Count,
    CourierCost,
    Id,
    Location,
    Money,
    Record,
    Seconds,
    TariffStep,
)

Title = Annotated[str, Len(1, 200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuEntry(Record):
    """One article of a seller: mass in grams, volume in millilitres, and the handling classes its carriage needs."""

    sku: Id
    seller: Id
    grams: Count
    millilitres: Count
    handling: tuple[Id, ...] = ()
    title: Title | None = None

    @property
    def id(self) -> str:
        """The SKU itself."""
        return self.sku


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleEntry(Record):
    """What is sold as one and picked as its components, which are SKUs."""

    sku: Id
    components: Annotated[tuple[Component, ...], Len(1)]
    title: Title | None = None

    @property
    def id(self) -> str:
        """The name under which it is sold."""
        return self.sku


@dataclass(frozen=True, slots=True, kw_only=True)
class HubEntry(Record):
    """A hub: its partner, its place and its handling prices in minor units. Waves belong to a drop."""

    id: Id
    partner: Id
    location: Location
    cost_per_parcel: Money = 0
    cost_per_line: Money = 0
    name: Title | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierEntry(Record):
    """A rider or van: where it loads, what it carries, what it costs. Shifts belong to a drop."""

    id: Id
    partner: Id
    profile: Id
    home: Id
    hubs: tuple[Id, ...] | None = None
    max_duty_seconds: Seconds | None = None
    capacity: Capacity = field(default_factory=Capacity)
    handling: tuple[Id, ...] = ()
    load_seconds: Seconds = 0
    max_trips: Count | None = None
    cost: CourierCost = field(default_factory=CourierCost)
    name: Title | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierEntry(Record):
    """A parcel carrier and its tariff by weight. Collections belong to a drop."""

    id: Id
    partner: Id
    handling: tuple[Id, ...] = ()
    tariff: Annotated[tuple[TariffStep, ...], Len(1)]
    name: Title | None = None
