"""A hub's tours in PyVRP's terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from router.hub_job import NO_WAY_S, HubJob, Rider
from router.tours import PER_UNIT, second


def rider(**fields: Any) -> Rider:
    given: dict[str, Any] = {
        "couriers": ("bike-1",),
        "profile": 0,
        "home": 0,
        "opens_s": 0,
        "closes_s": 3600,
        "duty_s": None,
        "begun": False,
        "trips": None,
        "load_s": 60,
        "grams": None,
        "millilitres": None,
        "parcels": None,
        "kinds": 0,
        "fixed": 100,
        "per_km": 200,
        "per_hour": 0,
    }
    return Rider(**given | fields)


def job(*riders: Rider) -> HubJob:
    """A hub and a door 500 m and 100 s apart, and a place without a way."""
    metres = np.array([[0, 500, 7], [500, 0, 7], [7, 7, 0]])
    seconds = np.array([[0, 100, NO_WAY_S], [100, 0, NO_WAY_S], [NO_WAY_S, NO_WAY_S, 0]])
    return HubJob(hub="mid", riders=riders, doors=(), metres=(metres,), seconds=(seconds,), seed=1)


@pytest.mark.parametrize(
    ("riders", "worth"),
    [
        ((rider(),), 1),
        ((rider(per_km=0, per_hour=3600),), 1),
        ((rider(per_hour=3600),), 2),
        ((rider(), rider(per_km=600)), 2),
    ],
)
def test_a_second_of_driving_is_worth_its_metres_and_its_duty(riders: tuple[Rider, ...], worth: int) -> None:
    """200 minor units a kilometre are one a second at 5 m/s, and so are 3 600 an hour; no way counts for nothing."""
    assert second(job(*riders)) == worth * PER_UNIT


def test_where_nothing_can_be_driven_a_second_is_worth_nothing() -> None:
    nowhere = replace(job(rider()), metres=(np.zeros((1, 1)),), seconds=(np.zeros((1, 1)),))
    assert second(nowhere) == 0
