"""Two versions of a contract, field by field: what was added, removed and changed, and in which clause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from router.faults import escape
from router.model import Record
from sla import codec
from sla.contract import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Record):
    """One field that differs. ``pointer`` is its place in the later version, or in the earlier where it was removed.

    ``part``: the id of the term, calendar, tier, stage or pool that it belongs to.
    """

    kind: Literal["added", "removed", "changed"]
    pointer: str
    part: str | None = None
    before: Any = None
    after: Any = None


def changes(before: Contract, after: Contract) -> tuple[Change, ...]:
    """Every field in which two versions differ, in the order of the format. Entries of a list are matched by id."""
    return tuple(_object(codec.plain(before), codec.plain(after), ("", ""), None))


_Places = tuple[str, str]


def _any(before: Any, after: Any, places: _Places, part: str | None) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _object(before, after, places, part)
    elif _has_ids(before) and _has_ids(after):
        yield from _list(before, after, places, part)
    else:
        yield Change(kind="changed", pointer=places[1], part=part, before=before, after=after)


def _object(before: dict[str, Any], after: dict[str, Any], places: _Places, part: str | None) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        at = (f"{places[0]}/{escape(name)}", f"{places[1]}/{escape(name)}")
        if name not in after:
            yield Change(kind="removed", pointer=at[0], part=part, before=before[name])
        elif name not in before:
            yield Change(kind="added", pointer=at[1], part=part, after=after[name])
        else:
            yield from _any(before[name], after[name], at, part)


def _list(before: list[Any], after: list[Any], places: _Places, part: str | None) -> Iterator[Change]:
    old = {each["id"]: (number, each) for number, each in enumerate(before)}
    new = {each["id"]: (number, each) for number, each in enumerate(after)}
    for name, (number, each) in old.items():
        if name in new:
            there, other = new[name]
            yield from _any(each, other, (f"{places[0]}/{number}", f"{places[1]}/{there}"), name)
        else:
            yield Change(kind="removed", pointer=f"{places[0]}/{number}", part=name, before=each)
    for name, (number, each) in new.items():
        if name not in old:
            yield Change(kind="added", pointer=f"{places[1]}/{number}", part=name, after=each)


def _has_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and "id" in each for each in value)
