"""R4 one way out, R5 loading, R6 capacity, R9 collection and R10 times: how a parcel leaves its hub."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Iterator

from router.check.case import Case, Remark
from router.model import Parcel, Trip
from router.price import instant


def way_out(case: Case) -> Iterator[Remark]:
    """R4: every parcel is in one stop of its trip or on one collection; no trip or stop carries nothing."""
    for where, parcel in case.parcels:
        if parcel.trip is None and parcel.collection is None:
            yield where, f"parcel {parcel.id!r} has neither a trip nor a collection"
        if parcel.trip is not None and parcel.collection is not None:
            yield where, f"parcel {parcel.id!r} has both a trip and a collection"
        if parcel.trip in case.trip:
            times = len(case.visits.get((parcel.trip, parcel.id), ()))
            if times != 1:
                how = "missing from" if times == 0 else f"{times} times in"
                yield f"{where}/trip", f"parcel {parcel.id!r} is {how} the stops of trip {parcel.trip!r}"
    for where, trip in case.trips:
        yield from _stops(case, where, trip)


def loading(case: Case) -> Iterator[Remark]:
    """R5: a trip loads what is ready, where it lies and where the courier may load, and takes its time."""
    begun = {trip.id for trip in case.drop.committed.trips}
    plan_at = instant(case.drop.plan_at)
    for where, trip in case.trips:
        courier, load = case.couriers.get(trip.courier), instant(trip.load_at)
        loaded = case.of_trip.get(trip.id, [])
        late = [parcel.id for _, parcel in loaded if instant(parcel.ready_at) > load]
        if late:
            yield f"{where}/load_at", f"is before these parcels are ready: {', '.join(map(repr, late))}"
        if load < plan_at and trip.id not in begun:
            yield f"{where}/load_at", f"is {plan_at - load} s before plan_at"
        for spot, parcel in loaded:
            if parcel.hub != trip.hub:
                yield (
                    f"{spot}/hub",
                    f"parcel {parcel.id!r} lies at another hub than {trip.hub!r}, where its trip loads",
                )
        if courier is None:
            continue
        if trip.hub not in courier.loads_at:
            yield f"{where}/hub", f"courier {courier.id!r} may not load at hub {trip.hub!r}"
        short_s = load + courier.load_seconds - instant(trip.depart_at)
        if short_s > 0:
            yield (
                f"{where}/depart_at",
                f"is {short_s} s before the {courier.load_seconds} s of loading are over",
            )


def capacity(case: Case) -> Iterator[Remark]:
    """R6: a trip holds no more than the courier can carry, and whoever carries a SKU may handle it."""
    for where, trip in case.trips:
        courier = case.couriers.get(trip.courier)
        if courier is None:
            continue
        loaded, limits = case.of_trip.get(trip.id, []), courier.capacity
        for what, load, limit in (
            ("grams", sum(case.grams(parcel) for _, parcel in loaded), limits.grams),
            ("millilitres", sum(case.millilitres(parcel) for _, parcel in loaded), limits.millilitres),
            ("parcels", len(loaded), limits.parcels),
        ):
            if limit is not None and load > limit:
                yield where, f"carries {load} {what}, and courier {courier.id!r} can carry {limit}"
        for spot, parcel in loaded:
            yield from _handling(case, spot, parcel, courier.handling, f"courier {courier.id!r}")
    for where, parcel in case.parcels:
        if parcel.collection in case.collections:
            carrier, _ = case.collections[parcel.collection]
            yield from _handling(case, where, parcel, carrier.handling, f"carrier {carrier.id!r}")


def collected(case: Case) -> Iterator[Remark]:
    """R9: a collection takes what is ready, at its own hub, within its number and the carrier's weights."""
    taken: dict[str, list[str]] = {}
    for where, parcel in case.parcels:
        if parcel.collection not in case.collections:
            continue
        carrier, collection = case.collections[parcel.collection]
        taken.setdefault(collection.id, []).append(f"{where}/collection")
        late_s = instant(parcel.ready_at) - instant(collection.at)
        if late_s > 0:
            yield (
                f"{where}/collection",
                f"parcel {parcel.id!r} is ready {late_s} s after collection {collection.id!r}",
            )
        if parcel.hub != collection.hub:
            yield (
                f"{where}/collection",
                f"collection {collection.id!r} is at another hub than parcel {parcel.id!r}",
            )
        weight, most = case.grams(parcel), carrier.tariff[-1].up_to_grams
        if weight > most:
            yield where, f"weighs {weight} grams, and carrier {carrier.id!r} takes at most {most}"
    for name, spots in taken.items():
        room = case.collections[name][1].parcels
        if room is not None and len(spots) > room:
            yield spots[-1], f"collection {name!r} takes {len(spots)} parcels and has room for {room}"


def times(case: Case) -> Iterator[Remark]:
    """R10: a parcel ships and is delivered when its trip and stop, or its collection, say so."""
    for where, parcel in case.parcels:
        shipped, delivered = set(), set()
        if parcel.trip in case.trip and parcel.trip is not None:
            shipped.add(instant(case.trip[parcel.trip].depart_at))
            delivered |= {instant(stop.start_at) for stop in case.visits.get((parcel.trip, parcel.id), ())}
        if parcel.collection in case.collections:
            collection = case.collections[parcel.collection][1]
            shipped.add(instant(collection.at))
            delivered.add(instant(collection.delivered_at))
        if parcel.shipped_at is not None and shipped and instant(parcel.shipped_at) not in shipped:
            yield f"{where}/shipped_at", "is not when its trip departs or its collection comes"
        if parcel.delivered_at is not None and delivered and instant(parcel.delivered_at) not in delivered:
            yield f"{where}/delivered_at", "is not when its stop starts or its carrier delivers"


def _stops(case: Case, where: str, trip: Trip) -> Iterator[Remark]:
    if not any(stop.parcels for stop in trip.stops):
        yield where, f"trip {trip.id!r} carries nothing"
    visited = set()
    for index, stop in enumerate(trip.stops):
        spot = f"{where}/stops/{index}"
        if not stop.parcels:
            yield spot, f"the stop at order {stop.order!r} carries nothing"
        if stop.order in visited:
            yield spot, f"order {stop.order!r} is visited already in this trip"
        visited.add(stop.order)
        for place, name in enumerate(stop.parcels):
            parcel = case.parcel.get(name)
            if parcel is not None and parcel.trip != trip.id:
                yield f"{spot}/parcels/{place}", f"parcel {name!r} does not name trip {trip.id!r}"
            if parcel is not None and parcel.order != stop.order:
                yield f"{spot}/parcels/{place}", f"parcel {name!r} is of order {parcel.order!r}"


def _handling(case: Case, where: str, parcel: Parcel, allowed: Names[str], who: str) -> Iterator[Remark]:
    for index, line in enumerate(parcel.lines):
        sku = case.skus.get(line.sku)
        lacking = [] if sku is None else [name for name in sku.handling if name not in allowed]
        if lacking:
            needs = ", ".join(map(repr, lacking))
            yield f"{where}/lines/{index}", f"{line.sku!r} needs handling {needs}, which {who} lacks"
