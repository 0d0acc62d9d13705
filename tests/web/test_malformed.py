"""Fifty thousand malformed bodies: never a fault of the service, always a problem that says what is wrong."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from api.examples import JSON, NDJSON, STORY, Step
from tests.web.malformed import KINDS, VALUES, is_json
from tests.web.reading import Reading
from tests.web.service import Service, serving
from tests.web.story import Told

READ, SENT = 48_000, {"sqlite": 1_600, "postgresql": 400}
"""Bodies that are read without HTTP, and those that are sent over it; each share goes round all routes and kinds."""

QUICK = 8
"""Turns of a route that reads a record, to one of a route that reads with the database at hand."""

LATER = ("/close", "/plans", "/v1/jobs", "/v1/pick-lists", "/v1/trips")
"""Steps of the story that come once the drop takes no more orders."""

OPEN = (
    "/v1/events",
    "/v1/events/{service}",
    "/v1/contracts",
    "/v1/contracts/{contract}/{version}/succeed",
    "/v1/sla/what-if/{contract}/{version}",
)
"""Events have attributes of their own, and contracts are YAML too: there a spoilt body may be a good one."""


def with_bodies() -> list[Step]:
    """The first step of the story for every route with a body."""
    return list({(step.method, step.path): step for step in reversed(STORY) if step.body is not None}.values())


def spoilt(random: Random, step: Step, kind: str) -> tuple[str, bytes]:
    """A body of a step, spoilt; of rows one is, and they come in any form that rows may have."""
    spoil, _ = KINDS[kind]
    if step.media != NDJSON:
        return step.media, spoil(random, step.body)
    good = random.choice(step.body)
    form = random.choice((NDJSON, JSON, "text/csv"))
    if form == NDJSON:
        return NDJSON, b"\n".join(random.sample((json.dumps(good).encode(), spoil(random, good), b""), 3))
    if form == JSON:
        return JSON, b"[" + json.dumps(good).encode() + b"," + spoil(random, good) + b"]"
    cells = {key: value for key, value in good.items() if not isinstance(value, (dict, list))}
    row = ",".join(random.choice((str(value), *VALUES)) for value in cells.values())
    return "text/csv", ",".join(cells).encode() + b"\r\n" + row.encode() + spoil(random, good)


def bodies(steps: list[Step], number: int) -> Iterator[tuple[Step, str, str, bytes]]:
    """So many spoilt bodies: all kinds for all routes, in turn."""
    random, kinds = Random(20261120), tuple(KINDS)
    for index in range(number):
        step, kind = steps[index % len(steps)], kinds[index // len(steps) % len(kinds)]
        yield step, kind, *spoilt(random, step, kind)


def check(step: Step, kind: str, media: str, body: bytes, status: int, said: bytes) -> None:
    """A problem in full, or an answer to a body that is lawful after all."""
    about = (step.method, step.path, kind, media, body[:300])
    assert 200 <= status < 500, about
    if status >= 400:
        problem = json.loads(said)
        assert problem["type"].startswith("/problems/"), about
        assert problem["title"], about
        assert problem["detail"], about
        assert problem["status"] == status, about
    elif step.path not in OPEN and step.media == JSON:
        assert not KINDS[kind][1], about
        assert not body or is_json(body), about


@pytest.fixture
def told(database: str) -> Iterator[Told]:
    """The story until its drop takes orders."""
    with serving(database, small_orders=0, requests_per_minute=10**9, bulk_requests_per_minute=10**9) as service:
        told = Told(service=service)
        for step in STORY:
            if not step.path.endswith(LATER[0]) and not any(part in step.path for part in LATER[1:]):
                assert told.send(step).status_code == step.status, (step.method, step.path)
        yield told


def test_every_route_with_a_body_is_sent_malformed_ones(service: Service) -> None:
    described = service.client.get("/openapi.json").json()["paths"]
    asked = {(way.upper(), path) for path, ways in described.items() for way in ways if "requestBody" in ways[way]}
    assert asked == {(step.method, step.path) for step in with_bodies()}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_malformed_body_gets_past_what_reads_it(told: Told) -> None:
    routes = {
        (method, route.path_format): route
        for router in told.service.app.state.routers
        for route in router.routes
        for method in route.methods
    }
    readings = {}
    for step in with_bodies():
        route, values = routes[step.method, step.path], told.values | dict(step.values)
        readings[step.method, step.path] = Reading(service=told.service, route=route, values=values)
    steps = [step for step in with_bodies() for _ in range(QUICK if readings[step.method, step.path].reader else 1)]

    async def read() -> Counter[tuple[str, str]]:
        counted: Counter[tuple[str, str]] = Counter()
        for step, kind, media, body in bodies(steps, READ):
            answer = await readings[step.method, step.path].of(media, body)
            check(step, kind, media, body, answer.status_code, bytes(answer.body))
            counted[kind, f"{step.method} {step.path}"] += 1
        return counted

    counted = asyncio.run(read())
    assert counted.total() == READ
    assert len(counted) == len(KINDS) * len(readings)
    assert min(counted.values()) >= READ // len(steps) // len(KINDS)


def test_no_malformed_body_is_a_fault_of_the_service(told: Told) -> None:
    share = SENT[told.service.store.writing.dialect.name]
    steps = with_bodies()

    async def send_all() -> int:
        sent = 0
        key = told.service.key()["Authorization"].encode()
        revisions: dict[str, bytes] = {}
        for step, kind, media, body in bodies(steps, share):
            path = step.path.format(**told.values | dict(step.values))
            headers = {
                b"authorization": key,
                b"content-type": media.encode(),
                b"if-match": revisions.get(path, b'"r2"'),
            }
            status, head, said = await send(told.service.app, step.method, path, headers, body)
            check(step, kind, media, body, status, said)
            revisions |= {path: head[b"etag"]} if b"etag" in head else {}
            sent += 1
        return sent

    assert asyncio.run(send_all()) == share


def test_the_bodies_are_fifty_thousand() -> None:
    assert READ + sum(SENT.values()) == 50_000


async def send(app: Any, method: str, path: str, headers: dict[bytes, bytes], body: bytes) -> tuple[int, Any, bytes]:
    """Status, head and body of an answer; straight to the application, since there are many."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": list(headers.items()),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
    }
    got: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def sent(message: Any) -> None:
        got.append(message)

    await app(scope, receive, sent)
    return got[0]["status"], dict(got[0]["headers"]), b"".join(each.get("body", b"") for each in got[1:])
