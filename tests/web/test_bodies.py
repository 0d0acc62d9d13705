"""What a body may be: every fault at once, never a 5xx, never more than the service reads."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Annotated

import pytest

from api.db.connect import LOCK_WAIT_S
from api.deps import Signed
from api.routing import Router, reads
from router.model import Count, Id, Record
from tests.web.processes import process
from tests.web.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Mug(Record):
    """A record to send."""

    id: Id
    grams: Count


@pytest.fixture
def mugs(service: Service) -> Service:
    """The service with one more route."""
    router = Router(prefix="/v1/mugs")

    @router.post("")
    def take(mug: Annotated[Mug, reads(Mug, "mug")], who: Signed) -> Mug:
        return mug

    service.app.include_router(router)
    return service


def test_a_record_comes_back_as_it_was_sent(mugs: Service) -> None:
    assert mugs.post("/v1/mugs", json={"id": "blue", "grams": 350}).json() == {"id": "blue", "grams": 350}


def test_every_fault_is_told_with_its_place(mugs: Service) -> None:
    answer = mugs.post("/v1/mugs", content=b'{"id": "", "grams": NaN, "colour": 1}')
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/colour", "unknown-field"),
        ("/grams", "not-an-integer"),
        ("/id", "bad-length"),
    ]


def test_a_body_that_does_not_come_keeps_nobody_from_writing(tmp_path: Path) -> None:
    with process(f"sqlite:///{tmp_path / 'dropwright.db'}", tmp_path / "log") as running:
        head = (
            "POST /v1/drops/d/close HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {running.key}",
            "Content-Length: 9",
        )
        with socket.create_connection(("127.0.0.1", running.port), timeout=LOCK_WAIT_S) as slow:
            slow.sendall("\r\n".join([*head, "", ""]).encode())
            sleep(1)  # for whatever it begins
            assert running.ask("POST", "/v1/stalls", json={"id": "other"}).status_code == 201
            slow.sendall(b"too late.")
            assert slow.recv(100).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"id": "a", "id": "b", "grams": 1}',
        b'{"id": "\\ud800", "grams": 1}',
        b'{"id": "a", "grams": Infinity}',
        b'{"id": "a", "grams": true}',
        b'{"id": "a", "grams": 1' + b"0" * 400 + b"}",
        b'{"id": "a", "grams": 1e400}',
        b'{"id": 7, "grams": "7"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=range(15),
)
def test_a_spoilt_body_is_422(mugs: Service, body: bytes) -> None:
    answer = mugs.post("/v1/mugs", content=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_body_that_is_too_large_is_refused_by_what_it_states(mugs: Service) -> None:
    most = mugs.app.state.settings.body_bytes
    assert mugs.post("/v1/mugs", content=b" " * (most + 1)).status_code == 413


def test_a_body_that_states_no_size_is_refused_when_it_grows_too_large(mugs: Service) -> None:
    most = mugs.app.state.settings.body_bytes
    sent = 0

    def parts() -> object:
        nonlocal sent
        while sent < 8 * most:
            sent += 65_536
            yield b" " * 65_536

    assert mugs.post("/v1/mugs", content=parts()).status_code == 413


def test_what_is_not_there_is_a_problem_too(service: Service) -> None:
    answer = service.get("/v1/nothing")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_without_a_key_nobody_is_let_in(service: Service) -> None:
    for header in ({}, {"Authorization": "Bearer dw_000000000000_" + "x" * 43}, {"Authorization": "Basic eDp4"}):
        answer = service.client.get("/v1/me", headers=header)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
