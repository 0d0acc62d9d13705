"""JSON text to values, with the faults of the text itself: what no reader could be sure to have understood."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from router.errors import Fault
from router.faults.scan import MOST, escape

DEEPEST = 32
"""Levels that are looked at; the deepest value of either format lies on the eighth."""

_INSTEAD = "\ufffd"
_TOO_DEEP = "is nested far deeper than the format, which needs eight levels"
_SURROGATE = re.compile("[\ud800-\udfff]")
_Pairs = list[tuple[str, Any]]


class Spelt(float):
    """A number of so many digits that the text may say more than the float; ``text`` is how it was written."""

    text: str

    def is_rounded(self) -> bool:
        """Whether the shortest decimal of the float is another number than the one written."""
        return math.isfinite(self) and Decimal(self.text) != Decimal(repr(float(self)))


class Odd(dict[str, Any]):
    """An object that spells a key twice or has x- fields; ``pairs`` are its fields as written."""

    pairs: _Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A document as JSON values, without x- fields.

    ``as_given``: the text spells just these values, so that another reader of it sees the same.
    """

    tree: Any
    faults: tuple[Fault, ...] = ()
    as_given: bool = True


def parse(data: bytes) -> Text:
    """The values that ``data`` spells. Never raises; where nothing can be read the tree is ``None``, with a fault."""
    try:
        return _parse(data.decode())
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} of the file is not UTF-8; save the file as UTF-8"
        return _refused("not-utf-8", message)
    except json.JSONDecodeError as error:
        marked = "begins with a byte order mark; save the file without it" if "BOM" in error.msg else error.msg
        return _refused("not-json", f"is not JSON at line {error.lineno}, column {error.colno}: {marked}")
    except RecursionError:
        return _refused("too-deep", _TOO_DEEP)


def tidy(text: Text) -> Text:
    """The same document made harmless, with a fault for every doubled key, lone surrogate and bottomless value."""
    found: list[Fault] = []

    def fault(pointer: str, code: str, message: str) -> None:
        if len(found) < MOST:
            found.append(Fault(pointer=pointer, code=code, message=message))

    def mended(string: str, pointer: str) -> str:
        whole = _SURROGATE.sub(_INSTEAD, string)
        if whole != string:
            message = r"holds half of a surrogate pair (\ud800 to \udfff), which is no character"
            fault(pointer, "lone-surrogate", message)
        return whole

    def look(value: Any, pointer: str, depth: int) -> Any:
        if isinstance(value, str):
            return mended(value, pointer)
        if isinstance(value, dict | list) and depth > DEEPEST:
            fault(pointer, "too-deep", _TOO_DEEP)
            return None
        if isinstance(value, list):
            return [look(each, f"{pointer}/{index}", depth + 1) for index, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        spelt = Counter(name for name, _ in value.pairs) if isinstance(value, Odd) else Counter[str]()
        kept = {}
        for name, each in value.items():
            place = f"{pointer}/{escape(_SURROGATE.sub(_INSTEAD, name))}"
            if spelt[name] > 1:
                fault(place, "duplicate-key", f"is spelt {spelt[name]} times; keep one")
            kept[mended(name, place)] = look(each, place, depth + 1)
        return kept

    return Text(tree=look(text.tree, "", 0), faults=(*text.faults, *found), as_given=False)


def _parse(spelt: str) -> Text:
    has_x = '"x-' in spelt or "\\u" in spelt
    odd = _Oddities()
    keep = odd.keep_formal if has_x else odd.keep
    try:
        tree = json.loads(spelt, object_pairs_hook=keep, parse_float=_number)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of thousands of digits: too large for any field
        odd.as_given = False
        tree = json.loads(spelt, object_pairs_hook=keep, parse_float=_number, parse_int=_integer)
    if isinstance(tree, dict) and isinstance(travel := tree.get("travel"), dict):
        profiles = travel.get("profiles")
        if isinstance(profiles, Odd):  # a map: its keys are names of profiles, not names of fields
            travel["profiles"] = kept = Odd(profiles.pairs)
            kept.pairs = profiles.pairs
    text = Text(tree=tree, as_given=odd.as_given)
    return tidy(text) if odd.doubled or re.search(r"\\u[dD][89a-fA-F]", spelt) else text


def _refused(code: str, message: str) -> Text:
    return Text(tree=None, faults=(Fault(pointer="", code=code, message=message),))


class _Oddities:
    """What was met while objects were made of their fields."""

    def __init__(self) -> None:
        self.doubled = False
        self.as_given = True

    def keep(self, pairs: _Pairs) -> dict[str, Any]:
        kept = dict(pairs)
        return kept if len(kept) == len(pairs) else self._odd(kept, pairs)

    def keep_formal(self, pairs: _Pairs) -> dict[str, Any]:
        kept = {name: value for name, value in pairs if not name.startswith("x-")}
        return kept if len(kept) == len(pairs) else self._odd(kept, pairs)

    def _odd(self, kept: dict[str, Any], pairs: _Pairs) -> Odd:
        self.as_given = False
        self.doubled = self.doubled or len(dict(pairs)) < len(pairs)
        odd = Odd(kept)
        odd.pairs = pairs
        return odd


def _number(digits: str) -> float:
    value = float(digits)
    if len(digits) < 16 and "e" not in digits and "E" not in digits:
        return value
    spelt = Spelt(value)
    spelt.text = digits
    return spelt


def _integer(digits: str) -> float:
    return int(digits) if len(digits) < 400 else math.inf
