"""From a plan back to what was decided in it, so that a search can go on from any valid plan."""

from __future__ import annotations

from router.draft import Draft, DraftParcel, DraftTrip
from router.model import Drop, Parcel
from router.plan import Plan


def from_plan(drop: Drop, plan: Plan) -> Draft:
    """The decisions of a valid plan, without its times: what ``router.schedule.finish`` makes a plan of.

    Committed trips, and committed parcels that travel as they did, are left out, as engines leave them out.
    Contingency is not kept: it follows from who takes what. Pure. O(parcels + stops).
    """
    begun = {parcel.id for parcel in drop.committed.parcels}
    settled = {trip.id for trip in drop.committed.trips}
    away = {parcel.id for parcel in drop.committed.parcels if parcel.trip is not None or parcel.collection is not None}

    def decided(parcel: Parcel) -> DraftParcel:
        picked = parcel.id in begun
        return DraftParcel(
            order=parcel.order,
            hub=parcel.hub,
            wave="" if picked else parcel.wave,
            lines=tuple((line.sku, line.quantity) for line in parcel.lines),
            collection=parcel.collection,
            committed=parcel.id if picked else None,
        )

    parcels = {parcel.id: decided(parcel) for parcel in plan.parcels if parcel.id not in away}
    trips = sorted(
        (trip for trip in plan.trips if trip.id not in settled), key=lambda trip: (trip.load_at, trip.return_at)
    )
    return Draft(
        carried=tuple(each for each in parcels.values() if each.collection is not None),
        trips=tuple(
            DraftTrip(
                courier=trip.courier,
                hub=trip.hub,
                visits=tuple(tuple(parcels[name] for name in stop.parcels) for stop in trip.stops),
            )
            for trip in trips
        ),
    )


def start(drop: Drop, plan: Plan) -> Draft | None:
    """The draft that a search begins with; ``None`` where the decisions of a valid plan hold only with its own times.

    New trips are timed after the committed ones of their courier, and a plan may have some before them.
    Pure. O(parcels + stops).
    """
    begun = drop.committed.by_courier()
    for trip in plan.trips:
        own = begun.get(trip.courier, ())
        if own and trip.load_at < own[-1].load_at and trip.id not in {each.id for each in own}:
            return None
    return from_plan(drop, plan)
