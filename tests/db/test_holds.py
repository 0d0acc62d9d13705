"""Holds keep what they took until they end, once, by the clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api.db import holds, stock
from api.db.connect import Database
from api.db.holds import HoldOver, HoldShort, NoHold
from api.db.stock import Cell
from api.db.tables.holds import held_units
from api.db.tables.stock import stock as rows
from api.holding import Hold, HoldLine, NewHold
from tests.db.racing import at_once
from tests.db.shelves import MINUTE, NOW, TENANT, counted, shelved

A, B, TEA = ("kallio", "MUG-1"), ("pasila", "MUG-1"), ("kallio", "TEA-1")


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    with shelved(database, {A: 10, B: 15, TEA: 4}) as store:
        yield store


def place(
    store: Database, hold: str, *lines: tuple[str, int, str | None], until: datetime, now: datetime = NOW
) -> Hold:
    asked = tuple(HoldLine(sku=sku, quantity=quantity, hub=hub) for sku, quantity, hub in lines)
    with store.write() as db:
        placed, _ = holds.place(db, TENANT, hold, NewHold(checkout="c", lines=asked), until, now)
    return placed


def units(hold: Hold) -> dict[Cell, int]:
    return {(each.hub, each.sku): each.quantity for each in hold.units}


def state(store: Database, hold: str, now: datetime) -> str:
    with store.read() as db:
        return holds.read(db, TENANT, hold, now).state


def free(store: Database, now: datetime) -> dict[Cell, int]:
    with store.read() as db:
        return stock.available(db, TENANT, ["MUG-1", "TEA-1"], now)


def act(store: Database, what: Any, *given: Any) -> Any:
    with store.write() as db:
        return what(db, TENANT, *given)


def test_a_hold_takes_from_its_hub_or_from_where_there_is_enough(store: Database) -> None:
    placed = place(store, "h", ("MUG-1", 3, "kallio"), ("MUG-1", 12, None), ("TEA-1", 1, None), until=NOW + MINUTE)
    assert (placed.state, units(placed)) == ("held", {A: 3, B: 12, TEA: 1})
    assert free(store, NOW) == {A: 7, B: 3, TEA: 3}
    assert units(place(store, "g", ("MUG-1", 9, None), until=NOW + MINUTE)) == {A: 7, B: 2}


def test_every_line_that_is_short_is_told_and_nothing_is_held(store: Database) -> None:
    with pytest.raises(HoldShort) as refused:
        place(
            store,
            "h",
            ("MUG-1", 11, "kallio"),
            ("MUG-1", 16, None),
            ("TEA-1", 3, None),
            ("TEA-1", 2, "kallio"),
            ("TEA-1", 2**60, "pasila"),
            until=NOW + MINUTE,
        )
    assert [(each.pointer, each.message) for each in refused.value.faults] == [
        ("/lines/0/quantity", "kallio has 10 of the 11 x MUG-1 wanted"),
        ("/lines/1/quantity", "all hubs has 15 of the 16 x MUG-1 wanted"),
        ("/lines/2/quantity", "all hubs has 2 of the 3 x TEA-1 wanted"),
        ("/lines/4/quantity", f"pasila has 0 of the {2**60} x TEA-1 wanted"),
    ]
    assert free(store, NOW) == {A: 10, B: 15, TEA: 4}
    with pytest.raises(NoHold):
        state(store, "h", NOW)


def test_a_hold_is_over_at_the_instant_of_its_expiry_and_not_before(store: Database) -> None:
    place(store, "h", ("MUG-1", 10, "kallio"), until=NOW + MINUTE)
    just_before = NOW + MINUTE - timedelta(microseconds=1)
    assert (state(store, "h", just_before), free(store, just_before)[A]) == ("held", 0)
    assert (state(store, "h", NOW + MINUTE), free(store, NOW + MINUTE)[A]) == ("expired", 10)
    for what in (holds.convert, holds.extend):
        given = (NOW + 9 * MINUTE,) if what is holds.extend else ()
        with pytest.raises(HoldOver):
            act(store, what, "h", *given, NOW + MINUTE)
    place(store, "g", ("MUG-1", 10, "kallio"), until=NOW + 9 * MINUTE, now=NOW + MINUTE)


def test_an_extended_hold_lasts_longer_and_a_shortened_one_less_long(store: Database) -> None:
    place(store, "h", ("MUG-1", 10, "kallio"), until=NOW + MINUTE)
    act(store, holds.extend, "h", NOW + 3 * MINUTE, NOW)
    assert free(store, NOW + 2 * MINUTE)[A] == 0
    act(store, holds.extend, "h", NOW + 2 * MINUTE, NOW)
    assert free(store, NOW + 2 * MINUTE)[A] == 10


def test_a_released_hold_gives_back_once(store: Database) -> None:
    place(store, "h", ("MUG-1", 4, "kallio"), until=NOW + MINUTE)
    for gave in (True, False):
        released, gave_back = act(store, holds.release, "h", NOW)
        assert (released.state, gave_back) == ("released", gave)
    assert free(store, NOW)[A] == 10
    with pytest.raises(HoldOver):
        act(store, holds.convert, "h", NOW)


def test_a_converted_hold_leaves_its_units_reserved_for_good(store: Database) -> None:
    place(store, "h", ("MUG-1", 4, "kallio"), ("TEA-1", 1, None), until=NOW + MINUTE)
    assert act(store, holds.convert, "h", NOW) == {A: 4, TEA: 1}
    assert free(store, NOW + 9 * MINUTE)[A] == 6
    for what, given in ((holds.convert, ()), (holds.release, ()), (holds.extend, (NOW + 2 * MINUTE,))):
        with pytest.raises(HoldOver):
            act(store, what, "h", *given, NOW)
    assert state(store, "h", NOW + 9 * MINUTE) == "converted"


def test_a_hold_that_somebody_took_over_cannot_be_converted_by_a_slow_clock(store: Database) -> None:
    place(store, "h", ("MUG-1", 10, "kallio"), ("TEA-1", 1, None), until=NOW + MINUTE)
    with store.write() as db:
        stock.reserve(db, TENANT, {A: 10}, NOW + MINUTE)
    for what, given in ((holds.convert, ()), (holds.extend, (NOW + 2 * MINUTE,))):
        with pytest.raises(HoldOver):
            act(store, what, "h", *given, NOW)
    act(store, holds.release, "h", NOW)
    assert free(store, NOW) == {A: 0, B: 15, TEA: 4}


def test_holds_of_others_are_not_found(store: Database) -> None:
    place(store, "h", ("MUG-1", 4, "kallio"), until=NOW + MINUTE)
    with store.write() as db:
        for what, given in ((holds.read, ()), (holds.convert, ()), (holds.release, ()), (holds.extend, (NOW,))):
            with pytest.raises(NoHold):
                what(db, "elsewhere", "h", *given, NOW)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_reserved_is_what_holds_and_orders_keep(store: Database, seed: int) -> None:
    chance = random.Random(seed)
    now, running, kept, names = NOW, dict[str, tuple[datetime, dict[Cell, int]]](), dict[Cell, int](), iter(range(999))

    def add_up() -> dict[Cell, int]:
        total = dict(kept)
        for ends, cells in running.values():
            for cell, quantity in cells.items() if ends > now else ():
                total[cell] = total.get(cell, 0) + quantity
        return total

    for _ in range(120):
        now += timedelta(seconds=chance.randrange(20))
        what = chance.choice(["place", "place", "extend", "release", "convert"])
        name = chance.choice([*running, "none"])
        until = now + timedelta(seconds=chance.randrange(1, 60))
        try:
            if what == "place":
                line = ("MUG-1", chance.randrange(1, 9), chance.choice(["kallio", "pasila", None]))
                name = f"h{next(names)}"
                running[name] = (until, units(place(store, name, line, ("TEA-1", 1, None), until=until, now=now)))
            elif what == "extend":
                act(store, holds.extend, name, until, now)
                running[name] = (until, running[name][1])
            elif what == "release":
                act(store, holds.release, name, now)
                running.pop(name)
            elif sum(kept.values()) < 12:
                for cell, quantity in act(store, holds.convert, name, now).items():
                    kept[cell] = kept.get(cell, 0) + quantity
                running.pop(name)
        except HoldShort:
            pass
        except HoldOver:
            assert running[name][0] <= now
        except NoHold:
            assert name == "none"
        whole = {A: 10, B: 15, TEA: 4}
        assert free(store, now) == {cell: whole[cell] - add_up().get(cell, 0) for cell in whole}


def test_of_many_who_convert_one_hold_one_gets_it(database: str) -> None:
    with shelved(database, {A: 10}) as store:
        place(store, "h", ("MUG-1", 4, "kallio"), until=NOW + MINUTE)
        assert sorted(at_once(database, ["convert", "convert", "release", "convert"], "h")) == ["no", "no", "no", "yes"]
        with store.read() as db:
            assert counted(db, A)[1] in (0, 4)
            assert db.execute(select(func.count()).select_from(held_units)).scalar_one() == 0


def test_no_place_of_a_hold_can_take_more_than_there_is(database: str) -> None:
    with shelved(database, {A: 30, B: 30}) as store:
        got = at_once(database, ["place"] * 4, "h", tries=25)
        assert sum(got.count(each) for each in ("yes",)) == 20
        with store.read() as db:
            assert db.execute(select(func.sum(rows.c.reserved))).scalar_one() == 60
