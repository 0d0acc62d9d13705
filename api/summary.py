"""What a plan comes to: in a few lines, and in tables beside another plan of the same drop."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from api.outcome import Outcome, outcomes
from api.tables import Table
from api.wording import NONE, clock, count, distance, figure, local, money, seen, share, span
from router.model import Drop, Trip, named
from router.plan import COMPONENTS, Plan
from router.price import courier_cost

_MOST_LEFT_OVER = 20


def short(drop: Drop, plan: Plan) -> tuple[str, ...]:
    """Three or four lines: who is served, what it costs, what is proved, what is left over."""
    told = outcomes(drop, plan)
    served = sum(each.served for each in told)
    promised, kept = _delivery_promises(told)
    in_time = f", {share(kept, promised)} delivered in time" if promised else ""
    parts = ", ".join(
        f"{_spelt(part)} {figure(getattr(plan.cost, part), drop.currency)}"
        for part in COMPONENTS
        if getattr(plan.cost, part)
    )
    lines = [
        f"{seen(drop.id)}: {served:,} of {count(len(told), 'order')} served{in_time}",
        f"cost {money(plan.cost.total, drop.currency)}" + (f" ({parts})" if parts else ""),
    ]
    if plan.lower_bound is not None and plan.cost.total > 0:
        lines.append(bounded(drop, plan.lower_bound, plan))
    if plan.unserved:
        reasons = Counter(each.reason for each in plan.unserved)
        why = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
        lines.append(f"not served: {len(plan.unserved)} ({why})")
    return tuple(lines)


def bounded(drop: Drop, bound: int, plan: Plan | None) -> str:
    """What is proved, and how far above it the plan may be."""
    if bound <= 0:
        return "the time was too short to prove a lower bound"
    proved = f"no plan costs less than {money(bound, drop.currency)}"
    if plan is None:
        return proved
    above = share(max(0, plan.cost.total - bound), plan.cost.total)
    return f"{proved}: a gap of {above}"


def tables(drop: Drop, plan: Plan, beside: Plan | None = None) -> tuple[Table, ...]:
    """Cost by component (``beside``: a plan to compare with), promises, orders left over, hubs, couriers."""
    told = outcomes(drop, plan)
    return (
        costs(drop, plan, beside),
        tiers(drop, told),
        left_over(told),
        hubs(drop, plan),
        couriers(drop, plan),
    )


def costs(drop: Drop, plan: Plan, beside: Plan | None) -> Table:
    """What each component costs, and what the other plan pays for it."""
    rows = []
    for part in (*COMPONENTS, "total"):
        own = getattr(plan.cost, part)
        cells = [figure(own, drop.currency)]
        if beside is not None:
            other = getattr(beside.cost, part)
            change = figure(own - other, drop.currency)
            cells = [figure(other, drop.currency), *cells, f"+{change}" if own > other else change]
        rows.append((_spelt(part), *cells))
    heads = ("", _engine(plan)) if beside is None else ("", _engine(beside), _engine(plan), "difference")
    title = f"Cost in {drop.currency}"
    if beside is not None and beside.cost.total:
        title += f": {_engine(plan)} costs {share(plan.cost.total, beside.cost.total)} of {_engine(beside)}"
    return Table(title=title, heads=heads, rows=tuple(rows), total=True)


def tiers(drop: Drop, told: tuple[Outcome, ...]) -> Table:
    """Promises kept by tier; an order that is not served breaks those it had."""
    rows = []
    for tier in drop.tiers:
        own = [each for each in told if each.tier is tier]
        ship = [each for each in own if each.ship_due]
        shipped = sum(each.shipped_at is not None and not each.ships_late_s for each in ship)
        promised, kept = _delivery_promises(own)
        latest = max((each.arrives_late_s for each in own), default=0)
        rows.append(
            (
                tier.id,
                f"{len(own):,}",
                f"{sum(each.served for each in own):,}",
                share(shipped, len(ship)),
                share(kept, promised),
                span(latest) if latest else NONE,
            )
        )
    heads = ("tier", "orders", "served", "shipped in time", "delivered in time", "latest by")
    return Table(title="Promises by tier", heads=heads, rows=tuple(rows))


def left_over(told: tuple[Outcome, ...]) -> Table:
    """Orders not served, with the reason."""
    left = [(each, each.unserved) for each in told if each.unserved]
    rows: list[tuple[str, ...]] = [
        (each.order.id, each.tier.id, unserved.reason, unserved.detail or "")
        for each, unserved in left[:_MOST_LEFT_OVER]
    ]
    if len(left) > _MOST_LEFT_OVER:
        rows.append((f"and {len(left) - _MOST_LEFT_OVER} more", "", "", ""))
    heads = ("order", "tier", "reason", "detail")
    return Table(title=f"Not served: {count(len(left), 'order')}", heads=heads, rows=tuple(rows), left=4)


def hubs(drop: Drop, plan: Plan) -> Table:
    """Work of each hub."""
    rows = []
    for hub in drop.hubs:
        parcels = [parcel for parcel in plan.parcels if parcel.hub == hub.id]
        picked = Counter[str]()
        for parcel in parcels:
            picked[parcel.wave] += len(parcel.lines)
        fullest = max(hub.waves, key=lambda wave: picked[wave.id] / max(1, wave.lines), default=None)
        carried = sum(parcel.collection is not None for parcel in parcels)
        rows.append(
            (
                hub.id,
                hub.partner,
                f"{len(parcels):,}",
                f"{sum(picked.values()):,}",
                f"{sum(parcel.trip is not None for parcel in parcels):,}",
                f"{carried:,}",
                f"{sum(1 for wave in hub.waves if picked[wave.id])} of {len(hub.waves)}",
                f"{fullest.id} {share(picked[fullest.id], fullest.lines)}" if fullest and parcels else NONE,
            )
        )
    heads = ("hub", "partner", "parcels", "lines", "by courier", "by carrier", "waves", "fullest")
    return Table(title="Work by hub", heads=heads, rows=tuple(rows), left=2)


def couriers(drop: Drop, plan: Plan) -> Table:
    """Work of each courier who has any."""
    zone = ZoneInfo(drop.timezone)
    day = local(drop.plan_at, zone).date()
    trips: dict[str, list[Trip]] = {}
    for trip in plan.trips:
        trips.setdefault(trip.courier, []).append(trip)
    known = named(drop.couriers)
    rows = []
    for name in sorted(trips, key=list(known).index):
        courier, own = known[name], trips[name]
        metres = sum(trip.metres for trip in own)
        out, home = min(trip.load_at for trip in own), max(trip.return_at for trip in own)
        rows.append(
            (
                courier.id,
                courier.profile,
                courier.home,
                f"{len(own)}",
                f"{sum(len(trip.stops) for trip in own)}",
                distance(metres),
                f"{clock(out, zone, day)}–{clock(home, zone, day)}",
                figure(courier_cost(courier.cost, metres, _seconds(out, home)), drop.currency),
            )
        )
    heads = ("courier", "profile", "home", "trips", "stops", "way", "on duty", f"cost, {drop.currency}")
    idle = len(drop.couriers) - len(rows)
    title = "Work by courier" + (f" ({count(idle, 'courier')} had none)" if idle else "")
    return Table(title=title, heads=heads, rows=tuple(rows), left=3)


def _delivery_promises(told: list[Outcome] | tuple[Outcome, ...]) -> tuple[int, int]:
    """Orders with a promise of delivery, and those of them that are delivered in time."""
    promised = [each for each in told if each.deliver_due]
    return len(promised), sum(each.served and not each.arrives_late_s for each in promised)


def _engine(plan: Plan) -> str:
    return plan.certificate.engine if plan.certificate else "this plan"


def _spelt(part: str) -> str:
    return part.replace("_", " ")


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())
