"""The core measures the same metres and seconds as the format's own arithmetic, near and far."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from router.generate import make_drop
from router.instance import Instance
from router.model import Location, Profile, Travel
from router.travel import legs


@pytest.mark.parametrize("spread", [1e-6, 1e-3, 0.02, 0.3, 5.0, 90.0])
@pytest.mark.parametrize("centre", [(60.17, 24.94), (0.0, 179.99), (-89.9, 0.0)])
def test_the_core_measures_what_the_format_says(spread: float, centre: tuple[float, float]) -> None:
    random = Random(repr((spread, centre)))
    drop = make_drop(orders=120, hubs=3, seed=1)

    def somewhere() -> Location:
        lat, lon = (at + random.uniform(-spread, spread) for at in centre)
        return Location(lat=max(-90.0, min(90.0, lat)), lon=(lon + 180) % 360 - 180)

    profiles = {
        "bike": Profile(detour=1.25, metres_per_second=4.2),
        "van": Profile(detour=1.3717, metres_per_second=7.0123456789),
        "foot": Profile(detour=1.0, metres_per_second=1),
    }
    drop = replace(
        drop,
        travel=Travel(kind="great_circle", profiles=profiles),
        couriers=tuple(replace(each, profile="bike") for each in drop.couriers),
        hubs=tuple(replace(hub, location=somewhere()) for hub in drop.hubs),
        orders=tuple(replace(order, location=somewhere()) for order in drop.orders),
    )
    points = [hub.location for hub in drop.hubs] + [order.location for order in drop.orders]
    problem = Instance(drop).problem
    for number, profile in enumerate(profiles):
        way = legs(drop, profile)
        for a, start in enumerate(points):
            for b, end in enumerate(points):
                assert problem.leg(number, a, b) == way(start, end), (profile, start, end)
