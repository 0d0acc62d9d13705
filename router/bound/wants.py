"""What is left to decide of every order: its open lines, where they may come from, when they may be picked.

Committed parcels are taken out here, and what they cost in any case is added up exactly.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from router.bound.fees import DEAR, LONG_S, Floats, Ints, least_fee
from router.model import Carrier, Drop, Order, Parcel, Tier, named
from router.price import instant, lateness, tariff

Flags = npt.NDArray[np.bool_]
NEVER_S = 1 << 44
"""An instant after everything else."""

BARE = -1
"""The SKU of a line that stands for a committed parcel without a way out: it is picked already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Units of one SKU that an order still lacks, or a picked parcel (``BARE``), what one unit weighs and needs."""

    order: int
    sku: int
    units: int
    grams: int
    millilitres: int
    handling: frozenset[str]
    hub: int = -1
    ready_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """``settled``: minor units that every plan pays, whatever it does. Arrays by order where not said otherwise.

    leaving: minor units for leaving the order, ``inf`` where no plan may. paid_split: 1 where every further parcel
    costs the fee of a split, 0 where the first is free. bare: the lines are picked parcels. cleared_s, opens_s, seconds
    from ``plan_at``; service_s. lines: of all orders, in order. late: of shipping and of delivery, the fee's penalty,
    when it is due, and when a committed parcel ships or arrives.
    """

    settled: int
    leaving: Floats
    paid_split: Floats
    bare: Flags
    cleared_s: Ints
    opens_s: Ints
    service_s: Ints
    lines: tuple[Line, ...]
    hidden: bool
    tiers: tuple[Tier, ...]
    tier: Ints
    due_s: Ints
    before_s: Ints

    def late(self, orders: Ints, ships_s: Ints, arrives_s: Ints) -> Floats:
        """The least that lateness costs beyond what is settled, if a parcel ships and arrives then; all alike long."""
        found = np.zeros(len(orders))
        for part, at_s in enumerate((ships_s, arrives_s)):
            due_s, before_s = self.due_s[part][orders], self.before_s[part][orders]
            for number, tier in enumerate(self.tiers):
                penalty = (tier.late_shipping, tier.late_delivery)[part]
                own = np.flatnonzero(self.tier[orders] == number)
                if penalty is not None and len(own):
                    already = least_fee(penalty, before_s[own] - due_s[own])
                    both = least_fee(penalty, np.maximum(before_s[own], at_s[own]) - due_s[own])
                    found[own] += both - already
        return found


def wants(drop: Drop) -> Wants:
    """What every order still wants. Exact integers in ``settled``; O(orders + lines + committed)."""
    start, number = instant(drop.plan_at), {tier.id: index for index, tier in enumerate(drop.tiers)}
    begun: dict[str, list[Parcel]] = defaultdict(list)
    for parcel in drop.committed.parcels:
        begun[parcel.order].append(parcel)
    size = len(drop.orders)
    due_s, before_s = np.full((2, size), NEVER_S), np.full((2, size), -NEVER_S)
    leaving, paid_split, bare = np.zeros(size), np.zeros(size), np.zeros(size, dtype=np.bool_)
    settled, lines, hidden = _paid(drop), list[Line](), False
    sku = {each.sku: index for index, each in enumerate(drop.catalog)}
    for at, order in enumerate(drop.orders):
        tier, own = drop.tiers[number[order.tier]], begun[order.id]
        for part, due in enumerate((order.ship_due(tier), order.deliver_due(tier))):
            if due is not None:
                due_s[part, at] = instant(due) - start
        missing = drop.wants(order)
        for parcel in own:
            for line in parcel.lines:
                missing[line.sku] = missing.get(line.sku, 0) - line.quantity
        away = [each for each in own if each.shipped_at is not None and each.delivered_at is not None]
        still = [each for each in own if each.shipped_at is None or each.delivered_at is None]
        open_ = {name: units for name, units in missing.items() if units > 0}
        for part, times in enumerate(([each.shipped_at for each in away], [each.delivered_at for each in away])):
            last = max((instant(time) - start for time in times if time is not None), default=-NEVER_S)
            before_s[part, at] = max(last, -NEVER_S)
        settled += _lateness(order, tier, away, whole=not open_ and not still)
        leaving[at] = np.inf if own else min(tier.unserved, DEAR)
        paid_split[at] = 1.0 if own else 0.0
        for name, units in open_.items():
            each = drop.catalog[sku[name]]
            lines.append(
                Line(order=at, sku=sku[name], units=units, grams=each.grams, millilitres=each.millilitres,
                     handling=frozenset(each.handling))
            )  # fmt: skip
        hidden |= bool(still and open_)
        if still and not open_:
            bare[at] = True
            lines += [_picked(drop, parcel, at, start) for parcel in still]
    return Wants(
        settled=settled,
        leaving=leaving,
        paid_split=paid_split,
        bare=bare,
        cleared_s=np.array([max(0, instant(each.clear_at) - start) for each in drop.orders], dtype=np.int64),
        opens_s=np.array(
            [-NEVER_S if each.not_before is None else instant(each.not_before) - start for each in drop.orders],
            dtype=np.int64,
        ),
        service_s=np.array([min(each.service_seconds, LONG_S) for each in drop.orders], dtype=np.int64),
        lines=tuple(lines),
        hidden=hidden,
        tiers=drop.tiers,
        tier=np.array([number[each.tier] for each in drop.orders], dtype=np.int64),
        due_s=due_s,
        before_s=before_s,
    )


def _paid(drop: Drop) -> int:
    """What committed parcels cost to pick, split, take from contingency and hand to carriers."""
    hubs, grams = named(drop.hubs), {each.sku: each.grams for each in drop.catalog}
    unit = {(row.hub, row.sku): row.contingency_cost for row in drop.stock}
    carrier: dict[str, Carrier] = {row.id: each for each in drop.carriers for row in each.collections}
    total, parcels = 0, drop.committed.parcels
    for parcel in parcels:
        hub = hubs[parcel.hub]
        total += hub.cost_per_parcel + hub.cost_per_line * len(parcel.lines)
        total += sum(unit[parcel.hub, line.sku] * line.contingency for line in parcel.lines if line.contingency)
        if parcel.collection is not None:
            total += tariff(carrier[parcel.collection], sum(grams[x.sku] * x.quantity for x in parcel.lines)) or 0
    return total + drop.split_cost * (len(parcels) - len({parcel.order for parcel in parcels}))


def _lateness(order: Order, tier: Tier, away: list[Parcel], *, whole: bool) -> int:
    """What the committed parcels under way cost in lateness: exactly where nothing else is to come."""
    total = 0
    both = (
        (tier.late_shipping, order.ship_due(tier), [each.shipped_at for each in away]),
        (tier.late_delivery, order.deliver_due(tier), [each.delivered_at for each in away]),
    )
    for penalty, due, times in both:
        last = max((time for time in times if time is not None), default=None)
        if last is None or due is None:
            continue
        if whole:
            total += lateness(penalty, due, last)
        else:
            late_s = np.array([min(instant(last) - instant(due), NEVER_S)], dtype=np.int64)
            total += int(least_fee(penalty, late_s)[0])
    return total


def _picked(drop: Drop, parcel: Parcel, order: int, start: int) -> Line:
    catalog = {each.sku: each for each in drop.catalog if any(line.sku == each.sku for line in parcel.lines)}
    hub = next(index for index, each in enumerate(drop.hubs) if each.id == parcel.hub)
    return Line(
        order=order,
        sku=BARE,
        units=1,
        grams=sum(catalog[line.sku].grams * line.quantity for line in parcel.lines),
        millilitres=sum(catalog[line.sku].millilitres * line.quantity for line in parcel.lines),
        handling=frozenset(name for each in catalog.values() for name in each.handling),
        hub=hub,
        ready_s=max(0, instant(parcel.ready_at) - start),
    )
