"""Drop and plan side by side, indexed once, for the rules to look things up in.

Whatever the plan refers to may be unknown: every lookup of a rule allows for that, since R0 has reported it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from router.model import (
    Carrier,
    Collection,
    Courier,
    Drop,
    Hub,
    Order,
    Parcel,
    Sku,
    Stock,
    Stop,
    Trip,
    Wave,
)
from router.plan import Plan

Remark = tuple[str, str]
"""Where (a JSON pointer into the plan) and what is wrong there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One drop and one plan of it. Rows are pairs of a JSON pointer and a record, in the plan's order."""

    drop: Drop
    plan: Plan
    skus: dict[str, Sku]
    orders: dict[str, Order]
    hubs: dict[str, Hub]
    waves: dict[tuple[str, str], Wave]
    stock: dict[tuple[str, str], Stock]
    couriers: dict[str, Courier]
    collections: dict[str, tuple[Carrier, Collection]]
    parcels: list[tuple[str, Parcel]]
    trips: list[tuple[str, Trip]]
    parcel: dict[str, Parcel]
    trip: dict[str, Trip]
    of_order: dict[str, list[tuple[str, Parcel]]]
    of_trip: dict[str, list[tuple[str, Parcel]]]
    visits: dict[tuple[str, str], list[Stop]]
    """By trip and parcel, the stops that list the parcel, once for every time they do."""

    def grams(self, parcel: Parcel) -> int:
        """What the parcel weighs, unknown SKUs left out."""
        return sum(self.skus[line.sku].grams * line.quantity for line in parcel.lines if line.sku in self.skus)

    def millilitres(self, parcel: Parcel) -> int:
        """The volume of the parcel, unknown SKUs left out."""
        known = (line for line in parcel.lines if line.sku in self.skus)
        return sum(self.skus[line.sku].millilitres * line.quantity for line in known)


def open_case(drop: Drop, plan: Plan) -> Case:
    """The two documents, indexed. Of two records with one id the first counts as the bearer of the id."""
    parcels = [(f"/parcels/{index}", parcel) for index, parcel in enumerate(plan.parcels)]
    trips = [(f"/trips/{index}", trip) for index, trip in enumerate(plan.trips)]
    of_order: defaultdict[str, list[tuple[str, Parcel]]] = defaultdict(list)
    of_trip: defaultdict[str, list[tuple[str, Parcel]]] = defaultdict(list)
    visits: defaultdict[tuple[str, str], list[Stop]] = defaultdict(list)
    for where, parcel in parcels:
        of_order[parcel.order].append((where, parcel))
        if parcel.trip is not None:
            of_trip[parcel.trip].append((where, parcel))
    for _, trip in trips:
        for stop in trip.stops:
            for name in stop.parcels:
                visits[trip.id, name].append(stop)
    return Case(
        drop=drop,
        plan=plan,
        skus={sku.sku: sku for sku in drop.catalog},
        orders={order.id: order for order in drop.orders},
        hubs={hub.id: hub for hub in drop.hubs},
        waves={(hub.id, wave.id): wave for hub in drop.hubs for wave in hub.waves},
        stock={(row.hub, row.sku): row for row in drop.stock},
        couriers={courier.id: courier for courier in drop.couriers},
        collections={each.id: (carrier, each) for carrier in drop.carriers for each in carrier.collections},
        parcels=parcels,
        trips=trips,
        parcel={parcel.id: parcel for _, parcel in reversed(parcels)},
        trip={trip.id: trip for _, trip in reversed(trips)},
        of_order=dict(of_order),
        of_trip=dict(of_trip),
        visits=dict(visits),
    )
