"""Cases: partners plead, the marketplace decides, and every figure follows what was said."""

from __future__ import annotations

from typing import Any

import pytest

from api.principal import Role
from tests.web.service import OTHER, Service, ticking
from tests.web.test_sla_reports import CONTRACT, NOW, STORY, event

HERE = "/v1/sla/cases/northdock"


@pytest.fixture
def told(service: Service) -> Service:
    service.app.state.clock = ticking(NOW)
    assert service.post("/v1/contracts", json=CONTRACT).status_code == 201
    assert service.post("/v1/events", json=STORY).status_code == 200
    return service


def say(service: Service, what: str, role: Role, case: str = "pick/o2", **body: Any) -> str:
    """What a role says of a case; the type of the event, or the code of the problem."""
    answer = service.post(f"{HERE}/{case}/{what}", role, json=body)
    told = answer.json()
    return str(told["type"]).removeprefix("/problems/")


def state(service: Service, case: str = "pick/o2") -> str:
    answer = service.get(f"{HERE}/{case}", Role.AUDITOR)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["case"]["state"])


def due(service: Service) -> int:
    rows = service.get("/v1/sla/reports/credits.json?contract=northdock", Role.MANAGER).json()["rows"]
    return next(int(row["due"]) for row in rows if row["party"] == "hub/northdock")


