"""The drop: everything the solver may know. One record per object of ``dropwright.drop/1``, same names, same units.

Money is integer minor units, spans are integer seconds, distance metres, mass grams, volume millilitres; times are
aware datetimes compared as instants. Coordinates and the two travel factors are the only floats. Records are plain:
whatever contradicts something elsewhere in the document is found by ``router.faults`` before a record is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Protocol, TypeVar

from annotated_types import Ge, Gt, Le, Len

DROP_FORMAT = "dropwright.drop/1"
LARGEST = 2**53 - 1
"""The largest integer that every JSON reader keeps exact; no count or amount may exceed it."""

BY_TIER = datetime.max.replace(tzinfo=UTC)
"""``ship_by`` or ``deliver_by`` was absent: the tier's promise counts. No document can spell this instant."""

Id = Annotated[str, Len(1, 200)]
Count = Annotated[int, Ge(0), Le(LARGEST)]
Quantity = Annotated[int, Ge(1), Le(LARGEST)]
Money = Annotated[int, Ge(0), Le(LARGEST)]
Seconds = Annotated[int, Ge(0), Le(LARGEST)]
Factor = Annotated[float, Gt(0), Le(1e6)]


class Record:
    """Base of every record of the two formats: unknown fields are refused, nothing is coerced."""

    __slots__ = ()
    __pydantic_config__: ClassVar = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Location(Record):
    """A point (``lat``, ``lon`` in degrees) or, under matrix travel, the index of a place."""

    lat: Annotated[float, Ge(-90), Le(90)] | None = None
    lon: Annotated[float, Ge(-180), Le(180)] | None = None
    place: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Record):
    """How one kind of courier moves. Which fields are given depends on ``Travel.kind``."""

    detour: Factor | None = None
    metres_per_second: Factor | None = None
    metres: tuple[tuple[Count | None, ...], ...] | None = None
    seconds: tuple[tuple[Count | None, ...], ...] | None = None
    costing: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel(Record):
    """Where metres and seconds come from: a sphere, given matrices, or roads of an OpenStreetMap extract."""

    kind: Literal["great_circle", "matrix", "road"]
    profiles: dict[Id, Profile]
    places: Count | None = None
    extract: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku(Record):
    """One article of a seller, its mass and volume, and the handling classes its carriage needs."""

    sku: Id
    seller: str
    grams: Count
    millilitres: Count
    handling: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Component(Record):
    """``quantity`` of a SKU: a part of a bundle, or a line of an order."""

    sku: Id
    quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle(Record):
    """A SKU that is sold as one and picked as its components."""

    sku: Id
    components: Annotated[tuple[Component, ...], Len(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Record):
    """From more than ``after`` seconds late, ``amount`` minor units."""

    after: Seconds
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty(Record):
    """What lateness costs: the highest step passed, plus ``per_minute`` begun, at most ``cap``."""

    steps: tuple[Step, ...] = ()
    per_minute: Money = 0
    cap: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier(Record):
    """A promise sold to the buyer: spans from clearance (seconds), and the price of breaking it."""

    id: Id
    ship_within: Seconds | None = None
    deliver_within: Seconds | None = None
    late_shipping: Penalty | None = None
    late_delivery: Penalty | None = None
    unserved: Money = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave(Record):
    """A picking wave of a hub: ``lines`` parcel lines can be picked; the parcels are ready at ``end``."""

    id: Id
    start: datetime
    end: datetime
    lines: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub(Record):
    """A micro-fulfilment hub, its waves and its handling prices (minor units)."""

    id: Id
    partner: str
    location: Location
    waves: tuple[Wave, ...]
    cost_per_parcel: Money = 0
    cost_per_line: Money = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock(Record):
    """Units of a SKU at a hub; ``contingency`` lies beside ``quantity`` and costs extra a unit."""

    hub: Id
    sku: Id
    quantity: Count
    contingency: Count = 0
    contingency_cost: Money = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift(Record):
    """When a courier may be loading or under way."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity(Record):
    """What one trip may carry; ``None`` is no limit."""

    grams: Count | None = None
    millilitres: Count | None = None
    parcels: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierCost(Record):
    """Minor units: once if used, a kilometre, an hour from first load to last return."""

    fixed: Money = 0
    per_km: Money = 0
    per_hour: Money = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier(Record):
    """A rider or van that makes trips from ``hubs`` (absent: its home) within its shift."""

    id: Id
    partner: str
    profile: Id
    home: Id
    hubs: tuple[Id, ...] | None = None
    shift: Shift
    max_duty_seconds: Seconds | None = None
    capacity: Capacity = Capacity()
    handling: tuple[Id, ...] = ()
    load_seconds: Seconds = 0
    max_trips: Count | None = None
    cost: CourierCost = CourierCost()

    @property
    def loads_at(self) -> tuple[str, ...]:
        """The hubs where this courier may load."""
        return (self.home,) if self.hubs is None else self.hubs


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Record):
    """A carrier's fixed collection at a hub and when what it takes is delivered."""

    id: Id
    hub: Id
    at: datetime
    delivered_at: datetime
    parcels: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffStep(Record):
    """``amount`` minor units for a parcel of at most ``up_to_grams``."""

    up_to_grams: Count
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier(Record):
    """A parcel carrier: collections and a tariff by weight."""

    id: Id
    partner: str
    handling: tuple[Id, ...] = ()
    collections: tuple[Collection, ...]
    tariff: Annotated[tuple[TariffStep, ...], Len(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Record):
    """One basket. ``ship_by`` and ``deliver_by``: ``None`` is no promise, ``BY_TIER`` is the tier's."""

    id: Id
    placed_at: datetime
    cleared_at: datetime | None = None
    tier: Id
    location: Location
    lines: Annotated[tuple[Component, ...], Len(1)]
    not_before: datetime | None = None
    ship_by: datetime | None = BY_TIER
    deliver_by: datetime | None = BY_TIER
    hubs: tuple[Id, ...] | None = None
    service_seconds: Seconds = 0

    @property
    def clear_at(self) -> datetime:
        """When fraud review let the order through: ``cleared_at``, or ``placed_at`` where that is absent."""
        return self.placed_at if self.cleared_at is None else self.cleared_at

    def ship_due(self, tier: Tier) -> datetime | None:
        """The instant by which the order must have left its hub, or ``None``."""
        return self._due(self.ship_by, tier.ship_within)

    def deliver_due(self, tier: Tier) -> datetime | None:
        """The instant by which the order must have been delivered, or ``None``."""
        return self._due(self.deliver_by, tier.deliver_within)

    def _due(self, given: datetime | None, within_s: int | None) -> datetime | None:
        if given is not BY_TIER and given != BY_TIER:
            return given
        try:
            return None if within_s is None else self.clear_at + timedelta(seconds=within_s)
        except OverflowError:  # due after the year 9999: never late
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelLine(Record):
    """``quantity`` of a component SKU in a parcel; ``contingency`` of these come from contingency stock."""

    sku: Id
    quantity: Quantity
    contingency: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel(Record):
    """What one hub picks for one order in one wave, and how it travels: on a trip or by a collection."""

    id: Id
    order: Id
    hub: Id
    wave: Id
    lines: tuple[ParcelLine, ...]
    trip: Id | None = None
    collection: Id | None = None
    ready_at: datetime
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Record):
    """One visit to one order: all of its parcels on this trip are handed over."""

    order: Id
    parcels: tuple[Id, ...]
    arrive_at: datetime
    start_at: datetime
    leave_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip(Record):
    """A courier loads at ``hub``, makes its stops and returns to ``return_to``; ``metres`` counts every leg."""

    id: Id
    courier: Id
    hub: Id
    load_at: datetime
    depart_at: datetime
    stops: tuple[Stop, ...]
    return_to: Id
    return_at: datetime
    metres: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed(Record):
    """Parcels and trips of an earlier plan that have begun and must stand."""

    parcels: tuple[Parcel, ...] = ()
    trips: tuple[Trip, ...] = ()

    def by_courier(self) -> dict[str, tuple[Trip, ...]]:
        """The trips of each courier that has any, in the order in which they are driven."""
        found: dict[str, tuple[Trip, ...]] = {}
        for trip in sorted(self.trips, key=lambda trip: trip.load_at):
            found[trip.courier] = (*found.get(trip.courier, ()), trip)
        return found


@dataclass(frozen=True, kw_only=True)
class Drop(Record):
    """All orders of a drop with the stock, hubs, couriers and carriers that may serve them."""

    format: Literal["dropwright.drop/1"]
    id: Id
    currency: Annotated[str, Len(3, 3)]
    timezone: str
    plan_at: datetime
    travel: Travel
    catalog: tuple[Sku, ...]
    bundles: tuple[Bundle, ...] = ()
    tiers: tuple[Tier, ...]
    hubs: tuple[Hub, ...]
    stock: tuple[Stock, ...]
    couriers: tuple[Courier, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    orders: tuple[Order, ...]
    split_cost: Money = 0
    committed: Committed = field(default_factory=Committed)

    def __getstate__(self) -> dict[str, object]:
        """The fields alone: what is cached may come to be while another thread hands the drop to a process."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def _parts(self) -> dict[str, tuple[Component, ...]]:
        return {bundle.sku: bundle.components for bundle in self.bundles}

    def wants(self, order: Order) -> dict[str, int]:
        """Units of each component SKU that ``order`` asks for, bundles taken apart, equal SKUs added up."""
        wanted: dict[str, int] = {}
        for line in order.lines:
            for part in self._parts.get(line.sku, (Component(sku=line.sku, quantity=1),)):
                wanted[part.sku] = wanted.get(part.sku, 0) + part.quantity * line.quantity
        return wanted


class Named(Protocol):
    """A record that has an id."""

    @property
    def id(self) -> str: ...


_Named = TypeVar("_Named", bound=Named)


def named(records: Iterable[_Named]) -> dict[str, _Named]:
    """Records by their ``id``, in order."""
    return {record.id: record for record in records}
