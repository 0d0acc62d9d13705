"""A drop and a plan small enough to check by hand, for all tests. Every number was worked out on paper.

Everything lies on one meridian, 0.01 degrees of latitude apart, so that with a detour of 1.25 one step is
1 390 m (6 371 009 m × π ÷ 180 × 0.01 × 1.25 = 1 389.94), two are 2 780, three 4 170, four 5 560; at 5 m/s
that is 278, 556, 834 and 1 112 s. From south to north:

    place 0  hub kallio      60.180      place 3  order o2            60.210
    place 1  order o1        60.190      place 4  orders o3 and o4    60.220
    place 2  hub pasila      60.200

The matrix says the same, but 110 m and 20 s more for every leg southwards, so that it is not symmetric.

The plan: o1 (a gift of two mugs, and one mug) and half of o2 (one tea) leave kallio on trip t1; bike-1
returns to pasila, takes the other half of o2 (two jars of chilled jam) on t2, too late, and goes home. o3
(one tea) is collected by post. Nobody has the lamps of o4. Waves, stock, contingency are used to the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from router.model import (
    Bundle,
    Capacity,
    Carrier,
    Collection,
    Committed,
    Component,
    Courier,
    CourierCost,
    Drop,
    Hub,
    Location,
    Order,
    Parcel,
    ParcelLine,
    Penalty,
    Profile,
    Shift,
    Sku,
    Step,
    Stock,
    Stop,
    TariffStep,
    Tier,
    Travel,
    Trip,
    Wave,
)
from router.plan import Certificate, Cost, Plan, Unserved

HELSINKI = timezone(timedelta(hours=2))


def clock(text: str) -> datetime:
    """``"18:15"`` or ``"18:15:30"`` on the day of the drop, ``"+1 10:00"`` on the next, in Helsinki."""
    day = 21 if text.startswith("+1 ") else 20
    return datetime.fromisoformat(f"2026-11-{day}T{text.removeprefix('+1 ')}").replace(tzinfo=HELSINKI)


def base_drop(kind: str = "great_circle") -> Drop:
    """The drop described above, under ``great_circle`` or ``matrix`` travel."""
    return Drop(
        format="dropwright.drop/1",
        id="meridian",
        currency="EUR",
        timezone="Europe/Helsinki",
        plan_at=clock("18:15"),
        travel=GREAT_CIRCLE if kind == "great_circle" else MATRIX,
        catalog=(
            Sku(sku="MUG-1", seller="kiln", grams=350, millilitres=900),
            Sku(sku="TEA-1", seller="leaf", grams=100, millilitres=400),
            Sku(sku="JAM-1", seller="berry", grams=450, millilitres=500, handling=("chilled",)),
            Sku(sku="LAMP-1", seller="glow", grams=2500, millilitres=9000),
        ),
        bundles=(Bundle(sku="GIFT-1", components=(Component(sku="MUG-1", quantity=2),)),),
        tiers=(
            Tier(
                id="express",
                ship_within=3600,
                deliver_within=3600,
                late_shipping=Penalty(steps=(Step(after=0, amount=100),), cap=100),
                late_delivery=Penalty(
                    steps=(Step(after=600, amount=800), Step(after=0, amount=300)), per_minute=5, cap=850
                ),
                unserved=2500,
            ),
            Tier(id="standard", unserved=700),
        ),
        hubs=(
            Hub(
                id="kallio",
                partner="northdock",
                location=_on_meridian(kind, 0),
                waves=(
                    Wave(id="w1", start=clock("18:15"), end=clock("18:45"), lines=3),
                    Wave(id="w2", start=clock("18:45"), end=clock("19:15"), lines=4),
                ),
                cost_per_parcel=45,
                cost_per_line=20,
            ),
            Hub(
                id="pasila",
                partner="southdock",
                location=_on_meridian(kind, 2),
                waves=(Wave(id="w1", start=clock("18:30"), end=clock("19:00"), lines=1),),
                cost_per_parcel=50,
                cost_per_line=10,
            ),
        ),
        stock=(
            Stock(hub="kallio", sku="MUG-1", quantity=2, contingency=1, contingency_cost=60),
            Stock(hub="kallio", sku="TEA-1", quantity=2),
            Stock(hub="pasila", sku="JAM-1", quantity=2),
            Stock(hub="pasila", sku="TEA-1", quantity=0),
        ),
        couriers=(
            Courier(
                id="bike-1",
                partner="pedal",
                profile="bike",
                home="kallio",
                hubs=("kallio", "pasila"),
                shift=Shift(start=clock("18:00"), end=clock("23:00")),
                max_duty_seconds=14400,
                capacity=Capacity(grams=30000, millilitres=120000, parcels=15),
                handling=("chilled",),
                load_seconds=240,
                max_trips=6,
                cost=CourierCost(fixed=500, per_km=8, per_hour=1900),
            ),
            Courier(
                id="bike-2",
                partner="pedal",
                profile="bike",
                home="pasila",
                shift=Shift(start=clock("18:00"), end=clock("23:00")),
            ),
        ),
        carriers=(
            Carrier(
                id="post",
                partner="post",
                collections=(
                    Collection(
                        id="post-kallio-20",
                        hub="kallio",
                        at=clock("20:00"),
                        delivered_at=clock("+1 10:00"),
                        parcels=400,
                    ),
                ),
                tariff=(TariffStep(up_to_grams=2000, amount=590), TariffStep(up_to_grams=20000, amount=990)),
            ),
        ),
        orders=(
            Order(
                id="o1",
                placed_at=clock("18:02"),
                tier="express",
                location=_on_meridian(kind, 1),
                lines=(Component(sku="GIFT-1", quantity=1), Component(sku="MUG-1", quantity=1)),
                hubs=("kallio",),
                service_seconds=120,
            ),
            Order(
                id="o2",
                placed_at=clock("18:03"),
                cleared_at=clock("18:10"),
                tier="express",
                location=_on_meridian(kind, 3),
                lines=(Component(sku="TEA-1", quantity=1), Component(sku="JAM-1", quantity=2)),
                not_before=clock("19:05"),
                service_seconds=120,
            ),
            Order(
                id="o3",
                placed_at=clock("18:04"),
                tier="standard",
                location=_on_meridian(kind, 4),
                lines=(Component(sku="TEA-1", quantity=1),),
                deliver_by=clock("+1 12:00"),
            ),
            Order(
                id="o4",
                placed_at=clock("18:05"),
                tier="express",
                location=_on_meridian(kind, 4),
                lines=(Component(sku="LAMP-1", quantity=5),),
            ),
        ),
        split_cost=150,
    )


def base_plan(kind: str = "great_circle") -> Plan:
    """A valid plan of ``base_drop(kind)``.

    bike-1 costs 500 + 88.96 + 1 631.89 = 2 221 on the great circle (11 120 m, 3 092 s), each rounded half up,
    and 500 + 90.72 + 1 642.44 = 2 233 by the matrix (11 340 m, 3 112 s).
    """
    by_matrix = kind == "matrix"
    couriers = 2233 if by_matrix else 2221
    return Plan(
        format="dropwright.plan/1",
        drop="meridian",
        cost=Cost(
            total=255 + 150 + 60 + couriers + 590 + 100 + 850 + 2500,
            handling=255,  # kallio: 3 parcels of a line each, 3 × 65; pasila: 60
            split=150,  # o2
            contingency=60,  # a mug
            couriers=couriers,
            carriers=590,  # o3, 100 g
            late_shipping=100,  # o2 ships 360 s after 19:10
            late_delivery=850,  # o2 comes 638 s after 19:10: 800 + 11 × 5, at most 850
            unserved=2500,  # o4
        ),
        lower_bound=6000,
        parcels=(
            Parcel(
                id="p1",
                order="o1",
                hub="kallio",
                wave="w1",
                lines=(ParcelLine(sku="MUG-1", quantity=3, contingency=1),),
                trip="t1",
                ready_at=clock("18:45"),
                shipped_at=clock("18:49"),
                delivered_at=clock("18:53:38"),
            ),
            Parcel(
                id="p2",
                order="o2",
                hub="kallio",
                wave="w1",
                lines=(ParcelLine(sku="TEA-1", quantity=1),),
                trip="t1",
                ready_at=clock("18:45"),
                shipped_at=clock("18:49"),
                delivered_at=clock("19:05"),
            ),
            Parcel(
                id="p3",
                order="o2",
                hub="pasila",
                wave="w1",
                lines=(ParcelLine(sku="JAM-1", quantity=2),),
                trip="t2",
                ready_at=clock("19:00"),
                shipped_at=clock("19:16"),
                delivered_at=clock("19:20:38"),
            ),
            Parcel(
                id="p4",
                order="o3",
                hub="kallio",
                wave="w1",
                lines=(ParcelLine(sku="TEA-1", quantity=1),),
                collection="post-kallio-20",
                ready_at=clock("18:45"),
                shipped_at=clock("20:00"),
                delivered_at=clock("+1 10:00"),
            ),
        ),
        trips=(
            Trip(
                id="t1",
                courier="bike-1",
                hub="kallio",
                load_at=clock("18:45"),
                depart_at=clock("18:49"),
                stops=(
                    Stop(
                        order="o1",
                        parcels=("p1",),
                        arrive_at=clock("18:53:38"),
                        start_at=clock("18:53:38"),
                        leave_at=clock("18:55:38"),
                    ),
                    Stop(
                        order="o2",
                        parcels=("p2",),
                        arrive_at=clock("19:04:54"),
                        start_at=clock("19:05"),
                        leave_at=clock("19:07"),
                    ),
                ),
                return_to="pasila",
                return_at=clock("19:11:58" if by_matrix else "19:11:38"),
                metres=5670 if by_matrix else 5560,
            ),
            Trip(
                id="t2",
                courier="bike-1",
                hub="pasila",
                load_at=clock("19:12"),
                depart_at=clock("19:16"),
                stops=(
                    Stop(
                        order="o2",
                        parcels=("p3",),
                        arrive_at=clock("19:20:38"),
                        start_at=clock("19:20:38"),
                        leave_at=clock("19:22:38"),
                    ),
                ),
                return_to="kallio",
                return_at=clock("19:36:52" if by_matrix else "19:36:32"),
                metres=5670 if by_matrix else 5560,
            ),
        ),
        unserved=(Unserved(order="o4", reason="no-stock", detail="no hub holds LAMP-1"),),
        certificate=Certificate(drop_sha256="0" * 64, engine="by-hand", version="1", seed=1, effort={"steps": 1}),
    )


def replan_drop(kind: str = "great_circle") -> Drop:
    """The drop at 18:50: t1 is under way, p4 waits for the post, p3 is being picked and may travel at will.

    ``base_plan(kind)`` is a valid plan of it as well.
    """
    p1, p2, p3, p4 = base_plan(kind).parcels
    picked = replace(p3, trip=None, shipped_at=None, delivered_at=None)
    committed = Committed(parcels=(p1, p2, picked, p4), trips=base_plan(kind).trips[:1])
    return replace(base_drop(kind), plan_at=clock("18:50"), committed=committed)


def street_drop(*at: int) -> Drop:
    """Orders o1, o2, … of one mug (1 000 g) each at these places of a street, hub north with one bike at its place 0.

    Places 0 to 8 are 1 000 m and 200 s apart. Serving place k alone costs 500 + 100 × 2k + 400k = 500 + 600k, since
    the hour of 3 600 makes it one a second; leaving an order costs 5 000. The only wave is picked by 19:00.
    """
    wave = Wave(id="w1", start=clock("18:30"), end=clock("19:00"), lines=20)
    return Drop(
        format="dropwright.drop/1",
        id="street",
        currency="EUR",
        timezone="Europe/Helsinki",
        plan_at=clock("18:15"),
        travel=street(lambda start, end: (1000 * abs(end - start), 200 * abs(end - start))),
        catalog=tuple(Sku(sku=sku, seller="kiln", grams=1000, millilitres=1000) for sku in ("MUG", "POT")),
        tiers=(Tier(id="plain", unserved=5000),),
        hubs=(Hub(id="north", partner="northdock", location=Location(place=0), waves=(wave,)),),
        stock=(Stock(hub="north", sku="MUG", quantity=10),),
        couriers=(street_bike("bike", "north"),),
        orders=tuple(
            Order(id=f"o{n}", placed_at=clock("18:02"), tier="plain", location=Location(place=place), lines=(MUG,))
            for n, place in enumerate(at, 1)
        ),
    )


def street(leg: Callable[[int, int], tuple[int, int] | None]) -> Travel:
    """Nine places and the metres and seconds from one to another, ``None`` where there is no way."""
    legs = [[leg(start, end) or (None, None) for end in range(9)] for start in range(9)]
    metres, seconds = (tuple(tuple(each[part] for each in row) for row in legs) for part in (0, 1))
    return Travel(kind="matrix", places=9, profiles={"bike": Profile(metres=metres, seconds=seconds)})


def street_bike(name: str, home: str) -> Courier:
    """A courier of the street with no limits but a shift from 18:00 to 23:00."""
    shift, cost = Shift(start=clock("18:00"), end=clock("23:00")), CourierCost(fixed=500, per_km=100, per_hour=3600)
    return Courier(id=name, partner="pedal", profile="bike", home=home, shift=shift, cost=cost)


def _on_meridian(kind: str, place: int) -> Location:
    lat, lon = round(60.18 + place / 100, 3), 24.95
    return Location(place=place) if kind == "matrix" else Location(lat=lat, lon=lon)


MUG = Component(sku="MUG", quantity=1)

GREAT_CIRCLE = Travel(kind="great_circle", profiles={"bike": Profile(detour=1.25, metres_per_second=5.0)})

MATRIX = Travel(
    kind="matrix",
    places=5,
    profiles={
        "bike": Profile(
            metres=(
                (0, 1390, 2780, 4170, 5560),
                (1500, 0, 1390, 2780, 4170),
                (2890, 1500, 0, 1390, 2780),
                (4280, 2890, 1500, 0, 1390),
                (5670, 4280, 2890, 1500, 0),
            ),
            seconds=(
                (0, 278, 556, 834, 1112),
                (298, 0, 278, 556, 834),
                (576, 298, 0, 278, 556),
                (854, 576, 298, 0, 278),
                (1132, 854, 576, 298, 0),
            ),
        )
    },
)
