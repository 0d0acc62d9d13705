"""The exact allocation: more stock never makes it dearer, and no cheaper plan of its own objective exists."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from router.allocation import allocate, instantly, solve_exact
from router.generate import make_drop
from router.model import Drop


@st.composite
def small_drops(draw: st.DrawFn) -> Drop:
    return make_drop(
        orders=draw(st.integers(2, 8)),
        hubs=draw(st.integers(1, 3)),
        couriers=draw(st.integers(1, 3)),
        seed=draw(st.integers(0, 1000)),
        tight=draw(st.booleans()),
    )


@settings(max_examples=12, deadline=None)
@given(drop=small_drops(), row=st.integers(0, 10_000), more=st.integers(1, 5))
def test_more_stock_never_makes_the_exact_allocation_dearer(drop: Drop, row: int, more: int) -> None:
    richer = list(drop.stock)
    at = row % len(richer)
    richer[at] = replace(richer[at], quantity=richer[at].quantity + more)
    poor, rich = solve_exact(drop), solve_exact(replace(drop, stock=tuple(richer)))
    assert poor.cost is not None
    assert rich.cost is not None
    assert rich.cost <= poor.cost + 1e-6


def test_the_relaxation_bounds_what_is_allocated() -> None:
    found = allocate(make_drop(orders=60, hubs=3, seed=4), node_limit=100)
    assert found.cost is not None
    assert found.bound is not None
    assert found.bound <= found.cost + 1e-6


def test_the_instant_answer_serves_most_of_what_the_program_serves() -> None:
    drop = make_drop(orders=200, hubs=4, seed=5)
    quick = {share.order for share in instantly(drop).shares}
    whole = {share.order for share in allocate(drop, node_limit=100).shares}
    assert len(quick) >= 0.9 * len(whole)
