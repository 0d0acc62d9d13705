"""Events: CloudEvents 1.0, one JSON object a line. Reading with every fault of a line, identity, and order.

An event is its CloudEvents attributes and ``data``. Two events are the same where source and id are; their content must
then be the same too, the time of arrival apart. Events sort by time, then source, then id, by code point.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, NoReturn

from router import codec
from router.errors import Conflict, Fault

SECOND_US = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])?"
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_MINUTES: dict[str, int] = {}
"""Instants of the minutes met last, by their first 16 characters: most events of a log share them."""
_MOST_MINUTES = 100_000
_SECONDS = {f":{second:02}Z": second * SECOND_US for second in range(60)}
_NAMES = ("specversion", "id", "source", "type", "time")
_WORDS = frozenset({"order", "hub", "courier", "tier", "drop", "pause", "code", "term", "excuse", "party"})
"""Fields of ``data`` that the judge reads as words."""


class Event(NamedTuple):
    """One event. Times are microseconds since 1970 in UTC; a finer fraction is cut.

    A named tuple, unlike the project's other records: a replay makes and sorts a million, and it sorts as it stands
    (time, source, id). ``order`` is ``data.order``, or the subject's where that is an order's.
    """

    at_us: int
    source: str
    id: str
    type: str
    subject: str
    order: str | None
    recorded_us: int
    data: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str]:
        """Source and id: what makes it this event and no other."""
        return self.source, self.id

    @property
    def corrects(self) -> tuple[str, str] | None:
        """The identity of the event whose place this one takes."""
        other = self.data.get("corrects")
        return (other["source"], other["id"]) if other else None


class FaultyEvent(ValueError):
    """A line is no event; ``faults`` says all that is wrong with it, by JSON pointers into the line."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class EventContradicted(Conflict):
    """Two events have one source and id, and other content."""

    code, title = "event-contradicted", "The same event says two things"

    def __init__(self, source: str, name: str, first: str, second: str) -> None:
        message = f"event {name!r} of {source!r} comes twice with other content:\n{first}\n{second}"
        super().__init__(message, source=source, id=name)


def read(line: bytes) -> Event:
    """The event that one line of UTF-8 JSON spells. Raises ``FaultyEvent`` with every fault of it."""
    raw = _quickly(line)
    data = raw.get("data")
    if not (
        raw.get("specversion") == "1.0"
        and all(type(raw.get(name)) is str and raw[name] for name in _NAMES)
        and (data is None or _is_sound(data))
    ):
        _refuse(raw)
    try:
        return _made(raw, data)
    except (ValueError, TypeError, OverflowError, AttributeError):
        _refuse(raw)


def again(line: bytes) -> Event:
    """The event of a line that ``read`` has taken, in half the time."""
    raw = codec.values(line)
    return _made(raw, raw.get("data"))


def _made(raw: dict[str, Any], data: dict[str, Any] | None) -> Event:
    data = {} if data is None else data
    at_us = instant_us(raw["time"])
    recorded = raw.get("recordedtime")
    subject = raw.get("subject")
    if subject is None:
        subject = ""
    elif type(subject) is not str:
        raise TypeError
    order = data.get("order")
    if order is None and subject.startswith("order/"):
        order = subject[6:]
    recorded_us = at_us if recorded is None else instant_us(recorded)
    return Event(at_us, raw["source"], raw["id"], raw["type"], subject, order, recorded_us, data)


def instant_us(text: str) -> int:
    """Microseconds since 1970 of a time as in RFC 3339 with its offset. Raises ValueError."""
    try:
        return _MINUTES[text[:16]] + _SECONDS[text[16:]]
    except KeyError:
        found = _TIME.fullmatch(text)
        if found is None or found[1] is None:
            raise ValueError(f"{text!r} is not a time with an offset") from None
        at_us = (datetime.fromisoformat(text.upper()) - EPOCH) // _MICROSECOND
        if len(text) == 20 and text[16:] in _SECONDS:
            if len(_MINUTES) >= _MOST_MINUTES:
                _MINUTES.clear()
            _MINUTES[text[:16]] = at_us - _SECONDS[text[16:]]
        return at_us


def content(line: bytes) -> str:
    """One spelling for lines that say the same, whatever the order of their keys and the time of arrival."""
    raw = _parsed(line)
    raw.pop("recordedtime", None)
    return json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise FaultyEvent((_fault("", "duplicate-key", f"{doubled!r} is spelt twice in one object; keep one"),))
    return made


def _no_number(text: str) -> NoReturn:
    raise FaultyEvent((_fault("", "not-finite", f"{text} is not a number of JSON"),))


_NESTED = frozenset({dict, list})
_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number).decode


