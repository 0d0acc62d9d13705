"""What serving an order from a hub in a wave may come to before any trip is known: the allocation's estimate.

A courier's leg is priced by continuous approximation: a share of the way to and from the hub, one hop to the next
door, the time at the door, all at the mean rates of the couriers who stand there. A collection has its exact price.
Lateness is added at the time when the parcel would probably leave and arrive.
Source: C. Daganzo, Logistics Systems Analysis, 4th ed. 2005, chapter 4 (one-to-many distribution with trips).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import pi, sqrt

import numpy as np
import numpy.typing as npt

from router.model import Courier, Drop, Location, Order, Penalty, Profile, named
from router.price import instant
from router.travel import EARTH_RADIUS_M

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NEVER = 10**12
"""Costs and spans at or above this mean: not possible. Amounts are cut off below it, so sums stay exact."""

TYPICAL_STOPS = 12
"""Stops of a trip among which the way to and from the hub is shared, where the courier can carry as many."""

HOP = 0.75
"""Expected hop between neighbours in a tour through random points, over the root of the area of each."""

WAITING = 3
"""Percent of a courier's hourly rate that a parcel is charged for every hour that its wave ends later than the first.

Without it, waves that cost the same are used alike, and many half-empty trips come of it: on generated drops of 500
orders a plan was 12 % dearer. Twice as much, or half, is as good.
"""

WAVES_A_DROP = 3
"""Over how many waves the orders of a drop spread: only their density in one trip depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the hubs hold of each order. Every array: (orders, hubs); ``kinds`` bit-coded handling classes."""

    grams: Ints
    millilitres: Ints
    kinds: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Expected prices in minor units, ``NEVER`` where impossible.

    by_courier: (orders, hubs, waves), carriage and lateness. work_s: (orders, hubs), a courier's seconds.
    by_carrier: (orders, collections), tariff and lateness, whether or not the parcel is ready by then.
    """

    by_courier: Ints
    work_s: Ints
    by_carrier: Ints


def outlook(drop: Drop, orders: Sequence[Order], load: Load, ends_s: Ints) -> Outlook:
    """The estimate for ``orders``. ends_s: (hubs, waves), seconds from ``plan_at``. O(orders × hubs × waves)."""
    tiers = named(drop.tiers)
    start = instant(drop.plan_at)
    clear = _Lateness(
        ship=[(tiers[o.tier].late_shipping, _due_s(o.ship_due(tiers[o.tier]), start)) for o in orders],
        deliver=[(tiers[o.tier].late_delivery, _due_s(o.deliver_due(tiers[o.tier]), start)) for o in orders],
    )
    carriage, work_s, first_s, typical_s = _legs(drop, orders, load)
    opens_s = np.array([0 if o.not_before is None else instant(o.not_before) - start for o in orders])
    by_courier = np.empty((len(orders), len(drop.hubs), ends_s.shape[1]), dtype=np.int64)
    hourly = sum(min(courier.cost.per_hour, 10**8) for courier in drop.couriers) // max(1, len(drop.couriers))
    for w in range(ends_s.shape[1]):
        leaves_s = np.broadcast_to(ends_s[:, w], carriage.shape)
        arrives_s = np.maximum(leaves_s + first_s + typical_s, opens_s[:, None])
        waits = (ends_s[:, w] - ends_s.min()) // 60 * (hourly * WAITING) // 6000
        by_courier[:, :, w] = carriage + waits + clear.fees(leaves_s, arrives_s)
    by_carrier = _collections(drop, load, clear, start)
    return Outlook(by_courier=np.minimum(by_courier, NEVER), work_s=work_s, by_carrier=by_carrier)


def kinds_of(drop: Drop) -> dict[str, int]:
    """A bit for every handling class that a SKU of the catalog needs."""
    names = sorted({name for sku in drop.catalog for name in sku.handling})
    return {name: 1 << bit for bit, name in enumerate(names)}


def mask(kinds: dict[str, int], handling: Sequence[str]) -> int:
    """The classes of ``handling`` as bits; a class that no SKU needs has none."""
    return sum(kinds.get(name, 0) for name in set(handling))


def at_hubs(drop: Drop) -> list[list[Courier]]:
    """The couriers that can begin their next trip at each hub: they stand there, and may load there once more.

    A courier stands at home, or where its last committed trip returns.
    """
    teams: dict[str, list[Courier]] = {hub.id: [] for hub in drop.hubs}
    begun = drop.committed.by_courier()
    for courier in drop.couriers:
        trips = begun.get(courier.id, ())
        stands = trips[-1].return_to if trips else courier.home
        if stands in courier.loads_at and (courier.max_trips is None or courier.max_trips > len(trips)):
            teams[stands].append(courier)
    return list(teams.values())


