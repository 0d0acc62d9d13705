"""What can be promised to one cart, tier by tier: from where, in which wave, by whom, by when, and at what cost.

Of all places to pick and ways to carry that keep the promise the cheapest is taken; where none does, the offer tells
what stood in the way of the one that came furthest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.db.order_sums import Key, Sums
from api.promise.carriage import Out, Parcel, ways_out
from api.promise.ground import Ground
from api.promise.load import Load, by_hub, total
from api.promise.picking import Miss, Source, ready_at
from api.promise.work import work_of
from router.model import Location, Sku, Tier

STAGES = ("no-wave", "waves-full", "no-way-out", "couriers-full", "too-late")
"""What can stand in the way once there is stock, in the order in which an order meets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """What somebody wants to buy: the SKUs, and where to. Times at the door in seconds."""

    skus: Mapping[str, Sku]
    door: Location
    service_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How the cart would travel, about; of several parcels the last one counts. ``cost``: minor units, on time."""

    hubs: tuple[str, ...]
    ready_at: datetime
    ship_at: datetime
    deliver_at: datetime
    by: tuple[str, ...]
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One tier. ``possible``: stock, waves and couriers still allow what it promises; else ``reason`` says why not.

    ``ship_by``, ``deliver_by``: what the tier promises for an order cleared now; ``None`` is no promise.
    """

    tier: str
    possible: bool
    ship_by: datetime | None
    deliver_by: datetime | None
    reason: str | None = None
    detail: str | None = None
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a tier promises for an order that is cleared at an instant."""

    ship_by: datetime | None
    deliver_by: datetime | None

    def kept_by(self, way: Out | Estimate) -> bool:
        """Whether both promises are kept."""
        shipped = self.ship_by is None or way.ship_at <= self.ship_by
        return shipped and (self.deliver_by is None or way.deliver_at <= self.deliver_by)


def offers(
    ground: Ground,
    sums: Mapping[Key, Sums],
    cart: Cart,
    sources: Sequence[Source],
    tiers: Iterable[Tier],
    now: datetime,
) -> tuple[Offer, ...]:
    """The offer of each tier to a cart that could be taken from any of ``sources``, of which there is one or more.

    ``sums``: what the cleared orders of the drop need, by hub and tier.
    """
    needed = by_hub(sums)
    whole = _parcel(cart, _whole(sources[0]))
    work = {
        hub: work_of(ground, at, total(needed.get(hub, {}).values()), whole.grams, whole.millilitres)
        for hub, at in ground.hubs.items()
    }
    load = Load(sums=needed, work=work, now=now)
    return tuple(_offer_of(ground, load, cart, sources, tier) for tier in tiers)


def _whole(source: Source) -> dict[str, int]:
    """Units by SKU, wherever they are taken from."""
    units: dict[str, int] = {}
    for part in source.values():
        for sku, number in part.items():
            units[sku] = units.get(sku, 0) + number
    return units


def _offer_of(ground: Ground, load: Load, cart: Cart, sources: Sequence[Source], tier: Tier) -> Offer:
    due = Due(ship_by=_after(load.now, tier.ship_within), deliver_by=_after(load.now, tier.deliver_within))
    found = [_estimate(ground, load, cart, source, tier, due) for source in sources]
    estimates = [each for each in found if isinstance(each, Estimate)]
    kept = [each for each in estimates if due.kept_by(each)]
    if kept:
        best = min(kept, key=lambda each: (each.cost, each.deliver_at, each.hubs))
        return _offer(tier, due, estimate=best)
    if estimates:
        soonest = min(estimates, key=lambda each: (each.deliver_at, each.cost, each.hubs))
        return _offer(tier, due, miss=Miss(reason="too-late", detail=_late(soonest, due)), estimate=soonest)
    misses = [each for each in found if isinstance(each, Miss)]
    return _offer(tier, due, miss=max(misses, key=lambda each: STAGES.index(each.reason)))


def without_stock(now: datetime, tier: Tier, miss: Miss) -> Offer:
    """The offer of a tier where the cart cannot be had at all."""
    due = Due(ship_by=_after(now, tier.ship_within), deliver_by=_after(now, tier.deliver_within))
    return _offer(tier, due, miss=miss)


def _offer(tier: Tier, due: Due, miss: Miss | None = None, estimate: Estimate | None = None) -> Offer:
    return Offer(
        tier=tier.id,
        possible=miss is None,
        ship_by=due.ship_by,
        deliver_by=due.deliver_by,
        reason=None if miss is None else miss.reason,
        detail=None if miss is None else miss.detail,
        estimate=estimate,
    )


def _estimate(ground: Ground, load: Load, cart: Cart, source: Source, tier: Tier, due: Due) -> Estimate | Miss:
    """How a cart would travel from one source: each parcel by the cheapest way in time, else by the soonest one."""
    ready, outs, cost = [], [], float(ground.drop.split_cost * (len(source) - 1))
    for hub, units in source.items():
        picked = ready_at(ground, load, hub, len(units), tier.id)
        if isinstance(picked, Miss):
            return picked
        ways = ways_out(ground, load, hub, _parcel(cart, units), picked, tier.id, due.deliver_by)
        if isinstance(ways, Miss):
            return ways
        best = _best(ways, due)
        price = ground.hubs[hub].hub
        ready.append(picked)
        outs.append(best)
        cost += price.cost_per_parcel + price.cost_per_line * len(units) + best.cost
    return Estimate(
        hubs=tuple(source),
        ready_at=max(ready),
        ship_at=max(each.ship_at for each in outs),
        deliver_at=max(each.deliver_at for each in outs),
        by=tuple(each.by for each in outs),
        cost=round(cost),
    )


def _best(ways: Iterable[Out], due: Due) -> Out:
    ways = list(ways)
    kept = [way for way in ways if due.kept_by(way)]
    if kept:
        return min(kept, key=lambda way: (way.cost, way.deliver_at, way.by))
    return min(ways, key=lambda way: (way.deliver_at, way.cost, way.by))


def _parcel(cart: Cart, units: Mapping[str, int]) -> Parcel:
    skus = [(cart.skus[sku], number) for sku, number in units.items()]
    return Parcel(
        grams=sum(sku.grams * number for sku, number in skus),
        millilitres=sum(sku.millilitres * number for sku, number in skus),
        handling=frozenset(name for sku, _ in skus for name in sku.handling),
        door=cart.door,
        service_seconds=cart.service_seconds,
    )


def _after(now: datetime, within_s: int | None) -> datetime | None:
    try:
        return None if within_s is None else now + timedelta(seconds=within_s)
    except OverflowError:  # due after the year 9999: never late
        return None


def _late(soonest: Estimate, due: Due) -> str:
    if due.ship_by is not None and soonest.ship_at > due.ship_by:
        over = (soonest.ship_at - due.ship_by).total_seconds()
        return f"would leave about {over:.0f} s after it is promised to"
    over = (soonest.deliver_at - (due.deliver_by or soonest.deliver_at)).total_seconds()
    return f"would arrive about {over:.0f} s after it is promised to"
