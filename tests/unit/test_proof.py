"""A bound beside a search: told with the cost, no condition for a plan, and gone when the search ends."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from multiprocessing import active_children
from threading import Event
from time import monotonic

import pytest

from api import flows
from api.interrupt import Interrupt
from router import codec, processes, proof
from router.bound import lower_bound
from router.check import findings
from router.effort import Effort
from router.generate import make_drop
from router.solve import plan
from tests.drops import base_drop

THIRTY = make_drop(orders=30, hubs=2, seed=3, tight=True)
LONG_S = 600


def proved(steps: int) -> int:
    return lower_bound(THIRTY, until=None, steps=steps, tell=lambda _: None)


def test_cost_and_bound_are_told_together_and_only_a_higher_bound_is_news() -> None:
    heard: list[tuple[int, int | None]] = []
    told = proof.Told(lambda cost, bound: heard.append((cost, bound)))
    told.proves(5)
    told.costs(100)
    told.proves(4)
    told.proves(7)
    told.costs(90)
    assert heard == [(100, 5), (100, 7), (90, 7)]
    assert told.bound == 7


def test_what_the_search_caches_meanwhile_is_not_sent_to_the_process() -> None:
    fresh, used = (make_drop(orders=5, hubs=1, seed=3) for _ in range(2))
    before = set(vars(used))
    used.wants(used.orders[0])
    assert set(vars(used)) > before
    assert pickle.dumps(used) == pickle.dumps(fresh)
    assert copy(used) == used


@pytest.mark.parametrize("engine", ["joint", "greedy", "two-step"])
def test_steps_give_the_bound_of_so_many_steps_and_the_same_bytes(engine: str) -> None:
    one, two = (plan(THIRTY, engine=engine, effort=Effort(steps=20), workers=2, bound=True) for _ in range(2))
    assert one.lower_bound == proved(proof.STEPS) > 0
    assert codec.write(one) == codec.write(two)
    assert findings(THIRTY, one) == ()


def test_no_bound_is_null_and_changes_nothing_else() -> None:
    with_, without = (plan(THIRTY, effort=Effort(steps=20), workers=1, bound=bound) for bound in (True, False))
    assert without.lower_bound is None
    assert (with_.parcels, with_.trips, with_.cost) == (without.parcels, without.trips, without.cost)


def test_seconds_give_what_was_told_by_then_and_leave_no_process() -> None:
    stop, heard = Event(), []

    def watch(cost: int, bound: int | None) -> None:
        heard.append((cost, bound))
        if bound:
            stop.set()

    made = plan(THIRTY, effort=Effort(budget_s=60.0), workers=1, bound=True, watch=watch, stop=stop)
    assert findings(THIRTY, made) == ()
    assert made.lower_bound >= heard[-1][1] > 0
    assert not active_children()


def test_hardly_any_time_gives_a_bound_of_nothing_at_worst() -> None:
    made = plan(THIRTY, effort=Effort(budget_s=0.0), workers=1, bound=True)
    assert 0 <= made.lower_bound <= made.cost.total
    assert findings(THIRTY, made) == ()


def test_a_bound_above_the_cost_of_a_plan_is_refused_as_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "prove_here", lambda drop, *, steps, tell, stop: tell(10**9))
    with pytest.raises(flows.PlanRefused, match="R0 /lower_bound"):
        flows.solve(THIRTY, engine="greedy", seed=1, workers=1, effort=Effort(steps=0), interrupt=Interrupt())
    made = plan(THIRTY, engine="greedy", effort=Effort(steps=0))
    with pytest.raises(flows.PlanRefused, match="R0 /lower_bound"):
        flows.with_bound(THIRTY, made, made.cost.total + 1)


def test_a_bound_in_a_plan_is_raised_and_never_lowered() -> None:
    made = plan(THIRTY, engine="greedy", effort=Effort(steps=0))
    raised = flows.with_bound(THIRTY, made, 7)
    assert raised == replace(made, lower_bound=7)
    assert flows.with_bound(THIRTY, raised, 5) == raised


def test_a_stop_while_steps_are_done_keeps_the_bound_so_far() -> None:
    stop, told = Event(), []

    def tell(bound: int) -> None:
        told.append(bound)
        if len(told) == 3:
            stop.set()

    proof.prove_here(THIRTY, steps=10**6, tell=tell, stop=stop)
    assert len(told) == 3


def test_a_bound_in_a_process_of_its_own_is_the_same_for_steps() -> None:
    told: list[int] = []
    proof.prove(THIRTY, until=None, steps=50, workers=2, tell=told.append, stop=Event())
    assert told[-1] == proved(50)


def test_a_bound_ends_in_time() -> None:
    began = monotonic()
    drop = make_drop(orders=300, hubs=3, seed=1)
    proof.prove(drop, until=began + 1.5, steps=None, workers=1, tell=lambda _: None, stop=Event())
    assert monotonic() - began < LONG_S
    assert not active_children()


def test_where_no_process_can_be_had_there_is_a_plan_without_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(processes, "run", refuse)
    made = plan(THIRTY, effort=Effort(budget_s=0.3), workers=1, bound=True)
    assert made.lower_bound == 0
    assert findings(THIRTY, made) == ()


def test_a_process_beside_a_search_makes_room_after_its_head_start() -> None:
    """Done in processes of their own, since nobody may raise a priority again."""
    seen: list[int] = []
    processes.run(niceness, [[0.0], [0.2]], lambda lane, place, nice: seen.append(nice), until=None, stop=Event())
    assert sorted(seen) == [os.nice(0), proof.LOW, proof.LOW]


def niceness(head_s: float, send: Callable[[int], None]) -> None:
    """Sends the niceness once the priority is lowered, and where that comes after some work, what it is before."""
    before, began = os.nice(0), monotonic()
    proof._make_room(head_s)
    if head_s:
        send(os.nice(0))
    while os.nice(0) == before and monotonic() - began < LONG_S:
        sum(range(1000))
    send(os.nice(0))


def test_the_drop_of_the_tests_is_bounded_by_its_own_plan() -> None:
    made = plan(base_drop(), effort=Effort(steps=100), workers=1, bound=True)
    assert 0 < made.lower_bound <= made.cost.total
