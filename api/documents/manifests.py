"""What a courier takes along on a trip: the records behind a manifest, whatever its format.

A courier learns where to go, whom to meet, what each parcel weighs and how it wants to be handled; not what is in it,
whose it is, or what anything costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from api.ordering import Recipient
from router.model import Drop, Hub, Location, Order, Parcel, Sku, Stop, Tier, named
from router.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestHub:
    """A hub, as somebody sees it who loads or returns there."""

    id: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestParcel:
    """One parcel: its mass, and the handling classes of what is in it, sorted."""

    parcel: str
    grams: int
    handling: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestStop:
    """One stop: ``number`` counts from 1. ``count``, ``grams``, ``handling`` sum up its parcels."""

    number: int
    order: str
    location: Location
    recipient: Recipient
    arrive_at: datetime
    start_at: datetime
    leave_at: datetime
    not_before: datetime | None
    deliver_by: datetime | None
    parcels: tuple[ManifestParcel, ...]
    count: int
    grams: int
    handling: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One trip: where it loads, its stops in order, where it returns. Times are UTC. ``count``, ``grams``,
    ``handling`` sum up all that is loaded; ``metres`` counts every leg, the return included."""

    drop: str
    plan_version: int | None
    trip: str
    courier: str
    partner: str
    timezone: str
    hub: ManifestHub
    load_at: datetime
    depart_at: datetime
    stops: tuple[ManifestStop, ...]
    return_to: ManifestHub
    return_at: datetime
    metres: int
    count: int
    grams: int
    handling: tuple[str, ...]


def manifests(
    drop: Drop,
    plan: Plan,
    *,
    plan_version: int | None = None,
    recipients: Mapping[str, Recipient] | None = None,
) -> tuple[Manifest, ...]:
    """One manifest for each trip of a valid plan, in the plan's order; committed trips too, since they stand in it.

    ``recipients``: order to whom the courier meets. Pure. O(parcel lines).
    """
    couriers, hubs, orders, tiers = named(drop.couriers), named(drop.hubs), named(drop.orders), named(drop.tiers)
    loads = _loads(drop, plan.parcels)
    known = recipients or {}
    made = []
    for trip in plan.trips:
        stops = []
        for number, stop in enumerate(trip.stops, start=1):
            order = orders[stop.order]
            stops.append(_stop(number, stop, order, tiers[order.tier], loads, known.get(order.id, Recipient())))
        made.append(
            Manifest(
                drop=drop.id,
                plan_version=plan_version,
                trip=trip.id,
                courier=trip.courier,
                partner=couriers[trip.courier].partner,
                timezone=drop.timezone,
                hub=_hub(hubs[trip.hub]),
                load_at=trip.load_at.astimezone(UTC),
                depart_at=trip.depart_at.astimezone(UTC),
                stops=tuple(stops),
                return_to=_hub(hubs[trip.return_to]),
                return_at=trip.return_at.astimezone(UTC),
                metres=trip.metres,
                count=sum(stop.count for stop in stops),
                grams=sum(stop.grams for stop in stops),
                handling=_together(stop.handling for stop in stops),
            )
        )
    return tuple(made)


def _stop(
    number: int, stop: Stop, order: Order, tier: Tier, loads: Mapping[str, ManifestParcel], recipient: Recipient
) -> ManifestStop:
    parcels = tuple(loads[parcel] for parcel in stop.parcels)
    due = order.deliver_due(tier)
    return ManifestStop(
        number=number,
        order=order.id,
        location=order.location,
        recipient=recipient,
        arrive_at=stop.arrive_at.astimezone(UTC),
        start_at=stop.start_at.astimezone(UTC),
        leave_at=stop.leave_at.astimezone(UTC),
        not_before=order.not_before and order.not_before.astimezone(UTC),
        deliver_by=due and due.astimezone(UTC),
        parcels=parcels,
        count=len(parcels),
        grams=sum(each.grams for each in parcels),
        handling=_together(each.handling for each in parcels),
    )


def _loads(drop: Drop, parcels: Iterable[Parcel]) -> dict[str, ManifestParcel]:
    catalog: dict[str, Sku] = {article.sku: article for article in drop.catalog}
    return {
        parcel.id: ManifestParcel(
            parcel=parcel.id,
            grams=sum(catalog[line.sku].grams * line.quantity for line in parcel.lines),
            handling=_together(catalog[line.sku].handling for line in parcel.lines),
        )
        for parcel in parcels
    }


def _together(classes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for each in classes for name in each}))


def _hub(hub: Hub) -> ManifestHub:
    return ManifestHub(id=hub.id, location=hub.location)
