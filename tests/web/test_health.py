"""What the service tells those who look after it: health, readiness, metrics and logs, and nothing about anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from tests.db.postgres import Server
from tests.web import stalls
from tests.web.processes import process
from tests.web.service import Service, serving

SET = {"metrics_token": "look-but-do-not-touch"}
TOKEN = {"Authorization": f"Bearer {SET['metrics_token']}"}
CANARIES = ("Kanarienvogel", "0401234567", "60.1699,24.9384", "dw_0123456789ab_" + "c" * 43)


def counted(running: Service) -> dict[tuple[str, ...], float]:
    """How many requests were answered, by route, method and status."""
    answer = running.client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    return {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == "dropwright_requests_total"
    }


def test_a_service_that_runs_is_healthy_and_ready_without_a_key(service: Service) -> None:
    assert service.client.get("/healthz").json() == {"alive": True}
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_a_service_whose_tables_are_not_its_own_is_not_ready(service: Service) -> None:
    with service.store.write() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.json()["tables"]) == (503, "other")
    assert service.client.get("/healthz").status_code == 200


def test_a_service_that_is_about_to_end_is_not_ready_and_closes_its_connections(service: Service) -> None:
    assert "connection" not in service.client.get("/healthz").headers
    service.app.state.drain.begin()
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.json()["draining"]) == (503, True)
    assert answer.headers["connection"] == "close"


def test_a_service_without_its_database_is_healthy_and_not_ready_until_it_is_back(durable_postgres: Server) -> None:
    with serving(durable_postgres.create()) as running:
        durable_postgres.stop("immediate")
        answer = running.client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "away")
        assert running.client.get("/healthz").status_code == 200
        durable_postgres.start()
        assert running.client.get("/readyz").status_code == 200


def test_metrics_are_for_whoever_has_the_token_alone(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path / 'a.db'}", **SET) as running:
        assert running.client.get("/metrics", headers=TOKEN).status_code == 200
        for headers in (
            {},
            {"Authorization": "Bearer look"},
            {"Authorization": "Bearer é".encode("latin-1")},
            running.key(),
        ):
            assert running.client.get("/metrics", headers=headers).status_code == 404


def test_without_a_token_there_are_no_metrics(service: Service) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        assert service.client.get("/metrics", headers=headers).status_code == 404


def test_requests_are_counted_by_template_method_and_status(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path / 'a.db'}", **SET) as running:
        stalls.add_to(running.app)
        for stall in ("a", "b"):
            assert running.post("/v1/stalls", json={"id": stall}).status_code == 201
        running.post("/v1/stalls", json={})
        running.post("/v1/stalls/Kanarienvogel/bug")
        running.get("/v1/Kanarienvogel")
        running.send("KANARIENVOGEL", "/v1/stalls")
        found = counted(running)
        text_of_all = running.client.get("/metrics", headers=TOKEN).text
    assert found["/v1/stalls", "POST", "201"] == 2
    assert found["/v1/stalls", "POST", "422"] == 1
    assert found["/v1/stalls/{stall}/bug", "POST", "500"] == 1
    assert found["unmatched", "GET", "404"] == 1
    assert found["/v1/stalls", "other", "405"] == 1
    assert "kanarienvogel" not in text_of_all.lower()


def test_metrics_tell_how_many_connections_are_in_use(database: str) -> None:
    with serving(database, **SET) as running, running.store.read(), running.store.write():
        told = running.client.get("/metrics", headers=TOKEN).text
    assert "dropwright_database_connections_in_use 2.0" in told


def test_every_answer_has_an_id_of_ours_and_not_of_whoever_asks(service: Service) -> None:
    stalls.add_to(service.app)
    answers = [service.get("/v1/me", headers={"X-Request-ID": "mine"}), service.post("/v1/stalls/x/bug")]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)


def test_a_bug_is_a_problem_that_does_not_quote_anybody(service: Service) -> None:
    stalls.add_to(service.app)
    answer = service.post("/v1/stalls/Kanarienvogel/bug")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/bug")
    assert "Kanarienvogel" not in answer.text


@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_that_somebody_sends_comes_into_the_log(database: str, tmp_path: Path, canary: str) -> None:
    with process(database, tmp_path / "log") as running:
        key = running.key
        for _ in range(2):
            running.ask("POST", "/v1/stalls", json={"id": canary}, headers={"Idempotency-Key": canary})
        running.ask("POST", "/v1/stalls", json={"id": canary})  # it is there already: a bug of the route
        running.ask("POST", "/v1/stalls", json={"id": 7, canary: canary})
        running.ask("POST", "/v1/stalls", content=f'{{"{canary}'.encode())
        running.ask("POST", f"/v1/stalls/{canary}/bug", params={canary: canary})
        running.ask("GET", f"/v1/{canary}", params={"cursor": canary})
        running.ask("GET", "/v1/me", headers={"Authorization": f"Bearer {canary}", "User-Agent": canary})
        running.ask("GET", "/v1/me", headers={"traceparent": canary, "X-Request-ID": canary, "Cookie": canary})
        running.ask("GET", "/v1/me", headers={"traceparent": f"00-{'a1' * 16}-{'b2' * 8}-01"})
        running.running.terminate()
        assert running.running.wait(120) == 0
    log = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert canary not in log
    assert key not in log
    asked = [line["status"] for line in lines if line["event"] == "request"]
    assert asked == [201, 201, 500, 422, 422, 500, 404, 401, 200, 200]
    assert [line["route"] for line in lines if line["event"] == "bug"] == ["/v1/stalls", "/v1/stalls/{stall}/bug"]
    assert [line["trace"] for line in lines if "trace" in line] == ["a1" * 16]


def test_the_log_warns_of_a_sqlite_that_may_damage_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for version, warned in (((3, 51, 2), True), ((3, 51, 3), False)):
        monkeypatch.setattr("api.db.connect.sqlite3.sqlite_version_info", version)
        with serving(f"sqlite:///{tmp_path / str(warned)}.db"):
            pass
        assert ("this version of sqlite may damage its file" in capsys.readouterr().out) is warned
