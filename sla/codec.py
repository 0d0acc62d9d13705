"""Contracts in YAML or JSON as records and back; every fault at once, each with its pointer, line and column."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from router import codec
from router.errors import Fault, Faulty
from router.faults import Text as Values
from router.faults import in_order
from sla import faults, text
from sla.contract import Contract

_ONE_OR_MANY = ("start", "stop", "cancel")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PlacedFault(Fault):
    """A fault of a contract, with its line and column in the text (from 1)."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.pointer or '/'}: {self.message} [{self.code}]"


def read_contract(data: bytes, *, bound: bool = False, most_bytes: int = text.MOST_BYTES) -> Contract:
    """The contract, or template, that ``data`` (YAML 1.2 or JSON, in UTF-8) spells.

    ``bound``: it is to be judged by. Then a party that a term obliges must be bound to somebody, while what names a
    term or a type of event that there is not, and so counts nothing, is let through. Raises ``Faulty`` with every fault
    (``PlacedFault``).
    """
    given = text.read(data, most_bytes)
    try:
        return made_of(given.tree, bound=bound, already=given.faults)
    except Faulty as faulty:
        raise Faulty("contract", placed(faulty.faults, given)) from None


def made_of(tree: Any, *, bound: bool = False, already: Iterable[Fault] = ()) -> Contract:
    """The contract that JSON values spell; ``already``: faults found before. Raises ``Faulty`` with every fault."""
    found = tuple(already)
    if tree is None and found:
        raise Faulty("contract", found)
    values = Values(tree=one_spelling(tree), faults=found, as_given=False)
    return codec.made_of(Contract, values, "contract", lambda seen: faults.of_contract(seen, bound=bound))


def plain(contract: Contract) -> dict[str, Any]:
    """A contract as JSON values, in the one spelling; defaults are left out."""
    made: dict[str, Any] = codec.plain(contract)
    return made


def canonical(contract: Contract) -> bytes:
    """One spelling for equal contracts: JSON with sorted keys and no spaces."""
    return codec.canonical(contract)


def write(contract: Contract) -> bytes:
    """A contract as JSON for people and programs; reading it gives an equal record back."""
    return (json.dumps(plain(contract), ensure_ascii=False, indent=2) + "\n").encode()


def one_spelling(tree: Any) -> Any:
    """The values with whatever may be spelt in two ways spelt in the way of the records; what is null is left out."""
    if not isinstance(tree, dict):
        return tree
    made = _without_nulls({name: value for name, value in tree.items() if name != "parameters"})
    made |= {"parameters": tree["parameters"]} if tree.get("parameters") is not None else {}
    _drop_all(made, "hubs", "couriers")
    for calendar in _objects(made, "calendars"):
        _calendar(calendar)
    for term in _objects(made, "terms"):
        _drop_all(term.get("scope"), "hubs", "tiers")
        if isinstance(clock := term.get("clock"), dict):
            for name in _ONE_OR_MANY:
                if isinstance(clock.get(name), str):
                    clock[name] = [clock[name]]
        ratio = term.get("ratio")
        if isinstance(ratio, dict) and isinstance(good := ratio.get("good"), dict) and len(good) == 1:
            ratio["good"] = ": ".join(map(str, *good.items()))
    return made


def _calendar(calendar: dict[str, Any]) -> None:
    if isinstance(hours := calendar.get("hours"), dict):
        calendar["hours"] = {
            days: [given] if isinstance(given, str) else given
            for days, given in hours.items()
            if given not in ("none", "closed", [])
        }
    if isinstance(calendar.get("holidays"), list):
        calendar["holidays"] = {"dates": calendar["holidays"]}
    if "dates" in calendar:
        holidays = calendar.setdefault("holidays", {})
        if isinstance(holidays, dict) and "dates" not in holidays:
            holidays["dates"] = calendar.pop("dates")


def _drop_all(tree: Any, *names: str) -> None:
    for name in names:
        if isinstance(tree, dict) and tree.get(name) == "all":
            del tree[name]


def _objects(tree: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = tree.get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _without_nulls(tree: Any) -> Any:
    """A copy; a list keeps its nulls, since each is an entry that somebody meant."""
    if isinstance(tree, list):
        return [_without_nulls(each) for each in tree]
    if isinstance(tree, dict):
        return {name: _without_nulls(value) for name, value in tree.items() if value is not None}
    return tree


def placed(found: Iterable[Fault], given: text.Text) -> tuple[PlacedFault, ...]:
    """The faults in the order of their pointers, each with its place in a text."""
    made = []
    for each in in_order(found):
        line, column = given.place(each.pointer)
        made.append(PlacedFault(pointer=each.pointer, code=each.code, message=each.message, line=line, column=column))
    return tuple(made)
