"""Long routes planned anew by PyVRP, hub by hub, from the best draft: parcels keep hub and wave, visits change hands.

Only days that a hub's tours can express are touched: every trip loads at the courier's own hub, nothing of the day is
committed, and no order aboard has another parcel from that hub. No order is served later than its fee allows now.
Source: docs/engines.md, "joint".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Event
from time import monotonic

import numpy as np

from router import processes
from router.allocation import Share
from router.day import NEVER_S, Driven, Promise, Visit
from router.dispatch import Dispatch, Pick
from router.draft import Draft, DraftParcel, DraftTrip
from router.effort import Watch
from router.fleet import Fleet
from router.hub_job import HORIZON_S, Door, HubJob, Rider, Tour
from router.limits import broken
from router.model import Courier, Drop, Penalty
from router.price import late_fee
from router.schedule import days, finish
from router.tours import START_S, route, shared_out

LONG = 13
"""Visits of a trip, on average, from which on PyVRP gains more than the search does; measured, docs/engines.md."""

MOST = 1000
"""Visits of a part: a hub with more is shared out."""

ROUND_S = 60.0
"""Seconds after which parts are drawn anew, so that no line between them stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Days of one hub that are planned anew together: ``visits`` by door of the job."""

    job: HubJob
    visits: tuple[tuple[DraftParcel, ...], ...]

    @property
    def couriers(self) -> frozenset[str]:
        """Whose days these are, idle ones among them."""
        return frozenset(name for rider in self.job.riders for name in rider.couriers)


def worthwhile(drop: Drop, draft: Draft) -> bool:
    """Whether most visits lie on days that could be planned anew, and trips are long there. Pure. O(parcels)."""
    if len(draft.parcels) - len(draft.carried) < LONG * len(draft.trips) or not draft.trips:
        return False
    trips = [trip for own in _expressible(Dispatch(drop), draft).values() for trip in own]
    visits, all_visits = (sum(len(trip.visits) for trip in some) for some in (trips, draft.trips))
    return 2 * visits >= all_visits and visits >= LONG * len(trips)


def refined(drop: Drop, draft: Draft, *, seed: int, workers: int, until: float, watch: Watch, stop: Event) -> Draft:
    """The draft with tours that cost less, or as it is. Ends at ``until`` by ``time.monotonic``, but for one pricing.

    Every change is priced by the drop's own rules. Not the same from run to run: it is a matter of seconds.
    """
    begun = monotonic()
    least = finish(drop, draft).cost.total
    priced_s = 1.5 * (monotonic() - begun)
    fleet, dispatch = Fleet(drop), Dispatch(drop)
    rounds = max(1, round((until - begun) / ROUND_S))
    for round_ in range(rounds):
        given = parts(fleet, dispatch, draft, seed=seed * 1009 + round_)
        if stop.is_set() or not given:
            break
        tries = max(1, workers // len(given))
        ends = begun + (until - begun) * (round_ + 1) / rounds - tries * priced_s
        if ends - monotonic() <= START_S:
            break
        found = draft
        for tours in _routed(given, tries, max(1, workers), ends, stop):
            better, cost = priced(drop, draft, [(given[number], own) for number, own in tours.items()])
            if cost < least:
                found, least = better, cost
                watch(least, None)
        draft = found
    return draft


def _routed(
    given: Sequence[Part], tries: int, workers: int, until: float, stop: Event
) -> list[dict[int, tuple[Tour, ...]]]:
    """For every try, which has seeds of its own, the tours by part."""
    jobs = [replace(part.job, seed=part.job.seed * 100 + number) for number in range(tries) for part in given]
    at = {job.seed: divmod(index, len(given)) for index, job in enumerate(jobs)}
    # A job that has a process to itself is cut off in the end; of several, each gets its share of what is left.
    spent_s = START_S if len(jobs) > workers else 0.0
    lanes = shared_out(jobs, workers, until - monotonic() - spent_s)
    found: list[dict[int, tuple[Tour, ...]]] = [{} for _ in range(tries)]

    def each(lane: int, place: int, tours: tuple[Tour, ...]) -> None:
        try_, number = at[lanes[lane][place].seed]
        doors = sorted(door for _, trips in tours for trip in trips for door in trip)
        if doors == list(range(len(given[number].visits))):
            found[try_][number] = tours

    processes.run(route, lanes, each, until=until, stop=stop)
    return found


def priced(drop: Drop, draft: Draft, found: Sequence[tuple[Part, tuple[Tour, ...]]]) -> tuple[Draft, int]:
    """The draft with these tours, but for parts where they break a rule once they are timed, and what it costs.

    Pure. O(parcels + legs).
    """
    left = list(found)
    while True:
        whole = draft
        for part, tours in left:
            whole = applied(whole, part, tours)
        made = finish(drop, whole)
        late = broken(drop, whole, made)
        kept = [each for each in left if not each[0].couriers & late]
        if len(kept) == len(left):
            return whole, made.cost.total
        left = kept


def applied(draft: Draft, part: Part, tours: Iterable[Tour]) -> Draft:
    """The draft in which the part's couriers drive these tours and nothing else."""
    ours = part.couriers
    fresh = [
        DraftTrip(courier=courier, hub=part.job.hub, visits=tuple(part.visits[door] for door in trip))
        for courier, trips in tours
        for trip in trips
    ]
    return replace(draft, trips=(*(trip for trip in draft.trips if trip.courier not in ours), *fresh))


