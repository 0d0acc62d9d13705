"""What each hub picks in each wave: the records behind a pick list, whatever its format.

One line a parcel line, since that is what a wave's capacity counts. Bundles are taken apart and marked.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from api.documents import shelves
from router.model import Drop, Hub, Parcel, ParcelLine, Wave, named
from router.plan import Plan

_LINE_ID_BYTES = 10
"""80 bits: ten million lines share an id once in twenty billion such sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """``quantity`` units of a line were sold within ``bundle``."""

    bundle: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickLine:
    """What to take from one shelf for one parcel, and how and when the parcel leaves.

    ``id`` is what a label of the line would carry: 16 characters of A–Z and 2–7, the same whenever the same plan is
    listed. ``contingency`` of the ``quantity`` units lie in contingency stock. Exactly one of ``courier`` and
    ``carrier`` (with its ``collection``) takes the parcel. ``bin`` and ``title`` are ``None`` where nobody told.
    """

    id: str
    bin: str | None
    sku: str
    title: str | None
    seller: str
    quantity: int
    contingency: int
    bundles: tuple[Bundled, ...]
    parcel: str
    order: str
    courier: str | None
    carrier: str | None
    collection: str | None
    leaves_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PickList:
    """All that one hub picks in one wave, in the order of the walk. ``end_at``: by when it must be picked."""

    drop: str
    plan_version: int | None
    hub: str
    partner: str
    wave: str
    timezone: str
    start_at: datetime
    end_at: datetime
    lines: tuple[PickLine, ...]

    @property
    def leaves_at(self) -> datetime:
        """When the first of its parcels leaves."""
        return min(line.leaves_at for line in self.lines)

    @property
    def units(self) -> int:
        """Units to take in all."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a parcel leaves, and when."""

    courier: str | None
    carrier: str | None
    collection: str | None
    leaves_at: datetime


def pick_lists(
    drop: Drop,
    plan: Plan,
    *,
    edition: str,
    plan_version: int | None = None,
    bins: Mapping[tuple[str, str], str] | None = None,
    titles: Mapping[str, str] | None = None,
) -> tuple[PickList, ...]:
    """The lists of a valid plan, one for every hub and wave that has something to pick, in the order of the drop.

    Lines come in the order of ``bins`` (hub and SKU to bin; those without one last), then by SKU, then by when the
    parcel leaves. ``edition`` is what tells this plan from every other one; the ids of the lines depend on it.
    ``titles``: SKU to what the article is called. Committed parcels are left out: the list of the plan they began under
    holds them, and nobody may pick them twice. Pure. O(lines log lines).
    """
    begun = {parcel.id for parcel in drop.committed.parcels}
    sellers = {article.sku: article.seller for article in drop.catalog}
    bundled, ways = _bundled(drop, plan), _ways_out(drop, plan)
    bins, titles = bins or {}, titles or {}
    lines: dict[tuple[str, str], list[PickLine]] = {}
    for parcel in plan.parcels:
        if parcel.id in begun:
            continue
        way = ways[parcel.collection or "", parcel.trip or ""]
        lines.setdefault((parcel.hub, parcel.wave), []).extend(
            PickLine(
                id=_line_id(edition, drop, parcel, line),
                bin=bins.get((parcel.hub, line.sku)),
                sku=line.sku,
                title=titles.get(line.sku),
                seller=sellers[line.sku],
                quantity=line.quantity,
                contingency=line.contingency,
                bundles=bundled.get((parcel.id, line.sku), ()),
                parcel=parcel.id,
                order=parcel.order,
                courier=way.courier,
                carrier=way.carrier,
                collection=way.collection,
                leaves_at=way.leaves_at,
            )
            for line in parcel.lines
        )
    return tuple(
        _listed(drop, hub, wave, plan_version, lines[hub.id, wave.id])
        for hub in drop.hubs
        for wave in hub.waves
        if (hub.id, wave.id) in lines
    )


def _listed(drop: Drop, hub: Hub, wave: Wave, plan_version: int | None, lines: list[PickLine]) -> PickList:
    return PickList(
        drop=drop.id,
        plan_version=plan_version,
        hub=hub.id,
        partner=hub.partner,
        wave=wave.id,
        timezone=drop.timezone,
        start_at=wave.start.astimezone(UTC),
        end_at=wave.end.astimezone(UTC),
        lines=tuple(sorted(lines, key=_as_walked)),
    )


def _as_walked(line: PickLine) -> tuple[object, ...]:
    place = (1,) if line.bin is None else (0, shelves.walk(line.bin))
    return place, line.sku, line.leaves_at, line.parcel


def _line_id(edition: str, drop: Drop, parcel: Parcel, line: ParcelLine) -> str:
    named_by = json.dumps([edition, drop.id, parcel.id, line.sku])
    return base64.b32encode(hashlib.sha256(named_by.encode()).digest()[:_LINE_ID_BYTES]).decode()


def _ways_out(drop: Drop, plan: Plan) -> dict[tuple[str, str], _Way]:
    """By collection and trip, one of them empty: the courier, or the carrier, and when it leaves."""
    collected = {
        (each.id, ""): _Way(courier=None, carrier=carrier.id, collection=each.id, leaves_at=each.at.astimezone(UTC))
        for carrier in drop.carriers
        for each in carrier.collections
    }
    driven = {
        ("", trip.id): _Way(
            courier=trip.courier, carrier=None, collection=None, leaves_at=trip.depart_at.astimezone(UTC)
        )
        for trip in plan.trips
    }
    return collected | driven


def _bundled(drop: Drop, plan: Plan) -> dict[tuple[str, str], tuple[Bundled, ...]]:
    """For each parcel and SKU, the units that were sold in bundles.

    Where an order is split, bundles fill its parcels in the order of the plan, then come units sold singly:
    equal units are equal, but each must be marked only once.
    """
    parts = {bundle.sku: bundle.components for bundle in drop.bundles}
    orders = named(drop.orders)
    left: dict[tuple[str, str], list[Bundled]] = {}
    marks: dict[tuple[str, str], tuple[Bundled, ...]] = {}
    for parcel in plan.parcels:
        for line in parcel.lines:
            key = (parcel.order, line.sku)
            if key not in left:
                left[key] = [
                    Bundled(bundle=sold.sku, quantity=part.quantity * sold.quantity)
                    for sold in orders[parcel.order].lines
                    for part in parts.get(sold.sku, ())
                    if part.sku == line.sku
                ]
            taken, left[key] = _take(left[key], line.quantity)
            if taken:
                marks[parcel.id, line.sku] = tuple(taken)
    return marks


def _take(left: list[Bundled], units: int) -> tuple[list[Bundled], list[Bundled]]:
    """The first ``units`` of the bundles' units, and what remains of these."""
    taken, rest = [], []
    for each in left:
        now = min(each.quantity, units)
        units -= now
        if now:
            taken.append(Bundled(bundle=each.bundle, quantity=now))
        if each.quantity > now:
            rest.append(Bundled(bundle=each.bundle, quantity=each.quantity - now))
    return taken, rest
