"""The life of a contract: a draft is published and never changes again; a published version is bound, and succeeded.

Everything here gives a new record. A version is the same as another where its canonical JSON is, by SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from router import codec as json
from router.errors import Conflict, Fault, Faulty, Invalid
from router.faults import Text as Values
from router.faults import in_order, of_nul, shown
from router.model import Id, Record
from sla import calendar, codec, text
from sla.contract import PARTIES, Calendar, Contract

_OPEN_YEARS = 10
"""For how many years the holidays of a version without an end are stored."""

_FIXED = ("format", "id", "version", "currency", "timezone", "parameters", "hubs", "couriers", "from", "to")
"""What an override must leave: the version's own, or named in the binding."""


class NoBeginning(Invalid):
    """A version that names no date cannot have its holidays stored."""

    code, title = "no-beginning", "It is not said from when on"


class VersionGap(Conflict):
    """A successor does not begin where its predecessor ends, or is none."""

    code, title = "version-gap", "The versions do not follow each other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding(Record):
    """Who the parties of a version are, when it is in force, and what is agreed otherwise (by JSON pointer)."""

    parameters: dict[Id, Id]
    hubs: tuple[Id, ...] | None = None
    couriers: tuple[Id, ...] | None = None
    from_: date
    to: date | None = None
    overrides: dict[str, Any] = field(default_factory=dict)


def read_binding(data: bytes) -> Binding:
    """The binding that ``data`` (YAML 1.2 or JSON) spells. Raises ``Faulty`` with every fault and its line."""
    given = text.read(data)
    try:
        if given.tree is None and given.faults:
            raise Faulty("binding", tuple(given.faults))
        values = Values(tree=given.tree, faults=tuple(given.faults), as_given=False)
        return json.made_of(Binding, values, "binding", of_nul)
    except Faulty as faulty:
        raise Faulty("binding", codec.placed(faulty.faults, given)) from None


def sha256(contract: Contract) -> str:
    """What identifies a version: the hash of its canonical JSON, in hexadecimal."""
    return hashlib.sha256(codec.canonical(contract)).hexdigest()


def publish(draft: Contract, *, on: date | None = None) -> Contract:
    """The version that ``draft`` becomes: countries' holidays are stored as dates, from a year before it to one after.

    ``on``: the day of publishing, which counts where the draft names no ``from``. Raises NoBeginning.
    """
    begin = draft.from_ or on
    if begin is None:
        raise NoBeginning("name the date from which the version counts, so that its holidays can be stored")
    end_year = min(draft.to.year if draft.to else begin.year + _OPEN_YEARS, 9998)
    years = range(max(begin.year - 1, 1), end_year + 2)
    return replace(draft, calendars=tuple(_stored(each, years) for each in draft.calendars))


def clone(version: Contract) -> Contract:
    """A draft to edit: the next number, and holidays by country again."""
    calendars = (replace(each, holidays=replace(each.holidays, expanded=None)) for each in version.calendars)
    return replace(version, version=version.version + 1, calendars=tuple(calendars))


def bind(version: Contract, binding: Binding) -> Contract:
    """The contract that a version becomes between partners. Raises ``Faulty`` with every fault of the binding."""
    found = [*_parties(version, binding)]
    tree = codec.plain(version)
    for pointer, value in binding.overrides.items():
        if fault := _override(tree, pointer, value):
            found.append(fault)
    if binding.to is not None and binding.to <= binding.from_:
        message = "must be later than from: it is the first day that does not belong"
        found.append(Fault(pointer="/to", code="ends-before-start", message=message))
    if not found:
        try:
            changed = codec.made_of(tree)
        except Faulty as faulty:
            found = [replace(each, pointer=_place(binding, each.pointer)) for each in faulty.faults]
        else:
            return replace(
                changed,
                parameters={**version.parameters, **binding.parameters},
                hubs=binding.hubs,
                couriers=binding.couriers,
                from_=binding.from_,
                to=binding.to,
            )
    raise Faulty("binding", in_order(found))


def succeed(before: Contract, after: Contract, *, on: date) -> tuple[Contract, Contract]:
    """Two bound contracts of which the second takes the first one's place on a day, without a gap.

    Raises VersionGap.
    """
    if after.id != before.id or after.version <= before.version:
        numbers = f"{after.id} {after.version} does not follow {before.id} {before.version}"
        raise VersionGap(f"{numbers}; a successor has the same id and a higher number")
    if (before.from_ is not None and on <= before.from_) or (before.to is not None and on != before.to):
        raise VersionGap(
            f"{before.id} {before.version} runs from {before.from_} to {before.to}, and cannot end on {on}"
        )
    if after.to is not None and after.to <= on:
        raise VersionGap(f"{after.id} {after.version} would end on {after.to}, before it begins on {on}")
    return replace(before, to=on), replace(after, from_=on)


def in_force(contracts: Sequence[Contract], on: date) -> tuple[Contract, ...]:
    """The bound contracts that count on a day."""
    return tuple(
        each for each in contracts if (each.from_ is None or each.from_ <= on) and (each.to is None or on < each.to)
    )


def _stored(record: Calendar, years: range) -> Calendar:
    country = record.holidays.country
    if country is None or record.holidays.expanded is not None:
        return record
    dates = {day for year in years for day in calendar.public_holidays(country, record.holidays.subdivision, year)}
    return replace(record, holidays=replace(record.holidays, expanded=tuple(sorted(dates))))


def _parties(version: Contract, binding: Binding) -> list[Fault]:
    found = []
    known = {*PARTIES, *version.parameters}
    for role in binding.parameters:
        if role not in known:
            message = f"{shown(role)} is no party of the contract; it has {', '.join(sorted(known))}"
            found.append(Fault(pointer=f"/parameters/{role}", code="unknown-party", message=message))
    bound = {**version.parameters, **binding.parameters}
    found += [
        Fault(pointer=f"/parameters/{role}", code="unbound-parameter", message="is owed by a term; name a partner")
        for role in sorted({term.obligated for term in version.terms})
        if bound.get(role) is None
    ]
    return found


def _override(tree: Any, pointer: str, value: Any) -> Fault | None:
    """Sets one place of a contract; ``None`` as value removes it. Gives the fault where that cannot be."""
    at = f"/overrides/{pointer.replace('~', '~0').replace('/', '~1')}"
    first, *steps = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/"))
    if first or not steps or steps[0] in _FIXED:
        message = "is no place that an override may change; parties and dates have their own fields"
        return Fault(pointer=at, code="fixed-place", message=message)
    parent = tree
    for step in steps[:-1]:
        parent = _inner(parent, step)
    last = steps[-1]
    if isinstance(parent, list) and last.isdecimal() and int(last) < len(parent):
        if value is None:
            del parent[int(last)]
        else:
            parent[int(last)] = value
    elif isinstance(parent, dict) and (value is not None or last in parent):
        if value is None:
            del parent[last]
        else:
            parent[last] = value
    else:
        return Fault(pointer=at, code="unknown-place", message="is no place of the version; mend the pointer")
    return None


def _inner(parent: Any, step: str) -> Any:
    if isinstance(parent, list) and step.isdecimal() and int(step) < len(parent):
        return parent[int(step)]
    return parent.get(step) if isinstance(parent, dict) else None


def _place(binding: Binding, pointer: str) -> str:
    """Where the binding says what is wrong at a place of the contract: the override that is nearest to it."""
    near = [each for each in binding.overrides if pointer == each or pointer.startswith(f"{each}/")]
    if not near:
        return pointer
    return f"/overrides/{max(near, key=len).replace('~', '~0').replace('/', '~1')}"