def _quickly(line: bytes) -> dict[str, Any]:
    """As ``_parsed``, in a third of the time for lines without oddities."""
    if b'" ' not in line and b'"\t' not in line:
        try:
            raw = codec.values(line)
        except ValueError:
            return _parsed(line)
        if type(raw) is dict and line.count(b'":') == _names_in(raw):  # so no name is spelt twice
            return raw
    return _parsed(line)


def _names_in(value: Any) -> int:
    if type(value) is dict:
        return len(value) + sum([_names_in(each) for each in value.values() if type(each) in _NESTED])
    return sum([_names_in(each) for each in value if type(each) in _NESTED])


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        raw = _decode(line.decode())
        if _SURROGATE.search(line):
            json.dumps(raw, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise FaultyEvent((_fault("", "not-utf-8", f"byte {error.start + 1} is not UTF-8"),)) from None
    except UnicodeEncodeError:
        raise FaultyEvent((_fault("", "lone-surrogate", "holds half of a surrogate pair"),)) from None
    except RecursionError:
        raise FaultyEvent((_fault("", "too-deep", "is nested far deeper than an event"),)) from None
    except json.JSONDecodeError as error:
        raise FaultyEvent((_fault("", "not-json", f"is not JSON at column {error.colno}: {error.msg}"),)) from None
    except ValueError as error:
        if isinstance(error, FaultyEvent):
            raise
        raise FaultyEvent((_fault("", "out-of-range", "holds a number of thousands of digits"),)) from None
    if type(raw) is not dict:
        raise FaultyEvent((_fault("", "wrong-type", "an event is a JSON object"),))
    return raw


def _is_sound(data: Any) -> bool:
    if type(data) is not dict:
        return False
    for name, value in data.items():
        if type(value) is str:
            if name in _SHAPES:
                return False
        elif value is not None and (name in _WORDS or (name in _SHAPES and not _SHAPES[name][0](value))):
            return False
    return True


def _are_words(value: Any) -> bool:
    return type(value) is list and all(type(each) is str for each in value)


def _is_evidence(value: Any) -> bool:
    return type(value) is list and all(type(each) is dict and type(each.get("kind")) is str for each in value)


def _is_identity(value: Any) -> bool:
    return type(value) is dict and type(value.get("source")) is type(value.get("id")) is str


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


_SHAPES = {
    "parcels": (_are_words, "a list of parcel ids"),
    "evidence": (_is_evidence, "a list of objects, each with its kind"),
    "corrects": (_is_identity, "an object with the source and the id of the other event"),
    "orders": (_is_count, "a count, 0 or more"),
}


def _refuse(raw: dict[str, Any]) -> NoReturn:
    found = []
    for name in _NAMES:
        value = raw.get(name)
        if value is None:
            found.append(_fault(f"/{name}", "missing-field", "is missing; an event has " + ", ".join(_NAMES)))
        elif type(value) is not str or not value:
            found.append(_fault(f"/{name}", "wrong-type", "is not a text of at least one character"))
    version = raw.get("specversion")
    if type(version) is str and version and version != "1.0":
        found.append(_fault("/specversion", "bad-value", 'is not "1.0"'))
    for name in ("time", "recordedtime"):
        value = raw.get(name)
        if type(value) is str and value:
            found.extend(_of_time(name, value))
        elif name == "recordedtime" and value is not None:
            found.append(_fault("/recordedtime", "wrong-type", "is not a text"))
    if type(raw.get("subject", "")) is not str and raw["subject"] is not None:
        found.append(_fault("/subject", "wrong-type", "is not a text"))
    data = raw.get("data")
    if type(data) is dict:
        found.extend(_of_data(data))
    elif data is not None:
        found.append(_fault("/data", "wrong-type", "is not an object"))
    raise FaultyEvent(tuple(found))


def _of_time(name: str, value: str) -> list[Fault]:
    try:
        instant_us(value)
    except (ValueError, OverflowError):
        spelt_without = _TIME.fullmatch(value)
        if spelt_without and spelt_without[1] is None:
            return [_fault(f"/{name}", "naive-time", f"{value!r} has no offset; add Z or one such as +02:00")]
        return [_fault(f"/{name}", "bad-time", f"{value[:60]!r} is not a time such as 2026-11-20T18:15:00+02:00")]
    return []


def _of_data(data: dict[str, Any]) -> list[Fault]:
    found = []
    for name, value in data.items():
        if value is None:
            continue
        if name in _WORDS and type(value) is not str:
            found.append(_fault(f"/data/{name}", "wrong-type", "is not a text"))
        elif name in _SHAPES and not _SHAPES[name][0](value):
            found.append(_fault(f"/data/{name}", "wrong-type", f"is not {_SHAPES[name][1]}"))
    return found


def _fault(pointer: str, code: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=code, message=message)
