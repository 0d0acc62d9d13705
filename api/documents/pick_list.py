"""Pick lists: for each hub and wave, what to take from the shelf, for which parcel, and when it must be gone.

One row a parcel line, since that is what a wave's capacity counts; sorted by SKU, so that a picker meets each
article once, then by the time the parcel leaves. Bundles are taken apart and marked.
"""

from __future__ import annotations

import hashlib
import re
from zoneinfo import ZoneInfo

from api.documents import sheet
from api.wording import stamp
from router.model import Drop, named
from router.plan import Plan

HEADS = (
    "hub",
    "wave",
    "start",
    "end",
    "sku",
    "quantity",
    "contingency",
    "from_bundle",
    "seller",
    "parcel",
    "order",
    "leaves_with",
    "leaves_at",
)
_LONGEST_PART = 80


def render(drop: Drop, plan: Plan) -> dict[str, bytes]:
    """The lists of a plan: file name to CSV, one for every hub and wave that has something to pick.

    ``quantity`` is all units, ``contingency`` those in contingency stock; ``from_bundle`` says how many were
    sold within which bundle; times are local to the drop. Committed parcels are left out: the list of the
    plan they began under holds them, and nobody may pick them twice.
    """
    zone = ZoneInfo(drop.timezone)
    waves = {(hub.id, wave.id): wave for hub in drop.hubs for wave in hub.waves}
    sellers = {article.sku: article.seller for article in drop.catalog}
    bundled = _bundled(drop, plan)
    goes = _ways_out(drop, plan)
    begun = {parcel.id for parcel in drop.committed.parcels}
    rows: dict[tuple[str, str], list[tuple[sheet.Cell, ...]]] = {key: [] for key in waves}
    for parcel in plan.parcels:
        if parcel.id in begun:
            continue
        wave = waves[parcel.hub, parcel.wave]
        for line in parcel.lines:
            rows[parcel.hub, parcel.wave].append(
                (
                    parcel.hub,
                    parcel.wave,
                    stamp(wave.start, zone),
                    stamp(wave.end, zone),
                    line.sku,
                    line.quantity,
                    line.contingency,
                    bundled.get((parcel.id, line.sku), ""),
                    sellers[line.sku],
                    parcel.id,
                    parcel.order,
                    goes.get(parcel.id, ""),
                    stamp(parcel.shipped_at, zone) if parcel.shipped_at else "",
                )
            )
    listed = {key: sorted(each, key=_as_picked) for key, each in rows.items() if each}
    names = _file_names(list(listed))
    return {names[key]: sheet.render(HEADS, each) for key, each in listed.items()}


def is_pick_list(content: bytes) -> bool:
    """Whether a file was written by ``render``: it begins with the same heading."""
    return content.startswith(sheet.render(HEADS, ()))


def _as_picked(row: tuple[sheet.Cell, ...]) -> tuple[str, ...]:
    return tuple(str(row[HEADS.index(head)]) for head in ("sku", "leaves_at", "parcel"))


def _ways_out(drop: Drop, plan: Plan) -> dict[str, str]:
    """For each parcel that leaves, the courier, or the carrier and its collection."""
    couriers = {trip.id: trip.courier for trip in plan.trips}
    carriers = {
        collection.id: f"{carrier.id} ({collection.id})"
        for carrier in drop.carriers
        for collection in carrier.collections
    }
    return {
        parcel.id: carriers[parcel.collection] if parcel.collection else couriers[parcel.trip or ""]
        for parcel in plan.parcels
        if parcel.collection or parcel.trip
    }


def _bundled(drop: Drop, plan: Plan) -> dict[tuple[str, str], str]:
    """For each parcel and SKU, the units sold in bundles, such as ``2 in GIFT-1``.

    Where an order is split, bundles fill its parcels in the order of the plan, then come units sold singly:
    equal units are equal, but each must be marked only once.
    """
    parts = {bundle.sku: bundle.components for bundle in drop.bundles}
    orders = named(drop.orders)
    left: dict[tuple[str, str], list[tuple[str, int]]] = {}
    marks: dict[tuple[str, str], str] = {}
    for parcel in plan.parcels:
        for line in parcel.lines:
            key = (parcel.order, line.sku)
            if key not in left:
                left[key] = [
                    (sold.sku, part.quantity * sold.quantity)
                    for sold in orders[parcel.order].lines
                    for part in parts.get(sold.sku, ())
                    if part.sku == line.sku
                ]
            taken, left[key] = _take(left[key], line.quantity)
            if taken:
                marks[parcel.id, line.sku] = ", ".join(f"{units} in {bundle}" for bundle, units in taken)
    return marks


def _take(left: list[tuple[str, int]], units: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The first ``units`` of the bundles' units, and what remains of these."""
    taken, rest = [], []
    for bundle, has in left:
        now = min(has, units)
        units -= now
        if now:
            taken.append((bundle, now))
        if has > now:
            rest.append((bundle, has - now))
    return taken, rest


def _file_names(keys: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """``<hub>-<wave>.csv``; a name that had to be changed, or that two would share, gets its own mark."""
    plain = {key: "-".join(_part(part) for part in key) for key in keys}
    shared = [name.casefold() for name in plain.values()]
    return {
        key: f"{name}.csv"
        if name == "-".join(key) and shared.count(name.casefold()) == 1
        else f"{name}-{hashlib.sha256(chr(0).join(key).encode()).hexdigest()[:8]}.csv"
        for key, name in plain.items()
    }


def _part(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+|^\.+", "_", name)[:_LONGEST_PART]
