"""Contracts become tiers, due times and penalties of a drop; what a drop cannot express is listed; plans follow."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from router import codec as documents
from router.check import findings
from router.effort import Effort
from router.generate import make_drop
from router.model import BY_TIER, Drop, Penalty, Step, Tier
from router.plan import Plan
from router.solve import plan as solve
from sla import codec, template, versions
from sla.clock import BREACHED
from sla.compile import Compiled, compiled
from sla.contract import Contract
from sla.forecast import forecast, planned_events
from tests.drops import base_drop, base_plan

PLACED = "order.placed"
CLEARED = "order.cleared"


def contract(*terms: dict[str, Any], **more: Any) -> Contract:
    tree = {
        "format": "dropwright.contract/1",
        "id": "test",
        "version": 1,
        "currency": "EUR",
        "timezone": "Europe/Helsinki",
        "parameters": {"hub": "northdock", "courier": "pedal"},
        "terms": list(terms),
        **more,
    }
    return codec.made_of(tree)


def term(name: str = "door", stop: str = "parcel.delivered", **more: Any) -> dict[str, Any]:
    clock = {"start": more.pop("start", CLEARED), "stop": stop, "target": "PT1H", **more.pop("clock", {})}
    remedy = {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 300}]}
    return {"id": name, "obligated": "courier", "clock": clock, "remedy": remedy, **more}


RATE: dict[str, Any] = {
    "id": "rate",
    "obligated": "courier",
    "ratio": {"good": "door: met", "of": "door", "target": 0.9},
}


def express(made: Compiled) -> Tier:
    return made.drop.tiers[0]


def reasons(made: Compiled) -> set[tuple[str, str | None, str]]:
    return {(each.term, each.tier, each.reason) for each in made.not_compiled}


def test_clauses_become_the_promise_and_the_penalty_of_their_tiers() -> None:
    steps = {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 1}], "per_minute": 5, "cap_per_event": 90}
    made = compiled(
        base_drop(),
        [
            contract(
                term(scope={"tiers": ["express"]}, remedy=steps), term("dock", "parcel.handed_over", obligated="hub")
            )
        ],
    )
    assert made.not_compiled == ()
    assert express(made).deliver_within == 3600
    assert express(made).late_delivery == Penalty(steps=(Step(after=0, amount=1),), per_minute=5, cap=90)
    assert [tier.late_shipping for tier in made.drop.tiers] == [Penalty(steps=(Step(after=0, amount=300),))] * 2
    assert made.drop.tiers[1].late_delivery is None
    assert {order.ship_by for order in made.drop.orders} == {BY_TIER}
    assert express(made).unserved == express(Compiled(drop=base_drop(), not_compiled=())).unserved


def test_grace_moves_the_first_step_and_lateness_within_it_costs_nothing() -> None:
    remedy = {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 100}, {"after": "PT1M", "amount": 150},
                                          {"after": "PT30M", "amount": 400}]}  # fmt: skip
    made = compiled(base_drop(), [contract(term(clock={"grace": "PT5M"}, remedy=remedy))])
    assert express(made).late_delivery == Penalty(steps=(Step(after=300, amount=150), Step(after=1800, amount=400)))


def test_two_clauses_of_one_kind_cost_what_they_cost_together() -> None:
    later = term(
        "later", clock={"target": "PT2H"}, remedy={"basis": "fixed", "steps": [{"after": "PT0S", "amount": 500}]}
    )
    made = compiled(base_drop(), [contract(term(), later)])
    assert made.not_compiled == ()
    assert express(made).deliver_within == 3600
    assert express(made).late_delivery == Penalty(steps=(Step(after=0, amount=300), Step(after=3600, amount=800)))


def test_a_calendar_moves_the_due_time_of_each_order() -> None:
    calendars = [{"id": "dock", "hours": {"mon-sun": ["08:00-18:00"]}}]
    drop = base_drop()
    made = compiled(drop, [contract(term(clock={"calendar": "dock"}), calendars=calendars)])
    day = drop.plan_at.replace(hour=9, minute=0, second=0)
    assert {order.deliver_by for order in made.drop.orders if order.tier == "express"} == {day + timedelta(days=1)}
    assert ("door", "express", "lateness-around-the-clock") in reasons(made)


def test_a_start_at_the_order_is_a_due_time_of_each_order() -> None:
    drop = base_drop()
    early = replace(
        drop.orders[0], placed_at=drop.orders[0].clear_at - timedelta(minutes=7), cleared_at=drop.orders[0].clear_at
    )
    drop = replace(drop, orders=(early, *drop.orders[1:]))
    made = compiled(drop, [contract(term(start=PLACED))])
    assert made.drop.orders[0].deliver_by == early.placed_at + timedelta(hours=1)


@pytest.mark.parametrize(
    ("terms", "more", "expected"),
    [
        ([term(remedy=None)], {}, {("door", None, "no-remedy")}),
        ([term(start="parcel.handed_over")], {}, {("door", None, "other-span")}),
        ([term(stop="parcel.packed")], {}, {("door", None, "other-span")}),
        ([term()], {"currency": "SEK"}, {("door", None, "other-currency")}),
        ([term()], {"couriers": ["bike-1"]}, {("door", None, "some-couriers")}),
        ([term(scope={"hubs": ["kallio"]})], {}, {("door", None, "some-hubs")}),
        ([term(clock={"grace": "PT1M"}, remedy={"basis": "fixed", "per_minute": 1})], {},
         {("door", None, "grace-and-per-minute")}),
        ([term(), RATE], {}, {("rate", None, "ratio")}),
        ([term(), term("minute", remedy={"basis": "fixed", "per_minute": 1})], {},
         {("door", tier, "per-minute-beside-another") for tier in ("express", "standard")}),
        ([term(clock={"calendar": "shut"})], {"calendars": [{"id": "shut"}]},
         {("door", tier, "never-due") for tier in ("express", "standard")}),
        ([term()], {"from": "2026-11-01", "settlement": {"grace_period": "P90D"}}, {("door", None, "not-charged-yet")}),
    ],
)  # fmt: skip
def test_what_a_drop_cannot_express_is_listed_with_the_reason(
    terms: list[dict[str, Any]], more: dict[str, Any], expected: set[tuple[str, str | None, str]]
) -> None:
    assert reasons(compiled(base_drop(), [contract(*terms, **more)])) == expected


def test_equal_clauses_that_bind_all_hubs_together_are_one_promise() -> None:
    docks = [contract(term("dock", "parcel.handed_over", obligated="hub"), hubs=[hub.id]) for hub in base_drop().hubs]
    assert reasons(compiled(base_drop(), docks[:1])) == {("dock", None, "some-hubs")}
    made = compiled(base_drop(), docks)
    assert made.not_compiled == ()
    assert express(made).late_shipping == Penalty(steps=(Step(after=0, amount=300),))


def test_a_contract_that_is_not_in_force_says_nothing() -> None:
    past = replace(contract(term(remedy=None)), to=date(2026, 11, 20))
    assert compiled(base_drop(), [past]) == Compiled(drop=base_drop(), not_compiled=())


@cache
def market() -> Drop:
    return make_drop(orders=40, hubs=2, seed=5, tight=True)


def planned(amount: int) -> tuple[Drop, Plan, Contract]:
    """A plan where every order not delivered within 50 minutes costs an amount."""
    remedy = {"basis": "fixed", "steps": [{"after": "PT0S", "amount": amount}]}
    law = contract(term(clock={"target": "PT50M"}, remedy=remedy))
    drop = compiled(market(), [law]).drop
    drop = replace(drop, tiers=tuple(replace(tier, unserved=100_000, ship_within=None) for tier in drop.tiers))
    plan = solve(drop, seed=1, effort=Effort(steps=3000), workers=1)
    assert findings(drop, plan) == ()
    return drop, plan, law


def test_a_dearer_clause_moves_the_plan_and_the_forecast_agrees_with_the_price() -> None:
    late = {}
    for amount in (1, 20_000):
        drop, plan, law = planned(amount)
        found = forecast(drop, plan, law)
        breached = [verdict for _, verdict in found.clocks if verdict.state == BREACHED]
        served = {parcel.order for parcel in plan.parcels}
        charged = sum(verdict.amount for _, verdict in found.clocks if verdict.clock.stopped_us is not None)
        assert charged == plan.cost.late_delivery
        late[amount] = sum(verdict.clock.stopped_us is not None for verdict in breached)
        assert len(served) + len(plan.unserved) == len(drop.orders)
    assert late[20_000] < late[1]


def test_planned_events_tell_each_order_and_each_parcel_in_order_of_time() -> None:
    drop, plan, _ = planned(1)
    events = planned_events(drop, plan)
    assert len(events) == 3 * (len(drop.orders) + len(plan.parcels))
    assert list(events) == sorted(events)


def test_the_templates_compile_but_for_what_is_listed() -> None:
    law = versions.bind(
        codec.read_contract(template.text("collective-fulfilment")),
        versions.Binding(
            parameters={"hub": "h", "courier": "c", "marketplace": "m"}, from_=date(2026, 1, 1),
            overrides={"/settlement/grace_period": None},
        ),
    )  # fmt: skip
    made = compiled(base_drop(), [law])
    assert express(made).deliver_within == 7200
    assert express(made).late_shipping == Penalty(steps=(Step(after=300, amount=100), Step(after=1800, amount=250)))
    assert {each.term for each in made.not_compiled} == {
        "clearance", "handover", "handover-rate", "door", "on-time-rate", "first-response",
    }  # fmt: skip


def test_the_commands_compile_and_forecast(tmp_path: Path) -> None:
    law, other, drop, made, plan = (
        tmp_path / name for name in ("law.json", "law2.json", "drop.json", "made.json", "plan.json")
    )
    law.write_bytes(codec.write(contract(term())))
    other.write_bytes(
        codec.write(contract(RATE | {"ratio": {**RATE["ratio"], "of": "x", "good": "x: met"}}, term("x")))
    )
    drop.write_bytes(documents.write(base_drop()))
    plan.write_bytes(documents.write(base_plan()))
    run = CliRunner().invoke
    ran = run(app, ["sla", "compile", str(law), str(other), str(drop), "-o", str(made)])
    assert (ran.exit_code, ran.stderr) == (0, "not compiled: test 1, rate: ratio\n")
    assert documents.read_drop(made.read_bytes()).tiers[0].deliver_within == 3600
    ran = run(app, ["sla", "forecast", str(drop), str(plan), str(law)])
    assert ran.exit_code == 0, ran.output
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {row["kind"] for row in rows} == {"clock"}
    assert len(rows) == len(base_drop().orders)
    assert run(app, ["sla", "compile", str(drop), "-o", str(made)]).exit_code == 2