def cases(service: Service, role: Role = Role.MANAGER, **query: str) -> list[dict[str, Any]]:
    answer = service.get("/v1/sla/cases", role, params={"contract": "northdock", **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_the_list_has_every_breach_with_its_due_dates_and_partners_see_their_own(told: Service) -> None:
    found = {(each["order"], each["term"]): each for each in cases(told)}
    assert set(found) == {("o2", "pick"), ("o3", "pick"), ("o4", "pick"), ("o2", "door"), ("o3", "door")}
    assert found["o4", "pick"]["state"] == "excused"
    assert found["o2", "pick"] == {
        "contract": "northdock",
        "version": 1,
        "term": "pick",
        "clause": "4.1",
        "order": "o2",
        "party": "hub/northdock",
        "state": "open",
        "started_at": "2026-11-20T16:00:00Z",
        "due_at": "2026-11-20T16:40:00Z",
        "stopped_at": "2026-11-20T16:45:00Z",
        "late_seconds": 300,
        "amount": 150,
        "currency": "EUR",
        "excluded": None,
        "attributed_to": "hub/northdock",
        "dispute_until": "2026-12-30",
        "settled_at": None,
    }
    assert told.get(f"{HERE}/pick/o2", Role.HUB).json()["case"] == found["o2", "pick"]
    assert {each["party"] for each in cases(told, Role.HUB)} == {"hub/northdock"}
    assert {each["party"] for each in cases(told, Role.COURIER)} == {"courier/pedal"}
    assert cases(told, Role.HUB, party="courier/pedal") == []
    assert [each["order"] for each in cases(told, state="excused")] == ["o4"]
    assert [each["term"] for each in cases(told, order="o2", term="door")] == ["door"]


def test_another_partners_case_is_like_one_that_there_is_not(told: Service) -> None:
    theirs = told.get(f"{HERE}/door/o2", Role.HUB)
    assert theirs.status_code == 404
    assert theirs.json()["type"] == "/problems/no-case"
    assert told.get(f"{HERE}/door/o1", Role.HUB).text == theirs.text
    assert say(told, "dispute", Role.HUB, "door/o2", reason="not us") == "no-case"
    assert told.get(f"{HERE}/pick/o2", Role.MANAGER, tenant=OTHER).status_code == 404


def test_an_excuse_is_proposed_rejected_and_accepted_and_the_money_follows(told: Service) -> None:
    assert due(told) == 400
    assert say(told, "excuse", Role.HUB, code="power_cut", reason="no light") == "excuse.proposed"
    assert state(told) == "excuse_proposed"
    assert say(told, "accept", Role.HUB) == "not-allowed"
    assert say(told, "reject", Role.MANAGER, reason="there was") == "excuse.rejected"
    assert state(told) == "upheld"
    (excuse,) = told.get(f"{HERE}/pick/o2").json()["excuses"]
    assert say(told, "accept", Role.MANAGER, excuse="another") == "no-excuse"
    assert say(told, "accept", Role.MANAGER, excuse=excuse) == "excuse.accepted"
    assert (state(told), due(told)) == ("excused", 250)
    moves = told.get(f"{HERE}/pick/o2", Role.HUB).json()["moves"]
    assert [(each["state"], each["by"]) for each in moves] == [
        ("open", None),
        ("excuse_proposed", "partner/northdock"),
        ("upheld", "marketplace/key/pop-up-manager"),
        ("excused", "marketplace/key/pop-up-manager"),
    ]


def test_evidence_that_the_clause_asks_for_excuses_at_once(told: Service) -> None:
    shown = [{"kind": "photo", "sha256": "0" * 64}]
    assert say(told, "excuse", Role.HUB, code="power_cut", evidence=shown) == "excuse.proposed"
    assert (state(told), due(told)) == ("excused", 250)


@pytest.mark.parametrize(("outcome", "owed"), [("upheld", 400), ("overturned", 250)])
def test_a_dispute_is_opened_answered_and_resolved(told: Service, outcome: str, owed: int) -> None:
    assert say(told, "resolve", Role.MANAGER, outcome=outcome, reason="none") == "case-not-so"
    assert say(told, "dispute", Role.HUB, reason="the scanner was late") == "dispute.opened"
    assert say(told, "respond", Role.MANAGER, reason="we look") == "dispute.first_response"
    assert state(told) == "disputed"
    assert say(told, "resolve", Role.MANAGER, outcome=outcome, reason="seen") == "dispute.resolved"
    assert (state(told), due(told)) == (outcome, owed)


def test_a_waived_case_costs_nothing_and_stays_a_breach(told: Service) -> None:
    assert say(told, "waive", Role.MANAGER, reason="the first one") == "case.waived"
    assert (state(told), due(told)) == ("waived", 250)
    assert say(told, "waive", Role.MANAGER, reason="again") == "case-not-so"
    rows = told.get("/v1/sla/reports/breaches.json?contract=northdock&by=term", Role.MANAGER).json()["rows"]
    assert {row["term"]: row["breached"] for row in rows} == {"pick": 2, "door": 2}


def test_after_the_contracts_time_nobody_disputes(told: Service) -> None:
    late = [
        {**each, "id": f"old-{each['id']}", "time": each["time"].replace("2026-11", "2026-09")}
        for each in (event("plan.released", 0, "o9"), event("parcel.packed", 90, "o9"))
    ]
    assert told.post("/v1/events", json=late).status_code == 200
    assert say(told, "dispute", Role.HUB, "pick/o9", reason="late") == "dispute-too-late"


def test_said_twice_with_one_key_it_is_one_event(told: Service) -> None:
    body = {"json": {"code": "power_cut"}, "headers": {"Idempotency-Key": "k"}}
    first, again = (told.post(f"{HERE}/pick/o2/excuse", Role.HUB, **body) for _ in range(2))
    assert first.json() == again.json()
    assert len(told.get("/v1/log?type=excuse.proposed&order=o2").json()["items"]) == 1


def test_the_page_of_a_breach_shows_its_case_and_what_decided_it(told: Service) -> None:
    say(told, "excuse", Role.HUB, code="power_cut", reason="no light")
    say(told, "reject", Role.MANAGER, reason="there was")
    page = told.get("/sla/breaches/northdock/pick/o2", Role.MANAGER).text
    assert "The case: upheld" in page
    assert page.index("excuse proposed") < page.index("there was")
    assert page.count("decided the case") == 4  # released, packed, proposed, rejected; not the delivery
    assert "upheld" in told.get("/sla/breaches?contract=northdock&term=pick", Role.MANAGER).text
    assert "The case" not in told.get("/sla/breaches/northdock/pick/o1", Role.MANAGER).text
