"""Processes that take stock at the same time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from api.db import stock
from api.db.connect import connect
from api.db.stock import Cell, StockShort
from tests.db.shelves import NOW, TENANT


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
