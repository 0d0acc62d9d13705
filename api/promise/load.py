"""What the cleared orders of a drop need already, as somebody sees it who wants to come in after them.

Orders of tiers that are at least as urgent go first; those of less urgent tiers go after, but still have to go. An
order that a carrier would bring in time is a carrier's as long as its collections have room, since the planner may give
it to them to make room for others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.db.order_sums import Key, Sums
from api.promise.ground import Ground, HubGround
from api.promise.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Sums of the cleared orders by hub and tier; ``work``: what one more delivery of a hub takes."""

    sums: Mapping[str, Mapping[str, Sums]]
    work: Mapping[str, Work]
    now: datetime


def by_hub(sums: Mapping[Key, Sums]) -> dict[str, dict[str, Sums]]:
    """Sums by hub, then by tier."""
    found: dict[str, dict[str, Sums]] = {}
    for (hub, tier), each in sums.items():
        found.setdefault(hub, {})[tier] = each
    return found


def total(sums: Iterable[Sums]) -> Sums:
    """Sums added up."""
    found = Sums()
    for each in sums:
        found = found.plus(each)
    return found


def lines(ground: Ground, load: Load, hub: str, tier: str | None = None) -> int:
    """Lines that orders need of a hub: those of tiers as urgent as ``tier`` or more, or all."""
    return sum(each.lines for _, each in _first(ground, load, hub, tier))


def driven(ground: Ground, load: Load, hub: str, tier: str | None = None) -> int:
    """Parcels that couriers take from a hub: those of tiers as urgent as ``tier`` or more, or all."""
    return sum(each.parcels for _, each in _first(ground, load, hub, tier)) - _carried(ground, load, hub, tier)


def courier_s(ground: Ground, load: Load, hubs: Iterable[str], tier: str | None = None) -> float:
    """Seconds that couriers are busy with the orders of some hubs: as urgent as ``tier`` or more, or all."""
    busy = 0.0
    for hub in hubs:
        sums = [each for _, each in _first(ground, load, hub, tier)]
        parcels, service_s = sum(each.parcels for each in sums), sum(each.service_seconds for each in sums)
        mine = parcels - _carried(ground, load, hub, tier)
        busy += load.work[hub].seconds(mine, service_s * mine // parcels if parcels else 0)
    return busy


def carriers_room(ground: Ground, load: Load, hub: str) -> float:
    """Parcels that collections of a hub still take beside the orders that are counted as theirs."""
    return _room(ground.hubs[hub], load.now) - _carried(ground, load, hub, None)


def _first(ground: Ground, load: Load, hub: str, tier: str | None) -> list[tuple[str, Sums]]:
    limit = math.inf if tier is None else ground.urgency[tier]
    return [pair for pair in load.sums.get(hub, {}).items() if ground.urgency.get(pair[0], math.inf) <= limit]


def _carried(ground: Ground, load: Load, hub: str, tier: str | None) -> int:
    """Parcels that carriers would bring in time and have room for."""
    at = ground.hubs[hub]
    could = sum(each.parcels for name, each in _first(ground, load, hub, tier) if _in_time(ground, at, name, load.now))
    return int(min(could, _room(at, load.now)))


def _room(at: HubGround, now: datetime) -> float:
    ahead = [each.parcels for _, each in at.collections if each.at > now]
    return sum(math.inf if parcels is None else parcels for parcels in ahead)


def _in_time(ground: Ground, at: HubGround, tier: str, now: datetime) -> bool:
    """Whether a collection ahead would deliver an order of the tier in time, were it placed now."""
    known = ground.tiers.get(tier)
    within = None if known is None else known.deliver_within
    ahead = (each.delivered_at for _, each in at.collections if each.at > now)
    return any(within is None or delivered <= now + timedelta(seconds=within) for delivered in ahead)
