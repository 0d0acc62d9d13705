"""Where a cart could be taken from, and in which wave it could be picked, behind what is needed already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from api.db.stock import Cell, choose
from api.promise.ground import Ground, upcoming
from api.promise.load import Load, lines

Source: TypeAlias = Mapping[str, Mapping[str, int]]
"""Where to take a cart from: units by hub and SKU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """What stands in the way: one of the words of docs/reasons.md, or ``too-late``, and a sentence."""

    reason: str
    detail: str


def sources(free: Mapping[Cell, int], units: Mapping[str, int], allowed: Sequence[str]) -> list[Source]:
    """Every hub that has all of the units, or else one way to take them from several; none where there is none."""
    whole = [hub for hub in allowed if all(free.get((hub, sku), 0) >= number for sku, number in units.items())]
    if whole:
        return [{hub: units} for hub in whole]
    parted: dict[str, dict[str, int]] = {}
    for (hub, sku), number in sorted((choose(dict(free), units, allowed) or {}).items()):
        parted.setdefault(hub, {})[sku] = number
    return [parted] if parted else []


def ready_at(ground: Ground, load: Load, hub: str, needs: int, tier: str) -> datetime | Miss:
    """When a parcel of ``needs`` lines is picked at the hub, about.

    The lines of orders that are as urgent or more are picked before it, each wave to its last line; and all that is
    needed of the hub, this parcel with it, has to fit into the waves that are still to come.
    """
    begin = upcoming(ground, load.now)
    waves = [wave for wave in ground.hubs[hub].waves if wave.start >= begin]
    if not any(wave.lines >= needs for wave in waves):
        return Miss(reason="no-wave", detail=f"no wave that is still to come at {hub} takes {needs} lines")
    room, every = sum(wave.lines for wave in waves), lines(ground, load, hub)
    first, reached = lines(ground, load, hub, tier) + needs, 0
    if every + needs <= room:
        for wave in waves:
            reached += wave.lines
            if reached >= first and wave.lines >= needs:
                return wave.end
    detail = f"waves that are still to come at {hub} take {room} lines, and orders need {every} of these"
    return Miss(reason="waves-full", detail=detail)
