"""``make_drop``: a drop of any size from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from math import sqrt
from typing import Literal

from router.errors import Fault, Faulty
from router.generate import demand, supply
from router.generate.figures import REPEAT_BUYERS
from router.generate.ground import Ground, Point, doors, hub_sites, invented_city
from router.generate.supply import BIKE, VAN, Mode
from router.generate.travel import invented_matrix
from router.model import Drop, Location, Travel

OPENS_AT = datetime(2026, 11, 20, 18, 0, tzinfo=timezone(timedelta(hours=2)))
WINDOW_S = 900
TravelKind = Literal["great_circle", "matrix"]


def make_drop(
    *,
    orders: int,
    hubs: int,
    couriers: int | None = None,
    skus: int | None = None,
    seed: int,
    tight: bool = False,
    travel: TravelKind | Travel = "great_circle",
    ground: Ground | None = None,
    modes: Sequence[Mode] = (BIKE, VAN),
    opens_at: datetime = OPENS_AT,
    plan_after_s: int = WINDOW_S,
    name: str | None = None,
) -> Drop:
    """A realistic drop of a quarter of an hour; equal arguments give the same bytes everywhere.

    couriers: absent, one for 15 orders (``tight``: for 22). skus: absent, 6 × √orders, from 30 to 500.
    tight: fewer couriers, wave lines and stock and shorter promises, for the same baskets and doors.
    travel: a kind to invent, or the record itself (``road``). ground: absent, an invented city that grows
    with the drop. modes: the fleet. plan_after_s: seconds from the opening to ``plan_at``.

    Raises ``Faulty`` (all faults at once) where the arguments cannot be meant, and ``MatrixTooLarge``. Pure.
    O(orders × hubs), a second for 10 000 orders and 20 hubs; a matrix O(orders²). Source: docs/demand.md.
    """
    _check(orders=orders, hubs=hubs, couriers=couriers, skus=skus, seed=seed, ground=ground, modes=modes)
    ground = ground or invented_city(orders=orders, hubs=hubs, seed=seed)
    plan_at = opens_at + timedelta(seconds=plan_after_s)
    sites = hub_sites(ground, hubs, seed)
    where = doors(ground, orders, REPEAT_BUYERS, seed)
    wares = demand.goods(skus or min(500, max(30, round(6 * sqrt(orders)))), seed)
    tiers = demand.tiers(tight)
    taken = demand.taken_orders(
        lines=demand.baskets(wares, orders, seed),
        where=where,
        sold=tiers,
        opens_at=opens_at,
        window_s=WINDOW_S,
        seed=seed,
    )
    share = supply.catchment(sites, where, seed)
    drop = Drop(
        format="dropwright.drop/1",
        id=name or f"drop-{orders}-{hubs}-{seed}{'-tight' if tight else ''}",
        currency="EUR",
        timezone="Europe/Helsinki",
        plan_at=plan_at,
        travel=travel if isinstance(travel, Travel) else _great_circle(modes),
        catalog=wares.catalog,
        bundles=wares.bundles,
        tiers=tiers,
        hubs=(),
        stock=(),
        couriers=supply.couriers(
            sites,
            share,
            _fleet(orders, tight) if couriers is None else couriers,
            modes,
            opens_at=opens_at,
            seed=seed,
        ),
        carriers=supply.carriers(sites, share, orders, opens_at=opens_at, tight=tight, seed=seed),
        orders=taken,
        split_cost=150,
    )
    needs = [drop.wants(order) for order in taken]
    wanted: dict[str, int] = {}
    for need in needs:
        for sku, units in need.items():
            wanted[sku] = wanted.get(sku, 0) + units
    rows = supply.stock(wares, wanted, sites, share, tight=tight, seed=seed)
    drop = replace(
        drop,
        hubs=supply.hubs(sites, share, sum(map(len, needs)), plan_at=plan_at, tight=tight, seed=seed),
        stock=rows,
        orders=supply.tied(taken, needs, rows, seed),
    )
    return _on_matrix(drop, modes, seed) if travel == "matrix" else drop


def _fleet(orders: int, tight: bool) -> int:
    return max(1, round(orders / (22 if tight else 15)))


def _great_circle(modes: Sequence[Mode]) -> Travel:
    return Travel(kind="great_circle", profiles={mode.profile: mode.travel for mode in modes})


def _on_matrix(drop: Drop, modes: Sequence[Mode], seed: int) -> Drop:
    """The same drop on invented matrices: places are the hubs, then the doors as they first appear."""
    points = [_point(hub.location) for hub in drop.hubs]
    doors_at = dict.fromkeys(_point(order.location) for order in drop.orders)
    place = {point: len(points) + i for i, point in enumerate(doors_at)}
    return replace(
        drop,
        travel=invented_matrix([*points, *doors_at], len(points), modes, seed),
        hubs=tuple(replace(hub, location=replace(hub.location, place=i)) for i, hub in enumerate(drop.hubs)),
        orders=tuple(
            replace(order, location=replace(order.location, place=place[_point(order.location)]))
            for order in drop.orders
        ),
    )


def _point(location: Location) -> Point:
    if location.lat is None or location.lon is None:
        raise ValueError(f"a generated location has no coordinates: {location}")
    return location.lat, location.lon


def _check(
    *,
    orders: int,
    hubs: int,
    couriers: int | None,
    skus: int | None,
    seed: int,
    ground: Ground | None,
    modes: Sequence[Mode],
) -> None:
    found = []

    def least(what: str, given: int | None, low: int) -> None:
        if given is not None and given < low:
            message = f"{given} is too few; give {low} or more"
            found.append(Fault(pointer=f"/{what}", code="out-of-range", message=message))

    least("orders", orders, 1)
    least("hubs", hubs, 1)
    least("couriers", couriers, 0)
    least("skus", skus, 1)
    least("seed", seed, 0)
    if ground is not None and not ground.addresses and not ground.districts:
        found.append(Fault(pointer="/ground", code="empty-list", message="give districts or addresses"))
    room = len((ground.sites or ground.districts) if ground is not None else range(hubs))
    if hubs > room:
        found.append(Fault(pointer="/hubs", code="out-of-range", message=f"the ground has room for {room} hubs"))
    if not modes:
        found.append(Fault(pointer="/modes", code="empty-list", message="give at least one kind of courier"))
    if found:
        raise Faulty("recipe of the drop", tuple(sorted(found)))
