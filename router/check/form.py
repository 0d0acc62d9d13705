"""R0 form, R11 cost and R12 committed: the plan as a document beside its drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from router.check.case import Case, Remark
from router.model import Drop, Parcel, Stop
from router.plan import PLAN_FORMAT, Plan
from router.price import figures


def form(case: Case) -> Iterator[Remark]:
    """R0: the right format and drop, no id doubled, no reference unknown, nothing required absent."""
    plan = case.plan
    if plan.format != PLAN_FORMAT:
        yield "/format", f"is {plan.format!r}, not {PLAN_FORMAT!r}"
    if plan.drop != case.drop.id:
        yield "/drop", f"is {plan.drop!r}, but the drop is {case.drop.id!r}"
    if plan.lower_bound is not None and plan.lower_bound > plan.cost.total:
        yield "/lower_bound", f"{plan.lower_bound} is above the total of {plan.cost.total}"
    yield from _doubled("parcel", ((f"{where}/id", parcel.id) for where, parcel in case.parcels))
    yield from _doubled("trip", ((f"{where}/id", trip.id) for where, trip in case.trips))
    rows = [(f"/unserved/{index}/order", row.order) for index, row in enumerate(plan.unserved)]
    yield from _doubled("unserved order", rows)
    for where, order in rows:
        yield from _known(case.orders, order, where, "order")
    for where, parcel in case.parcels:
        yield from _parcel(case, where, parcel)
    for where, trip in case.trips:
        yield from _known(case.couriers, trip.courier, f"{where}/courier", "courier")
        yield from _known(case.hubs, trip.hub, f"{where}/hub", "hub")
        yield from _known(case.hubs, trip.return_to, f"{where}/return_to", "hub")
        for index, stop in enumerate(trip.stops):
            yield from _stop(case, f"{where}/stops/{index}", stop)


def cost(case: Case) -> Iterator[Remark]:
    """R11: every figure is what the plan's parcels, trips and unserved orders come to.

    A component that needs something unknown is left to R0; the total then counts it as given.
    """
    given = case.plan.cost
    found = figures(case.drop, case.plan)
    total = 0
    for name, figure in found.items():
        stated: int = getattr(given, name)
        total += stated if figure is None else figure
        if figure is not None and figure != stated:
            yield f"/cost/{name}", f"is {stated}, but {name.replace('_', ' ')} comes to {figure}"
    if total != given.total:
        yield "/cost/total", f"is {given.total}, but the components come to {total}"


def committed(case: Case) -> Iterator[Remark]:
    """R12: what has begun stands as it was; a picked parcel without a way out may be given one."""
    for parcel in case.drop.committed.parcels:
        found = case.parcel.get(parcel.id)
        if found is None:
            yield "/parcels", f"committed parcel {parcel.id!r} is missing"
        elif _that_must_stand(parcel, found) != _that_must_stand(parcel, parcel):
            yield _place(case.parcels, found), f"committed parcel {parcel.id!r} is changed"
    for trip in case.drop.committed.trips:
        kept = case.trip.get(trip.id)
        if kept is None:
            yield "/trips", f"committed trip {trip.id!r} is missing"
        elif kept != trip:
            yield _place(case.trips, kept), f"committed trip {trip.id!r} is changed"


def road_drop(drop: Drop, plan: Plan) -> Remark:
    """What is said of any plan that is held against a drop whose roads have not been measured yet."""
    cure = "check the plan against the matrix drop that was written beside it"
    return (
        "/drop",
        f"drop {drop.id!r} has road travel, and {plan.drop!r} cannot be checked against it; {cure}",
    )


def _parcel(case: Case, where: str, parcel: Parcel) -> Iterator[Remark]:
    yield from _known(case.orders, parcel.order, f"{where}/order", "order")
    if parcel.hub not in case.hubs:
        yield f"{where}/hub", f"there is no hub {parcel.hub!r} in the drop"
    elif (parcel.hub, parcel.wave) not in case.waves:
        yield f"{where}/wave", f"hub {parcel.hub!r} has no wave {parcel.wave!r}"
    for index, line in enumerate(parcel.lines):
        yield from _known(case.skus, line.sku, f"{where}/lines/{index}/sku", "component SKU")
    if parcel.trip is not None and parcel.trip not in case.trip:
        yield f"{where}/trip", f"there is no trip {parcel.trip!r} in the plan"
    if parcel.collection is not None:
        yield from _known(case.collections, parcel.collection, f"{where}/collection", "collection")
    for name in ("shipped_at", "delivered_at"):
        if getattr(parcel, name) is None:
            yield f"{where}/{name}", "is required in a plan and absent"


def _stop(case: Case, where: str, stop: Stop) -> Iterator[Remark]:
    yield from _known(case.orders, stop.order, f"{where}/order", "order")
    for index, name in enumerate(stop.parcels):
        if name not in case.parcel:
            yield f"{where}/parcels/{index}", f"there is no parcel {name!r} in the plan"


def _known(names: Iterable[str], name: str, where: str, what: str) -> Iterator[Remark]:
    if name not in names:
        yield where, f"there is no {what} {name!r} in the drop"


def _doubled(what: str, rows: Iterable[Remark]) -> Iterator[Remark]:
    """A remark for every name (second of the pair) that has been seen before."""
    seen: dict[str, str] = {}
    for where, name in rows:
        if name in seen:
            yield where, f"{what} {name!r} stands already at {seen[name]}"
        seen.setdefault(name, where)


def _that_must_stand(committed: Parcel, parcel: Parcel) -> Parcel:
    """``parcel`` without its way out, if ``committed`` leaves that to the new plan."""
    if committed.trip is None and committed.collection is None:
        return replace(parcel, trip=None, collection=None, shipped_at=None, delivered_at=None)
    return parcel


def _place(rows: Iterable[tuple[str, object]], wanted: object) -> str:
    return next(where for where, record in rows if record is wanted)
