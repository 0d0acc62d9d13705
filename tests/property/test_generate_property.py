"""Whatever is asked for, a generated drop is a drop: the codec finds no fault in it, and it makes sense."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from router import codec
from router.generate import make_drop

recipes = st.fixed_dictionaries(
    {
        "orders": st.integers(1, 60),
        "hubs": st.integers(1, 6),
        "couriers": st.none() | st.integers(0, 12),
        "skus": st.none() | st.integers(1, 50),
        "seed": st.integers(0, 2**64),
        "tight": st.booleans(),
        "travel": st.sampled_from(["great_circle", "matrix"]),
    }
)


@settings(max_examples=80, deadline=None)
@given(recipe=recipes)
def test_a_generated_drop_is_read_back_as_it_was_written(recipe):
    drop = make_drop(**recipe)
    assert codec.read_drop(codec.write(drop)) == drop
    assert make_drop(**recipe) == drop


@settings(max_examples=80, deadline=None)
@given(recipe=recipes)
def test_a_generated_drop_has_what_was_asked_for_and_makes_sense(recipe):
    drop = make_drop(**recipe)
    assert (len(drop.orders), len(drop.hubs)) == (recipe["orders"], recipe["hubs"])
    assert recipe["couriers"] in (None, len(drop.couriers))
    assert recipe["skus"] in (None, len(drop.catalog))
    for hub in drop.hubs:
        assert hub.waves[0].start >= drop.plan_at
        for earlier, later in zip(hub.waves, hub.waves[1:], strict=False):
            assert earlier.end <= later.start
    tiers = {tier.id: tier for tier in drop.tiers}
    for order in drop.orders:
        assert order.placed_at <= order.clear_at
        due = order.deliver_due(tiers[order.tier])
        assert due is not None
        assert due > order.clear_at
        assert order.not_before is None or order.not_before < due
        assert len({line.sku for line in order.lines}) == len(order.lines)
    for row in drop.stock:
        assert row.contingency <= row.quantity