def great_circle_m(starts: Sequence[Location], ends: Sequence[Location]) -> Floats:
    """Haversine metres, shape (starts, ends). Every location has coordinates."""

    def radians(places: Sequence[Location]) -> tuple[Floats, Floats]:
        both = np.radians([(p.lat or 0.0, p.lon or 0.0) for p in places]).reshape(len(places), 2)
        return both[:, 0], both[:, 1]

    (north, east), (other_north, other_east) = radians(starts), radians(ends)
    rise = np.sin((other_north[None, :] - north[:, None]) / 2) ** 2
    turn = np.sin((other_east[None, :] - east[:, None]) / 2) ** 2
    chord = rise + np.cos(north)[:, None] * np.cos(other_north)[None, :] * turn
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord)))
    return metres


def _both_ways(drop: Drop, profile: Profile, orders: Sequence[Order]) -> tuple[Ints, Ints, Ints]:
    """Seconds to the order, seconds back, metres of both: (orders, hubs); ``NEVER`` where there is no way."""
    if drop.travel.kind == "matrix":
        rows, metres = profile.seconds or (), profile.metres or ()

        def table(matrix: Sequence[Sequence[int | None]], out: bool) -> Ints:
            found = [
                [matrix[h][o] if out else matrix[o][h] for h in (hub.location.place or 0 for hub in drop.hubs)]
                for o in (order.location.place or 0 for order in orders)
            ]
            flat = [min(NEVER, NEVER if cell is None else cell) for row in found for cell in row]
            return np.array(flat, dtype=np.int64).reshape(len(orders), len(drop.hubs))

        both_m = np.minimum(table(metres, True) + table(metres, False), NEVER)
        return table(rows, True), table(rows, False), both_m
    direct_m = great_circle_m([o.location for o in orders], [h.location for h in drop.hubs])
    metres_f = np.minimum(direct_m * (profile.detour or 1.0), NEVER)
    seconds = np.minimum(np.ceil(metres_f / (profile.metres_per_second or 1.0)), NEVER).astype(np.int64)
    return seconds, seconds, (2 * metres_f).astype(np.int64)


def _legs(drop: Drop, orders: Sequence[Order], load: Load) -> tuple[Ints, Ints, Ints, Ints]:
    """Carriage, work_s, seconds of loading and the way out, seconds of the stops before: all (orders, hubs)."""
    kinds, teams = kinds_of(drop), at_hubs(drop)
    shape = (len(orders), len(drop.hubs))
    service_s = np.minimum([o.service_seconds for o in orders], NEVER).astype(np.int64)
    sums = {name: np.zeros(shape) for name in ("price", "work", "first", "before")}
    able = np.zeros(shape)
    for profile in sorted({courier.profile for team in teams for courier in team}):
        to_s, back_s, both_m = _both_ways(drop, drop.travel.profiles[profile], orders)
        reach_s = np.where(to_s < NEVER, to_s, np.iinfo(np.int64).max).min(axis=1)
        reached = reach_s[reach_s < NEVER]
        near_s = float(reached.mean()) if len(reached) else 0.0
        doors = max(1.0, len(orders) / len(drop.hubs) / WAVES_A_DROP)
        hop_s = HOP * sqrt(pi * (1.5 * near_s) ** 2 / doors)
        for h, team in enumerate(teams):
            for courier in (c for c in team if c.profile == profile):
                fits = _carries(courier, mask(kinds, courier.handling), load, h)
                fits &= (to_s[:, h] < NEVER) & (back_s[:, h] < NEVER)
                stops = min(TYPICAL_STOPS, courier.capacity.parcels or TYPICAL_STOPS)
                stem_s = (to_s[:, h] + back_s[:, h] + courier.load_seconds) / stops
                work = service_s + hop_s * (1 - 1 / stops) + stem_s
                span_s = _duty_s(courier)
                price = work * courier.cost.per_hour / 3600 + both_m[:, h] / stops * courier.cost.per_km / 1000
                price += courier.cost.fixed * np.minimum(1.0, work / max(1, span_s))
                before = (stops - 1) / 2 * (float(service_s.mean()) + hop_s)
                able[:, h] += fits
                sums["price"][:, h] += np.where(fits, price, 0)
                sums["work"][:, h] += np.where(fits, work, 0)
                sums["first"][:, h] += np.where(fits, courier.load_seconds + to_s[:, h], 0)
                sums["before"][:, h] += np.where(fits, before, 0)
    mean = {name: total / np.maximum(able, 1) for name, total in sums.items()}
    made = {name: np.minimum(np.round(total), NEVER).astype(np.int64) for name, total in mean.items()}
    return np.where(able > 0, made["price"], NEVER), made["work"], made["first"], made["before"]


