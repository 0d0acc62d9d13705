"""What of a released plan has begun, by the log and by what still holds, and the records that a new plan must keep.

A pick list has begun with the first event about one of its parcels, a trip when its courier took a parcel. Whatever has
not begun is withdrawn when the drop is opened again, so from then on what still holds is what has begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from api.db import pick_lists, plans, sla_log, trips
from api.db.plans import PlanEntry
from router import codec
from router.model import Committed, Drop, Parcel
from router.plan import Plan

LEFT = (
    "parcel.handed_over",
    "parcel.out_for_delivery",
    "parcel.attempt_failed",
    "parcel.delivered",
    "parcel.returned",
)
"""Types of events that say that a parcel has left its hub."""

PICKED = ("pick.started", "pick.short", "pick.completed", "parcel.packed", "parcel.manifested", *LEFT)
"""Types of events that say that picking a parcel has begun at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A released plan, and what of it holds: ids of pick lists by hub and wave, of trips by their ids in the plan."""

    entry: PlanEntry
    planned: Drop
    plan: Plan
    lists: Mapping[tuple[str, str], str]
    trips: Mapping[str, str]

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Those that were released with it."""
        return new_parcels(self.planned, self.plan)


def new_parcels(planned: Drop, plan: Plan) -> tuple[Parcel, ...]:
    """The parcels of a plan but for those that had begun before: these were released with an earlier version."""
    before = {parcel.id for parcel in planned.committed.parcels}
    return tuple(parcel for parcel in plan.parcels if parcel.id not in before)


def handed(db: Connection, tenant: str, drop: str) -> Handed | None:
    """The newest released plan of a drop with what of it holds; ``None`` where none was released."""
    entry = plans.last_released(db, tenant, drop)
    if entry is None:
        return None
    return Handed(
        entry=entry,
        planned=codec.read_drop(plans.spelt(db, tenant, drop, entry.version, "drop")),
        plan=codec.read_plan(plans.spelt(db, tenant, drop, entry.version, "plan")),
        lists=pick_lists.held(db, tenant, drop, entry.version),
        trips=trips.held(db, tenant, drop, entry.version),
    )


def told(db: Connection, tenant: str, known: Handed) -> tuple[set[tuple[str, str]], set[str]]:
    """Hub and wave of the lists that have begun, and the trips, by what arrived since the release. O(parcels).

    An event is about the parcel that its subject names, else about those of its order, at its hub where it has one; one
    about ``pick-list/<id>`` is about all of them. A list is begun too where a trip that has begun took something of it.
    """
    named = {f"parcel/{parcel.id}": parcel for parcel in known.parcels}
    ids = {f"pick-list/{name}": key for key, name in known.lists.items()}
    of_order: dict[str, list[Parcel]] = {}
    for parcel in known.parcels:
        of_order.setdefault(parcel.order, []).append(parcel)
    lists: set[tuple[str, str]] = set()
    driven: set[str] = set()
    happened = sla_log.since(
        db,
        tenant,
        PICKED,
        orders=of_order,
        subjects=[*named, *ids],
        received_at=known.entry.released_at or known.entry.created_at,
    )
    for each in happened:
        if each.subject in ids:
            lists.add(ids[each.subject])
        one = named.get(each.subject)
        about = [own for own in of_order.get(each.order or "", ()) if each.hub in (None, own.hub)]
        if one is not None and each.order in (None, one.order):
            about = [one]
        lists |= {(own.hub, own.wave) for own in about}
        driven |= {own.trip for own in about if own.trip is not None and each.type in LEFT}
    lists |= {(parcel.hub, parcel.wave) for parcel in known.parcels if parcel.trip in driven}
    return lists & known.lists.keys(), driven & known.trips.keys()


def committed(db: Connection, tenant: str, drop: str) -> Committed:
    """What a new plan of a drop that was opened again must keep; nothing where no plan was released."""
    known = handed(db, tenant, drop)
    return Committed() if known is None else kept(known)


def kept(known: Handed) -> Committed:
    """The records of what holds: of a parcel that is on no trip under way, not more than its goods and its wave.

    A parcel for a carrier keeps its collection, since its label is printed. Pure. O(parcels).
    """
    before = known.planned.committed
    under_way = {*known.trips, *(trip.id for trip in before.trips)}

    def parcels() -> Iterator[Parcel]:
        begun = {parcel.id for parcel in before.parcels}
        for parcel in known.plan.parcels:
            if parcel.trip in under_way:
                yield parcel
            elif parcel.id in begun or (parcel.hub, parcel.wave) in known.lists:
                stays = parcel.collection is not None
                yield parcel if stays else replace(parcel, trip=None, shipped_at=None, delivered_at=None)

    trips_kept = tuple(trip for trip in known.plan.trips if trip.id in under_way)
    return Committed(parcels=tuple(parcels()), trips=trips_kept)
