"""Contracts in YAML or JSON as records and back; every fault at once, each with its place and its line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from router import codec
from router.errors import Fault, Faulty
from sla import faults, text
from sla.contract import Contract

_LISTS = {"start", "stop"}
"""Fields that may be one text instead of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinedFault(Fault):
    """A fault of a contract, with its line where there is one."""

    line: int | None = None

    def __str__(self) -> str:
        where = "" if self.line is None else f"line {self.line}, "
        return f"{where}{self.pointer or '/'}: {self.message} [{self.code}]"


def read_contract(data: bytes, *, bound: bool = False) -> Contract:
    """The contract, or template, that ``data`` (YAML 1.2 or JSON, in UTF-8) spells.

    ``bound``: a parameter that a term obliges must be bound to somebody. Raises ``Faulty`` with every fault.
    """
    given = text.read(data)
    if given.faults and not isinstance(given.tree, dict):
        raise Faulty("contract", _lined(given.faults, given))
    if not isinstance(given.tree, dict):
        fault = Fault(pointer="", code="wrong-type", message="must be an object: the fields of a contract")
        raise Faulty("contract", _lined([fault], given))
    tree = _inward(given.tree)
    try:
        spelt = json.dumps(tree, ensure_ascii=False).encode()
        found = codec.read_as(Contract, spelt, "contract", lambda seen: faults.of_contract(seen, bound=bound))
    except UnicodeEncodeError:
        fault = Fault(pointer="", code="lone-surrogate", message="has half of a character; write it whole")
        raise Faulty("contract", _lined([*given.faults, fault], given)) from None
    except Faulty as faulty:
        raise Faulty("contract", _lined([*given.faults, *faulty.faults], given)) from None
    if given.faults:
        raise Faulty("contract", _lined(given.faults, given))
    return found


def plain(contract: Contract) -> dict[str, Any]:
    """A contract as JSON values, under the names of the format; defaults are left out."""
    made: dict[str, Any] = _outward(codec.plain(contract))
    return made


def canonical(contract: Contract) -> bytes:
    """One spelling for equal contracts: JSON with sorted keys and no spaces."""
    return json.dumps(plain(contract), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write(contract: Contract) -> bytes:
    """A contract as JSON for people and programs; reading it gives an equal record back."""
    return (json.dumps(plain(contract), ensure_ascii=False, indent=2) + "\n").encode()


def _inward(tree: Any) -> Any:
    """Spellings that the format allows beside each other, made one; ``from`` under the name that Python allows."""
    if isinstance(tree, list):
        return [_inward(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    made = {("from_" if key == "from" else key): _inward(value) for key, value in tree.items()}
    for name in _LISTS & made.keys():
        if isinstance(made[name], str):
            made[name] = [made[name]]
    if made.get("hubs") == "all":
        del made["hubs"]
    good = made.get("good")
    if isinstance(good, dict) and len(good) == 1:
        made["good"] = ": ".join(map(str, *good.items()))
    if isinstance(made.get("hours"), dict):
        made["hours"] = {day: [] if spans is None else spans for day, spans in made["hours"].items()}
    return made


def _outward(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_outward(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {("from" if key == "from_" else key): _outward(value) for key, value in tree.items()}


def _lined(found: list[Fault], given: text.Text) -> tuple[Fault, ...]:
    """The faults in the order of their places, each under the names of the format and with its line."""
    made = set()
    for each in found:
        pointer = re.sub(r"/from_(?=/|$)", "/from", each.pointer)
        message = each.message.replace("from_", "from")
        made.add(LinedFault(pointer=pointer, code=each.code, message=message, line=given.line(pointer)))
    return tuple(sorted(made, key=lambda fault: (fault.line or 0, fault.pointer, fault.code)))
