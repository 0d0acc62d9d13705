"""Statements: the lines add up, a settled window stays, and what comes later is an adjustment."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import pytest

from api.principal import Role
from tests.web.service import OTHER, Service, ticking
from tests.web.test_sla_reports import CONTRACT, NOW, STORY, event

PATH = "/v1/sla/statements/northdock"
MONTH = "2026-10-01"


def october(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"time": told["time"].replace("2026-11", "2026-10")}


@pytest.fixture
def told(service: Service) -> Service:
    service.app.state.clock = ticking(NOW)
    assert service.post("/v1/contracts", json=CONTRACT).status_code == 201
    assert service.post("/v1/events", json=[october(each) for each in STORY]).status_code == 200
    return service


def lines(service: Service, role: Role = Role.MANAGER, party: str = "hub/northdock", **query: str) -> list[Any]:
    """Line, order, charged, what a cap took, earned back, due."""
    asked = {"party": party, "window": MONTH, **query}
    answer = service.get(f"{PATH}.json", role, params=asked)
    assert answer.status_code == 200, answer.text
    names = ("line", "order", "charged", "cap_took", "earned_back", "due")
    return [tuple(row[name] for name in names) for row in answer.json()["rows"]]


def settle(service: Service, role: Role = Role.MANAGER, **asked: str) -> Any:
    return service.post("/v1/sla/windows/northdock/settle", role, json={"from": MONTH, **asked})


def test_the_lines_add_up_to_what_is_due(told: Service) -> None:
    found = lines(told)
    assert found == [
        ("breach", "o2", 150, 0, 0, 150),
        ("breach", "o3", 400, 150, 0, 250),
        ("due", None, 550, 150, 0, 400),
    ]
    assert lines(told, Role.HUB) == found
    assert told.get(f"{PATH}.json", Role.HUB, params={"window": MONTH}).json()["rows"][-1]["due"] == 400


def test_caps_have_lines_of_their_own(told: Service) -> None:
    tighter = json.loads(json.dumps(CONTRACT).replace('"cap_12_months": 1000', '"cap_12_months": 300')) | {"version": 2}
    assert told.post("/v1/contracts", json=tighter).status_code == 201
    assert lines(told)[-2:] == [("twelve_months_cap", None, 0, 100, 0, -100), ("due", None, 550, 250, 0, 300)]
    assert lines(told, version="1")[-1] == ("due", None, 550, 150, 0, 400)


def test_a_settled_window_stays_and_what_comes_later_is_an_adjustment(told: Service) -> None:
    assert settle(told).json()["type"] == "window.settled"
    corrected = event("parcel.packed", 40, "o2", corrects={"source": "m", "id": "parcel.packed-o2"}) | {"id": "again"}
    assert told.post("/v1/events", json=october(corrected)).status_code == 200
    assert lines(told) == [
        ("breach", "o3", 400, 150, 0, 250),
        ("changed_since_settled", None, 150, 0, 0, 150),
        ("due", None, 550, 150, 0, 400),
    ]
    assert lines(told, window="2026-11-01") == [
        ("adjustment", None, -150, 0, 0, -150),
        ("due", None, -150, 0, 0, -150),
    ]
    case = told.get("/v1/sla/cases/northdock/pick/o3", Role.HUB).json()
    assert case["case"]["settled_at"] is not None
    assert [each["state"] for each in case["moves"]] == ["open", "credited"]
    states = {row["state"] for row in told.get(f"{PATH}.json", Role.HUB, params={"window": MONTH}).json()["rows"]}
    assert states == {"settled"}


def test_a_window_is_settled_once_when_it_is_over_and_by_those_who_may(told: Service) -> None:
    def code(answer: Any) -> str:
        assert answer.status_code in (403, 404, 409, 422), answer.text
        return str(answer.json()["type"]).removeprefix("/problems/")

    assert code(settle(told, Role.HUB)) == "not-allowed"
    assert code(settle(told, **{"from": "2026-10-02"})) == "no-window"
    assert code(settle(told, **{"from": "2026-11-01"})) == "window-not-over"
    assert settle(told, party="hub/northdock").status_code == 201
    assert code(settle(told, party="hub/northdock")) == "window-settled"
    assert settle(told, party="courier/pedal").status_code == 201
    assert settle(told).status_code == 201
    assert code(settle(told)) == "window-settled"
    endless = {name: value for name, value in CONTRACT.items() if name != "settlement"} | {"id": "endless"}
    assert told.post("/v1/contracts", json=endless).status_code == 201
    assert code(told.post("/v1/sla/windows/endless/settle", json={"from": MONTH})) == "no-window"


def test_another_partners_statement_is_like_one_that_there_is_not(told: Service) -> None:
    def ask(party: str, role: Role = Role.HUB, **given: Any) -> Any:
        return told.get(f"{PATH}.json", role, params={"party": party, "window": MONTH}, **given)

    assert ask("courier/pedal").json()["type"] == "/problems/no-statement"
    assert ask("courier/nobody").status_code == ask("courier/pedal").status_code == 404
    assert ask("courier/pedal", Role.COURIER).status_code == 200
    assert ask("hub/northdock", Role.MANAGER, tenant=OTHER).status_code == 404


def test_the_three_files_say_the_same(told: Service) -> None:
    query = {"party": "hub/northdock", "window": MONTH}
    rows = told.get(f"{PATH}.json", Role.MANAGER, params=query).json()["rows"]
    read = list(csv.reader(io.StringIO(told.get(f"{PATH}.csv", Role.MANAGER, params=query).text)))
    book = openpyxl.load_workbook(io.BytesIO(told.get(f"{PATH}.xlsx", Role.MANAGER, params=query).content))
    cells = [["" if cell is None else str(cell) for cell in row] for row in book["statement"].values]
    assert (
        read
        == cells
        == [list(rows[0]), *([str("" if each is None else each) for each in row.values()] for row in rows)]
    )
