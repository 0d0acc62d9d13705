"""The summary of the plan in tests/drops.py; every figure was worked out on paper."""

from __future__ import annotations

from dataclasses import replace

from api import summary, tables
from router.model import Tier
from router.plan import Plan, Unserved
from tests.drops import base_drop, base_plan


def dearer() -> Plan:
    """Another plan of the same drop, with the courier twice as dear."""
    plan = base_plan()
    assert plan.certificate is not None
    cost = replace(plan.cost, couriers=4442, contingency=0, total=8887)
    return replace(plan, cost=cost, certificate=replace(plan.certificate, engine="other"))


def test_a_few_lines_say_who_is_served_at_what_cost() -> None:
    assert summary.short(base_drop(), base_plan()) == (
        "meridian: 3 of 4 orders served, 50.0 % delivered in time",
        (
            "cost 67.26 EUR (handling 2.55, split 1.50, contingency 0.60, couriers 22.21, carriers 5.90, "
            "late shipping 1.00, late delivery 8.50, unserved 25.00)"
        ),
        "no plan costs less than 60.00 EUR: a gap of 10.7 %",
        "not served: 1 (no-stock 1)",
    )


def test_without_promise_bound_or_left_over_order_nothing_is_said_of_them() -> None:
    drop = replace(base_drop(), tiers=(Tier(id="express"), Tier(id="standard")))
    orders = tuple(replace(order, deliver_by=None) for order in drop.orders[:3])
    plan = replace(base_plan(), unserved=(), lower_bound=None)
    told = summary.short(replace(drop, orders=orders), plan)
    assert told[0] == "meridian: 3 of 3 orders served"
    assert len(told) == 2


def test_a_bound_of_nothing_is_called_what_it_is() -> None:
    told = summary.short(base_drop(), replace(base_plan(), lower_bound=0))
    assert told[2] == "the time was too short to prove a lower bound"


def test_costs_stand_beside_those_of_the_other_plan() -> None:
    table = summary.costs(base_drop(), base_plan(), dearer())
    assert table.heads == ("", "other", "by-hand", "difference")
    assert ("couriers", "44.42", "22.21", "-22.21") in table.rows
    assert ("contingency", "0.00", "0.60", "+0.60") in table.rows
    assert ("split", "1.50", "1.50", "0.00") in table.rows
    assert table.rows[-1] == ("total", "88.87", "67.26", "-21.61")
    assert "75.6 % of other" in table.title


def test_money_follows_the_currency() -> None:
    table = summary.costs(replace(base_drop(), currency="JPY"), base_plan(), None)
    assert table.rows[-1] == ("total", "6,726")


def test_a_tier_keeps_its_promise_only_for_orders_that_are_served_in_time() -> None:
    _, tiers, *_ = summary.tables(base_drop(), base_plan())
    assert tiers.rows == (
        ("express", "3", "2", "33.3 %", "33.3 %", "11 min"),
        ("standard", "1", "1", "–", "100 %", "–"),
    )


def test_a_promise_beyond_the_calendar_is_never_broken() -> None:
    far = replace(base_drop().tiers[0], ship_within=2**50, deliver_within=2**50)
    _, tiers, *_ = summary.tables(replace(base_drop(), tiers=(far, base_drop().tiers[1])), base_plan())
    assert tiers.rows[0] == ("express", "3", "2", "–", "–", "–")


def test_orders_left_over_are_listed_with_their_reasons_up_to_a_point() -> None:
    _, _, left, *_ = summary.tables(base_drop(), base_plan())
    assert left.rows == (("o4", "express", "no-stock", "no hub holds LAMP-1"),)
    lamps = base_drop().orders[3]
    many = tuple(replace(lamps, id=f"o{number}") for number in range(4, 54))
    plan = replace(base_plan(), unserved=tuple(Unserved(order=each.id, reason="no-stock") for each in many))
    _, _, left, *_ = summary.tables(replace(base_drop(), orders=base_drop().orders[:3] + many), plan)
    assert left.title == "Not served: 50 orders"
    assert len(left.rows) == 21
    assert left.rows[-1][0] == "and 30 more"


def test_work_is_told_by_hub_and_by_courier() -> None:
    *_, hubs, couriers = summary.tables(base_drop(), base_plan())
    assert hubs.rows == (
        ("kallio", "northdock", "3", "3", "2", "1", "1 of 2", "w1 100 %"),
        ("pasila", "southdock", "1", "1", "1", "0", "1 of 1", "w1 100 %"),
    )
    assert couriers.rows == (("bike-1", "bike", "kallio", "2", "3", "11.1 km", "18:45–19:36", "22.21"),)
    assert "1 courier had none" in couriers.title


def test_a_table_in_a_pipe_is_aligned_and_steers_no_terminal() -> None:
    table = tables.Table(
        title="Work", heads=("name", "n"), rows=(("a\x1b[2J", "1"), ("茶", "1,000"), ("longest name", "20"))
    )
    assert tables.plain(table).splitlines() == [
        "Work",
        "  name              n",
        "  a\\u001b[2J        1",
        "  茶            1,000",
        "  longest name     20",
    ]
