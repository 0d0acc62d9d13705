"""Who asks too often is told when to come again, and nobody else notices; a full process says so at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, active_count
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.strategies import SlidingWindowCounterRateLimiter

from api import rates
from api.admission import LINGERS_S, wait_aside
from api.deps import Signed
from api.principal import Role
from api.routing import Router
from tests.web.service import OTHER, Service, serving

BAD = {"Authorization": "Bearer dw_000000000000_" + "x" * 43}
WITHIN_S = 60


@pytest.fixture
def hurried(tmp_path: Path) -> Iterator[Service]:
    """A service that few requests are too many for."""
    with serving(f"sqlite:///{tmp_path / 'a.db'}", requests_per_minute=5, bulk_requests_per_minute=2) as running:
        yield running


def statuses(service: Service, times: int, **given: Any) -> list[int]:
    return [service.client.get("/v1/me", **given).status_code for _ in range(times)]


def test_whoever_asks_too_often_is_told_when_to_come_again(hurried: Service) -> None:
    assert statuses(hurried, 5, headers=hurried.key()) == [200] * 5
    answer = hurried.get("/v1/me")
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 120
    assert answer.headers["ratelimit"].startswith('"requests";r=0;')


def test_each_key_has_its_own_limit(hurried: Service) -> None:
    assert statuses(hurried, 6, headers=hurried.key())[-1] == 429
    assert hurried.get("/v1/me", Role.AUDITOR).status_code == 200
    assert hurried.get("/v1/me", tenant=OTHER).status_code == 200


def test_an_answer_tells_what_is_left(hurried: Service) -> None:
    first, second = hurried.get("/v1/me"), hurried.get("/v1/me")
    assert first.headers["ratelimit-policy"] == '"requests";q=5;w=60'
    assert [re.match(r'"requests";r=(\d+);t=\d+$', each.headers["ratelimit"])[1] for each in (first, second)] == [
        "4",
        "3",
    ]


def test_bulk_requests_have_a_limit_of_their_own(hurried: Service) -> None:
    row = b'{"sku": "S", "seller": "k", "grams": 1, "millilitres": 1}'
    sent = {"content": row, "headers": {"Content-Type": "application/x-ndjson"}}
    assert [hurried.post("/v1/skus/bulk", **dict(sent)).status_code for _ in range(3)] == [200, 200, 429]
    assert hurried.get("/v1/me").status_code == 200


def test_what_is_turned_away_changes_nothing(hurried: Service) -> None:
    mug = {"seller": "kiln", "grams": 350, "millilitres": 900}
    answers = [hurried.post("/v1/skus", json={"sku": f"M-{n}", **mug}).status_code for n in range(7)]
    assert answers == [201] * 5 + [429] * 2
    assert len(hurried.get("/v1/skus", Role.MANAGER).json()["items"]) == 5


def test_counting_starts_no_thread_and_keeps_nothing_that_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    at_s = 1000.0
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: at_s))
    monkeypatch.setattr(rates, "DROP_EVERY_S", 0)
    counters, item = rates.MemoryStorage(), RateLimitItemPerMinute(5)
    counters.timer.join()
    limiter = SlidingWindowCounterRateLimiter(counters)
    threads = active_count()
    assert [limiter.hit(item, "first") for _ in range(6)] == [True] * 5 + [False]
    assert (active_count(), len(counters.storage)) == (threads, 1)
    at_s += 121
    assert limiter.hit(item, "second")
    assert len(counters.storage) == 1


def test_the_twenty_first_bad_key_in_a_minute_is_told_to_wait(service: Service) -> None:
    assert statuses(service, 20, headers=BAD) == [401] * 20
    answer = service.client.get("/v1/me", headers=BAD)
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-bad-keys")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_a_good_key_is_served_from_where_bad_ones_come(service: Service) -> None:
    assert statuses(service, 25, headers=BAD)[-1] == 429
    assert service.get("/v1/me").status_code == 200


def test_whoever_sends_no_key_is_asked_for_one_and_not_counted(service: Service) -> None:
    assert statuses(service, 25) == [401] * 25


def test_an_address_of_ipv6_counts_as_its_network() -> None:
    assert rates.network("2001:db8::1") == rates.network("2001:db8::ffff:1") == "2001:db8::/64"
    assert rates.network("2001:db8:0:1::1") != rates.network("2001:db8::1")
    assert rates.network("192.0.2.1") == "192.0.2.1"
    assert len(rates.network("x" * 1000)) == rates.MOST_SPELT


class Gate:
    """A route that waits until it is opened, and whoever waits there."""

    def __init__(self, service: Service) -> None:
        self.open, self.entered, self.service = Event(), 0, service
        router = Router(prefix="/v1/gate")

        @router.get("")
        def wait(_who: Signed) -> None:
            self.entered += 1
            self.open.wait(WITHIN_S)

        @router.get("/aside")
        def wait_elsewhere(_who: Signed, request: Request) -> None:
            wait_aside(request)
            self.entered += 1
            self.open.wait(WITHIN_S)

        service.app.include_router(router)

    def fill(self, pool: ThreadPoolExecutor, people: list[tuple[Role, str]], path: str = "/v1/gate") -> list[Any]:
        """Lets people in one after the other, each once the one before waits there."""
        waiting = []
        for role, tenant in people:
            before, tries = self.entered, 0
            waiting.append(pool.submit(self.service.get, path, role, tenant))
            while self.entered == before:
                tries += 1
                assert tries < 1000
                Event().wait(0.01)
        return waiting


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A service with room for four at once, so for two of one marketplace or partner."""
    with serving(f"sqlite:///{tmp_path / 'a.db'}", at_once=4) as running:
        yield Gate(running)


