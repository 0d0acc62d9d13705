"""What a marketplace says about one drop, laid over the registry: a drop document without catalog, stock and orders.

The registry knows hubs, couriers and carriers for good; what is dated belongs to the drop: waves, shifts, collections.
Settings are read as the drop they will make, so that every fault comes at once and at its own place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any

from annotated_types import Len

from router import codec, faults
from router.errors import Fault
from router.model import (
    Capacity,
    Carrier,
    Collection,
    Count,
    Courier,
    CourierCost,
    Hub,
    Id,
    Money,
    Record,
    Seconds,
    Shift,
    Tier,
    Travel,
    Wave,
)

Tree = dict[str, Any]
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PARTS = {"hubs": Hub, "couriers": Courier, "carriers": Carrier}
_FIELDS = {name: frozenset(each.name for each in fields(kind)) for name, kind in _PARTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class DropHub(Record):
    """A hub of the registry that picks for the drop, and its waves."""

    id: Id
    waves: tuple[Wave, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropCourier(Record):
    """A courier of the registry who drives for the drop, and when; what is given besides holds for this drop alone."""

    id: Id
    shift: Shift
    profile: Id | None = None
    home: Id | None = None
    hubs: tuple[Id, ...] | None = None
    max_duty_seconds: Seconds | None = None
    capacity: Capacity | None = None
    handling: tuple[Id, ...] | None = None
    load_seconds: Seconds | None = None
    max_trips: Count | None = None
    cost: CourierCost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropCarrier(Record):
    """A carrier of the registry that collects for the drop, and when."""

    id: Id
    collections: tuple[Collection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSettings(Record):
    """What is planned for one drop. ``plan_at``: ``None`` is whenever somebody plans it."""

    id: Id
    title: Annotated[str, Len(1, 200)] | None = None
    currency: Annotated[str, Len(3, 3)]
    timezone: str
    plan_at: datetime | None = None
    travel: Travel
    tiers: tuple[Tier, ...]
    hubs: tuple[DropHub, ...]
    couriers: tuple[DropCourier, ...] = ()
    carriers: tuple[DropCarrier, ...] = ()
    split_cost: Money = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Hubs, couriers and carriers of the registry by id, as JSON values; more than a drop names does no harm."""

    hubs: Mapping[str, Tree]
    couriers: Mapping[str, Tree]
    carriers: Mapping[str, Tree]


def named(tree: Tree) -> dict[str, set[str]]:
    """The ids of hubs, couriers and carriers that settings name, whatever else is wrong with them."""
    return {part: set(_ids(tree.get(part))) for part in _PARTS}


def read(data: bytes, registered: Callable[[Mapping[str, set[str]]], Registered]) -> DropSettings:
    """The settings that ``data`` (UTF-8 JSON) spells. Raises ``Faulty`` with every fault, those of references too.

    ``registered`` looks up in the registry what the settings name, as ``named`` tells it.
    """
    return codec.read_as(DropSettings, data, "drop", lambda tree: look(tree, registered(named(tree))))


def document(settings: Tree, registered: Registered, *, plan_at: datetime) -> Tree:
    """The drop document that settings make, without catalog, stock and orders. Both are sound."""
    whole = laid_over(settings, registered)
    whole.pop("title", None)
    return whole | {"format": "dropwright.drop/1", "plan_at": codec.plain(plan_at)}


def laid_over(settings: Tree, registered: Registered) -> Tree:
    """The settings with all that the registry knows of hubs, couriers and carriers; what the drop says goes first."""
    whole = dict(settings)
    hubs = set(_ids(settings.get("hubs")))
    for part, fields_of_part in _FIELDS.items():
        rows = settings.get(part)
        if isinstance(rows, list):
            known: Mapping[str, Tree] = getattr(registered, part)
            whole[part] = [_over(row, known, fields_of_part, hubs) for row in rows]
    return whole


def look(tree: Tree, registered: Registered) -> list[Fault]:
    """Every fault of settings that their form does not show. Pointers are into the settings. Never raises."""
    whole = laid_over(tree, registered) | {"catalog": [], "stock": [], "orders": []}
    if whole.get("plan_at") is None:
        whole.pop("plan_at", None)
    of_registry = (_in_settings(each, tree) for each in faults.of_drop(whole))
    return [*of_registry, *_unknown(tree, registered), *_overlaps(tree), *_extract(tree), *_slash(tree)]


