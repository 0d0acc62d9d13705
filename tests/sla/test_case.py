"""The states of a case, as a table: what is said about a breach, and what the case is then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sla import event
from sla.case import Ends, moves
from sla.codec import read_contract
from sla.event import instant_us
from sla.judge import judge
from sla.replay import gathered
from sla.rules import prepared

CONTRACT = {
    "format": "dropwright.contract/1",
    "id": "c",
    "version": 1,
    "currency": "EUR",
    "timezone": "UTC",
    "parameters": {"hub": "northdock"},
    "terms": [
        {
            "id": "pick",
            "obligated": "hub",
            "clock": {"start": "plan.released", "stop": "parcel.packed", "target": "PT40M"},
            "excluded_when": [{"code": "power_cut", "evidence": ["photo"]}, {"code": "strike", "evidence": []}],
            "remedy": {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 100}]},
        }
    ],
}
RULES = prepared(read_contract(json.dumps(CONTRACT).encode(), bound=True))
NOTHING_ELSE = Ends()
PHOTO = [{"kind": "photo"}]
END = instant_us("2026-11-20T23:00:00Z")


def said(number: int, kind: str, **data: Any) -> dict[str, Any]:
    """What was said in the ``number``-th minute after 18:00; its id is ``e<number>``."""
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "m",
        "type": kind,
        "time": f"2026-11-20T18:{number:02}:00Z",
        "subject": "order/o",
        "data": {"order": "o", **data},
    }


BREACH = [
    said(0, "plan.released") | {"time": "2026-11-20T16:00:00Z"},
    said(1, "parcel.packed") | {"time": "2026-11-20T17:00:00Z"},
]


def story(*told: dict[str, Any], ends: Ends = NOTHING_ELSE) -> list[str]:
    """The states that a case goes through."""
    events = [event.read(json.dumps(each).encode()) for each in (*BREACH, *told)]
    log = gathered(RULES, events, END)
    assert log is not None
    own, around = log.order("o"), log.known[-1].around
    (verdict,) = judge(RULES.terms, RULES.stages, own, around, END)
    return [move.state for move in moves(verdict, own, around, ends, END)]


PROPOSED = said(2, "excuse.proposed", code="strike")
PROVED = said(2, "excuse.proposed", code="power_cut", evidence=PHOTO)
ACCEPTED = said(3, "excuse.accepted", excuse="e2")
REJECTED = said(4, "excuse.rejected", excuse="e2")
OPENED = said(5, "dispute.opened")
ANSWERED = said(6, "dispute.first_response")
OVERTURNED = said(7, "dispute.resolved", outcome="overturned")
UPHELD = said(7, "dispute.resolved", outcome="upheld")
WAIVED = said(8, "case.waived")


@pytest.mark.parametrize(
    ("told", "states"),
    [
        ([], ["open"]),
        ([PROPOSED], ["open", "excuse_proposed"]),
        ([PROPOSED, ACCEPTED], ["open", "excuse_proposed", "excused"]),
        ([PROPOSED, REJECTED], ["open", "excuse_proposed", "upheld"]),
        ([PROPOSED, ACCEPTED, REJECTED], ["open", "excuse_proposed", "excused", "upheld"]),
        ([PROVED], ["open", "excuse_proposed", "excused"]),
        ([PROVED, REJECTED], ["open", "excuse_proposed", "upheld"]),
        ([ACCEPTED], ["open"]),  # of an excuse that nobody proposed
        ([PROPOSED | {"data": PROPOSED["data"] | {"term": "another"}}], ["open"]),
        ([PROPOSED | {"data": PROPOSED["data"] | {"term": "pick"}}], ["open", "excuse_proposed"]),
        ([OPENED], ["open", "disputed"]),
        ([OPENED, ANSWERED], ["open", "disputed"]),
        ([OPENED, ANSWERED, UPHELD], ["open", "disputed", "upheld"]),
        ([OPENED, ANSWERED, OVERTURNED], ["open", "disputed", "overturned"]),
        ([PROPOSED, REJECTED, OPENED, OVERTURNED], ["open", "excuse_proposed", "upheld", "disputed", "overturned"]),
        ([WAIVED], ["open", "waived"]),
        ([OPENED, OVERTURNED, said(8, "case.waived", dispute="e7")], ["open", "disputed", "overturned"]),
    ],
)
def test_what_is_said_moves_a_case(told: list[dict[str, Any]], states: list[str]) -> None:
    assert story(*told) == states
    assert story(*reversed(told)) == states


@pytest.mark.parametrize(
    ("told", "ends", "states"),
    [
        ([], Ends(credited_us=END), ["open", "credited"]),
        ([], Ends(credited_us=END, earned_back_us=END), ["open", "credited", "earned_back"]),
        ([], Ends(credited_us=END, undisputed_us=END), ["open", "credited", "closed"]),
        ([], Ends(credited_us=END + 1), ["open"]),  # it has not come to that
        ([WAIVED], Ends(credited_us=END, undisputed_us=END), ["open", "waived", "closed"]),  # nothing to credit
        ([PROPOSED, ACCEPTED], Ends(credited_us=END), ["open", "excuse_proposed", "excused"]),
    ],
)
def test_a_settled_window_credits_and_closes_a_case(told: list[dict[str, Any]], ends: Ends, states: list[str]) -> None:
    assert story(*told, ends=ends) == states


def test_a_decision_elsewhere_that_names_no_order_counts() -> None:
    decision = said(3, "excuse.accepted", excuse="e2") | {"subject": "excuse/e2", "data": {"excuse": "e2"}}
    assert story(PROPOSED, decision) == ["open", "excuse_proposed", "excused"]


def test_a_clock_that_is_met_has_no_case() -> None:
    early = said(1, "parcel.packed", corrects={"source": "m", "id": "e1"})
    early |= {"id": "again", "time": "2026-11-20T16:30:00Z"}
    assert story(early) == []
