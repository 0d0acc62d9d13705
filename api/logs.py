"""Logs for machines: JSON lines with fields from a list, so that no personal data and no key can slip into them.

A field that is not listed is left out, whoever gives it; so is a value that does not look like what the field is for.
Of an exception stay its kind and the places it came through, since its message may quote what somebody sent. Lines of
other libraries are treated alike. Nothing is set up by importing this.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import structlog

from router.errors import DropwrightError

NUMBERS: Final = frozenset(
    {"attempt", "bytes", "count", "deleted", "ms", "number", "port", "process", "rows", "seconds", "status", "version"}
)
"""Fields that hold a number."""

WORDS: Final = frozenset(
    {
        "error", "job", "kind", "level", "logger", "method", "outcome", "reason", "request", "revision", "route",
        "says", "state", "table", "trace", "worker",
    }
)  # fmt: skip
"""Fields that hold one of our own words, ids that we made, or the template of a route."""

_WORD: Final = re.compile(r"[A-Za-z0-9_./:{}()\[\]%<, -]{1,200}")
_EVENT: Final = re.compile(r"[a-z][a-z0-9 -]{0,79}")
_TRUSTED: Final = ("uvicorn.error",)
"""Loggers whose messages, as they stand in the source and without what is filled in, say nothing about anybody."""

_MOST_PLACES = 8


def configure(stream: TextIO, *, level: int = logging.INFO) -> None:
    """Sends every log of this process to ``stream``, those of other libraries too; call it once, at the edge."""
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Others()]
    root.setLevel(max(level, logging.WARNING))
    for name in _TRUSTED:
        logging.getLogger(name).setLevel(level)


def line(_logger: object, _method: str, given: MutableMapping[str, Any]) -> str:
    """The line that is written for what a caller gave; a processor of structlog."""
    event = str(given.pop("event", ""))
    told: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "event": event if _EVENT.fullmatch(event) else "unnamed",
    }
    error = _raised(given.pop("exc_info", None))
    if error is not None:
        told |= {"error": kinds(error), "where": places(error)}
    told |= {field: value for field, value in given.items() if _fits(field, value)}
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))


def _fits(field: str, value: object) -> bool:
    if field in NUMBERS:
        return isinstance(value, int | float)
    return field in WORDS and isinstance(value, str) and bool(_WORD.fullmatch(value))


def kinds(error: BaseException) -> str:
    """What an exception and those it came from are called: ``database-away < OperationalError``. No messages."""
    names: list[str] = []
    found: BaseException | None = error
    while found is not None and len(names) < _MOST_PLACES:
        names.append(found.code if isinstance(found, DropwrightError) else type(found).__name__)
        found = found.__cause__
    return " < ".join(names)


def places(error: BaseException) -> list[str]:
    """Where an exception came through, the place that raised it last: ``flows.py:41 take_drop``."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_PLACES:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def _raised(given: object) -> BaseException | None:
    if given is True:
        given = sys.exception()
    if isinstance(given, tuple):
        given = given[1]
    return given if isinstance(given, BaseException) else None


class _Others(logging.Handler):
    """Takes the lines of libraries that know the standard library's logging alone."""

    def emit(self, record: logging.LogRecord) -> None:
        says = record.msg if isinstance(record.msg, str) and record.name.startswith(_TRUSTED) else None
        raised = record.msg if isinstance(record.msg, BaseException) else record.exc_info
        structlog.get_logger().log(record.levelno, "library", logger=record.name, says=says, exc_info=raised)
