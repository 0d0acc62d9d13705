"""A line of the log holds what is listed and nothing that somebody sent, whoever writes it and however."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from api import logs
from router.errors import Unavailable

BUYER = "Aleksis Kivi"
KEY = "dw_0123456789ab_" + "s" * 43


class Lines:
    """What was logged."""

    def __init__(self, stream: StringIO) -> None:
        self.stream = stream

    def __call__(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root, server = logging.getLogger(), logging.getLogger("uvicorn.error")
    before = root.handlers, root.level, server.level
    stream = StringIO()
    logs.configure(stream)
    yield Lines(stream)
    structlog.reset_defaults()
    root.handlers, root.level, server.level = before[0], before[1], before[2]


def test_a_line_is_json_with_time_event_and_the_fields_that_are_listed(lines: Lines) -> None:
    structlog.get_logger().info("request", route="/v1/orders/{order}", method="GET", status=200, ms=1.5)
    (line,) = lines()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "event": "request",
        "level": "info",
        "route": "/v1/orders/{order}",
        "method": "GET",
        "status": 200,
        "ms": 1.5,
    }


@pytest.mark.parametrize(
    "given",
    [
        {"recipient": BUYER},
        {"status": BUYER},
        {"route": "/v1/orders?email=aleksis@example.com"},
        {"route": {"name": BUYER}},
        {"error": [BUYER]},
        {"says": f"{BUYER}\n{KEY}"},
        {"headers": {"authorization": KEY}},
    ],
    ids=str,
)
def test_what_is_not_listed_or_does_not_look_right_is_left_out(lines: Lines, given: dict[str, Any]) -> None:
    structlog.get_logger().info("request", **given)
    (line,) = lines()
    assert set(line) == {"at", "event", "level"}


def test_an_event_that_quotes_somebody_has_no_name(lines: Lines) -> None:
    structlog.get_logger().info(f"order of {BUYER}")
    assert lines()[0]["event"] == "unnamed"


def test_an_exception_is_told_by_kind_and_place_and_not_by_what_it_says(lines: Lines) -> None:
    class Away(Unavailable):
        code, title = "away", "Away"

    try:
        try:
            raise ValueError(BUYER)
        except ValueError as error:
            raise Away(f"no room for {BUYER}") from error
    except Away:
        structlog.get_logger().exception("bug")
    (line,) = lines()
    assert line["error"] == "away < ValueError"
    assert line["where"][-1].startswith("test_logs.py:")
    assert BUYER not in lines.stream.getvalue()


def test_what_is_bound_to_a_request_stands_in_its_lines(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(request="abc"):
        structlog.get_logger().info("one")
    structlog.get_logger().info("two")
    assert [line.get("request") for line in lines()] == ["abc", None]


def test_a_line_of_another_library_keeps_its_level_and_name_and_loses_its_words(lines: Lines) -> None:
    logging.getLogger("sqlalchemy.pool").error("cannot give back %s", BUYER)
    try:
        raise OSError(BUYER)
    except OSError:
        logging.getLogger("asyncio").exception(f"task of {BUYER}")
    first, second = lines()
    assert (first["level"], first["logger"]) == ("error", "sqlalchemy.pool")
    assert (second["logger"], second["error"]) == ("asyncio", "OSError")
    assert BUYER not in lines.stream.getvalue()


def test_what_the_server_says_of_itself_is_told_without_what_is_filled_in(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 4711)
    logging.getLogger("uvicorn.error").error(OSError(BUYER))
    first, second = lines()
    assert first["says"] == "Started server process [%d]"
    assert second["error"] == "OSError"
    assert BUYER not in lines.stream.getvalue()


def test_what_is_below_the_level_is_not_written(lines: Lines) -> None:
    structlog.get_logger().debug("request")
    logging.getLogger("alembic").info("running")
    assert lines() == []
