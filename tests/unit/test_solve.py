"""The pipeline around the engines: names, effort, stopping, the watch, the certificate, and repeatable bytes."""

from __future__ import annotations

import re
from itertools import pairwise
from threading import Event

import pytest

from router import codec
from router.check import findings
from router.effort import Effort
from router.errors import Invalid, NotFound
from router.generate import make_drop
from router.model import Drop
from router.plan import Plan
from router.solve import DEFAULT_ENGINE, UnknownEngine, engine_names, installed_version, plan
from tests.changes import with_row
from tests.drops import base_drop, street_drop

ENGINES = ("greedy", "joint")
SIXTY = make_drop(orders=60, hubs=3, seed=21)
LARGE = make_drop(orders=300, hubs=4, seed=22)


def bytes_of(seed: int, workers: int = 1, engine: str = "joint") -> bytes:
    return codec.write(plan(SIXTY, engine=engine, seed=seed, effort=Effort(steps=400), workers=workers))


def is_whole(drop: Drop, made: Plan) -> bool:
    served = {parcel.order for parcel in made.parcels}
    left = {each.order for each in made.unserved}
    return not served & left and served | left == {order.id for order in drop.orders}


def test_the_engines_are_named_as_they_are_asked_for() -> None:
    assert engine_names() == ("greedy", "joint", "two-step")
    assert DEFAULT_ENGINE == "joint"
    assert plan(street_drop(1), effort=Effort(steps=1)).certificate.engine == "joint"


@pytest.mark.parametrize("name", ["", "Joint", "two_step", "joint.py", "../joint", "__init__"])
def test_an_engine_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(UnknownEngine, match=re.escape(f"{name!r}; there are greedy, joint, two-step")) as caught:
        plan(street_drop(1), engine=name, effort=Effort(steps=1))
    assert isinstance(caught.value, NotFound)
    assert (caught.value.code, caught.value.context) == ("unknown-engine", {"engine": name})


@pytest.mark.parametrize("given", [{}, {"steps": 1, "budget_s": 1.0}, {"steps": -1}, {"budget_s": -0.1}])
def test_effort_is_steps_or_seconds_exactly_one_and_not_below_zero(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="effort is"):
        Effort(**given)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("effort", [Effort(steps=10**12), Effort(budget_s=3600.0)])
def test_a_stop_set_before_the_start_gives_a_lawful_plan_at_once(engine: str, effort: Effort) -> None:
    stop = Event()
    stop.set()
    made = plan(SIXTY, engine=engine, effort=effort, workers=2, stop=stop)
    assert findings(SIXTY, made) == ()
    assert is_whole(SIXTY, made)
    assert made.parcels


def test_a_stop_set_by_the_watch_ends_the_search() -> None:
    stop, heard = Event(), []

    def watch(cost: int, bound: int | None) -> None:
        heard.append(cost)
        if len(heard) == 3:
            stop.set()

    made = plan(SIXTY, effort=Effort(budget_s=8.0), workers=1, watch=watch, stop=stop)
    assert findings(SIXTY, made) == ()
    assert len(heard) <= 4


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("budget_s", [0.0, 0.05])
def test_hardly_any_time_still_gives_a_lawful_plan(engine: str, budget_s: float) -> None:
    made = plan(LARGE, engine=engine, effort=Effort(budget_s=budget_s), workers=2)
    assert findings(LARGE, made) == ()
    assert is_whole(LARGE, made)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_steps_give_the_greedy_plan(engine: str) -> None:
    made = plan(SIXTY, engine=engine, effort=Effort(steps=0), workers=1)
    greedy = plan(SIXTY, engine="greedy", effort=Effort(steps=400), workers=1)
    assert (made.cost, made.parcels, made.trips) == (greedy.cost, greedy.parcels, greedy.trips)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_watch_hears_falling_costs_and_the_plan_costs_no_more_than_the_last(workers: int) -> None:
    heard: list[tuple[int, int | None]] = []
    made = plan(
        SIXTY, effort=Effort(steps=2000), workers=workers, watch=lambda cost, bound: heard.append((cost, bound))
    )
    costs = [cost for cost, _ in heard]
    assert all(later <= sooner for sooner, later in pairwise(costs))
    assert costs[-1] < costs[0]
    assert made.cost.total <= costs[-1]
    assert all(bound is None or bound <= cost for cost, bound in heard)


def test_more_steps_are_never_in_vain_for_long() -> None:
    greedy, some, many = (
        plan(SIXTY, engine=engine, effort=Effort(steps=steps), workers=1).cost.total
        for engine, steps in (("greedy", 0), ("joint", 400), ("joint", 8000))
    )
    assert many < some < greedy


@pytest.mark.parametrize("engine", ENGINES)
def test_the_certificate_tells_of_steps_where_steps_were_given(engine: str) -> None:
    certificate = plan(SIXTY, engine=engine, seed=7, effort=Effort(steps=40), workers=2).certificate
    assert certificate is not None
    assert certificate.drop_sha256 == codec.sha256(SIXTY)
    assert (certificate.engine, certificate.seed, certificate.version) == (engine, 7, installed_version())
    assert certificate.effort == {"steps": 40, "workers": 2}
    assert certificate.seconds is None


@pytest.mark.parametrize("engine", ENGINES)
def test_the_certificate_tells_of_seconds_where_seconds_were_given(engine: str) -> None:
    certificate = plan(SIXTY, engine=engine, effort=Effort(budget_s=0.2), workers=1).certificate
    assert certificate is not None
    assert certificate.effort == {"seconds": 0.2}
    assert certificate.seconds is not None
    assert certificate.seconds > 0


def test_the_certificate_names_this_drop_and_no_other() -> None:
    drop, other = base_drop(), with_row(base_drop(), "orders", 0, service_seconds=121)
    made = [plan(each, engine="greedy", effort=Effort(steps=1)).certificate for each in (drop, drop, other)]
    assert made[0] == made[1]
    assert made[0].drop_sha256 != made[2].drop_sha256


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_same_seed_steps_and_workers_give_the_same_bytes(engine: str, workers: int) -> None:
    assert bytes_of(5, workers, engine) == bytes_of(5, workers, engine)


def test_other_seeds_give_other_plans() -> None:
    made = {re.sub(rb'"certificate": .*', b"", bytes_of(seed)) for seed in range(4)}
    assert len(made) == 4


def test_more_workers_than_hubs_or_orders_are_lawful() -> None:
    for drop in (street_drop(), street_drop(1), SIXTY):
        assert findings(drop, plan(drop, effort=Effort(steps=80), workers=16)) == ()


def test_more_handling_classes_than_can_be_told_apart_are_refused() -> None:
    def drop(classes: int) -> Drop:
        return with_row(street_drop(1), "catalog", 0, handling=tuple(f"class-{n}" for n in range(classes)))

    able = with_row(drop(64), "couriers", 0, handling=drop(64).catalog[0].handling)
    assert plan(able, effort=Effort(steps=1)).unserved == ()
    with pytest.raises(Invalid, match="65 handling classes") as caught:
        plan(drop(65), effort=Effort(steps=1))
    assert caught.value.code == "too-many-handling-classes"
