"""YAML 1.2 as values and places: the core schema, no tags, no aliases, limits on size and depth.

So ``NO`` and ``17:30`` are texts, and a file that is small to send is small to read. JSON is a part of YAML 1.2. Every
key and value knows its line, so that a fault found anywhere later can tell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from router import faults
from router.errors import Fault

MOST_BYTES = 256 * 1024
DEEPEST = 20

_INT = re.compile(r"[-+]?[0-9]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True, kw_only=True)
class Text:
    """What a text spells, the line of each pointer (from 1), and what is wrong with it as a text."""

    tree: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, pointer: str) -> int | None:
        """The line of a pointer, or of the nearest thing around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer)


class _Wrong(Exception):
    """The text cannot be read on; why, and where."""

    def __init__(self, code: str, message: str, line: int) -> None:
        super().__init__(message)
        self.code, self.message, self.line = code, message, line


def read(data: bytes) -> Text:
    """The values of a YAML or JSON text. Never raises for what is in it."""
    text = Text()
    if len(data) > MOST_BYTES:
        _add(text, "", "too-large", f"is larger than {MOST_BYTES} bytes", 1)
        return text
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _add(text, "", "not-utf-8", f"is not UTF-8: byte {error.start}", 1 + data[: error.start].count(b"\n"))
        return text
    try:
        text.tree = _document(decoded, text)
    except _Wrong as wrong:
        _add(text, "", wrong.code, f"{wrong.message}, at line {wrong.line}", wrong.line)
    except MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        _add(text, "", "not-yaml", f"is not YAML: {error.problem or error.context}, at line {line}", line)
    except (YAMLError, ValueError, RecursionError) as error:
        _add(text, "", "not-yaml", f"is not YAML: {str(error).splitlines()[0][:200]}", 1)
    return text


def _add(text: Text, pointer: str, code: str, message: str, line: int) -> None:
    text.faults.append(Fault(pointer=pointer, code=code, message=message))
    text.lines.setdefault(pointer, line)


def _document(decoded: str, text: Text) -> Any:
    found: list[Any] = []
    stream = _events(decoded)
    for event in stream:
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
            if found:
                raise _Wrong("not-yaml", "has more than one document", event.start_mark.line + 1)
            found.append(_value(event, stream, "", 0, text))
    return found[0] if found else None


def _events(decoded: str) -> Iterator[Any]:
    loader = YAML(typ="safe", pure=True)
    loader.version = (1, 2)
    depth = 0
    for event in loader.parse(decoded):
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _Wrong("alias", "has an anchor or alias (& or *): write it out", event.start_mark.line + 1)
        if isinstance(event, SequenceStartEvent | MappingStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _Wrong("too-deep", f"is nested deeper than {DEEPEST}", event.start_mark.line + 1)
        if isinstance(event, SequenceEndEvent | MappingEndEvent):
            depth -= 1
        yield event


def _value(event: Any, stream: Iterator[Any], pointer: str, depth: int, text: Text) -> Any:
    line = event.start_mark.line + 1
    text.lines.setdefault(pointer, line)
    if event.tag is not None and not isinstance(event, ScalarEvent):
        raise _Wrong("tag", "has a tag (!): leave it out", line)
    if isinstance(event, ScalarEvent):
        if event.tag is not None:
            raise _Wrong("tag", "has a tag (!): leave it out", line)
        return _scalar(event.value) if event.style is None else event.value
    if isinstance(event, SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(each := next(stream), SequenceEndEvent):
            items.append(_value(each, stream, f"{pointer}/{len(items)}", depth + 1, text))
        return items
    made: dict[str, Any] = {}
    while not isinstance(key := next(stream), MappingEndEvent):
        if not isinstance(key, ScalarEvent):
            raise _Wrong("bad-key", "has a key that is no text", key.start_mark.line + 1)
        name = key.value
        there = f"{pointer}/{faults.escape(name)}"
        value = _value(next(stream), stream, there, depth + 1, text)
        if name in made:
            message = f"stands twice in one object, again at line {key.start_mark.line + 1}; keep one"
            text.faults.append(Fault(pointer=there, code="duplicate-key", message=message))
        made[name] = value
        text.lines[there] = key.start_mark.line + 1
    return made


def _scalar(plain: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2, but without octals, hexadecimals and infinities."""
    if plain in _CONSTANTS:
        return _CONSTANTS[plain]
    if _INT.fullmatch(plain):
        return int(plain)
    return float(plain) if _FLOAT.fullmatch(plain) else plain