def test_whoever_waits_for_news_takes_nobodys_place(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(request: Request) -> None:
        wait_aside(request)
        gate.entered += 1

    monkeypatch.setattr("api.routes.events.wait_aside", counted)
    with ThreadPoolExecutor(4) as pool:
        waiting = gate.fill(pool, [(Role.ENGINEER, "pop-up")] * 4, "/v1/events?wait=3")  # of two places
        assert gate.service.get("/v1/me").status_code == 200
        assert [each.result().status_code for each in waiting] == [200] * 4


def test_a_full_process_says_so_and_goes_on_afterwards(gate: Gate) -> None:
    everybody = [(Role.ENGINEER, "pop-up"), (Role.HUB, "pop-up"), (Role.COURIER, "pop-up"), (Role.HUB, OTHER)]
    with ThreadPoolExecutor(4) as pool:
        waiting = gate.fill(pool, everybody)
        answer = gate.service.get("/v1/me", tenant=OTHER)
        probe = gate.service.client.get("/healthz")
        gate.open.set()
        assert [each.result().status_code for each in waiting] == [204] * 4
    assert (answer.status_code, answer.json()["type"], answer.headers["retry-after"]) == (
        503,
        "/problems/too-busy",
        "1",
    )
    assert probe.status_code == 200
    assert gate.service.get("/v1/me", tenant=OTHER).status_code == 200


def test_whoever_is_turned_away_is_told_after_a_second(gate: Gate) -> None:
    with ThreadPoolExecutor(2) as pool:
        waiting = gate.fill(pool, [(Role.ENGINEER, "pop-up"), (Role.MANAGER, "pop-up")])
        began = monotonic()
        answer = gate.service.get("/v1/me")
        took_s = monotonic() - began
        gate.open.set()
        assert [each.result().status_code for each in waiting] == [204] * 2
    assert answer.status_code == 503
    assert took_s >= LINGERS_S


def test_whoever_is_known_is_turned_away_without_a_look_into_the_database(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    with ThreadPoolExecutor(2) as pool:
        waiting = gate.fill(pool, [(Role.ENGINEER, "pop-up"), (Role.MANAGER, "pop-up")])
        monkeypatch.setattr("api.db.accounts.holder", lambda *asked: looked.append(asked))
        assert gate.service.get("/v1/me").status_code == 503
        assert looked == []
        assert gate.service.get("/v1/me", Role.AUDITOR).status_code == 401
        assert len(looked) == 1
        gate.open.set()
        assert [each.result().status_code for each in waiting] == [204] * 2


def test_nobody_gets_more_than_half_of_the_places(gate: Gate) -> None:
    with ThreadPoolExecutor(2) as pool:
        waiting = gate.fill(pool, [(Role.ENGINEER, "pop-up"), (Role.MANAGER, "pop-up")])
        own, partners, others = (
            gate.service.get("/v1/me", Role.AUDITOR),
            gate.service.get("/v1/me", Role.HUB),
            gate.service.get("/v1/me", tenant=OTHER),
        )
        gate.open.set()
        assert [each.result().status_code for each in waiting] == [204] * 2
    assert [own.status_code, partners.status_code, others.status_code] == [503, 200, 200]
    assert gate.service.get("/v1/me").status_code == 200


def test_whoever_only_waits_takes_no_place(gate: Gate) -> None:
    with ThreadPoolExecutor(6) as pool:
        waiting = gate.fill(pool, [(Role.ENGINEER, "pop-up")] * 6, "/v1/gate/aside")
        assert gate.service.get("/v1/me").status_code == 200
        gate.open.set()
        assert [each.result().status_code for each in waiting] == [204] * 6
