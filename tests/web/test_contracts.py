"""Contracts over HTTP: drafts of a version, and what follows one without a gap."""

from __future__ import annotations

from typing import Any

import pytest

from api.contract_examples import SUCCESSOR, YEAR
from api.principal import Role
from tests.web.service import OTHER, Service

PATH = "/v1/contracts/northdock-year/1"


@pytest.fixture
def published(service: Service) -> Service:
    assert service.post("/v1/contracts", json=YEAR).status_code == 201
    return service


def test_a_draft_has_the_next_number_and_is_kept_nowhere(published: Service) -> None:
    draft = published.get(f"{PATH}/clone", Role.AUDITOR)
    assert draft.status_code == 200
    assert draft.json() == published.get(PATH).json() | {"version": 2}
    assert [each["version"] for each in published.get("/v1/contracts").json()["items"]] == [1]
    assert published.get(f"{PATH}/clone", tenant=OTHER).json()["type"] == "/problems/no-contract"


def test_a_successor_begins_where_its_predecessor_ends(published: Service) -> None:
    undated = {name: value for name, value in SUCCESSOR.items() if name != "from"}
    made = published.post(f"{PATH}/succeed", json=undated)
    assert (made.status_code, made.json()["from_on"], made.json()["version"]) == (201, "2027-01-01", 2)
    assert published.post(f"{PATH}/succeed", json=SUCCESSOR).status_code == 200


@pytest.mark.parametrize("changes", [{"version": 1}, {"id": "another"}, {"to": "2026-12-01", "from": "2026-01-01"}])
def test_what_does_not_follow_is_refused(published: Service, changes: dict[str, Any]) -> None:
    answer = published.post(f"{PATH}/succeed", json={**SUCCESSOR, **changes})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/version-gap")


def test_a_version_without_an_end_has_no_successor_and_faults_are_told_in_place(published: Service) -> None:
    endless = {name: value for name, value in YEAR.items() if name != "to"} | {"id": "endless"}
    assert published.post("/v1/contracts", json=endless).status_code == 201
    follows = endless | {"version": 2}
    assert published.post("/v1/contracts/endless/1/succeed", json=follows).json()["type"] == "/problems/version-gap"
    wrong = published.post(f"{PATH}/succeed", json={**SUCCESSOR, "currency": 3})
    assert wrong.status_code == 422
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/currency"]
