"""What serves a drop: hubs with waves, pooled stock, couriers and carriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from router.generate import figures
from router.generate.demand import Goods
from router.generate.draw import Draw, apportion
from router.generate.ground import Point, Site, metres
from router.model import (
    Capacity,
    Carrier,
    Collection,
    Courier,
    CourierCost,
    Hub,
    Location,
    Order,
    Profile,
    Shift,
    Stock,
    TariffStep,
    Wave,
)

WAVES, WAVE_S = 6, 1800
PARTNERS = ("northdock", "cratehouse", "lastblock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A kind of courier: how it travels, what it carries and costs, and its share of the fleet."""

    profile: str
    travel: Profile
    share: float
    partner: str
    capacity: Capacity
    load_seconds: int
    trips: tuple[int, int]
    cost: CourierCost
    chilled: float
    """Share of the couriers of this kind that carry chilled goods."""


BIKE = Mode(
    profile="bike",
    travel=Profile(detour=1.35, metres_per_second=4.2),
    share=0.7,
    partner="pedal",
    capacity=Capacity(grams=30_000, millilitres=120_000, parcels=15),
    load_seconds=240,
    trips=(3, 6),
    cost=CourierCost(fixed=500, per_km=8, per_hour=1900),
    chilled=0.5,
)
VAN = Mode(
    profile="van",
    travel=Profile(detour=1.45, metres_per_second=6.5),
    share=0.3,
    partner="vanguard",
    capacity=Capacity(grams=400_000, millilitres=3_000_000, parcels=60),
    load_seconds=480,
    trips=(2, 4),
    cost=CourierCost(fixed=1200, per_km=35, per_hour=2300),
    chilled=1.0,
)


def catchment(sites: Sequence[Site], where: Sequence[Point], seed: int) -> list[float]:
    """Share of the work that each hub was set up for: its neighbourhood as planned, not quite as it came."""
    draw = Draw(seed, "catchment")
    near = [0.0] * len(sites)
    for point in where:
        near[min(range(len(sites)), key=lambda h: metres(point, (sites[h].lat, sites[h].lon)))] += 1
    floor = len(where) / len(sites) / 4
    guess = [(count + floor) * draw.lognormal(1, 0.15) for count in near]
    return [part / sum(guess) for part in guess]


def hubs(
    sites: Sequence[Site], share: Sequence[float], lines: int, *, plan_at: datetime, tight: bool, seed: int
) -> tuple[Hub, ...]:
    """Six waves of half an hour at each hub; all can pick 1.8 × the lines asked for (``tight``: 1.2 ×)."""
    draw = Draw(seed, "hubs")
    slack = 1.2 if tight else 1.8
    made = []
    for h, site in enumerate(sites):
        first_at = plan_at + timedelta(minutes=5 * draw.whole(0, 2))
        room = max(4, ceil(lines * slack * share[h] / WAVES))
        starts = [first_at + timedelta(seconds=WAVE_S * w) for w in range(WAVES)]
        made.append(
            Hub(
                id=site.id,
                partner=PARTNERS[h % len(PARTNERS)],
                location=Location(lat=site.lat, lon=site.lon),
                waves=tuple(
                    Wave(id=f"w{w + 1}", start=at, end=at + timedelta(seconds=WAVE_S), lines=room)
                    for w, at in enumerate(starts)
                ),
                cost_per_parcel=5 * draw.whole(7, 11),
                cost_per_line=5 * draw.whole(3, 5),
            )
        )
    return tuple(made)


def stock(
    wares: Goods,
    wanted: dict[str, int],
    sites: Sequence[Site],
    share: Sequence[float],
    *,
    tight: bool,
    seed: int,
) -> tuple[Stock, ...]:
    """Where the goods lie.

    A seller sends what it sells to hubs in its own order of preference: popular SKUs to more of them, but in
    a large network to a small part (hubs ** 0.75), the sum a little above what was asked for. Of a few SKUs
    less is there than was sold, since counts are wrong at times.

    wanted: units of each SKU that the orders ask for.
    """
    draw = Draw(seed, "stock")
    likes = {seller: _preference(share, draw) for seller in dict.fromkeys(wares.seller)}
    rank = sorted(range(len(wares.catalog)), key=lambda i: (-wares.popularity[i], i))
    place = {i: r / len(rank) for r, i in enumerate(rank)}
    rows = []
    for i, sku in enumerate(wares.catalog):
        asked = wanted.get(sku.sku, 0)
        short = draw.chance(0.08 if tight else 0.04) and asked >= 2
        more = draw.between(1.02, 1.08) if tight else draw.between(1.06, 1.20)
        spare = draw.whole(0, 2)
        total = int(asked * draw.between(0.75, 0.95)) if short else ceil(asked * more) + (0 if tight else spare)
        reach = (0.9 if place[i] < 0.2 else 0.6 if place[i] < 0.6 else 0.4) * len(sites) ** 0.75
        held = sorted(likes[sku.seller][: min(max(1, round(reach)), max(1, total))])
        parts = apportion(total, [share[h] * draw.lognormal(1, 0.3) for h in held], least=1)
        for h, quantity in zip(held, parts, strict=True):
            beside, fee = draw.chance(0.5) and not short, 10 * draw.whole(4, 9)
            contingency = ceil(quantity / 10) if beside and quantity else 0
            rows.append(
                Stock(
                    hub=sites[h].id,
                    sku=sku.sku,
                    quantity=quantity,
                    contingency=contingency,
                    contingency_cost=fee if contingency else 0,
                )
            )
    return tuple(sorted(rows, key=lambda row: (row.hub, row.sku)))


