"""What the cleared orders of a drop need of its hubs, kept with them so that a promise need not count ten thousand.

An order counts at the hubs where it has stock reserved, and only while it is cleared. Orders that found no stock count
nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, delete, select, update

from api.db.connect import inserting
from api.db.stock import Cell
from api.db.tables.orders import order_sums
from router.model import Location, Order

PER_DEGREE = 10_000
"""Places are summed in ten-thousandths of a degree, some eleven metres, so that their squares fit 64 bits."""

Key: TypeAlias = tuple[str, str]
"""Hub and tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Of the orders of one tier at one hub: parcels, their lines, seconds at doors; where the doors are, summed up."""

    parcels: int = 0
    lines: int = 0
    service_seconds: int = 0
    lat: int = 0
    lon: int = 0
    lat_squared: int = 0
    lon_squared: int = 0

    def plus(self, other: Sums, times: int = 1) -> Sums:
        """Both together; ``times`` -1 takes the other away."""
        return Sums(**{name: getattr(self, name) + times * getattr(other, name) for name in _NAMES})


_NAMES = tuple(each.name for each in fields(Sums))


def of(order: Order, units: Iterable[Cell]) -> dict[Key, Sums]:
    """What one order needs of the hubs where it has units."""
    lines: dict[str, int] = {}
    for hub, _ in units:
        lines[hub] = lines.get(hub, 0) + 1
    lat, lon = _whole(order.location)
    return {
        (hub, order.tier): Sums(
            parcels=1,
            lines=number,
            service_seconds=order.service_seconds,
            lat=lat,
            lon=lon,
            lat_squared=lat * lat,
            lon_squared=lon * lon,
        )
        for hub, number in lines.items()
    }


def together(each: Iterable[Mapping[Key, Sums]], times: int = 1) -> dict[Key, Sums]:
    """The sums of several orders added up."""
    found: dict[Key, Sums] = {}
    for sums in each:
        for key, more in sums.items():
            found[key] = found.get(key, Sums()).plus(more, times)
    return found


_KEY = ("tenant", "drop", "hub", "tier")
_MORE = (
    update(order_sums)
    .where(*(order_sums.c[name] == bindparam(f"of_{name}") for name in _KEY))
    .values({name: order_sums.c[name] + bindparam(f"more_{name}") for name in _NAMES})
)


def change(db: Connection, tenant: str, drop: str, changes: Mapping[Key, Sums]) -> None:
    """Adds the changes, of either sign, to the sums of a drop. The rows stay locked until the transaction ends."""
    for (hub, tier), more in sorted(changes.items(), key=lambda item: item[0]):
        if more == Sums():
            continue
        row = {name: getattr(more, name) for name in _NAMES}
        key = dict(zip(_KEY, (tenant, drop, hub, tier), strict=True))
        given = {f"of_{name}": value for name, value in key.items()} | {f"more_{name}": row[name] for name in _NAMES}
        if not db.execute(_MORE, given).rowcount:
            added = {name: order_sums.c[name] + row[name] for name in _NAMES}
            first = inserting(db)(order_sums).values(key | row)
            db.execute(first.on_conflict_do_update(index_elements=[order_sums.c[name] for name in _KEY], set_=added))


def forget(db: Connection, tenant: str, drop: str) -> None:
    """Lets no order of a drop count any more."""
    db.execute(delete(order_sums).where(order_sums.c.tenant == tenant, order_sums.c.drop == drop))


_SUMS = select(*(order_sums.c[name] for name in ("hub", "tier", *_NAMES)))
_SUMS = _SUMS.where(order_sums.c.tenant == bindparam("of"), order_sums.c.drop == bindparam("of_drop"))


def get(db: Connection, tenant: str, drop: str) -> dict[Key, Sums]:
    """The sums of a drop by hub and tier."""
    rows = db.execute(_SUMS, {"of": tenant, "of_drop": drop})
    return {(hub, tier): Sums(**dict(zip(_NAMES, sums, strict=True))) for hub, tier, *sums in rows}


def _whole(location: Location) -> tuple[int, int]:
    """Latitude and longitude in ten-thousandths of a degree; 0 for a place of a matrix that has none."""
    if location.lat is None or location.lon is None:
        return 0, 0
    return round(location.lat * PER_DEGREE), round(location.lon * PER_DEGREE)
