"""Faults of parcels and trips: those of a plan, and those that a drop says are committed."""

from __future__ import annotations

import math
from typing import Any

from router.errors import Fault
from router.faults.scan import Known, Scan, escape, known, rows, shown, texts, word

_DEEPEST_EFFORT = 8


def of_plan(tree: dict[str, Any]) -> list[Fault]:
    """Every fault of a plan's own document that its form does not show, given as JSON values. Never raises.

    References into the drop are for the referee (``router.check``).
    """
    return Scan().run(_plan, tree)


def committed(scan: Scan, tree: dict[str, Any], hubs: Known) -> None:
    """Faults of a drop's committed parcels and trips: their own, and references to the drop and to each other."""
    begun = tree.get("committed")
    if not isinstance(begun, dict):
        return
    _records(scan, begun, "/committed")
    orders, couriers = known(tree, "orders"), known(tree, "couriers", optional=True)
    _parcels(scan, tree, begun, orders, hubs)
    for pointer, trip in rows(begun, "/committed", "trips"):
        scan.knows(couriers, trip.get("courier"), f"{pointer}/courier", "unknown-courier")
        for name in ("hub", "return_to"):
            scan.knows(hubs, trip.get(name), f"{pointer}/{name}", "unknown-hub")
        for inner, stop in rows(trip, pointer, "stops"):
            scan.knows(orders, stop.get("order"), f"{inner}/order", "unknown-order")
    _handed_over(scan, begun)


def _plan(scan: Scan, tree: dict[str, Any]) -> None:
    _records(scan, tree, "")
    certificate = tree.get("certificate")
    if isinstance(certificate, dict):
        _effort(scan, certificate.get("effort"))


def _records(scan: Scan, plan: dict[str, Any], pointer: str) -> None:
    """Ids and times of parcels and trips."""
    scan.ids(rows(plan, pointer, "parcels"), "parcel")
    scan.ids(rows(plan, pointer, "trips"), "trip")
    for where, parcel in rows(plan, pointer, "parcels"):
        for name in ("ready_at", "shipped_at", "delivered_at"):
            scan.at(parcel, where, name)
    for where, trip in rows(plan, pointer, "trips"):
        for name in ("load_at", "depart_at", "return_at"):
            scan.at(trip, where, name)
        for inner, stop in rows(trip, where, "stops"):
            for name in ("arrive_at", "start_at", "leave_at"):
                scan.at(stop, inner, name)


def _parcels(scan: Scan, tree: dict[str, Any], begun: dict[str, Any], orders: Known, hubs: Known) -> None:
    skus, trips = known(tree, "catalog", "sku"), known(begun, "trips", optional=True)
    waves = {word(hub, "id"): known(hub, "waves") for _, hub in rows(tree, "", "hubs")}
    collections = {
        name for _, each in rows(tree, "", "carriers") for name in known(each, "collections", optional=True) or ()
    }
    for pointer, parcel in rows(begun, "/committed", "parcels"):
        scan.knows(orders, parcel.get("order"), f"{pointer}/order", "unknown-order")
        scan.knows(hubs, parcel.get("hub"), f"{pointer}/hub", "unknown-hub")
        scan.knows(waves.get(word(parcel, "hub")), parcel.get("wave"), f"{pointer}/wave", "unknown-wave")
        scan.knows(trips, parcel.get("trip"), f"{pointer}/trip", "unknown-trip")
        scan.knows(collections, parcel.get("collection"), f"{pointer}/collection", "unknown-collection")
        _way_out(scan, parcel, pointer)
        for inner, line in rows(parcel, pointer, "lines"):
            scan.knows(skus, line.get("sku"), f"{inner}/sku", "unknown-sku")


def _way_out(scan: Scan, parcel: dict[str, Any], pointer: str) -> None:
    """A committed parcel has one way out and the times of that, or none of these yet."""
    trip, collection = parcel.get("trip"), parcel.get("collection")
    if trip is not None and collection is not None:
        message = "a parcel has one way out, and this one has a trip as well; remove one of them"
        scan.fault(f"{pointer}/collection", "two-ways-out", message)
    for name in ("shipped_at", "delivered_at"):
        if trip is None and collection is None:
            if parcel.get(name) is not None:
                message = "is not a field of a parcel without a way out; remove it, or name its trip or collection"
                scan.fault(f"{pointer}/{name}", "unknown-field", message)
        elif parcel.get(name) is None:
            message = "is required of a committed parcel that has its way out, and absent"
            scan.fault(f"{pointer}/{name}", "missing-field", message)


def _handed_over(scan: Scan, begun: dict[str, Any]) -> None:
    """Each parcel of a trip is handed over at one stop of that trip, at its own order's door; no stop has others."""
    parcels = {word(row, "id"): row for _, row in rows(begun, "/committed", "parcels")}
    seen: dict[str, str] = {}
    for pointer, trip in rows(begun, "/committed", "trips"):
        for inner, stop in rows(trip, pointer, "stops"):
            for place, name in texts(stop, inner, "parcels"):
                parcel = parcels.get(name)
                if parcel is None:
                    message = f"there is no parcel {shown(name)} among the committed ones; add it, or mend the name"
                    scan.fault(place, "unknown-parcel", message)
                elif name in seen:
                    message = f"{shown(name)} is handed over at {seen[name]} already; keep one"
                    scan.fault(place, "misplaced-parcel", message)
                elif parcel.get("trip") != trip.get("id") or parcel.get("order") != stop.get("order"):
                    message = f"{shown(name)} is a parcel of another trip or order; mend one of the two"
                    scan.fault(place, "misplaced-parcel", message)
                seen.setdefault(name, place)
    trips = known(begun, "trips") or set()
    for pointer, parcel in rows(begun, "/committed", "parcels"):
        if word(parcel, "trip") in trips and word(parcel, "id") not in seen:
            message = "no stop of the trip hands this parcel over; add it to one"
            scan.fault(f"{pointer}/trip", "misplaced-parcel", message)


def _effort(scan: Scan, effort: Any) -> None:
    """Effort is free in form; what cannot be written as JSON again is not."""
    ahead: list[tuple[Any, str, int]] = [(effort, "/certificate/effort", 0)]
    while ahead:
        value, pointer, depth = ahead.pop()
        if isinstance(value, float) and not math.isfinite(value):
            scan.fault(pointer, "not-finite", "must be a finite number")
        elif isinstance(value, dict | list) and depth > _DEEPEST_EFFORT:
            scan.fault(pointer, "too-deep", f"is nested deeper than {_DEEPEST_EFFORT} levels")
        elif isinstance(value, dict):
            ahead.extend((inner, f"{pointer}/{escape(name)}", depth + 1) for name, inner in value.items())
        elif isinstance(value, list):
            ahead.extend((inner, f"{pointer}/{index}", depth + 1) for index, inner in enumerate(value))
