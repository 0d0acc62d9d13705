"""What if: the same events under another version, and what differs by party and clause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from api.cli import app
from sla import event
from sla.codec import read_contract
from sla.event import instant_us
from sla.rules import Rules, prepared
from sla.whatif import Change, Count, Difference, compare

END = instant_us("2026-11-21T00:00:00Z")
HUB, COURIER = "hub/northdock", "courier/pedal"


def contract(target: str = "PT40M", amount: int = 100, cap: int | None = None, **more: Any) -> dict[str, Any]:
    pick = {
        "id": "pick",
        "obligated": "hub",
        "clock": {"start": "plan.released", "stop": "parcel.packed", "target": target},
        "remedy": {"basis": "fixed", "steps": [{"after": "PT0S", "amount": amount}]},
    }
    rate = {
        "id": "rate",
        "obligated": "hub",
        "ratio": {"good": "pick: met", "of": "pick", "window": {"calendar": "P1M"}, "target": 0.9},
        "remedy": {"basis": "percent_of_fees", "ladder": [{"below": 0.9, "value": 5}]},
    }
    return {
        "format": "dropwright.contract/1",
        "id": "c",
        "version": 1,
        "currency": "EUR",
        "timezone": "UTC",
        "parameters": {"hub": "northdock", "courier": "pedal"},
        "fees": [{"party": "hub", "from": "2026-11-01", "to": "2026-12-01", "amount": 10_000}],
        "terms": [pick, rate, *more.get("terms", [])],
        "settlement": {"window": "P1M"} | ({} if cap is None else {"cap_12_months": cap}),
    }


DOOR = {
    "id": "door",
    "obligated": "courier",
    "clock": {"start": "parcel.packed", "stop": "parcel.delivered", "target": "PT1H"},
    "remedy": {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 300}]},
}


def rules(told: dict[str, Any]) -> Rules:
    return prepared(read_contract(json.dumps(told).encode(), bound=True))


def told(kind: str, order: str, minute: int) -> dict[str, Any]:
    """Something that happened to an order, so many minutes after 18:00."""
    return {
        "specversion": "1.0",
        "id": f"{kind}-{order}",
        "source": "m",
        "type": kind,
        "time": f"2026-11-20T{18 + minute // 60}:{minute % 60:02}:00Z",
        "subject": f"order/{order}",
        "data": {"order": order},
    }


LOG = [
    *(told("plan.released", order, 0) for order in ("o1", "o2", "o3")),
    *(told("parcel.packed", order, minute) for order, minute in (("o1", 20), ("o2", 35), ("o3", 50))),
]
"""Picked in 20, 35 and 50 minutes."""
EVENTS = [event.read(json.dumps(each).encode()) for each in LOG]


def change(one: dict[str, Any], other: dict[str, Any]) -> Change:
    return compare(rules(one), rules(other), EVENTS, END)


def test_the_same_version_changes_nothing() -> None:
    same = change(contract(), contract())
    assert same.clauses == [
        Difference(HUB, "pick", Count(1, 100), Count(1, 100)),
        Difference(HUB, "rate", Count(1, 500), Count(1, 500)),
    ]
    assert same.due == [(HUB, 600, 600)]


def test_a_tighter_target_breaches_more_and_a_looser_one_less() -> None:
    assert change(contract(), contract("PT30M")).clauses[0] == Difference(HUB, "pick", Count(1, 100), Count(2, 200))
    loose = change(contract(), contract("PT1H"))
    assert loose.clauses == [
        Difference(HUB, "pick", Count(1, 100), Count(0, 0)),
        Difference(HUB, "rate", Count(1, 500), Count(0, 0)),
    ]
    assert loose.due == [(HUB, 600, 0)]


def test_a_cap_moves_what_is_due_and_no_clause() -> None:
    capped = change(contract(), contract(cap=250))
    assert [each.before for each in capped.clauses] == [each.after for each in capped.clauses]
    assert capped.due == [(HUB, 600, 250)]


def test_a_clause_that_one_version_lacks_counts_nothing_there() -> None:
    more = change(contract(), contract(terms=[DOOR]))
    assert more.clauses[0] == Difference(COURIER, "door", Count(0, 0), Count(3, 900))
    assert more.due == [(COURIER, 0, 900), (HUB, 600, 600)]
    assert change(contract(terms=[DOOR]), contract()).clauses[0].after == Count(0, 0)


def test_nothing_happened_under_either() -> None:
    assert compare(rules(contract()), rules(contract("PT30M")), []) == Change([], [])


def test_the_command_prints_the_same(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(each) + "\n" for each in LOG))
    for name, law in (("one.json", contract()), ("other.json", contract("PT1H"))):
        (tmp_path / name).write_text(json.dumps(law))
    words = ["sla", "what-if", *(str(tmp_path / name) for name in ("events.jsonl", "one.json", "other.json"))]
    ran = CliRunner().invoke(app, [*words, "--at", "2026-11-21T00:00:00Z"])
    assert ran.exit_code == 0, ran.output
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        {"party": HUB, "term": "pick", "breaches": [1, 0], "amount": [100, 0]},
        {"party": HUB, "term": "rate", "breaches": [1, 0], "amount": [500, 0]},
        {"party": HUB, "due": [600, 0]},
    ]
