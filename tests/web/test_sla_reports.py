"""Reports on contracts: every figure worked out by hand, the same in JSON, CSV, a workbook and on the page."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from threading import Event
from typing import Any

import openpyxl
import pytest

from api import judging, judging_steps
from api.db.outage import DatabaseAway
from api.principal import Role
from tests.web.service import OTHER, Service

CONTRACT = {
    "format": "dropwright.contract/1",
    "id": "northdock",
    "version": 1,
    "currency": "EUR",
    "timezone": "Europe/Helsinki",
    "parameters": {"hub": "northdock", "courier": "pedal"},
    "terms": [
        {
            "id": "pick",
            "clause": "4.1",
            "obligated": "hub",
            "clock": {"start": "plan.released", "stop": "parcel.packed", "target": "PT40M"},
            "excluded_when": [{"code": "power_cut", "evidence": ["photo"]}],
            "remedy": {
                "basis": "fixed",
                "steps": [{"after": "PT0S", "amount": 100}],
                "per_minute": 10,
                "cap_per_event": 250,
            },
        },
        {
            "id": "door",
            "clause": "5.1",
            "obligated": "courier",
            "clock": {"start": "parcel.packed", "stop": "parcel.delivered", "target": "PT1H"},
            "remedy": {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 300}]},
        },
    ],
    "settlement": {"window": "P1M", "cap_12_months": 1000, "dispute_within": "P30D"},
}
WITHIN_S = 60
NOW = datetime(2026, 11, 21, tzinfo=UTC)
AT = {"at": NOW.isoformat()}


def event(kind: str, minute: int, order: str, **more: Any) -> dict[str, Any]:
    """Of an order, so many minutes after 18:00 in Helsinki."""
    parcel = kind.startswith("parcel.")
    return {
        "specversion": "1.0",
        "id": f"{kind}-{order}",
        "source": "m",
        "type": kind,
        "time": f"2026-11-20T{16 + minute // 60:02}:{minute % 60:02}:00Z",
        "subject": f"parcel/{order}-p" if parcel else f"order/{order}",
        "data": {"order": order, "tier": "express", "hub": "kallio", "drop": "friday", **more},
    }


STORY = [
    # o1: picked in 30 minutes, delivered in 50: both met
    event("plan.released", 0, "o1"),
    event("parcel.packed", 30, "o1"),
    event("parcel.delivered", 80, "o1"),
    # o2: picked in 45, 5 late: 100 + 5 x 10 = 150; delivered in 61, 1 late: 300
    event("plan.released", 0, "o2"),
    event("parcel.packed", 45, "o2"),
    event("parcel.delivered", 106, "o2"),
    # o3: picked in 70, 30 late: 100 + 300, at most 250; not delivered, so by midnight (UTC) breached: 300
    event("plan.released", 0, "o3"),
    event("parcel.packed", 70, "o3"),
    # o4: picked in 60, excused by a power cut that a photo shows; delivered in time
    event("plan.released", 0, "o4"),
    event("parcel.packed", 60, "o4", evidence=[{"kind": "photo", "sha256": "0" * 64}]),
    event("parcel.delivered", 90, "o4"),
    event("excuse.proposed", 100, "o4", code="power_cut"),
]


@pytest.fixture
def told(service: Service) -> Service:
    assert service.post("/v1/contracts", json=CONTRACT).status_code == 201
    assert service.post("/v1/events", json=STORY).status_code == 200
    return service


def report(service: Service, name: str, role: Role = Role.MANAGER, **query: str) -> Any:
    answer = service.get(f"/v1/sla/reports/{name}", role, params={"contract": "northdock", **AT, **query})
    assert answer.status_code == 200, answer.text
    return answer


def test_attainment_is_of_what_is_decided_and_not_excused(told: Service) -> None:
    found = report(told, "attainment.json", by="party").json()
    assert found["rows"] == [
        {"party": "courier/pedal", "decided": 4, "met": 2, "breached": 2, "excused": 0, "attainment_percent": 50.0},
        {"party": "hub/northdock", "decided": 3, "met": 1, "breached": 2, "excused": 1, "attainment_percent": 33.33},
    ]
    assert "denominator" in found["definitions"]["decided"]
    by_hub = report(told, "attainment.json", by="hub, tier,drop,week").json()["rows"]
    assert [(row["hub"], row["tier"], row["drop"], row["week"], row["decided"]) for row in by_hub] == [
        ("kallio", "express", "friday", "2026-W47", 7)
    ]


def test_breaches_come_with_what_they_cost_the_dearest_first(told: Service) -> None:
    rows = report(told, "breaches.json").json()["rows"]
    assert [(row["party"], row["clause"], row["breached"], row["amount"]) for row in rows] == [
        ("courier/pedal", "5.1", 2, 600),
        ("hub/northdock", "4.1", 2, 400),
    ]
    assert (rows[1]["late_seconds_median"], rows[1]["late_seconds_most"]) == ((300 + 1800) // 2, 1800)


def test_credits_tell_what_the_caps_took(told: Service) -> None:
    rows = report(told, "credits.json").json()["rows"]
    assert [(row["party"], row["charged"], row["event_cap"], row["due"], row["cap_used_percent"]) for row in rows] == [
        ("courier/pedal", 600, 0, 600, 60.0),
        ("hub/northdock", 550, 150, 400, 40.0),
    ]


def test_cases_are_open_until_the_last_day_of_dispute(told: Service) -> None:
    rows = report(told, "cases.json").json()["rows"]
    assert {(row["order"], row["term"], row["late_seconds"], row["dispute_until"]) for row in rows} == {
        ("o2", "pick", 300, "2026-12-30"),
        ("o2", "door", 60, "2026-12-30"),
        ("o3", "pick", 1800, "2026-12-30"),
        ("o3", "door", 8 * 3600 - 70 * 60 - 3600, "2026-12-30"),
    }


@pytest.mark.parametrize("name", ["attainment", "breaches", "credits", "cases"])
def test_the_three_files_say_the_same(told: Service, name: str) -> None:
    rows = report(told, f"{name}.json").json()["rows"]
    lines = list(csv.reader(io.StringIO(report(told, f"{name}.csv").text)))
    book = openpyxl.load_workbook(io.BytesIO(report(told, f"{name}.xlsx").content))
    cells = [["" if cell is None else str(cell) for cell in row] for row in book[name].values]
    assert [line[0] for line in lines] == [row[0] for row in cells]
    assert lines[0] == cells[0] == list(rows[0])
    assert len(lines) == len(cells) == len(rows) + 1
    for line, row, spelt in zip(lines[1:], cells[1:], rows, strict=True):
        assert [_number(each) for each in line] == [_number(each) for each in row]
        assert [_number(each) for each in line] == [_number("" if each is None else each) for each in spelt.values()]
    assert book["definitions"]["A1"].value == "figure"


def _number(text: Any) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def test_a_correction_moves_the_figures_and_so_does_another_version(told: Service) -> None:
    def due() -> dict[str, int]:
        return {row["party"]: row["due"] for row in report(told, "credits.json").json()["rows"]}

    assert due() == {"courier/pedal": 600, "hub/northdock": 400}
    corrected = event("parcel.packed", 40, "o2", corrects={"source": "m", "id": "parcel.packed-o2"}) | {"id": "again"}
    assert told.post("/v1/events", json=corrected).status_code == 200
    assert due() == {"courier/pedal": 600, "hub/northdock": 250}
    dearer = json.loads(json.dumps(CONTRACT).replace('"amount": 300', '"amount": 400')) | {"version": 2}
    assert told.post("/v1/contracts", json=dearer).status_code == 201
    assert due() == {"courier/pedal": 800, "hub/northdock": 250}
    old = report(told, "credits.json", version="1").json()["rows"]
    assert {row["party"]: row["due"] for row in old} == {"courier/pedal": 600, "hub/northdock": 250}


def test_what_there_is_not_is_said(told: Service) -> None:
    def ask(path: str, **given: Any) -> Any:
        return told.get(f"/v1/sla/reports/{path}", Role.MANAGER, **given)

    assert ask("breaches.json?contract=none").json()["type"] == "/problems/no-contract"
    assert ask("breaches.json?contract=northdock&version=9").status_code == 404
    assert ask("breaches.json?contract=northdock&by=colour").json()["type"] == "/problems/no-such-column"
    assert ask("breaches.pdf?contract=northdock").status_code == 422
    assert ask("breaches.json").status_code == 422
    assert ask("breaches.json?contract=northdock&at=soon").status_code == 422
    assert ask("breaches.json?contract=northdock", tenant=OTHER).status_code == 404


@pytest.mark.parametrize("role", [Role.HUB, Role.COURIER])
def test_operators_see_no_report(told: Service, role: Role) -> None:
    for path in ("/v1/sla/reports/breaches.json?contract=northdock", "/sla/breaches"):
        assert told.get(path, role).status_code == 403


def test_the_page_shows_the_same_and_leads_to_what_happened(told: Service) -> None:
    page = told.get("/sla/breaches?contract=northdock&party=hub/northdock", Role.MANAGER)
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "33.33 %" in page.text
    assert "4.00 EUR" in page.text
    assert "5.1" not in page.text
    clock = told.get("/sla/breaches/northdock/pick/o3", Role.MANAGER)
    assert clock.text.index("plan.released") < clock.text.index("parcel.packed")
    assert "2.50 EUR" in clock.text
    assert told.get("/sla/breaches/northdock/pick/none", Role.MANAGER).status_code == 404


def test_whoever_waits_too_long_for_a_whole_log_asks_again_and_it_is_judged_once(
    told: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_all, go_on, begun = judging_steps.judge_all, Event(), []

    def slow(*asked: Any, **given: Any) -> None:
        begun.append(asked)
        assert go_on.wait(WITHIN_S)
        judge_all(*asked, **given)

    monkeypatch.setattr(judging_steps, "judge_all", slow)
    monkeypatch.setattr(judging, "WAIT_S", 0.1)
    asked = "/v1/sla/reports/attainment.json?contract=northdock"
    for _ in range(2):
        answer = told.get(asked, Role.MANAGER)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/still-judging")
    page = told.get("/sla/breaches?contract=northdock", Role.MANAGER)
    assert (page.status_code, page.headers["refresh"]) == (503, page.headers["retry-after"])
    assert "The log is still being judged" in page.text
    go_on.set()
    for _ in range(100):
        if told.get(asked, Role.MANAGER).status_code == 200:
            break
    assert told.get("/sla/breaches?contract=northdock", Role.MANAGER).status_code == 200
    assert len(begun) == 1


def test_what_ends_a_judgement_is_told_to_whoever_waits(told: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_asked: Any, **_given: Any) -> None:
        raise DatabaseAway

    with monkeypatch.context() as broken:
        broken.setattr(judging_steps, "judge_all", away)
        answer = told.get("/v1/sla/reports/attainment.json?contract=northdock", Role.MANAGER)
        assert answer.json()["type"] == "/problems/database-away"
    assert report(told, "attainment.json").status_code == 200


def test_names_that_look_like_markup_are_shown_as_they_are(told: Service) -> None:
    name = "<script>alert(1)</script>"
    told.post("/v1/events", json=[event("plan.released", 0, name), event("parcel.packed", 200, name)])
    page = told.get("/sla/breaches?contract=northdock", Role.MANAGER).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_without_a_contract_the_page_says_how_to_begin(service: Service) -> None:
    assert "No contract is published yet" in service.get("/sla/breaches", Role.MANAGER).text