def _preference(share: Sequence[float], draw: Draw) -> list[int]:
    """Hubs in the order in which a seller uses them: the larger ones sooner, but not always."""
    return sorted(range(len(share)), key=lambda h: (-share[h] * draw.lognormal(1, 0.8), h))


def tied(
    orders: Sequence[Order], needs: Sequence[dict[str, int]], rows: Sequence[Stock], seed: int
) -> tuple[Order, ...]:
    """A few orders may leave only from certain hubs that hold their goods (engraving, gift wrap)."""
    draw = Draw(seed, "tied")
    holds: dict[str, set[str]] = {}
    for row in rows:
        holds.setdefault(row.sku, set()).add(row.hub)
    made = []
    for order, need in zip(orders, needs, strict=True):
        whole = sorted(set.intersection(*(holds.get(sku, set()) for sku in need)))
        bound = draw.chance(figures.TIED_TO_HUBS) and len(whole) > 1
        made.append(replace(order, hubs=tuple(sorted(draw.some(whole, 2)))) if bound else order)
    return tuple(made)


def couriers(
    sites: Sequence[Site],
    share: Sequence[float],
    count: int,
    modes: Sequence[Mode],
    *,
    opens_at: datetime,
    seed: int,
) -> tuple[Courier, ...]:
    """``count`` couriers over the hubs by their share, the kinds mixed; a quarter may load at two hubs.

    Shifts begin between half an hour before the opening and three quarters after, and end 3 ½ to 5 hours
    after it; every other courier may work four hours at most.
    """
    draw = Draw(seed, "couriers")
    homes = [h for h, n in enumerate(apportion(count, share, least=1)) for _ in range(n)]
    dealt: list[list[int]] = [[] for _ in modes]
    for i, home in enumerate(homes):
        # The kind that is furthest behind its share comes next, so every hub of some size has every kind.
        behind = max(range(len(modes)), key=lambda m: modes[m].share * (i + 1) - len(dealt[m]))
        dealt[behind].append(home)
    serial: dict[str, int] = {}
    made = []
    for home, mode in ((home, mode) for mode, own in zip(modes, dealt, strict=True) for home in own):
        serial[mode.profile] = serial.get(mode.profile, 0) + 1
        start_at = opens_at + timedelta(minutes=15 * draw.whole(-2, 3))
        end_at = opens_at + timedelta(minutes=30 * draw.whole(7, 10))
        roams, capped, tripped, cold = (draw.chance(p) for p in (0.25, 0.5, 0.8, mode.chilled))
        at = (sites[home].lat, sites[home].lon)
        others = sorted((metres(at, (s.lat, s.lon)), s.id) for s in sites if s is not sites[home])
        most = draw.whole(*mode.trips)
        made.append(
            Courier(
                id=f"{mode.profile}-{serial[mode.profile]}",
                partner=mode.partner,
                profile=mode.profile,
                home=sites[home].id,
                hubs=(sites[home].id, others[0][1]) if roams and others else None,
                shift=Shift(start=start_at, end=end_at),
                max_duty_seconds=14_400 if capped else None,
                capacity=mode.capacity,
                handling=("chilled",) if cold else (),
                load_seconds=mode.load_seconds,
                max_trips=most if tripped else None,
                cost=mode.cost,
            )
        )
    return tuple(made)


def carriers(
    sites: Sequence[Site], share: Sequence[float], orders: int, *, opens_at: datetime, tight: bool, seed: int
) -> tuple[Carrier, ...]:
    """The post, twice an evening at every hub and delivered the next day; a parcel service that delivers the
    same evening, dearer and with little room, at every other hub. Neither takes chilled goods.
    """
    draw = Draw(seed, "carriers")
    post, night = [], []
    for h, site in enumerate(sites):
        room = ceil(orders * share[h] * (0.3 if tight else 0.5))
        post += [
            Collection(
                id=f"post-{site.id}-1",
                hub=site.id,
                at=_after(opens_at, 2 + draw.whole(0, 1) / 4),
                delivered_at=_after(opens_at, 20),
                parcels=room,
            ),
            Collection(
                id=f"post-{site.id}-2",
                hub=site.id,
                at=_after(opens_at, 3.5 + draw.whole(0, 1) / 4),
                delivered_at=_after(opens_at, 23),
            ),
        ]
        if h % 2 == 0:
            night.append(
                Collection(
                    id=f"nightline-{site.id}",
                    hub=site.id,
                    at=_after(opens_at, 2.25),
                    delivered_at=_after(opens_at, 4),
                    parcels=max(1, round(orders * share[h] / 20)),
                )
            )
    steps = ((2_000, 590), (5_000, 790), (20_000, 1190))
    fast = ((5_000, 1090), (15_000, 1490))
    return (
        Carrier(id="post", partner="post", collections=tuple(post), tariff=_tariff(steps)),
        Carrier(id="nightline", partner="nightline", collections=tuple(night), tariff=_tariff(fast)),
    )


def _after(opens_at: datetime, hours: float) -> datetime:
    return opens_at + timedelta(hours=hours)


def _tariff(steps: Sequence[tuple[int, int]]) -> tuple[TariffStep, ...]:
    return tuple(TariffStep(up_to_grams=grams, amount=amount) for grams, amount in steps)
