"""The cheapest way to put one order into a plan that leaves it over.

Every way to pick it is met with every collection and every place in every courier's day, the whole day timed anew.
What looks cheapest is an estimate where an order in several parcels is touched; the caller prices the whole plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations, product

from router.day import LONG_AGO_S, Driven, Promise, cost, drive, lawful
from router.draft import Draft, DraftParcel, DraftTrip
from router.fleet import Fleet, Last
from router.loads import Load, Remainder
from router.model import Carrier, Collection, Courier, Order
from router.places import Ride, Runs, cheaper, least, placed, places, ride
from router.price import tariff
from router.schedule import days

NEVER = 1 << 60
CHEAPEST = 6
"""Offers a parcel that are tried together with those of the order's other parcels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """An order's parcels with their ways out: what the plan then costs more, the penalty of leaving not counted."""

    order: str
    cost: int
    carried: tuple[DraftParcel, ...]
    rides: dict[str, Runs]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """A way out for some parcels of an order. ``cost``: all it adds but the order's own lateness."""

    loads: tuple[Load, ...]
    cost: int
    shipped_s: int
    delivered_s: int
    collection: str | None = None
    courier: str | None = None
    runs: Runs = ()


@dataclass(slots=True, kw_only=True)
class _Search:
    """What is known of one order while its parcels look for a way out."""

    order: Order
    below: int
    until: Callable[[], bool]
    promise: Promise
    offers: dict[DraftParcel, list[_Offer]] = field(default_factory=dict)