def _over(row: Any, known: Mapping[str, Tree], fields_of_part: frozenset[str], hubs: set[str]) -> Any:
    """One hub, courier or carrier as the drop has it; a registered courier's hubs are those of the drop alone."""
    if not isinstance(row, dict):
        return row
    name = row.get("id")
    registered = known.get(name, {}) if isinstance(name, str) else {}
    kept = {field: value for field, value in registered.items() if field in fields_of_part}
    if "hubs" in kept:
        kept["hubs"] = [hub for hub in kept["hubs"] if hub in hubs]
    return kept | {field: value for field, value in row.items() if value is not None}


def _in_settings(fault: Fault, tree: Tree) -> Fault:
    """A fault of the drop as one of its settings: what the registry says is told where the drop names its record."""
    _, *path = fault.pointer.split("/")
    if len(path) < 3 or path[0] not in _PARTS or path[2] == "id":
        return fault
    row = tree[path[0]][int(path[1])]
    if row.get(path[2]) is not None:
        return fault
    message = f"as it is registered, /{'/'.join(path[2:])} {fault.message}"
    return Fault(pointer=f"/{path[0]}/{path[1]}/id", code=fault.code, message=message)


def _unknown(tree: Tree, registered: Registered) -> Iterator[Fault]:
    for part, code in (("hubs", "unknown-hub"), ("couriers", "unknown-courier"), ("carriers", "unknown-carrier")):
        known = getattr(registered, part)
        rows = tree.get(part)
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            name = row.get("id") if isinstance(row, dict) else None
            if isinstance(name, str) and name not in known:
                what = code.removeprefix("unknown-")
                message = f"there is no {what} {name[:60]!r} in the registry; add it there, or mend the name"
                yield Fault(pointer=f"/{part}/{index}/id", code=code, message=message)


def _overlaps(tree: Tree) -> Iterator[Fault]:
    """Waves of one hub that begin before an earlier one has ended: the same people would pick both."""
    rows = tree.get("hubs")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        waves = row.get("waves") if isinstance(row, dict) else None
        spans = sorted(_spans(waves if isinstance(waves, list) else ()))
        reached: tuple[datetime, int] | None = None
        for start, end, place in spans:
            if reached is not None and start < reached[0]:
                message = f"begins before /hubs/{index}/waves/{reached[1]} has ended; let one follow the other"
                yield Fault(pointer=f"/hubs/{index}/waves/{place}/start", code="overlapping-waves", message=message)
            if reached is None or end > reached[0]:
                reached = end, place


def _spans(waves: Iterable[Any]) -> Iterator[tuple[datetime, datetime, int]]:
    """Start, end and place of the waves that have both."""
    for place, wave in enumerate(waves):
        start, end = (_instant(wave.get(name)) if isinstance(wave, dict) else None for name in ("start", "end"))
        if start is not None and end is not None and start <= end:
            yield start, end, place


def _extract(tree: Tree) -> Iterator[Fault]:
    travel = tree.get("travel")
    name = travel.get("extract") if isinstance(travel, dict) else None
    if isinstance(name, str) and not _FILE_NAME.fullmatch(name):
        message = "must be the name of a file that the service has, without a folder"
        yield Fault(pointer="/travel/extract", code="bad-extract", message=message)


def _slash(tree: Tree) -> Iterator[Fault]:
    name = tree.get("id")
    if isinstance(name, str) and "/" in name:
        message = "stands between two slashes in the addresses of the drop's orders; have no / in it"
        yield Fault(pointer="/id", code="drop-id", message=message)


def _instant(spelt: Any) -> datetime | None:
    """A time that is sound; what is wrong with others is told elsewhere."""
    try:
        found = datetime.fromisoformat(spelt.upper())
    except (AttributeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def _ids(rows: Any) -> Iterator[str]:
    for row in rows if isinstance(rows, list) else ():
        name = row.get("id") if isinstance(row, dict) else None
        if isinstance(name, str) and "\0" not in name:
            yield name