def parts(fleet: Fleet, dispatch: Dispatch, draft: Draft, *, seed: int) -> list[Part]:
    """What may be planned anew, hub by hub, in parts of about ``MOST`` visits where there are more.

    Days of a hub are told apart by how much nearer their visits are to one of them than to another, drawn by ``seed``.
    """
    random = np.random.default_rng(seed)
    found: list[Part] = []
    hubs = _days(fleet, dispatch, draft)
    for hub, at_hub in hubs.items():
        if not at_hub.busy:
            continue
        whole = _Whole(fleet, dispatch, hub, at_hub)
        count = max(1, round(len(whole.visits) / MOST))
        for chosen, idle in whole.split(count, random):
            found.append(whole.part(chosen, idle, seed * 1000 + len(found)))
    return found


def _expressible(dispatch: Dispatch, draft: Draft) -> dict[str, list[DraftTrip]]:
    """By courier, the days that a hub's tours can express; those who stay at home have no trips."""
    parcels = Counter((each.hub, each.order) for each in draft.parcels)
    parcels.update((each.hub, each.order) for each in dispatch.drop.committed.parcels)
    # A committed parcel that travels in the draft is counted twice, and its day left as it is.
    found: dict[str, list[DraftTrip]] = {}
    for courier in dispatch.drop.couriers:
        if courier.id not in dispatch.driven and dispatch.rider(courier, courier.home) is not None:
            found[courier.id] = []
    other = set()
    home = {courier.id: courier.home for courier in dispatch.drop.couriers}
    for trip in draft.trips:
        once = all(parcels[each.hub, each.order] == 1 for visit in trip.visits for each in visit)
        if trip.courier in found and trip.hub == home[trip.courier] and once:
            found[trip.courier].append(trip)
        else:
            other.add(trip.courier)
    return {courier: trips for courier, trips in found.items() if courier not in other}


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtHub:
    busy: list[tuple[Courier, Driven]]
    idle: list[Courier]


def _days(fleet: Fleet, dispatch: Dispatch, draft: Draft) -> dict[str, _AtHub]:
    """By hub, the days that its tours can express, with times, and the couriers who stay at home."""
    found = {hub.id: _AtHub(busy=[], idle=[]) for hub in fleet.drop.hubs}
    driven = {courier.id: day for courier, day in days(fleet, draft)}
    ours = _expressible(dispatch, draft)
    for courier in fleet.drop.couriers:
        if courier.id not in ours:
            continue
        at_hub = found[courier.home]
        if courier.id in driven:
            at_hub.busy.append((courier, driven[courier.id]))
        else:
            at_hub.idle.append(courier)
    return found


