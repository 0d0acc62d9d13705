"""What a plan costs, by component, from the drop and the plan alone.

Integer arithmetic throughout: minor units, metres, seconds, grams. The only rounding is half up, where the
rate of a courier meets metres or seconds. Source: the format, "What a plan costs"; ``docs/rules.md``, R11.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from router.errors import Invalid
from router.model import BY_TIER, Carrier, CourierCost, Drop, Order, Parcel, Penalty, Trip
from router.plan import COMPONENTS, Cost, Plan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unpriced(Invalid):
    """The plan refers to something that the drop does not have, so that no price can be put on it."""

    code, title = "unpriced-plan", "The plan cannot be priced"

    def __init__(self, components: tuple[str, ...]) -> None:
        names = ", ".join(components)
        super().__init__(f"no figure for {names}: check the plan against the drop first", components=components)


def price(drop: Drop, plan: Plan) -> Cost:
    """What ``plan`` costs, whatever its own ``cost`` says. Raises ``Unpriced`` where something is unknown."""
    found = figures(drop, plan)
    known = {name: figure for name, figure in found.items() if figure is not None}
    if len(known) < len(found):
        raise Unpriced(tuple(name for name, figure in found.items() if figure is None))
    return Cost(total=sum(known.values()), **known)


def figures(drop: Drop, plan: Plan) -> dict[str, int | None]:
    """Minor units by component, without the total; ``None`` where something is unknown. Never raises."""
    return {name: _told(_FIGURES[name], drop, plan) for name in COMPONENTS}


def instant(at: datetime) -> int:
    """Whole seconds since 1970 in UTC of an aware time."""
    since = at - _EPOCH
    return since.days * 86_400 + since.seconds


def lateness(penalty: Penalty | None, due: datetime | None, at: datetime) -> int:
    """Minor units for what is due at ``due`` and happens at ``at``; without a promise or penalty, 0."""
    return 0 if due is None else late_fee(penalty, instant(at) - instant(due))


def late_fee(penalty: Penalty | None, late_s: int) -> int:
    """Minor units for being ``late_s`` seconds late; on time (0 or less) costs nothing.

    The amount of the step with the largest ``after`` below ``late_s``, plus ``per_minute`` for every minute
    begun, at most ``cap``.
    """
    if penalty is None or late_s <= 0:
        return 0
    passed = max((step for step in penalty.steps if step.after < late_s), key=lambda step: step.after, default=None)
    fee = (0 if passed is None else passed.amount) + penalty.per_minute * -(-late_s // 60)
    return fee if penalty.cap is None else min(fee, penalty.cap)


def courier_cost(rates: CourierCost, metres: int, duty_s: int) -> int:
    """Minor units for a courier in use: ``metres`` of all trips, seconds from first load to last return."""
    return rates.fixed + half_up(rates.per_km, metres, 1000) + half_up(rates.per_hour, duty_s, 3600)


def half_up(rate: int, count: int, per: int) -> int:
    """``rate`` × ``count`` ÷ ``per``, rounded to the nearest integer, halves up; exact at any size."""
    return (2 * rate * count + per) // (2 * per)


def tariff(carrier: Carrier, grams: int) -> int | None:
    """Minor units for a parcel of ``grams``: the first step that holds it; ``None`` where none does."""
    return next((step.amount for step in carrier.tariff if grams <= step.up_to_grams), None)


def _told(figure: Callable[[Drop, Plan], int], drop: Drop, plan: Plan) -> int | None:
    try:
        return figure(drop, plan)
    except LookupError:
        return None


def _handling(drop: Drop, plan: Plan) -> int:
    hubs = {hub.id: hub for hub in drop.hubs}
    used = ((hubs[parcel.hub], len(parcel.lines)) for parcel in plan.parcels)
    return sum(hub.cost_per_parcel + hub.cost_per_line * lines for hub, lines in used)


def _split(drop: Drop, plan: Plan) -> int:
    return drop.split_cost * (len(plan.parcels) - len({parcel.order for parcel in plan.parcels}))


def _contingency(drop: Drop, plan: Plan) -> int:
    unit = {(row.hub, row.sku): row.contingency_cost for row in drop.stock}
    lines = ((parcel.hub, line) for parcel in plan.parcels for line in parcel.lines if line.contingency)
    return sum(unit[hub, line.sku] * line.contingency for hub, line in lines)


def _couriers(drop: Drop, plan: Plan) -> int:
    rates = {courier.id: courier.cost for courier in drop.couriers}
    trips: dict[str, list[Trip]] = {}
    for trip in plan.trips:
        trips.setdefault(trip.courier, []).append(trip)
    total = 0
    for courier, made in trips.items():
        duty_s = max(instant(trip.return_at) for trip in made) - min(instant(trip.load_at) for trip in made)
        total += courier_cost(rates[courier], sum(trip.metres for trip in made), duty_s)
    return total


def _carriers(drop: Drop, plan: Plan) -> int:
    grams = {sku.sku: sku.grams for sku in drop.catalog}
    carriers = {each.id: carrier for carrier in drop.carriers for each in carrier.collections}
    total = 0
    for parcel in plan.parcels:
        if parcel.collection is not None:
            weight = sum(grams[line.sku] * line.quantity for line in parcel.lines)
            amount = tariff(carriers[parcel.collection], weight)
            if amount is None:
                raise LookupError(parcel.id)
            total += amount
    return total


def _late_shipping(drop: Drop, plan: Plan) -> int:
    tiers, total = {tier.id: tier for tier in drop.tiers}, 0
    for order, at in _last(drop, plan, lambda parcel: parcel.shipped_at):
        tier = tiers[order.tier]
        due = _due(order.ship_by, order.clear_at, tier.ship_within)
        total += 0 if due is None else late_fee(tier.late_shipping, at - due)
    return total


def _late_delivery(drop: Drop, plan: Plan) -> int:
    tiers, total = {tier.id: tier for tier in drop.tiers}, 0
    for order, at in _last(drop, plan, lambda parcel: parcel.delivered_at):
        tier = tiers[order.tier]
        due = _due(order.deliver_by, order.clear_at, tier.deliver_within)
        total += 0 if due is None else late_fee(tier.late_delivery, at - due)
    return total


def _unserved(drop: Drop, plan: Plan) -> int:
    tiers = {tier.id: tier for tier in drop.tiers}
    tier_of = {order.id: tiers[order.tier] for order in drop.orders}
    return sum(tier_of[order].unserved for order in {row.order for row in plan.unserved})


def _last(drop: Drop, plan: Plan, when: Callable[[Parcel], datetime | None]) -> list[tuple[Order, int]]:
    """Each order that has parcels, with the instant of its last one. LookupError where a parcel has none."""
    orders, last = {order.id: order for order in drop.orders}, dict[str, int]()
    for parcel in plan.parcels:
        given = when(parcel)
        if given is None:
            raise LookupError(parcel.id)
        at = instant(given)
        last[parcel.order] = max(at, last.get(parcel.order, at))
    return [(orders[name], at) for name, at in last.items()]


def _due(given: datetime | None, cleared_at: datetime, within_s: int | None) -> int | None:
    """The due instant or ``None``, no promise. In integers, since a long span would leave the calendar."""
    if given == BY_TIER:
        return None if within_s is None else instant(cleared_at) + within_s
    return None if given is None else instant(given)


_FIGURES: dict[str, Callable[[Drop, Plan], int]] = {
    "handling": _handling,
    "split": _split,
    "contingency": _contingency,
    "couriers": _couriers,
    "carriers": _carriers,
    "late_shipping": _late_shipping,
    "late_delivery": _late_delivery,
    "unserved": _unserved,
}
