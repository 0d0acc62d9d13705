"""Who drives: couriers that are alike at a hub, and what each courier can give and costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from router.bound.fees import DEAR, LONG_S
from router.model import Courier, CourierCost, Drop, Trip
from router.price import courier_cost, instant

KINDS = 6
"""Kinds of courier told apart at a hub, on average over the hubs; beyond, those of one profile count as one kind."""

FREE = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Couriers that load at ``hub`` with one profile and rates; where they differ, the best of each counts.

    Money: minor units for a metre (``per_m``) and a second (``per_s``). Times: seconds from ``plan_at``.
    """

    hub: int
    profile: str
    handling: frozenset[str]
    grams: float
    millilitres: float
    parcels: float
    load_s: int
    per_m: float
    per_s: float
    opens_s: int
    closes_s: int
    duty_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What one courier gives: ``duty_s`` seconds and ``trips`` trips more, for ``first`` minor units once it does.

    ``first`` is what is sure to be paid beyond the metres and seconds of trips: the fixed part, less what rounding may
    give back; below zero where it has none. ``otherwise`` is what the courier costs if it makes no further trip.
    home: the hub where its day begins and ends, −1 where that has begun. No trip loads before ``opens_s`` or returns
    after ``closes_s``.
    """

    teams: tuple[int, ...]
    duty_s: int
    trips: float
    first: float
    otherwise: float
    home: int
    opens_s: int
    closes_s: int


def supplies(drop: Drop, ready_s: Sequence[float]) -> tuple[list[Team], list[Supply], int]:
    """Teams, supplies, and the minor units that couriers with committed trips cost in any case.

    ready_s: for each hub, when the first parcel can be ready there (``inf``: never).
    """
    hub = {each.id: index for index, each in enumerate(drop.hubs)}
    begun = drop.committed.by_courier()
    start = instant(drop.plan_at)
    able: list[tuple[Courier, list[int], int, float, float, float]] = []
    settled = 0
    for courier in drop.couriers:
        trips = begun.get(courier.id, ())
        first, otherwise, paid = _committed(courier, trips)
        settled += paid
        hubs = sorted({hub[name] for name in courier.loads_at if ready_s[hub[name]] < FREE})
        opens_s = max([0.0, instant(courier.shift.start) - start, min((ready_s[h] for h in hubs), default=0.0)])
        duty_s = instant(courier.shift.end) - start - int(opens_s)
        if courier.max_duty_seconds is not None:
            duty_s = min(duty_s, courier.max_duty_seconds - _driven_s(trips))
        left = FREE if courier.max_trips is None else courier.max_trips - len(trips)
        if hubs and left > 0 and duty_s >= courier.load_seconds:
            able.append((courier, hubs, duty_s, left, first, otherwise))
        else:
            settled += int(otherwise)
    coarse = len({_kind(row[0], coarse=False) for row in able}) > KINDS
    grouped: dict[tuple[object, ...], list[tuple[Courier, int]]] = defaultdict(list)
    for courier, hubs, duty_s, *_ in able:
        for h in hubs:
            grouped[h, _kind(courier, coarse=coarse)].append((courier, duty_s))
    number = {key: index for index, key in enumerate(grouped)}
    made = [_team(drop, int(str(key[0])), members) for key, members in grouped.items()]
    found = [
        Supply(
            teams=tuple(number[h, _kind(courier, coarse=coarse)] for h in hubs),
            duty_s=min(duty_s, LONG_S),
            trips=left,
            first=min(first, DEAR),
            otherwise=otherwise,
            home=-1 if courier.id in begun else hub[courier.home],
            opens_s=max(0, instant(courier.shift.start) - start),
            closes_s=instant(courier.shift.end) - start,
        )
        for courier, hubs, duty_s, left, first, otherwise in able
    ]
    return made, found, settled


def _kind(courier: Courier, *, coarse: bool) -> tuple[object, ...]:
    if coarse:
        return (courier.profile,)
    rates = replace(courier.cost, fixed=0)
    return courier.profile, courier.capacity, frozenset(courier.handling), courier.load_seconds, rates


def _team(drop: Drop, hub: int, members: list[tuple[Courier, int]]) -> Team:
    start, couriers = instant(drop.plan_at), [courier for courier, _ in members]
    return Team(
        hub=hub,
        profile=couriers[0].profile,
        handling=frozenset(name for courier in couriers for name in courier.handling),
        grams=max(_limit(courier.capacity.grams) for courier in couriers),
        millilitres=max(_limit(courier.capacity.millilitres) for courier in couriers),
        parcels=max(_limit(courier.capacity.parcels) for courier in couriers),
        load_s=min(courier.load_seconds for courier in couriers),
        per_m=min(min(courier.cost.per_km for courier in couriers), DEAR) / 1000,
        per_s=min(min(courier.cost.per_hour for courier in couriers), DEAR) / 3600,
        opens_s=max(0, min(instant(courier.shift.start) for courier in couriers) - start),
        closes_s=max(instant(courier.shift.end) for courier in couriers) - start,
        duty_s=max(duty_s for _, duty_s in members),
    )


def _limit(limit: int | None) -> float:
    return FREE if limit is None else float(limit)


def _driven_s(trips: Sequence[Trip]) -> int:
    return sum(instant(trip.return_at) - instant(trip.load_at) for trip in trips)


def _committed(courier: Courier, trips: Sequence[Trip]) -> tuple[float, float, int]:
    """What further trips cost at first, what no further trip costs, and what is paid in any case.

    A courier's trips do not overlap, so its duty is at least the sum of their spans: the spans of the committed ones
    are paid in any case, and those of further ones beside them. Each rounding half up gives back half a unit at most.
    """
    rates = courier.cost
    back = 0.5 * (rates.per_km % 1000 > 0) + 0.5 * (rates.per_hour % 3600 > 0)
    if not trips:
        return min(rates.fixed, DEAR) - back, 0.0, 0
    metres = sum(trip.metres for trip in trips)
    span_s = max(instant(trip.return_at) for trip in trips) - min(instant(trip.load_at) for trip in trips)
    alone = courier_cost(rates, metres, span_s)
    least = courier_cost(CourierCost(fixed=rates.fixed, per_km=rates.per_km), metres, 0)
    least += courier_cost(CourierCost(per_hour=rates.per_hour), 0, _driven_s(trips))
    return -2 * back, float(alone - least), least
