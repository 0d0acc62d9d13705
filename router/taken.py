"""What is held of goods, and what a draft or a plan takes of goods, wave lines and collections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from router.draft import Draft
from router.model import Drop, Parcel
from router.plan import Plan

_Row = tuple[str, str, tuple[tuple[str, int], ...], str | None]
"""Of one parcel: hub, wave, units by SKU, collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Units by (hub, SKU), lines by (hub, wave), parcels by collection: what is taken of each."""

    units: Counter[tuple[str, str]]
    lines: Counter[tuple[str, str]]
    parcels: Counter[str]


def held(drop: Drop) -> dict[tuple[str, str], int]:
    """Units by (hub, SKU) that a drop states, contingency included."""
    return {(row.hub, row.sku): row.quantity + row.contingency for row in drop.stock}


def taken_by_draft(drop: Drop, draft: Draft) -> Taken:
    """What a draft takes, with what is committed."""
    collected = {each.committed: each.collection for each in draft.carried}
    begun = (
        (parcel.hub, parcel.wave, _units(parcel), parcel.collection or collected.get(parcel.id))
        for parcel in drop.committed.parcels
    )
    fresh = ((each.hub, each.wave, each.lines, each.collection) for each in draft.parcels if each.committed is None)
    return _tally((*begun, *fresh))


def taken_by_plan(plan: Plan) -> Taken:
    """What a plan takes."""
    return _tally((parcel.hub, parcel.wave, _units(parcel), parcel.collection) for parcel in plan.parcels)


def _units(parcel: Parcel) -> tuple[tuple[str, int], ...]:
    return tuple((line.sku, line.quantity) for line in parcel.lines)


def _tally(rows: Iterable[_Row]) -> Taken:
    taken = Taken(units=Counter(), lines=Counter(), parcels=Counter())
    for hub, wave, units, collection in rows:
        for sku, number in units:
            taken.units[hub, sku] += number
        taken.lines[hub, wave] += len(units)
        if collection is not None:
            taken.parcels[collection] += 1
    return taken
