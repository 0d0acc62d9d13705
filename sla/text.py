"""YAML 1.2 and JSON as values and places: the core schema, no tags, anchors or aliases, limits on size and depth.

So ``NO`` and ``17:30`` are texts, and what is small to send is small to read. Every key and value knows its line and
column, so that a fault found anywhere later can tell them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from router import faults
from router.errors import Fault

MOST_BYTES = 64 * 1024
MOST_VALUES = 5000
DEEPEST = 20

_INT = re.compile(r"[-+]?[0-9]+")
_OF_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")), math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NO_BRACKETS = re.compile(r"""[^][{}"'#]+|"(?:[^"\\]|\\.)*"|'[^']*'|#[^\n]*""")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Place(NamedTuple):
    """Where something stands in a text; lines and columns count from 1."""

    line: int
    column: int


@dataclass(slots=True, kw_only=True)
class Text:
    """What a text spells, without ``x-`` fields; where each pointer stands, and what is wrong with it as a text."""

    tree: Any = None
    places: dict[str, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    json: str | None = None
    """The text, where it is JSON: its places, which few ask for, are looked up when somebody does."""

    def place(self, pointer: str) -> Place:
        """The place of a pointer, or of the nearest thing around it."""
        if self.json is not None and not self.places:
            found = Text(places={"": Place(1, 1)})
            _read_yaml(self.json, found)
            self.places = found.places
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, Place(1, 1))


class _Wrong(Exception):
    """The text cannot be read on: a fault, and where."""

    def __init__(self, code: str, message: str, mark: Any) -> None:
        super().__init__(message)
        self.code, self.place = code, Place(1, 1) if mark is None else _place(mark)


def read(data: bytes, most_bytes: int = MOST_BYTES) -> Text:
    """The values of a YAML or JSON text. Never raises for what is in it."""
    text = Text()
    if len(data) > most_bytes:
        message = f"is larger than {most_bytes} bytes; a contract is a page of clauses: leave out what is none"
        _add(text, "too-large", message, Place(1, 1))
        return text
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        _add(text, "not-utf-8", f"byte {error.start + 1} is not UTF-8; save the file as UTF-8", place)
        return text
    spelt = faults.parse(data) if decoded.lstrip().startswith("{") else None
    if spelt is not None and isinstance(spelt.tree, dict) and not spelt.faults and not _is_deep(spelt.tree):
        text.tree, text.json = spelt.tree, decoded
    else:
        _read_yaml(decoded, text)
    return text


def _read_yaml(decoded: str, text: Text) -> None:
    try:
        _check_brackets(decoded)
        text.tree = _document(decoded, text)
    except _Wrong as wrong:
        _add(text, wrong.code, str(wrong), wrong.place)
    except MarkedYAMLError as error:
        place = Place(1, 1) if error.problem_mark is None else _place(error.problem_mark)
        _add(text, "not-yaml", f"is not YAML 1.2: {error.problem or error.context}", place)
    except (YAMLError, ValueError) as error:
        _add(text, "not-yaml", f"is not YAML 1.2: {str(error).splitlines()[0][:200]}", Place(1, 1))


def _is_deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(DEEPEST + 1):
        level = [each for value in level for each in _inner(value)]
    return bool(level)


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _add(text: Text, code: str, message: str, place: Place) -> None:
    text.faults.append(Fault(pointer="", code=code, message=message))
    text.places[""] = place


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _check_brackets(decoded: str) -> None:
    """Refuses what is nested too deep in brackets: the library looks hundreds of them ahead, at a cost that grows with
    the square of their number. What is in quotes and comments does not count."""
    depth = 0
    for bracket in _NO_BRACKETS.sub("", decoded):
        if bracket in "[{":
            depth += 1
            if depth > DEEPEST:
                raise _Wrong("too-deep", f"is nested deeper than {DEEPEST} levels", None)
        elif bracket in "]}":
            depth = max(0, depth - 1)


def _document(decoded: str, text: Text) -> Any:
    found: list[Any] = []
    stream = _events(decoded)
    for event in stream:
        if isinstance(event, DocumentStartEvent) and (event.tags or event.version not in (None, (1, 2))):
            raise _Wrong("not-yaml", "has a directive (%) other than %YAML 1.2; leave it out", event.start_mark)
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
            if found:
                raise _Wrong("not-yaml", "has more than one document; keep one", event.start_mark)
            found.append(_value(event, stream, "", text))
    return found[0] if found else None


def _events(decoded: str) -> Iterator[Any]:
    loader = YAML(typ="safe", pure=True)
    depth = values = 0
    for event in loader.parse(decoded):
        values += isinstance(event, ScalarEvent)
        if values > MOST_VALUES:
            raise _Wrong(
                "too-large",
                f"has more than {MOST_VALUES} names and values; a contract has some hundreds",
                event.start_mark,
            )
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _Wrong(
                "yaml-alias", "has an anchor or alias (& or *); write out what it stands for", event.start_mark
            )
        if isinstance(event, SequenceStartEvent | MappingStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _Wrong("too-deep", f"is nested deeper than {DEEPEST} levels", event.start_mark)
        if isinstance(event, SequenceEndEvent | MappingEndEvent):
            depth -= 1
        yield event


def _value(event: Any, stream: Iterator[Any], pointer: str, text: Text) -> Any:
    text.places.setdefault(pointer, _place(event.start_mark))
    if event.tag is not None:
        raise _Wrong("yaml-tag", "has a tag (!); leave it out", event.start_mark)
    if isinstance(event, ScalarEvent):
        return _scalar(event.value) if event.style is None else _whole(event.value, pointer, text)
    if isinstance(event, SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(each := next(stream), SequenceEndEvent):
            items.append(_value(each, stream, f"{pointer}/{len(items)}", text))
        return items
    made: dict[str, Any] = {}
    while not isinstance(key := next(stream), MappingEndEvent):
        if not isinstance(key, ScalarEvent) or key.tag is not None:
            raise _Wrong("not-yaml", "has a name that is no plain text", key.start_mark)
        name = _whole(key.value, pointer, text)
        there = f"{pointer}/{faults.escape(name)}"
        if name in made:
            message = f"stands twice, again in line {key.start_mark.line + 1}; keep one"
            text.faults.append(Fault(pointer=there, code="duplicate-key", message=message))
        text.places.setdefault(there, _place(key.start_mark))
        made[name] = _value(next(stream), stream, there, text)
    return {name: value for name, value in made.items() if not name.startswith("x-")}


def _scalar(plain: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2."""
    if plain in _CONSTANTS:
        return _CONSTANTS[plain]
    if _INT.fullmatch(plain):
        return int(plain) if len(plain) < 400 else math.inf
    if _OF_BASE.fullmatch(plain):
        return int(plain, 0)
    return float(plain) if _FLOAT.fullmatch(plain) else plain


def _whole(string: str, pointer: str, text: Text) -> str:
    r"""A quoted text; halves of characters that stand together (``"\ud83d\ude00"``, as JSON has it) made one."""
    if not _SURROGATE.search(string):
        return string
    string = string.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if "\ufffd" in string:
        message = r"holds half of a surrogate pair (\ud800 to \udfff), which is no character"
        text.faults.append(Fault(pointer=pointer, code="lone-surrogate", message=message))
    return string
