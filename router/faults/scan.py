"""What all looks at a document share: the list of faults, pointers, and the checks of times, ids and references."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from router.errors import Fault

MOST = 100_000
"""Longest list of faults. A document that is wrong everywhere must not fill the memory with sentences about it."""

_TIME = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])?"
)
Row = tuple[str, dict[str, Any]]
Known = Set[str] | None
"""The ids of a list; ``None`` where the list itself is not one, and every reference would look wrong."""


def escape(part: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")


def shown(text: str) -> str:
    """A string of the document as a sentence quotes it: with quotes, and not longer than a line."""
    spelt = repr(text[:60])
    return spelt if len(text) <= 60 and len(spelt) <= 62 else f"{spelt[:58]}…{spelt[-1]}"


def rows(parent: Any, pointer: str, name: str) -> Iterator[Row]:
    """The objects of the list ``name``, each with its pointer."""
    listed = parent.get(name) if isinstance(parent, dict) else None
    if isinstance(listed, list):
        for index, row in enumerate(listed):
            if isinstance(row, dict):
                yield f"{pointer}/{name}/{index}", row


def texts(parent: dict[str, Any], pointer: str, name: str) -> Iterator[tuple[str, str]]:
    """The strings of the list ``name``, each with its pointer."""
    listed = parent.get(name)
    if isinstance(listed, list):
        for index, text in enumerate(listed):
            if isinstance(text, str):
                yield f"{pointer}/{name}/{index}", text


def known(tree: dict[str, Any], name: str, field: str = "id", *, optional: bool = False) -> Known:
    """The ids of a list of the document, for references."""
    if isinstance(tree.get(name), list) or (optional and name not in tree):
        return {value for _, row in rows(tree, "", name) if (value := word(row, field)) is not None}
    return None


def word(row: dict[str, Any], field: str) -> str | None:
    """The string in ``field``, or ``None``."""
    value = row.get(field)
    return value if isinstance(value, str) else None


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults by place, the tenth entry of a list after the ninth; each place and code once."""

    def place(fault: Fault) -> tuple[list[tuple[int, str]], str]:
        parts = fault.pointer.split("/")
        return [(len(part) if part.isdecimal() else 0, part) for part in parts], fault.code

    once: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        once.setdefault((fault.pointer, fault.code), fault)
    return tuple(sorted(once.values(), key=place))


def of_nul(tree: Any) -> list[Fault]:
    """Every string in ``tree``, and every name, that holds the character U+0000. Never raises."""
    return Scan().run(_nul, tree)


def _nul(scan: Scan, tree: Any) -> None:
    ahead: list[tuple[Any, str]] = [(tree, "")]
    while ahead:
        value, pointer = ahead.pop()
        if isinstance(value, str):
            if "\0" in value:
                scan.fault(pointer, "bad-value", "holds the character U+0000; leave it out")
        elif isinstance(value, dict):
            ahead += [part for name, each in value.items() for part in _both(name, each, f"{pointer}/{escape(name)}")]
        elif isinstance(value, list):
            ahead += [(each, f"{pointer}/{index}") for index, each in enumerate(value)]


def _both(name: str, value: Any, pointer: str) -> tuple[tuple[str, str], tuple[Any, str]]:
    return (name, pointer), (value, pointer)


class _Enough(Exception):
    """The list of faults is full."""


class Scan:
    """The faults that one look at a document finds."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def run(self, look: Callable[[Scan, dict[str, Any]], None], tree: dict[str, Any]) -> list[Fault]:
        """What ``look`` finds in ``tree``, up to ``MOST`` faults."""
        with suppress(_Enough):
            look(self, tree)
        return self.found

    def fault(self, pointer: str, code: str, message: str) -> None:
        """One fault more."""
        if len(self.found) >= MOST:
            raise _Enough
        self.found.append(Fault(pointer=pointer, code=code, message=message))

    def at(self, row: dict[str, Any], pointer: str, name: str) -> datetime | None:
        """The time in field ``name``; a fault where the text is not one."""
        text = row.get(name)
        return self.instant(text, f"{pointer}/{name}") if isinstance(text, str) else None

    def instant(self, text: str, pointer: str) -> datetime | None:
        """The time that ``text`` spells; a fault where it spells none."""
        spelt = _TIME.fullmatch(text)
        try:
            parsed = datetime.fromisoformat(text.upper()) if spelt else None
            if spelt and parsed and spelt[3] and spelt[1] in ("0001", "9999"):
                parsed = parsed.astimezone(UTC)  # beyond the calendar in UTC: no instant to compare with
        except (ValueError, OverflowError):
            parsed = None
        if spelt is None or parsed is None:
            cure = "is not a time as in RFC 3339, such as 2026-11-20T18:15:00+02:00"
            self.fault(pointer, "bad-time", f"{shown(text)} {cure}")
        elif spelt[3] is None:
            self.fault(pointer, "naive-time", f"{shown(text)} has no offset; add Z or one such as +02:00")
        elif spelt[2] and spelt[2].strip(".0"):
            message = f"{shown(text)} has a fraction of a second; use whole seconds"
            self.fault(pointer, "fractional-second", message)
        else:
            return parsed
        return None

    def span(self, row: dict[str, Any], pointer: str, first: str, last: str, what: str) -> None:
        """Two times of a row; a fault where the second comes before the first."""
        start, end = self.at(row, pointer, first), self.at(row, pointer, last)
        if start is not None and end is not None and end < start:
            self.fault(f"{pointer}/{last}", "ends-before-start", f"the {what} ends before it starts; swap or mend")

    def ids(self, listed: Iterable[Row], what: str, field: str = "id") -> None:
        """A fault for each id of some rows that stands twice."""
        seen: dict[str, str] = {}
        for pointer, row in listed:
            name = row.get(field)
            if isinstance(name, str):
                if name in seen:
                    message = f"{what} {shown(name)} stands already at {seen[name]}; rename or remove one"
                    self.fault(f"{pointer}/{field}", "duplicate-id", message)
                else:
                    seen[name] = pointer

    def knows(self, known: Known, name: Any, pointer: str, code: str) -> None:
        """A fault with ``code`` (unknown-hub and such) where ``name`` is a string but not a known id."""
        if known is not None and isinstance(name, str) and name not in known:
            what = code.removeprefix("unknown-")
            where = "at the hub" if what == "wave" else "in the drop"
            self.fault(pointer, code, f"there is no {what} {shown(name)} {where}; add it, or mend the name")