def _duty_s(courier: Courier) -> int:
    shift_s = instant(courier.shift.end) - instant(courier.shift.start)
    return shift_s if courier.max_duty_seconds is None else min(shift_s, courier.max_duty_seconds)


def _carries(courier: Courier, has: int, load: Load, h: int) -> npt.NDArray[np.bool_]:
    fits: npt.NDArray[np.bool_] = (load.kinds[:, h] & ~has) == 0
    if courier.capacity.parcels == 0:
        fits &= False
    return fits


def _collections(drop: Drop, load: Load, clear: _Lateness, start: int) -> Ints:
    kinds, hubs = kinds_of(drop), {hub.id: h for h, hub in enumerate(drop.hubs)}
    columns = []
    for carrier in drop.carriers:
        has = mask(kinds, carrier.handling)
        up_to = np.array([step.up_to_grams for step in carrier.tariff])
        amounts = np.array([min(step.amount, NEVER) for step in carrier.tariff] + [NEVER])
        for each in carrier.collections:
            h = hubs[each.hub]
            # A parcel too heavy for the last step may still be carried in part: the last price stands for it.
            step = np.minimum(np.searchsorted(up_to, load.grams[:, h], side="left"), len(up_to) - 1)
            at_s, there_s = instant(each.at) - start, instant(each.delivered_at) - start
            shape = (len(load.grams), 1)
            fees = clear.fees(np.full(shape, at_s), np.full(shape, there_s))[:, 0]
            price = np.where((load.kinds[:, h] & ~has) == 0, amounts[step] + fees, NEVER)
            columns.append(np.minimum(price, NEVER))
    return np.stack(columns, axis=1) if columns else np.empty((len(load.grams), 0), dtype=np.int64)


def _due_s(due: datetime | None, start: int) -> int | None:
    return None if due is None else instant(due) - start


class _Lateness:
    """Fees for many orders at once; the same arithmetic as ``router.price.late_fee``."""

    def __init__(
        self,
        *,
        ship: list[tuple[Penalty | None, int | None]],
        deliver: list[tuple[Penalty | None, int | None]],
    ) -> None:
        self._parts = [self._grouped(ship), self._grouped(deliver)]

    @staticmethod
    def _grouped(wanted: list[tuple[Penalty | None, int | None]]) -> list[tuple[Penalty, Ints, Ints]]:
        groups: dict[Penalty, list[tuple[int, int]]] = {}
        for row, (penalty, due_s) in enumerate(wanted):
            if penalty is not None and due_s is not None:
                groups.setdefault(penalty, []).append((row, due_s))
        return [
            (penalty, np.array([row for row, _ in rows]), np.array([due for _, due in rows]))
            for penalty, rows in groups.items()
        ]

    def fees(self, ships_s: Ints, arrives_s: Ints) -> Ints:
        """Minor units for shipping and delivering at these times; both (orders, columns)."""
        total = np.zeros(ships_s.shape, dtype=np.int64)
        for parts, at_s in zip(self._parts, (ships_s, arrives_s), strict=True):
            for penalty, rows, due_s in parts:
                total[rows] += late_fees(penalty, at_s[rows] - due_s[:, None])
        return total


def late_fees(penalty: Penalty, late_s: Ints) -> Ints:
    """``router.price.late_fee`` for an array of seconds, cut off at ``NEVER``."""
    steps = sorted(penalty.steps, key=lambda step: step.after)
    after = np.array([step.after for step in steps], dtype=np.int64)
    amounts = np.array([0] + [min(step.amount, NEVER) for step in steps], dtype=np.int64)
    minutes = -(-np.clip(late_s, 0, NEVER) // 60)
    running = np.minimum(minutes * float(penalty.per_minute), float(NEVER)).astype(np.int64)
    fee = amounts[np.searchsorted(after, late_s, side="left")] + running
    fee = np.minimum(fee, NEVER if penalty.cap is None else min(penalty.cap, NEVER))
    return np.where(late_s > 0, fee, 0)
