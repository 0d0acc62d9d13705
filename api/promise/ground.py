"""A drop as an estimate looks at it: of each hub its waves, couriers and collections, and who shares couriers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.promise.ways import usual
from router.model import Capacity, Carrier, Collection, Courier, Drop, Hub, Tier, Wave, named


@dataclass(frozen=True, slots=True, kw_only=True)
class HubGround:
    """One hub. Waves by their end, collections by when they deliver; ``shared``: hubs that its couriers serve too.

    ``kinds``: how many of its couriers have which profile and capacity; ``load_s``: how long they load, on average.
    ``usual``: under matrix travel, metres and seconds to a place on average, by profile.
    """

    hub: Hub
    waves: tuple[Wave, ...]
    couriers: tuple[Courier, ...]
    kinds: Mapping[tuple[str, Capacity], int]
    load_s: float
    collections: tuple[tuple[Carrier, Collection], ...]
    shared: frozenset[str]
    usual: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A drop without its orders, made once for all carts as long as settings and registry stay the same.

    ``urgency``: how urgent each tier is, the seconds of its shortest promise.
    """

    drop: Drop
    tiers: Mapping[str, Tier]
    hubs: Mapping[str, HubGround]
    urgency: Mapping[str, float]


def ground_of(drop: Drop) -> Ground:
    """The ground of a drop. O(hubs x (couriers + collections))."""
    shared = _shared(drop)
    collections = sorted(
        ((carrier, each) for carrier in drop.carriers for each in carrier.collections),
        key=lambda pair: (pair[1].delivered_at, pair[1].id),
    )
    hubs = {hub.id: _hub(drop, hub, collections, shared[hub.id]) for hub in drop.hubs}
    return Ground(
        drop=drop,
        tiers=named(drop.tiers),
        hubs=hubs,
        urgency={tier.id: _urgency(tier) for tier in drop.tiers},
    )


def _hub(drop: Drop, hub: Hub, collections: Sequence[tuple[Carrier, Collection]], shared: frozenset[str]) -> HubGround:
    couriers = tuple(courier for courier in drop.couriers if hub.id in courier.loads_at)
    return HubGround(
        hub=hub,
        waves=tuple(sorted(hub.waves, key=lambda wave: (wave.end, wave.id))),
        couriers=couriers,
        kinds=Counter((courier.profile, courier.capacity) for courier in couriers),
        load_s=sum(courier.load_seconds for courier in couriers) / max(1, len(couriers)),
        collections=tuple(pair for pair in collections if pair[1].hub == hub.id),
        shared=shared,
        usual=_usual(drop, hub),
    )


def upcoming(ground: Ground, now: datetime) -> datetime:
    """The instant before which no wave of a plan can begin: ``plan_at`` while that is ahead."""
    return max(now, ground.drop.plan_at)


def _usual(drop: Drop, hub: Hub) -> dict[str, tuple[float, float]]:
    profiles = drop.travel.profiles if drop.travel.kind == "matrix" else ()
    return {profile: usual(drop, profile, hub) for profile in profiles}


def _urgency(tier: Tier) -> float:
    spans = [span for span in (tier.ship_within, tier.deliver_within) if span is not None]
    return min(spans, default=float("inf"))


def _shared(drop: Drop) -> dict[str, frozenset[str]]:
    """Of each hub the hubs whose couriers' time is one pool with its own, itself among them."""
    pools = {hub.id: {hub.id} for hub in drop.hubs}
    for courier in drop.couriers:
        joined = set().union(*(pools[hub] for hub in courier.loads_at)) if courier.loads_at else set()
        for hub in joined:
            pools[hub] = joined
    return {hub: frozenset(pool) for hub, pool in pools.items()}
