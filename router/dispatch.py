"""The drop as seen from its hubs: who drives, which doors, by when, and what a visit is worth.

A visit is worth what the cheapest other way would cost: a collection that the parcel makes, its lateness included,
or leaving the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from router.allocation import Ledger, Share
from router.allocation.outlook import great_circle_m, kinds_of, mask
from router.hub_job import HORIZON_S, NO_WAY_S, Door, HubJob, Matrix, Rider
from router.model import Courier, Drop, Location, Order, Tier, named
from router.price import instant, late_fee, tariff
from router.travel import speed

DEAREST = 10**9
"""Amounts are cut off here, so that sums stay exact; what costs more is avoided all the same."""

MUST_VISIT = 10**6
"""What a visit is worth that has to be made: something of the order is picked already."""

ALONG_S = 1500
"""Seconds that a stop is expected to lie behind the first one of its trip: late shipping is charged by it."""

MOST_STEPS = 3
"""Steps of lateness told apart at a door; neighbours that differ least are joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A parcel that has to leave its hub, new or committed without a trip, and when it is ready."""

    share: Share
    ready_s: int
    committed: str | None = None


class Dispatch:
    """The drop as seen from its hubs: makes the jobs and prices what is not visited."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.start = instant(drop.plan_at)
        self.orders, self.tiers, self.hubs = named(drop.orders), named(drop.tiers), named(drop.hubs)
        self.skus = {sku.sku: sku for sku in drop.catalog}
        self.kinds = kinds_of(drop)
        self.profiles = sorted({courier.profile for courier in drop.couriers})
        self.ends_s = {(hub.id, wave.id): instant(wave.end) - self.start for hub in drop.hubs for wave in hub.waves}
        self.begun = {parcel.order for parcel in drop.committed.parcels}
        self.driven = drop.committed.by_courier()

    def picks(self, shares: Sequence[Share]) -> list[Pick]:
        """The parcels of an allocation, and the committed ones that have no way out yet."""
        found = [Pick(share=share, ready_s=self.ends_s[share.hub, share.wave]) for share in shares]
        for parcel in self.drop.committed.parcels:
            if parcel.trip is None and parcel.collection is None:
                lines = tuple((line.sku, line.quantity) for line in parcel.lines)
                share = Share(order=parcel.order, hub=parcel.hub, wave=parcel.wave, lines=lines)
                ready_s = instant(parcel.ready_at) - self.start
                found.append(Pick(share=share, ready_s=ready_s, committed=parcel.id))
        return found

    def job(self, hub: str, picks: Sequence[Pick], ledger: Ledger, seed: int) -> HubJob | None:
        """The tours of ``hub``; None where nobody could drive or nothing could be gained."""
        groups: dict[Rider, list[str]] = {}
        homes = [self.hubs[hub].location]
        for courier in self.drop.couriers:
            rider = self.rider(courier, hub)
            if rider is not None:
                if courier.home != hub:
                    rider = replace(rider, home=len(picks) + len(homes))
                    homes.append(self.hubs[courier.home].location)
                groups.setdefault(replace(rider, couriers=()), []).append(courier.id)
        riders = [replace(rider, couriers=tuple(names)) for rider, names in groups.items()]
        if not riders or not picks:
            return None
        places = [homes[0], *(self.orders[pick.share.order].location for pick in picks), *homes[1:]]
        tables = [self.matrices(profile, places) for profile in self.profiles]
        last_s = max(rider.closes_s for rider in riders)
        doors = [
            self._door(pick, place, min(int(seconds[0, place]) for _, seconds in tables), last_s, ledger)
            for place, pick in enumerate(picks, start=1)
        ]
        self._bring_home(riders, doors, [seconds for _, seconds in tables])
        return HubJob(
            hub=hub,
            riders=tuple(riders),
            doors=tuple(doors),
            metres=tuple(metres for metres, _ in tables),
            seconds=tuple(seconds for _, seconds in tables),
            seed=seed,
        )

    def _bring_home(self, riders: list[Rider], doors: list[Door], seconds: list[Matrix]) -> None:
        """Gives every rider who stands away from home a door of its own, since a day has to end at home.

        The door then needs a class that nobody else has, and is worth the way.
        """
        bit = 1 << len(self.kinds)
        for number, rider in enumerate(riders):
            if not rider.home:
                continue
            way_s = seconds[rider.profile]
            able = []
            for index, door in enumerate(doors):
                load_s = max(rider.opens_s, door.ready_s)
                start_s = max(load_s + rider.load_s + int(way_s[0, door.place]), door.opens_s)
                back_s = start_s + door.service_s + int(way_s[door.place, rider.home])
                if door.kinds & ~rider.kinds == 0 and rider.holds(door) and back_s <= rider.closes_s:
                    able.append((back_s, index))
            if able:
                index = min(able)[1]
                worth = tuple((late_s, worth + MUST_VISIT) for late_s, worth in doors[index].worth)
                own = doors[index].kinds | bit
                doors[index] = replace(doors[index], kinds=own, worth=worth or ((None, MUST_VISIT),))
                riders[number] = replace(rider, kinds=rider.kinds | bit)
                bit <<= 1

    def weight(self, pick: Pick) -> tuple[int, int, int]:
        """Grams, millilitres and handling classes of a parcel."""
        grams = sum(self.skus[sku].grams * units for sku, units in pick.share.lines)
        millilitres = sum(self.skus[sku].millilitres * units for sku, units in pick.share.lines)
        kinds = 0
        for sku, _ in pick.share.lines:
            kinds |= mask(self.kinds, self.skus[sku].handling)
        return grams, millilitres, kinds

    def collections(self, pick: Pick) -> list[tuple[int, str]]:
        """The collections that the parcel makes, cheapest first: minor units with lateness, and the id."""
        grams, _, kinds = self.weight(pick)
        order = self.orders[pick.share.order]
        found = []
        for carrier in self.drop.carriers:
            amount = tariff(carrier, grams)
            if amount is None or kinds & ~mask(self.kinds, carrier.handling):
                continue
            for each in carrier.collections:
                at_s = instant(each.at) - self.start
                if each.hub == pick.share.hub and at_s >= pick.ready_s:
                    fees = self.lateness(order, at_s, instant(each.delivered_at) - self.start)
                    found.append((amount + fees, each.id))
        return sorted(found)

    def leaving(self, pick: Pick) -> int:
        """What leaving the order would cost more than serving it, but for the way out of this parcel."""
        order = self.orders[pick.share.order]
        if order.id in self.begun:
            return MUST_VISIT
        hub = self.hubs[pick.share.hub]
        picking = hub.cost_per_parcel + hub.cost_per_line * len(pick.share.lines)
        return self.tiers[order.tier].unserved - picking

    def lateness(self, order: Order, ships_s: int, arrives_s: int) -> int:
        """Minor units where the order's last parcel ships and arrives at these times."""
        tier: Tier = self.tiers[order.tier]
        ship, deliver = order.ship_due(tier), order.deliver_due(tier)
        fees = 0
        if ship is not None:
            fees += late_fee(tier.late_shipping, ships_s - (instant(ship) - self.start))
        if deliver is not None:
            fees += late_fee(tier.late_delivery, arrives_s - (instant(deliver) - self.start))
        return fees

    def rider(self, courier: Courier, hub: str) -> Rider | None:
        """The courier as one that starts at ``hub``, or None: it stands elsewhere, or has no trip left."""
        done = self.driven.get(courier.id, ())
        stands = done[-1].return_to if done else courier.home
        trips = None if courier.max_trips is None else courier.max_trips - len(done)
        if stands != hub or hub not in courier.loads_at or (trips is not None and trips <= 0):
            return None
        opens_s = max(0, instant(courier.shift.start) - self.start)
        closes_s = instant(courier.shift.end) - self.start
        duty_s = courier.max_duty_seconds
        if done:
            opens_s = max(opens_s, instant(done[-1].return_at) - self.start)
            if duty_s is not None:
                closes_s = min(closes_s, instant(done[0].load_at) - self.start + duty_s)
                duty_s = None
        if closes_s <= opens_s or opens_s > HORIZON_S:
            return None
        return Rider(
            couriers=(),
            profile=self.profiles.index(courier.profile),
            home=0,
            opens_s=opens_s,
            closes_s=min(closes_s, HORIZON_S),
            duty_s=duty_s,
            begun=bool(done),
            # Whoever ends elsewhere makes the one trip that leads there.
            trips=trips if stands == courier.home else 1,
            load_s=min(courier.load_seconds, HORIZON_S),
            grams=courier.capacity.grams,
            millilitres=courier.capacity.millilitres,
            parcels=courier.capacity.parcels,
            kinds=mask(self.kinds, courier.handling),
            fixed=min(courier.cost.fixed, DEAREST),
            per_km=min(courier.cost.per_km, DEAREST),
            per_hour=min(courier.cost.per_hour, DEAREST),
        )

    def _door(self, pick: Pick, place: int, out_s: int, last_s: int, ledger: Ledger) -> Door:
        order = self.orders[pick.share.order]
        grams, millilitres, kinds = self.weight(pick)
        opens_s = 0 if order.not_before is None else instant(order.not_before) - self.start
        first_s = max(pick.ready_s + out_s, opens_s)
        others = [cost for cost, name in self.collections(pick) if ledger.boards(name)]
        saved = min([self.leaving(pick), *others])
        return Door(
            place=place,
            service_s=min(order.service_seconds, HORIZON_S),
            opens_s=min(max(0, opens_s), HORIZON_S),
            ready_s=min(max(0, pick.ready_s), HORIZON_S),
            grams=grams,
            millilitres=millilitres,
            kinds=kinds,
            worth=tuple(
                (late_s, min(saved - fee, DEAREST))
                for late_s, fee in self._steps(order, first_s, last_s, out_s + ALONG_S)
                if saved > fee
            ),
        )

    def _steps(self, order: Order, first_s: int, last_s: int, behind_s: int) -> list[tuple[int | None, int]]:
        """Lateness by the start of service: (up to and including, minor units), from ``first_s`` on, ascending.

        ``behind_s``: how long before that the courier is taken to have left. A price that grows by the minute is cut
        into pieces, each at the mean of its ends.
        """
        tier: Tier = self.tiers[order.tier]
        ends = set()
        for penalty, due, shift_s in (
            (tier.late_shipping, order.ship_due(tier), behind_s),
            (tier.late_delivery, order.deliver_due(tier), 0),
        ):
            if penalty is None or due is None:
                continue
            due_s = instant(due) - self.start + shift_s
            ends |= {due_s, *(due_s + step.after for step in penalty.steps)}
            if penalty.per_minute:
                ends |= set(range(due_s, min(last_s, due_s + 4 * 3600) + 900, 900))
        marks = [at for at in sorted(ends) if first_s <= at < last_s]
        pieces: list[tuple[int | None, int]] = []
        before = first_s
        for at in [*marks, None]:
            end_s = max(before, last_s) if at is None else at
            fees = [self.lateness(order, when - behind_s, when) for when in (min(before + 1, end_s), end_s)]
            pieces.append((at, sum(fees) // 2))
            before = end_s
        joined = [piece for piece, after in zip(pieces, [*pieces[1:], (0, -1)], strict=True) if piece[1] != after[1]]
        while len(joined) > MOST_STEPS:
            gap = [after[1] - piece[1] for piece, after in pairwise(joined)]
            joined.pop(gap.index(min(gap)))
        return joined

    def matrices(self, profile_name: str, places: Sequence[Location]) -> tuple[Matrix, Matrix]:
        """Metres and seconds between places as the format defines them, to the rounding of the sphere."""
        travel = self.drop.travel
        profile = travel.profiles[profile_name]
        if travel.kind == "matrix":
            at = [place.place or 0 for place in places]
            tables = []
            for matrix, worst in ((profile.metres or (), 0), (profile.seconds or (), NO_WAY_S)):
                rows = [
                    [worst if row[j] is None else min(row[j] or 0, NO_WAY_S) for j in at]
                    for row in map(matrix.__getitem__, at)
                ]
                tables.append(np.array(rows, dtype=np.int64).reshape(len(at), len(at)))
        else:
            pace = 1 / speed(profile)
            metres = np.minimum(np.rint(great_circle_m(places, places) * (profile.detour or 1.0)), NO_WAY_S)
            whole = metres.astype(np.int64)
            exact = int(whole.max(initial=0)) * pace.numerator < 1 << 62
            counted = whole if exact else whole.astype(object)
            seconds = -(-counted * pace.numerator // pace.denominator)
            tables = [whole, np.minimum(seconds, NO_WAY_S).astype(np.int64)]
        for table in tables:
            np.fill_diagonal(table, 0)
        return tables[0], tables[1]