class _Whole:
    """All that is planned anew at one hub, before it is split."""

    def __init__(self, fleet: Fleet, dispatch: Dispatch, hub: str, at_hub: _AtHub) -> None:
        self.hub, self.at_hub, self.fleet, self.dispatch = hub, at_hub, fleet, dispatch
        self.visits: list[tuple[DraftParcel, ...]] = []
        self.doors: list[Door] = []
        self.days: list[tuple[Courier, list[list[int]]]] = []
        for courier, driven in at_hub.busy:
            trips = []
            for trip in driven.trips:
                first = len(self.doors)
                for visit, (_, start_s, _) in zip(trip.run.visits, trip.stops, strict=True):
                    self.doors.append(self._door(visit, trip.depart_s, start_s))
                    self.visits.append(visit.parcels)
                trips.append(list(range(first, len(self.doors))))
            self.days.append((courier, trips))
        places = [dispatch.hubs[hub].location, *(dispatch.orders[own[0].order].location for own in self.visits)]
        self.tables = [dispatch.matrices(profile, places) for profile in dispatch.profiles]

    def _door(self, visit: Visit, depart_s: int, start_s: int) -> Door:
        (parcel,) = visit.parcels
        share = Share(order=parcel.order, hub=parcel.hub, wave=parcel.wave, lines=parcel.lines)
        ready_s = self.fleet.ready_s(parcel)
        grams, millilitres, kinds = self.dispatch.weight(Pick(share=share, ready_s=ready_s))
        latest_s = latest(visit.promise, depart_s, start_s)
        return Door(
            place=0,
            service_s=min(visit.service_s, HORIZON_S),
            opens_s=min(max(0, visit.opens_s), HORIZON_S),
            ready_s=min(max(0, ready_s), HORIZON_S),
            grams=grams,
            millilitres=millilitres,
            kinds=kinds,
            worth=((latest_s, 0),),
            must=True,
        )

    def split(self, count: int, random: np.random.Generator) -> list[tuple[list[int], list[Courier]]]:
        """Days by number and idle couriers, in ``count`` sets with about as many visits."""
        here, there = (int(place) for place in random.integers(1, len(self.doors) + 1, 2))
        seconds = self.tables[0][1]

        def side(number: int) -> float:
            places = [1 + door for trip in self.days[number][1] for door in trip]
            return float(np.mean(seconds[places, here] - seconds[places, there]))

        sets: list[tuple[list[int], list[Courier]]] = [([], []) for _ in range(count)]
        sum_ = 0
        for number in sorted(range(len(self.days)), key=side):
            sets[min(count - 1, sum_ * count // len(self.doors))][0].append(number)
            sum_ += sum(len(trip) for trip in self.days[number][1])
        for number, courier in enumerate(self.at_hub.idle):
            sets[number % count][1].append(courier)
        return [each for each in sets if each[0]]

    def part(self, chosen: Sequence[int], idle: Sequence[Courier], seed: int) -> Part:
        """These days as a job."""
        doors = [door for number in chosen for trip in self.days[number][1] for door in trip]
        at = {door: index for index, door in enumerate(doors)}
        rows = np.ix_([0, *(1 + door for door in doors)], [0, *(1 + door for door in doors)])
        groups: dict[Rider, list[str]] = defaultdict(list)
        for courier in [*(self.days[number][0] for number in chosen), *idle]:
            rider = self.dispatch.rider(courier, self.hub)
            if rider is not None:
                groups[rider].append(courier.id)
        job = HubJob(
            hub=self.hub,
            riders=tuple(replace(rider, couriers=tuple(names)) for rider, names in groups.items()),
            doors=tuple(replace(self.doors[door], place=1 + index) for index, door in enumerate(doors)),
            metres=tuple(metres[rows] for metres, _ in self.tables),
            seconds=tuple(seconds[rows] for _, seconds in self.tables),
            seed=seed,
            tours=tuple(
                (courier.id, tuple(tuple(at[door] for door in trip) for trip in trips))
                for courier, trips in (self.days[number] for number in chosen)
            ),
        )
        return Part(job=job, visits=tuple(self.visits[door] for door in doors))


def latest(promise: Promise, depart_s: int, start_s: int) -> int | None:
    """The last start of service at which the order pays no more than it does now; None: any will do.

    Late shipping is told by the start as well, as if the courier left as long before it as now.
    """
    ends = [
        _edge(promise.delivery, promise.deliver_due_s, max(start_s, promise.delivered_s)),
        _edge(promise.shipping, promise.ship_due_s, max(depart_s, promise.shipped_s)),
    ]
    if ends[1] is not None:
        ends[1] += start_s - depart_s
    return min((end for end in ends if end is not None), default=None)


def _edge(penalty: Penalty | None, due_s: int, at_s: int) -> int | None:
    """The last instant from ``at_s`` on at which the fee is what it is then; None where it never rises."""
    if penalty is None or due_s >= NEVER_S:
        return None
    late_s = at_s - due_s
    fee = late_fee(penalty, late_s)
    brinks = [0, *(step.after for step in penalty.steps)]
    if penalty.per_minute and late_s > 0:
        brinks.append(-(-late_s // 60) * 60)
    over = [brink for brink in brinks if brink >= late_s and late_fee(penalty, brink + 1) > fee]
    return due_s + min(over) if over else None
