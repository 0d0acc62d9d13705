"""Columns of a CSV file as fields of a record: which there may be, and what their cells spell.

An empty cell is an absent field. A list of ids is written ``a|b``; any other list, map or record is a cell of JSON.
``null`` is null where a field may be null and is no text. A cell that spells nothing of its kind stays text, and is
told like any other value of the wrong type.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from router.errors import Fault

_GUARDED = re.compile(r"'[=+\-@\t\r＝＋－＠]")
"""A cell that a spreadsheet would have run, as it is exported."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_Spelt = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one file, in order, with what makes values of their cells, and what is wrong with the head."""

    names: tuple[str, ...]
    spelt: tuple[_Spelt, ...]
    faults: tuple[Fault, ...] = ()

    @classmethod
    def named(cls, head: Sequence[str], kind: type[Any]) -> Columns:
        """The columns that a head names, for records of class ``kind``."""
        names = tuple(name.strip() for name in head)
        known = fields_of(kind)
        faults = []
        for name, times in Counter(names).items():
            if times > 1:
                message = f"column {name!r} stands {times} times; keep one"
                faults.append(Fault(pointer=_pointer(name), code="duplicate-key", message=message))
            if name not in known:
                message = f"is no column; there are {', '.join(sorted(known))}"
                faults.append(Fault(pointer=_pointer(name), code="unknown-field", message=message))
            if name.rpartition(".")[0] in names:
                message = f"column {name!r} is a part of another one; keep one of the two"
                faults.append(Fault(pointer=_pointer(name), code="duplicate-key", message=message))
        return cls(names=names, spelt=tuple(known.get(name, str) for name in names), faults=tuple(faults))

    def tree(self, cells: Sequence[str]) -> dict[str, Any]:
        """One row as JSON values."""
        made: dict[str, Any] = {}
        for name, spelt, cell in zip(self.names, self.spelt, cells, strict=False):
            if cell:
                inner = made
                *within, last = name.split(".")
                for part in within:
                    inner = inner.setdefault(part, {})
                inner[last] = spelt(cell[1:] if _GUARDED.match(cell) else cell)
        return made


def fields_of(kind: type[Any]) -> Mapping[str, _Spelt]:
    """Every column that a record of class ``kind`` may have, and what makes a value of a cell of it."""
    found: dict[str, _Spelt] = {}
    hints = get_type_hints(kind)
    for field in fields(kind):
        inner, nullable = _plain(hints[field.name])
        found[field.name] = _or_null(_spelling(inner)) if nullable and inner is not str else _spelling(inner)
        if is_dataclass(inner) and isinstance(inner, type):
            found |= {f"{field.name}.{name}": spelt for name, spelt in fields_of(inner).items()}
    return found


def _plain(hint: Any) -> tuple[Any, bool]:
    """A type without ``None``, and whether it was one of a union with it."""
    if get_origin(hint) in (Union, UnionType):
        first, *_ = [each for each in get_args(hint) if each is not NoneType]
        return first, NoneType in get_args(hint)
    return hint, False


def _spelling(kind: Any) -> _Spelt:
    if kind is int:
        return _whole
    if kind is float:
        return _real
    if kind is bool:
        return lambda cell: {"true": True, "false": False}.get(cell.lower(), cell)
    if get_origin(kind) is tuple and get_args(kind)[0] is str:
        return _listed
    if get_origin(kind) in (tuple, dict) or is_dataclass(kind):
        return _json
    return str


def _or_null(spelt: _Spelt) -> _Spelt:
    return lambda cell: None if cell == "null" else spelt(cell)


def _whole(cell: str) -> int | str:
    return int(cell) if _WHOLE.fullmatch(cell.strip()) else cell


def _real(cell: str) -> float | int | str:
    try:
        value = float(cell)
    except ValueError:
        return cell
    return value if math.isfinite(value) else cell


def _listed(cell: str) -> Any:
    return _json(cell) if cell.startswith("[") else cell.split("|")


def _json(cell: str) -> Any:
    try:
        return json.loads(cell, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return cell


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(made := dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return made


def _no_number(spelt: str) -> Any:
    raise ValueError(f"{spelt} is no number")


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1").replace(".", "/")
