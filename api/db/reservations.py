"""Stock for orders: all that an order wants or nothing, for many orders at once in the order in which they came.

What the orders want is first looked for among what is free, without a lock, and then reserved cell by cell, summed up.
Where somebody was faster it is looked for again; the last time under a lock, so that it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.db import stock
from api.db.connect import is_alone
from api.db.stock import Cell, StockShort

TRIES = 2
"""How often what is free is looked up without a lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Units by SKU that one order asks for, and the hubs that it may come from."""

    units: Mapping[str, int]
    hubs: Sequence[str]


def reserve(db: Connection, tenant: str, asked: Sequence[Wanted], now: datetime) -> list[dict[Cell, int] | None]:
    """Where each of the asked was reserved: all that it wants, or ``None`` where that was not to be had."""
    if is_alone(db):
        return _once(db, tenant, asked, now)
    for _ in range(TRIES):
        with suppress(StockShort), db.begin_nested():  # a try that fails leaves no lock, out of order in the next one
            return _once(db, tenant, asked, now)
    return _once(db, tenant, asked, now, firm=True)


def _once(
    db: Connection, tenant: str, asked: Sequence[Wanted], now: datetime, *, firm: bool = False
) -> list[dict[Cell, int] | None]:
    free, is_over = stock.look(db, tenant, {sku for each in asked for sku in each.units}, now, firm=firm)
    chosen = [stock.choose(free, each.units, each.hubs) for each in asked]
    units = summed(each for each in chosen if each is not None)
    if is_over:
        stock.reserve(db, tenant, units, now)
    else:
        stock.reserve_free(db, tenant, units)
    return chosen


def summed(units: Iterable[Mapping[Cell, int]]) -> dict[Cell, int]:
    """Units by cell, added up."""
    total: dict[Cell, int] = {}
    for each in units:
        for cell, number in each.items():
            total[cell] = total.get(cell, 0) + number
    return total
