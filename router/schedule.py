"""From what an engine decided to a plan with times: the one place where drafts become plans.

An engine says which hub picks what in which wave, and who carries it in which order. Times follow from that: every
trip loads as early as it can, then each courier's day begins as late as pays, since duty is paid from first load to
last return. Contingency stock is used only where ordinary stock does not reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import MappingProxyType

from router.day import LONG_AGO_S, Driven, Timed, drive, timed
from router.draft import Draft, DraftParcel, DraftTrip
from router.fleet import Fleet, Last
from router.model import Courier, Drop, Parcel, ParcelLine, Stop, Trip
from router.plan import COMPONENTS, PLAN_FORMAT, Certificate, Cost, Plan, Unserved
from router.price import price

__all__ = ["Draft", "DraftParcel", "DraftTrip", "days", "finish"]


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
    records of orders left over, as ``router.leftover`` finds them; an order without one is left as ``couriers-full``.
    """
    sheet = _Sheet(drop)
    drafts = sheet.ordered(draft.parcels)
    names, lines = sheet.names(drafts), sheet.lines(drafts)
    settled = {trip.id for trip in drop.committed.trips}
    parcels = [each for each in drop.committed.parcels if each.trip is not None or each.collection is not None]
    for each in draft.carried:
        by = sheet.collections[each.collection or ""]
        shipped, delivered = by.at.astimezone(UTC), by.delivered_at.astimezone(UTC)
        parcels.append(sheet.parcel(each, names, lines, shipped, delivered, collection=by.id))
    trips = list(drop.committed.trips)
    fresh = (name for name in map("t{}".format, count(1)) if name not in settled)
    for courier, driven in days(sheet.fleet, draft):
        for timed_trip in driven.trips:
            trip = sheet.trip(next(fresh), courier, timed_trip, names)
            trips.append(trip)
            for visit, stop in zip(timed_trip.run.visits, trip.stops, strict=True):
                parcels.extend(
                    sheet.parcel(each, names, lines, trip.depart_at, stop.start_at, trip=trip.id)
                    for each in visit.parcels
                )
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


def days(fleet: Fleet, draft: Draft) -> list[tuple[Courier, Driven]]:
    """Every courier with new trips, in the drop's order, and when it drives them.

    An order in several parcels ships and arrives with the last one. So the couriers take turns: each chooses its start
    while the others' parcels travel as they do by then, those still to choose as early as they can.
    """
    by_courier: dict[str, list[DraftTrip]] = defaultdict(list)
    for trip in draft.trips:
        by_courier[trip.courier].append(trip)
    chosen = [courier for courier in fleet.drop.couriers if courier.id in by_courier]
    made = {courier.id: fleet.day(courier) for courier in chosen}
    apart = _Apart(fleet, draft)
    for courier in chosen:
        day = made[courier.id]
        apart.note(courier.id, drive(day, fleet.runs(by_courier[courier.id], {})))
    found = []
    for courier in chosen:
        runs = fleet.runs(by_courier[courier.id], apart.but(courier.id))
        driven = timed(made[courier.id], runs)
        apart.note(courier.id, driven)
        found.append((courier, driven))
    return found


class _Apart:
    """When the parcels of orders in several parcels travel, by who carries them."""

    def __init__(self, fleet: Fleet, draft: Draft) -> None:
        self.times: dict[str, dict[str | None, Last]] = defaultdict(dict)
        carriers: dict[str, set[str | None]] = defaultdict(set)
        collections = {each.id: each for carrier in fleet.drop.carriers for each in carrier.collections}
        for parcel in fleet.drop.committed.parcels:
            if parcel.shipped_at is not None and parcel.delivered_at is not None:
                self._note(parcel.order, None, (fleet.s(parcel.shipped_at), fleet.s(parcel.delivered_at)))
                carriers[parcel.order].add(None)
        for each in draft.carried:
            by = collections[each.collection or ""]
            self._note(each.order, None, (fleet.s(by.at), fleet.s(by.delivered_at)))
            carriers[each.order].add(None)
        for trip in draft.trips:
            for parcels in trip.visits:
                carriers[parcels[0].order].add(trip.courier)
        self.shared = {order for order, names in carriers.items() if len(names) > 1}
        self.of_courier: dict[str, list[str]] = defaultdict(list)
        for order in sorted(self.shared):
            for name in carriers[order]:
                if name is not None:
                    self.of_courier[name].append(order)

    def _note(self, order: str, by: str | None, last: Last) -> None:
        ship_s, deliver_s = self.times[order].get(by, (LONG_AGO_S, LONG_AGO_S))
        self.times[order][by] = max(ship_s, last[0]), max(deliver_s, last[1])

    def note(self, courier: str, driven: Driven) -> None:
        """Takes the courier's times instead of those noted before."""
        if courier not in self.of_courier:
            return
        for order in self.of_courier[courier]:
            self.times[order].pop(courier, None)
        for trip in driven.trips:
            for visit, (_, start_s, _) in zip(trip.run.visits, trip.stops, strict=True):
                if visit.order in self.shared:
                    self._note(visit.order, courier, (trip.depart_s, start_s))

    def but(self, courier: str) -> dict[str, Last]:
        """By order, the last times of its parcels that this courier does not carry."""
        found = {}
        for order in self.of_courier.get(courier, ()):
            others = [last for by, last in self.times[order].items() if by != courier]
            found[order] = max(ship_s for ship_s, _ in others), max(deliver_s for _, deliver_s in others)
        return found


class _Sheet:
    """The drop, indexed once."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.fleet = Fleet(drop)
        self.wave_end = {(hub.id, wave.id): wave.end for hub in drop.hubs for wave in hub.waves}
        self.collections = {each.id: each for carrier in drop.carriers for each in carrier.collections}
        self.committed = self.fleet.settled
        self.start = drop.plan_at.astimezone(UTC)

    def at(self, seconds: int) -> datetime:
        return self.start + timedelta(seconds=seconds)

    def ordered(self, drafts: tuple[DraftParcel, ...]) -> list[DraftParcel]:
        """The drafts in the orders' order, whatever order an engine told them in."""
        place = self.fleet.door
        return sorted(drafts, key=lambda each: (place[each.order], each.hub, each.wave, each.lines))

    def names(self, drafts: list[DraftParcel]) -> dict[int, str]:
        """A parcel id for each draft, by its ``id()``: the committed one, else p1, p2, …"""
        fresh = (name for name in map("p{}".format, count(1)) if name not in self.committed)
        return {id(each): each.committed or next(fresh) for each in drafts}

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

    def trip(self, name: str, courier: Courier, driven: Timed, names: dict[int, str]) -> Trip:
        hubs = self.drop.hubs
        return Trip(
            id=name,
            courier=courier.id,
            hub=hubs[driven.run.hub].id,
            load_at=self.at(driven.load_s),
            depart_at=self.at(driven.depart_s),
            stops=tuple(
                Stop(
                    order=visit.order,
                    parcels=tuple(names[id(each)] for each in visit.parcels),
                    arrive_at=self.at(arrive_s),
                    start_at=self.at(start_s),
                    leave_at=self.at(leave_s),
                )
                for visit, (arrive_s, start_s, leave_s) in zip(driven.run.visits, driven.stops, strict=True)
            ),
            return_to=hubs[driven.return_to].id,
            return_at=self.at(driven.return_s),
            metres=driven.metres,
        )
