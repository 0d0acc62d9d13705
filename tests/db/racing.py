"""Processes that take stock at the same time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from api.db import holds, stock
from api.db.connect import connect
from api.db.holds import HoldOver, HoldShort
from api.db.stock import Cell, StockShort
from api.holding import HoldLine, NewHold
from tests.db.shelves import MINUTE, NOW, TENANT


def reserve_often(address: str, wanted: Mapping[Cell, int], tries: int) -> int:
    """How often ``wanted`` could be reserved in so many transactions."""
    store, got = connect(address, pool_size=1), 0
    for _ in range(tries):
        try:
            with store.write() as db:
                stock.reserve(db, TENANT, wanted, NOW)
            got += 1
        except StockShort:
            pass
    store.close()
    return got


def race(address: str, each: list[Mapping[Cell, int]], tries: int) -> list[int]:
    """What each of several processes at once got."""
    with ProcessPoolExecutor(len(each), multiprocessing.get_context("spawn")) as pool:
        return [task.result() for task in [pool.submit(reserve_often, address, wanted, tries) for wanted in each]]


def hold_often(address: str, what: str, hold: str, number: int, tries: int) -> list[str]:
    """Places, converts or releases a hold so many times: whether each time went well."""
    store, done = connect(address, pool_size=1), []
    lines = (HoldLine(sku="MUG-1", quantity=3),)
    for attempt in range(tries):
        try:
            with store.write() as db:
                if what == "place":
                    new = NewHold(checkout="c", lines=lines)
                    holds.place(db, TENANT, f"{hold}-{number}-{attempt}", new, NOW + MINUTE, NOW)
                elif what == "convert":
                    holds.convert(db, TENANT, hold, NOW)
                elif not holds.release(db, TENANT, hold, NOW)[1]:
                    raise HoldOver(hold, "released")
            done.append("yes")
        except (HoldOver, HoldShort):
            done.append("no")
    store.close()
    return done


def at_once(address: str, acts: list[str], hold: str, tries: int = 1) -> list[str]:
    """What came of several processes that do something with holds at the same time."""
    with ProcessPoolExecutor(len(acts), multiprocessing.get_context("spawn")) as pool:
        tasks = [pool.submit(hold_often, address, what, hold, number, tries) for number, what in enumerate(acts)]
        return [each for task in tasks for each in task.result()]