class Inserter:
    """Where orders could still go, given what is left to pick and who carries what by now.

    Without ``carriage`` every courier is idle, and may begin wherever it loads: another order may bring it there.
    """

    def __init__(self, fleet: Fleet, remainder: Remainder, *, carriage: Draft | None) -> None:
        self.fleet, self.remainder = fleet, remainder
        self.anywhere = carriage is None
        self.rides: dict[str, Ride] = {}
        driven = {courier.id: made for courier, made in days(fleet, carriage or Draft())}
        idle: Counter[Courier] = Counter()
        for courier in fleet.drop.couriers:
            day = fleet.day(courier)
            made = driven.get(courier.id) or drive(day, ())
            if not made.trips and day.began is None:
                # Of idle couriers that differ in nothing but their name, one for each of two parcels is enough.
                kind = replace(courier, id="", partner="")
                idle[kind] += 1
                if idle[kind] > 2:
                    continue
            runs = tuple(trip.run for trip in made.trips)
            self.rides[courier.id] = ride(day, runs, cost(day, made))
        self.collections: dict[str, list[tuple[Carrier, Collection]]] = {hub.id: [] for hub in fleet.drop.hubs}
        taken = Counter(parcel.collection for parcel in fleet.drop.committed.parcels)
        taken.update(each.collection for each in (carriage.carried if carriage else ()))
        for carrier in fleet.drop.carriers:
            for row in carrier.collections:
                self.collections[row.hub].append((carrier, row))
        self.room = {
            row.id: NEVER if row.parcels is None else row.parcels - taken[row.id]
            for carrier in fleet.drop.carriers
            for row in carrier.collections
        }

    def cheapest(
        self, order: Order, below: int, *, until: Callable[[], bool] = lambda: False, any_way: bool = False
    ) -> Insertion | None:
        """The cheapest way found that adds less than ``below``, or ``any_way`` that does.

        ``until`` is asked now and then whether to give up.
        """
        promise = self.fleet.promise(order.id, self._gone(order))
        search = _Search(order=order, below=below, until=until, promise=promise)
        chosen: tuple[_Offer, ...] = ()
        for loads in self.remainder.cuts(order):
            if until() or (any_way and chosen):
                break
            for offers in self._together(search, loads):
                price = self._price(search, offers)
                if price < search.below:
                    search.below, chosen = price, offers
                    if any_way:
                        break
        if not chosen:
            return None
        return Insertion(
            order=order.id,
            cost=search.below,
            carried=tuple(
                replace(load.parcel, collection=offer.collection)
                for offer in chosen
                if offer.collection
                for load in offer.loads
            ),
            rides={offer.courier: offer.runs for offer in chosen if offer.courier},
        )

    def _gone(self, order: Order) -> Last | None:
        """When the order's committed parcels ship and arrive that have their way out."""
        times = [
            (self.fleet.s(parcel.shipped_at), self.fleet.s(parcel.delivered_at))
            for parcel in self.fleet.drop.committed.parcels
            if parcel.order == order.id and parcel.shipped_at is not None and parcel.delivered_at is not None
        ]
        return (max(ship_s for ship_s, _ in times), max(there_s for _, there_s in times)) if times else None

    def _price(self, search: _Search, offers: tuple[_Offer, ...]) -> int:
        """All that the order adds: these offers, its lateness, and the fee for every parcel beyond the first."""
        beyond = sum(len(offer.loads) for offer in offers) - (search.promise.shipped_s == LONG_AGO_S)
        late = search.promise.fee(max(o.shipped_s for o in offers), max(o.delivered_s for o in offers))
        return sum(offer.cost for offer in offers) + late + self.fleet.drop.split_cost * beyond

    def _together(self, search: _Search, loads: tuple[Load, ...]) -> Iterator[tuple[_Offer, ...]]:
        """Ways out for all the loads."""
        fees = sum(load.cost for load in loads) + self.fleet.drop.split_cost * (len(loads) - 1)
        if fees >= search.below:
            return
        if len(loads) > 2:
            yield from self._one_by_one(search, loads)
        elif len(loads) == 2:
            for by in self.rides.values():
                for offer in self._ridden(search, by, loads):
                    yield (offer,)
        lists = [sorted(self._offers(search, load), key=lambda offer: offer.cost) for load in loads]
        for offers in product(*(offered[:CHEAPEST] if len(loads) > 1 else offered for offered in lists)):
            riders = [offer.courier for offer in offers if offer.courier]
            rooms = [offer.collection for offer in offers if offer.collection]
            if len(set(riders)) == len(riders) and all(rooms.count(each) <= self.room[each] for each in rooms):
                yield offers

    def _one_by_one(self, search: _Search, loads: tuple[Load, ...]) -> Iterator[tuple[_Offer, ...]]:
        """One load after the other where it is cheapest, given those before it; couriers may take several."""
        kept, room = dict(self.rides), dict(self.room)
        of_courier: dict[str, tuple[Load, ...]] = {}
        made: dict[str, _Offer] = {}
        try:
            for load in loads:
                found = [*self._collected(load)]
                for by in self.rides.values():
                    found += self._ridden_alone(search, by, load)
                best = min(found, key=lambda offer: (offer.cost, offer.shipped_s), default=None)
                if best is None:
                    return
                if best.collection:
                    self.room[best.collection] -= 1
                    made[f"c {load.parcel.hub} {len(made)}"] = best
                elif best.courier:
                    old = self.rides[best.courier]
                    self.rides[best.courier] = ride(old.day, best.runs, old.cost + best.cost - load.cost)
                    of_courier[best.courier] = (*of_courier.get(best.courier, ()), load)
                    before = made.get(f"r {best.courier}")
                    made[f"r {best.courier}"] = replace(
                        best,
                        loads=of_courier[best.courier],
                        cost=best.cost + (before.cost if before else 0),
                        shipped_s=max(best.shipped_s, before.shipped_s if before else LONG_AGO_S),
                        delivered_s=max(best.delivered_s, before.delivered_s if before else LONG_AGO_S),
                    )
        finally:
            self.rides, self.room = kept, room
        yield tuple(made.values())

    def _offers(self, search: _Search, load: Load) -> list[_Offer]:
        """The cheapest offer of every collection and courier for one load alone."""
        known = search.offers.get(load.parcel)
        if known is None:
            known = search.offers[load.parcel] = [*self._collected(load)]
            for by in self.rides.values():
                known += self._ridden(search, by, (load,))
        return known

    def _collected(self, load: Load) -> Iterator[_Offer]:
        for carrier, row in self.collections[load.parcel.hub]:
            amount, at_s = tariff(carrier, load.grams), self.fleet.s(row.at)
            if (
                amount is not None
                and load.handling <= set(carrier.handling)
                and at_s >= load.ready_s
                and self.room[row.id] > 0
            ):
                there_s = self.fleet.s(row.delivered_at)
                yield _Offer(
                    loads=(load,),
                    cost=load.cost + amount,
                    shipped_s=at_s,
                    delivered_s=there_s,
                    collection=row.id,
                )

    def _takes(self, courier: Courier, load: Load) -> bool:
        return load.parcel.hub in courier.loads_at and load.handling <= set(courier.handling)

    def _ridden_alone(self, search: _Search, by: Ride, load: Load) -> Iterator[_Offer]:
        """As ``_ridden`` for one load, whatever it costs: lateness of the order falls to its last load."""
        yield from self._ridden(replace(search, below=NEVER), by, (load,))

    def _ridden(self, search: _Search, by: Ride, loads: tuple[Load, ...]) -> Iterator[_Offer]:
        """The cheapest way for the courier to take all the loads, if it could be below what is sought."""
        courier = by.day.courier
        if search.until() or not all(self._takes(courier, load) for load in loads):
            return
        handling = sum(load.cost for load in loads)
        below, chosen = by.cost + search.below - handling, None
        for sequence in permutations(loads):
            for driven, price in self._with_all(search, by, sequence, below):
                if price < below:
                    below, chosen = price, driven
        if chosen is None:
            return
        shipped_s, delivered_s = _times(chosen, search.order.id)
        # Its own lateness is within the day's cost, and counted anew with all its loads.
        own = search.promise.fee(shipped_s, delivered_s)
        yield _Offer(
            loads=loads,
            cost=below - own - by.cost + handling,
            shipped_s=shipped_s,
            delivered_s=delivered_s,
            courier=courier.id,
            runs=tuple(trip.run for trip in chosen.trips),
        )

    def _with_all(self, search: _Search, by: Ride, loads: Sequence[Load], below: int) -> Iterator[tuple[Driven, int]]:
        """Days below a cost with one load after the other put in, the last one where it is cheapest."""
        load, rest = loads[0], loads[1:]
        visit = replace(self.fleet.visit((load.parcel,)), promise=search.promise)
        for place in places(by, load, anywhere=self.anywhere):
            if least(by, place, load, visit) >= below:
                continue
            runs = placed(by.runs, place, load, visit)
            if rest:
                yield from self._with_all(search, ride(by.day, runs, by.cost), rest, below)
                continue
            found = cheaper(by.day, runs, below)
            if found is not None:
                below = found[1]
                yield found


def inserted(fleet: Fleet, draft: Draft, found: Insertion) -> Draft:
    """The draft with the order in it."""
    hubs = fleet.drop.hubs
    trips = [trip for trip in draft.trips if trip.courier not in found.rides]
    for courier, runs in found.rides.items():
        trips += [
            DraftTrip(courier=courier, hub=hubs[run.hub].id, visits=tuple(visit.parcels for visit in run.visits))
            for run in runs
        ]
    return Draft(carried=(*draft.carried, *found.carried), trips=tuple(trips))


def keeps_the_law(fleet: Fleet, draft: Draft) -> bool:
    """Whether every courier's new trips keep to shift, duty, ways and number."""
    return all(lawful(fleet.day(courier), driven) for courier, driven in days(fleet, draft))


def _times(driven: Driven, order: str) -> Last:
    found = [
        (trip.depart_s, start_s)
        for trip in driven.trips
        for visit, (_, start_s, _) in zip(trip.run.visits, trip.stops, strict=True)
        if visit.order == order
    ]
    return max(ship_s for ship_s, _ in found), max(there_s for _, there_s in found)
