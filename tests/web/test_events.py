"""Events over HTTP: a page, or a wait for news."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.db import events
from api.db.events import Event
from api.drain import Drain
from api.event_types import TYPES
from api.feed import Feed, Heads, follow
from api.principal import Role
from tests.architecture.sources import ROOT
from tests.web.service import NOW, OTHER, TENANT, Service

PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def tell(service: Service, *ids: str, partner: str | None = None, kind: str = "hub.changed", at: str = TENANT) -> None:
    with service.store.write() as db:
        made = [
            Event(id=each, type=kind, subject="hub/k", time=NOW, data={"of": each}, partner=partner) for each in ids
        ]
        events.emit(db, at, made)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


def test_an_event_is_told_as_cloudevents_has_it(service: Service) -> None:
    tell(service, "e1", partner="northdock")
    assert service.get("/v1/events").json() == {
        "items": [
            {
                "position": 1,
                "id": "e1",
                "source": "marketplace/pop-up",
                "type": "hub.changed",
                "subject": "hub/k",
                "time": "2026-11-20T16:00:00Z",
                "partner": "northdock",
                "data": {"of": "e1"},
                "specversion": "1.0",
            }
        ],
        "next": 1,
    }


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.ENGINEER, ["a", "north", "pedal"]),
        (Role.MANAGER, ["a", "north", "pedal"]),
        (Role.AUDITOR, ["a", "north", "pedal"]),
        (Role.HUB, ["north"]),
        (Role.COURIER, ["pedal"]),
    ],
)
def test_each_role_sees_its_own(service: Service, role: Role, seen: list[str]) -> None:
    tell(service, "a")
    tell(service, "north", partner="northdock")
    tell(service, "pedal", partner="pedal")
    tell(service, "theirs", partner="northdock", at=OTHER)
    answer = service.get("/v1/events", role)
    assert ids(answer) == seen
    assert answer.json()["next"] == 3


def test_types_may_be_chosen_and_unknown_ones_are_refused(service: Service) -> None:
    tell(service, "a")
    tell(service, "b", kind="sku.added")
    tell(service, "c", kind="sku.removed")
    assert ids(service.get("/v1/events?type=sku.added&type=sku.removed")) == ["b", "c"]
    assert service.get("/v1/events?type=sku.exploded").status_code == 422


def test_positions_out_of_the_feed_are_told(service: Service) -> None:
    tell(service, "a", "b")
    assert service.get("/v1/events?after=3").json()["type"] == "/problems/ahead-of-feed"
    with service.store.write() as db:
        events.forget(db, NOW.replace(year=2030))
    answer = service.get("/v1/events?after=0")
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/events-forgotten")


def test_whoever_waits_is_told_as_soon_as_something_happens(service: Service) -> None:
    with ThreadPoolExecutor() as pool:
        waits = pool.submit(service.get, "/v1/events?after=0&wait=25&type=sku.added")
        tell(service, "not wanted")
        tell(service, "wanted", kind="sku.added")
        answer = waits.result(20)
    assert ids(answer) == ["wanted"]


def test_a_wait_ends_without_news(service: Service) -> None:
    tell(service, "a")
    answer = service.get("/v1/events?after=1&wait=1")
    assert (ids(answer), answer.json()["next"]) == ([], 1)


def test_a_wait_ends_with_the_process_and_holds_no_connection(service: Service) -> None:
    with ThreadPoolExecutor() as pool:
        waits = pool.submit(service.get, "/v1/events?after=0&wait=25")
        with pytest.raises(TimeoutError):
            waits.result(1)
        assert service.store.in_use == 0
        service.app.state.drain.begin()
        assert ids(waits.result(10)) == []


def test_those_who_wait_share_one_look_at_the_database() -> None:
    looks: list[int] = []

    def read() -> dict[str, int]:
        looks.append(1)
        return {}

    def page(_after: int | None) -> Feed:
        return Feed(items=(), next=0)

    async def wait() -> None:
        heads = Heads(read)
        waiting = (follow(page, heads, "pop-up", after=0, wait_s=1, drain=Drain()) for _ in range(40))
        await asyncio.gather(*waiting)

    asyncio.run(wait())
    assert 1 <= len(looks) <= 6


def test_every_type_stands_on_its_page() -> None:
    assert sorted(re.findall(r"^\| `([a-z-]+\.[a-z-]+)` \|", PAGE, flags=re.MULTILINE)) == sorted(TYPES)
