"""What if over HTTP: it says what the same two contracts say when each is in force."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.principal import Role
from tests.web.service import OTHER, Service
from tests.web.test_sla_reports import CONTRACT, STORY

PATH = "/v1/sla/what-if/northdock/1"
LOOSER: dict[str, Any] = json.loads(json.dumps(CONTRACT).replace("PT40M", "PT1H")) | {"version": 2}


@pytest.fixture
def told(service: Service) -> Service:
    assert service.post("/v1/contracts", json=CONTRACT).status_code == 201
    assert service.post("/v1/events", json=STORY).status_code == 200
    return service


WANTED = {
    "currency": "EUR",
    "clauses": [
        {
            "party": "courier/pedal",
            "clause": "5.1",
            "term": "door",
            "before": {"breaches": 2, "amount": 600},
            "after": {"breaches": 2, "amount": 600},
        },
        {
            "party": "hub/northdock",
            "clause": "4.1",
            "term": "pick",
            "before": {"breaches": 2, "amount": 400},
            "after": {"breaches": 1, "amount": 200},
        },
    ],
    "due": [
        {"party": "courier/pedal", "before": 600, "after": 600},
        {"party": "hub/northdock", "before": 400, "after": 200},
    ],
}


def found(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return {name: value for name, value in told.items() if name != "at"}


def test_another_version_and_the_same_as_a_draft_change_the_same(told: Service) -> None:
    assert found(told.post(PATH, Role.MANAGER, json=LOOSER)) == WANTED
    assert [each["version"] for each in told.get("/v1/contracts").json()["items"]] == [1]
    assert told.post("/v1/contracts", json=LOOSER).status_code == 201
    assert found(told.get(f"{PATH}?other=2", Role.MANAGER)) == WANTED


def test_a_draft_with_faults_is_refused_and_what_there_is_not_is_said(told: Service) -> None:
    assert told.post(PATH, Role.MANAGER, json=LOOSER | {"currency": 3}).status_code == 422
    assert told.get(f"{PATH}?other=9", Role.MANAGER).json()["type"] == "/problems/no-contract"
    assert told.get(f"{PATH}?other=1", Role.MANAGER, tenant=OTHER).json()["type"] == "/problems/no-contract"
    assert told.post(PATH, Role.HUB, json=LOOSER).status_code == 403
