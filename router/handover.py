"""From the tours that hubs found to a draft: how every parcel that no tour takes leaves its hub, or why it stays."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from router.allocation import Ledger
from router.dispatch import Dispatch, Pick
from router.effort import Watch
from router.hub_job import Tour
from router.limits import broken
from router.schedule import Draft, DraftParcel, DraftTrip, finish


class Handover:
    """What is decided so far: parcels by hub, the tours found, and how the rest leaves."""

    def __init__(self, dispatch: Dispatch, picks: Sequence[Pick], watch: Watch) -> None:
        self.dispatch, self.drop, self.watch = dispatch, dispatch.drop, watch
        self.at: dict[str, list[Pick]] = {hub.id: [] for hub in self.drop.hubs}
        for pick in picks:
            self.at[pick.share.hub].append(pick)
        self.ledger = Ledger(self.drop)
        self.tours: dict[str, tuple[Tour, ...]] = {}
        self._rest_s, self._next_at = 0.0, 0.0
        self._least: int | None = None

    def report(self, until: float | None) -> None:
        """Tells the watch what the plan costs by now, unless telling takes too much of the time."""
        now = monotonic()
        if now < self._next_at or (until is not None and now + 10 * self._rest_s > until):
            return
        cost = finish(self.drop, self.lawful()).cost.total
        if self._least is None or cost < self._least:
            self._least = cost
            self.watch(cost, None)
        self._rest_s = monotonic() - now
        self._next_at = monotonic() + 10 * self._rest_s

    def lawful(self) -> Draft:
        """The draft of what is decided, without the trips that would break a rule once they are timed.

        Tours keep every limit as they were found. But a door drops out of its trip where its order stays, and two
        parcels of an order become one visit: the legs are others then.
        """
        tours = dict(self.tours)
        while True:
            draft = self._draft(tours)
            late = broken(self.drop, draft, finish(self.drop, draft))
            if not late:
                return draft
            tours = {
                hub: tuple((who, trips[:-1] if who in late else trips) for who, trips in found)
                for hub, found in tours.items()
            }

    def _draft(self, tours: dict[str, tuple[Tour, ...]]) -> Draft:
        """Tours, then the cheapest collection with room for every other parcel; orders with a parcel left stay."""
        riding = {(hub, door) for hub, found in tours.items() for _, trips in found for trip in trips for door in trip}
        waiting = [
            (hub, door, pick)
            for hub, picks in self.at.items()
            for door, pick in enumerate(picks)
            if (hub, door) not in riding
        ]
        ledger = Ledger(self.drop)
        ways = [
            (self.dispatch.leaving(pick), self.dispatch.collections(pick), hub, door) for hub, door, pick in waiting
        ]
        carried: dict[tuple[str, int], str] = {}
        # Whoever has most to lose by the second choice goes first.
        for leaving, offers, hub, door in sorted(ways, key=lambda way: -_regret(way[0], way[1])):
            name = next((name for cost, name in offers if cost < leaving and ledger.boards(name)), None)
            if name is not None:
                ledger.board(name)
                carried[hub, door] = name
        stays = {pick.share.order for hub, door, pick in waiting if (hub, door) not in carried}

        def parcel(hub: str, door: int) -> DraftParcel | None:
            pick = self.at[hub][door]
            share = pick.share
            if share.order in stays and share.order not in self.dispatch.begun:
                return None
            return DraftParcel(
                order=share.order,
                hub=hub,
                wave=share.wave,
                lines=share.lines,
                collection=carried.get((hub, door)),
                committed=pick.committed,
            )

        trips = []
        for hub, found in tours.items():
            for courier, driven in found:
                for doors in driven:
                    visits: dict[str, list[DraftParcel]] = {}
                    for door in doors:
                        each = parcel(hub, door)
                        if each is not None:
                            visits.setdefault(each.order, []).append(each)
                    if visits:
                        trips.append(
                            DraftTrip(courier=courier, hub=hub, visits=tuple(tuple(own) for own in visits.values()))
                        )
        left = [parcel(hub, door) for hub, door in carried]
        return Draft(carried=tuple(each for each in left if each is not None), trips=tuple(trips))


def _regret(leaving: int, ways: list[tuple[int, str]]) -> int:
    costs = [cost for cost, _ in ways if cost < leaving] + [leaving]
    return costs[1] - costs[0] if len(costs) > 1 else 0
