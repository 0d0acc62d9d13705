"""From which hub to take: what is chosen is what was wanted, and is there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.db.stock import choose

HUBS, SKUS = ("kallio", "pasila", "vallila"), ("CUP", "MUG", "TEA")
FREE = st.dictionaries(st.tuples(st.sampled_from(HUBS), st.sampled_from(SKUS)), st.integers(0, 20))
WANTS = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 30))


def test_thirteen_units_over_ten_and_fifteen_are_thirteen() -> None:
    free = {("a", "MUG"): 10, ("b", "MUG"): 15}
    assert choose(free, {"MUG": 13}, ["a"]) is None
    assert choose(free, {"MUG": 13}) == {("b", "MUG"): 13}
    assert choose(free, {"MUG": 12}) == {("a", "MUG"): 10, ("b", "MUG"): 2}
    assert free == {("a", "MUG"): 0, ("b", "MUG"): 0}


def test_one_hub_that_has_it_all_is_taken_before_two() -> None:
    free = {("a", "MUG"): 9, ("b", "MUG"): 2, ("b", "TEA"): 1}
    assert choose(free, {"MUG": 2, "TEA": 1}) == {("b", "MUG"): 2, ("b", "TEA"): 1}


def test_of_hubs_that_have_it_all_the_one_with_most_to_spare_is_taken() -> None:
    assert choose({("a", "MUG"): 3, ("b", "MUG"): 9}, {"MUG": 2}) == {("b", "MUG"): 2}
    assert choose({("a", "MUG"): 9, ("b", "MUG"): 9}, {"MUG": 2}, ["b", "a"]) == {("b", "MUG"): 2}


@given(free=FREE, wants=WANTS, hubs=st.none() | st.lists(st.sampled_from(HUBS), unique=True))
def test_what_is_chosen_is_what_was_wanted_and_was_there(
    free: dict[tuple[str, str], int], wants: dict[str, int], hubs: list[str] | None
) -> None:
    before = dict(free)
    chosen = choose(free, wants, hubs)
    allowed = HUBS if hubs is None else hubs
    there = {sku: sum(before.get((hub, sku), 0) for hub in allowed) for sku in wants}
    assert (chosen is None) == any(there[sku] < quantity for sku, quantity in wants.items())
    taken = chosen or {}
    for sku, quantity in wants.items():
        assert sum(units for cell, units in taken.items() if cell[1] == sku) == (0 if chosen is None else quantity)
    assert all(units > 0 and hub in allowed for (hub, _), units in taken.items())
    assert free == {cell: units - taken.get(cell, 0) for cell, units in before.items()}
    assert all(units >= 0 for units in free.values())
