"""From what an engine decided to a plan with times: the one place where drafts become plans.

An engine says which hub picks what in which wave, and who carries it in which order. Times follow from that: every
trip loads as early as it can, then each courier's trips move as late as costs nothing, since duty is paid from first
load to last return. Contingency stock is used only where ordinary stock does not reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import MappingProxyType

from router.model import Courier, Drop, Location, Order, Parcel, ParcelLine, Penalty, Stop, Trip, named
from router.plan import COMPONENTS, PLAN_FORMAT, Certificate, Cost, Plan, Unserved
from router.price import late_fee, price
from router.travel import Legs, legs

_FAR_S = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftParcel:
    """What one hub picks for an order: units by component SKU. ``committed``: the committed parcel that this is."""

    order: str
    hub: str
    wave: str
    lines: tuple[tuple[str, int], ...]
    collection: str | None = None
    committed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTrip:
    """One trip of a courier; each visit hands over one order's parcels."""

    courier: str
    hub: str
    visits: tuple[tuple[DraftParcel, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Parcels that a carrier collects, and new trips, each courier's in the order they are driven."""

    carried: tuple[DraftParcel, ...] = ()
    trips: tuple[DraftTrip, ...] = ()


@dataclass(slots=True)
class _Visit:
    """One stop while times are found; seconds since plan_at."""

    order: Order
    parcels: tuple[DraftParcel, ...]
    travel_s: int
    not_before_s: int
    arrive_s: int = 0
    start_s: int = 0
    leave_s: int = 0


@dataclass(slots=True)
class _Run:
    """One trip while times are found; seconds since plan_at."""

    hub: str
    return_to: str
    ready_s: int
    visits: list[_Visit]
    back_s: int
    metres: int
    load_s: int = 0
    depart_s: int = 0
    return_s: int = 0


def finish(
    drop: Drop,
    draft: Draft,
    *,
    unserved: Mapping[str, Unserved] = MappingProxyType({}),
    certificate: Certificate | None = None,
    lower_bound: int | None = None,
) -> Plan:
    """The plan of a draft, with times, contingency and cost. Pure. O(parcels + legs).

    Nothing is checked: an unlawful draft gives an unlawful plan, which the referee refuses. ``unserved`` gives the
    records of orders left over, as ``router.reasons`` finds them; an order without one is left as ``couriers-full``.
    """
    sheet = _Sheet(drop)
    drafts = [*draft.carried, *(each for trip in draft.trips for visit in trip.visits for each in visit)]
    names = sheet.names(drafts)
    lines = sheet.lines(drafts)
    settled = {trip.id for trip in drop.committed.trips}
    parcels = [each for each in drop.committed.parcels if each.trip is not None or each.collection is not None]
    for each in draft.carried:
        by = sheet.collections[each.collection or ""]
        shipped, delivered = by.at.astimezone(UTC), by.delivered_at.astimezone(UTC)
        parcels.append(sheet.parcel(each, names, lines, shipped, delivered, collection=by.id))
    trips = list(drop.committed.trips)
    fresh = (name for name in map("t{}".format, count(1)) if name not in settled)
    for courier, runs in sheet.timed(draft):
        for run in runs:
            trip = sheet.trip(next(fresh), courier, run, names)
            trips.append(trip)
            for visit, stop in zip(run.visits, trip.stops, strict=True):
                for each in visit.parcels:
                    parcels.append(sheet.parcel(each, names, lines, trip.depart_at, stop.start_at, trip=trip.id))
    place = {order.id: index for index, order in enumerate(drop.orders)}
    parcels.sort(key=lambda parcel: place[parcel.order])
    served = {parcel.order for parcel in parcels}
    left = (order.id for order in drop.orders if order.id not in served)
    plan = Plan(
        format=PLAN_FORMAT,
        drop=drop.id,
        cost=Cost(total=0, **dict.fromkeys(COMPONENTS, 0)),
        lower_bound=lower_bound,
        parcels=tuple(parcels),
        trips=tuple(trips),
        unserved=tuple(unserved.get(each) or Unserved(order=each, reason="couriers-full") for each in left),
        certificate=certificate,
    )
    return replace(plan, cost=price(drop, plan))


class _Sheet:
    """The drop, indexed once."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.hubs, self.orders, self.tiers = named(drop.hubs), named(drop.orders), named(drop.tiers)
        self.wave_end = {(hub.id, wave.id): wave.end for hub in drop.hubs for wave in hub.waves}
        self.collections = {each.id: each for carrier in drop.carriers for each in carrier.collections}
        self.committed = named(drop.committed.parcels)
        self.legs: dict[str, Legs] = {}

    def at(self, seconds: int) -> datetime:
        return self.drop.plan_at.astimezone(UTC) + timedelta(seconds=seconds)

    def s(self, at: datetime) -> int:
        return round((at - self.drop.plan_at).total_seconds())

    def leg(self, courier: Courier, a: Location, b: Location) -> tuple[int, int]:
        way = self.legs.get(courier.profile)
        if way is None:
            way = self.legs[courier.profile] = legs(self.drop, courier.profile)
        return way(a, b) or (0, 0)

    def names(self, drafts: list[DraftParcel]) -> dict[int, str]:
        """A parcel id for each draft, by its ``id()``: the committed one, else p1, p2, … in the orders' order."""
        place = {order.id: index for index, order in enumerate(self.drop.orders)}
        fresh = (name for name in map("p{}".format, count(1)) if name not in self.committed)
        ordered = sorted(drafts, key=lambda each: (place[each.order], each.hub, each.wave, each.lines))
        return {id(each): each.committed or next(fresh) for each in ordered}

    def lines(self, drafts: list[DraftParcel]) -> dict[int, tuple[ParcelLine, ...]]:
        """Lines of each draft: contingency units only where the hub's ordinary stock does not reach."""
        left = {(row.hub, row.sku): row.quantity for row in self.drop.stock}
        for parcel in self.drop.committed.parcels:
            for line in parcel.lines:
                left[parcel.hub, line.sku] = left.get((parcel.hub, line.sku), 0) - line.quantity + line.contingency
        found = {}
        for each in drafts:
            if each.committed is not None:
                found[id(each)] = self.committed[each.committed].lines
                continue
            lines = []
            for sku, quantity in each.lines:
                ordinary = min(quantity, max(0, left.get((each.hub, sku), 0)))
                left[each.hub, sku] = left.get((each.hub, sku), 0) - ordinary
                lines.append(ParcelLine(sku=sku, quantity=quantity, contingency=quantity - ordinary))
            found[id(each)] = tuple(lines)
        return found

    def parcel(
        self,
        each: DraftParcel,
        names: dict[int, str],
        lines: dict[int, tuple[ParcelLine, ...]],
        shipped_at: datetime,
        delivered_at: datetime,
        trip: str | None = None,
        collection: str | None = None,
    ) -> Parcel:
        if each.committed is not None:
            kept = self.committed[each.committed]
            return replace(kept, trip=trip, collection=collection, shipped_at=shipped_at, delivered_at=delivered_at)
        return Parcel(
            id=names[id(each)],
            order=each.order,
            hub=each.hub,
            wave=each.wave,
            lines=lines[id(each)],
            trip=trip,
            collection=collection,
            ready_at=self.wave_end[each.hub, each.wave].astimezone(UTC),
            shipped_at=shipped_at,
            delivered_at=delivered_at,
        )

    def trip(self, name: str, courier: Courier, run: _Run, names: dict[int, str]) -> Trip:
        return Trip(
            id=name,
            courier=courier.id,
            hub=run.hub,
            load_at=self.at(run.load_s),
            depart_at=self.at(run.depart_s),
            stops=tuple(
                Stop(
                    order=visit.order.id,
                    parcels=tuple(names[id(each)] for each in visit.parcels),
                    arrive_at=self.at(visit.arrive_s),
                    start_at=self.at(visit.start_s),
                    leave_at=self.at(visit.leave_s),
                )
                for visit in run.visits
            ),
            return_to=run.return_to,
            return_at=self.at(run.return_s),
            metres=run.metres,
        )

    def timed(self, draft: Draft) -> list[tuple[Courier, list[_Run]]]:
        """Each courier's new trips with their times."""
        by_courier: dict[str, list[DraftTrip]] = defaultdict(list)
        for trip in draft.trips:
            by_courier[trip.courier].append(trip)
        driven = [
            (courier, self.runs(courier, by_courier[courier.id]))
            for courier in self.drop.couriers
            if by_courier[courier.id]
        ]
        starts = {courier.id: self.free_s(courier) for courier, _ in driven}
        for courier, runs in driven:
            _drive(courier, runs, starts[courier.id])
        # Every parcel now has its earliest times; how far may a courier's day move before anything costs more?
        shipped, delivered = self.last_times(draft, driven)
        started = {trip.courier for trip in self.drop.committed.trips}
        for courier, runs in driven:
            spare = 0
            for index in reversed(range(len(runs))):
                wait = runs[index + 1].load_s - runs[index].return_s if index + 1 < len(runs) else 0
                spare = self.spare_s(runs[index], spare + wait, shipped, delivered)
            if courier.id not in started:
                _drive(courier, runs, runs[0].load_s + spare)
        return driven

    def last_times(
        self, draft: Draft, driven: list[tuple[Courier, list[_Run]]]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """When each order ships and is delivered, with its last parcel."""
        shipped: dict[str, int] = {}
        delivered: dict[str, int] = {}

        def note(order: str, shipped_s: int, delivered_s: int) -> None:
            shipped[order] = max(shipped.get(order, -_FAR_S), shipped_s)
            delivered[order] = max(delivered.get(order, -_FAR_S), delivered_s)

        for parcel in self.drop.committed.parcels:
            if parcel.shipped_at is not None and parcel.delivered_at is not None:
                note(parcel.order, self.s(parcel.shipped_at), self.s(parcel.delivered_at))
        for each in draft.carried:
            by = self.collections[each.collection or ""]
            note(each.order, self.s(by.at), self.s(by.delivered_at))
        for _, runs in driven:
            for run in runs:
                for visit in run.visits:
                    note(visit.order.id, run.depart_s, visit.start_s)
        return shipped, delivered

    def spare_s(self, run: _Run, later_s: int, shipped: dict[str, int], delivered: dict[str, int]) -> int:
        """How far the trip's loading may move at no cost, if its return may move by ``later_s``."""
        spare, wait = _FAR_S, 0
        for visit in run.visits:
            order, tier = visit.order, self.tiers[visit.order.tier]
            wait += visit.start_s - visit.arrive_s
            for penalty, due, last_s, own_s, buffer_s in (
                (tier.late_shipping, order.ship_due(tier), shipped[order.id], run.depart_s, 0),
                (tier.late_delivery, order.deliver_due(tier), delivered[order.id], visit.start_s, wait),
            ):
                if penalty is not None and due is not None:
                    spare = min(spare, buffer_s + last_s - own_s + _slack_s(penalty, last_s - self.s(due)))
        return min(spare, wait + later_s)

    def free_s(self, courier: Courier) -> int:
        """From when the courier may load: plan_at, its shift, the return of its last committed trip."""
        committed = [self.s(trip.return_at) for trip in self.drop.committed.trips if trip.courier == courier.id]
        return max(0, self.s(courier.shift.start), *committed)

    def runs(self, courier: Courier, drafts: list[DraftTrip]) -> list[_Run]:
        runs = []
        for index, draft in enumerate(drafts):
            return_to = drafts[index + 1].hub if index + 1 < len(drafts) else courier.home
            at, metres, visits = self.hubs[draft.hub].location, 0, []
            for parcels in draft.visits:
                order = self.orders[parcels[0].order]
                metre, second = self.leg(courier, at, order.location)
                earliest = 0 if order.not_before is None else self.s(order.not_before)
                visits.append(_Visit(order=order, parcels=parcels, travel_s=second, not_before_s=earliest))
                at, metres = order.location, metres + metre
            metre, second = self.leg(courier, at, self.hubs[return_to].location)
            ready = max(self.ready_s(each) for parcels in draft.visits for each in parcels)
            runs.append(_Run(draft.hub, return_to, ready, visits, second, metres + metre))
        return runs

    def ready_s(self, each: DraftParcel) -> int:
        if each.committed is not None:
            return self.s(self.committed[each.committed].ready_at)
        return self.s(self.wave_end[each.hub, each.wave])


def _drive(courier: Courier, runs: list[_Run], from_s: int) -> None:
    """The earliest times of a courier's trips, the first loading no sooner than ``from_s``."""
    now = from_s
    for run in runs:
        run.load_s = max(now, run.ready_s)
        run.depart_s = now = run.load_s + courier.load_seconds
        for visit in run.visits:
            visit.arrive_s = now + visit.travel_s
            visit.start_s = max(visit.arrive_s, visit.not_before_s)
            visit.leave_s = now = visit.start_s + visit.order.service_seconds
        run.return_s = now = now + run.back_s


def _slack_s(penalty: Penalty, late_s: int) -> int:
    """Seconds by which ``late_s`` may grow before the fee does."""
    edges = [step.after for step in penalty.steps if step.after >= late_s]
    if penalty.per_minute:
        edges.append(0 if late_s <= 0 else -(-late_s // 60) * 60)
    if not edges or (penalty.cap is not None and late_s > 0 and late_fee(penalty, late_s) >= penalty.cap):
        return _FAR_S
    return min(edges) - late_s
