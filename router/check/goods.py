"""R1 whole, R2 stock and R3 wave: what is taken, from where, and when it is picked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from router.check.case import Case, Remark
from router.model import Bundle, Order, Parcel
from router.price import instant


def whole(case: Case) -> Iterator[Remark]:
    """R1: every order is left over, or its parcels add up to exactly what it ordered; never both."""
    bundles = {bundle.sku: bundle for bundle in case.drop.bundles}
    left = {row.order: f"/unserved/{index}" for index, row in enumerate(case.plan.unserved)}
    for order in case.drop.orders:
        parcels = case.of_order.get(order.id, [])
        if order.id in left:
            if parcels:
                yield left[order.id], f"order {order.id!r} is left over and has a parcel at {parcels[0][0]}"
        elif not parcels:
            yield "/parcels", f"order {order.id!r} has no parcel and is not in unserved"
        else:
            difference = _difference(_wanted(order, bundles), parcels)
            if difference:
                yield (
                    parcels[0][0],
                    f"the parcels of order {order.id!r} are not what it ordered: {difference}",
                )
    for where, parcel in case.parcels:
        if not parcel.lines:
            yield f"{where}/lines", "a parcel needs at least one line"
        seen = set()
        for index, line in enumerate(parcel.lines):
            if line.sku in seen:
                yield f"{where}/lines/{index}/sku", f"{line.sku!r} stands in this parcel already"
            seen.add(line.sku)
            if line.quantity < 1:
                yield f"{where}/lines/{index}/quantity", f"is {line.quantity}; a line has at least 1"


def stock(case: Case) -> Iterator[Remark]:
    """R2: no stock or contingency stock is overdrawn, and only hubs that are open to the order are used."""
    taken: Counter[tuple[str, str]] = Counter()
    drawn: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], str] = {}
    for where, parcel in case.parcels:
        order = case.orders.get(parcel.order)
        if order is not None and order.hubs is not None and parcel.hub not in order.hubs:
            yield f"{where}/hub", f"order {order.id!r} may not be served from hub {parcel.hub!r}"
        for index, line in enumerate(parcel.lines):
            spot, key = f"{where}/lines/{index}", (parcel.hub, line.sku)
            if not 0 <= line.contingency <= line.quantity:
                yield f"{spot}/contingency", f"is {line.contingency} of a quantity of {line.quantity}"
            if key in case.stock:
                taken[key] += max(0, line.quantity - line.contingency)
                drawn[key] += max(0, line.contingency)
                last[key] = spot
            elif parcel.hub in case.hubs and line.sku in case.skus:
                yield f"{spot}/sku", f"hub {parcel.hub!r} does not stock {line.sku!r}"
    for key, spot in last.items():
        row, what = case.stock[key], f"{key[1]!r} at hub {key[0]!r}"
        if taken[key] > row.quantity:
            yield spot, f"{taken[key]} of {what} are taken from a stock of {row.quantity}"
        if drawn[key] > row.contingency:
            yield spot, f"{drawn[key]} of {what} are taken from a contingency stock of {row.contingency}"


def waves(case: Case) -> Iterator[Remark]:
    """R3: a wave picks what it can, and starts neither before plan_at nor before its orders are cleared."""
    begun = {parcel.id for parcel in case.drop.committed.parcels}
    plan_at = instant(case.drop.plan_at)
    picked: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], str] = {}
    for where, parcel in case.parcels:
        key = (parcel.hub, parcel.wave)
        wave, order = case.waves.get(key), case.orders.get(parcel.order)
        if wave is None:
            continue
        picked[key] += len(parcel.lines)
        last[key] = f"{where}/wave"
        start = instant(wave.start)
        if start < plan_at and parcel.id not in begun:
            yield f"{where}/wave", f"wave {wave.id!r} starts {plan_at - start} s before plan_at"
        if order is not None and start < instant(order.clear_at):
            early_s = instant(order.clear_at) - start
            yield f"{where}/wave", f"wave {wave.id!r} starts {early_s} s before order {order.id!r} is cleared"
        if instant(parcel.ready_at) != instant(wave.end):
            yield f"{where}/ready_at", f"is not the end of wave {wave.id!r}, {wave.end.isoformat()}"
    for key, spot in last.items():
        if picked[key] > case.waves[key].lines:
            room = case.waves[key].lines
            yield spot, f"wave {key[1]!r} of hub {key[0]!r} picks {picked[key]} lines and has room for {room}"


def _wanted(order: Order, bundles: dict[str, Bundle]) -> dict[str, int]:
    """Units of each component SKU that the order asks for."""
    wanted: dict[str, int] = {}
    for line in order.lines:
        if line.sku in bundles:
            for part in bundles[line.sku].components:
                wanted[part.sku] = wanted.get(part.sku, 0) + part.quantity * line.quantity
        else:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    return wanted


def _difference(wanted: dict[str, int], parcels: list[tuple[str, Parcel]]) -> str:
    """In words, what the parcels carry otherwise than wanted; empty where nothing."""
    carried: dict[str, int] = {}
    for _, parcel in parcels:
        for line in parcel.lines:
            carried[line.sku] = carried.get(line.sku, 0) + line.quantity
    if carried == wanted:
        return ""
    both = ((sku, carried.get(sku, 0), wanted.get(sku, 0)) for sku in sorted(wanted | carried))
    return ", ".join(f"{has} of {sku!r} for {wants}" for sku, has, wants in both if has != wants)
