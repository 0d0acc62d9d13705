"""Stock on both databases: nothing is promised twice, and what a hold no longer holds is free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from api.db import stock
from api.db.connect import Database
from api.db.stock import NotReserved, NowhereToStock, StockShort, TooMuchStock
from api.db.tables.movements import movements
from api.db.tables.stock import stock as rows
from router.model import LARGEST
from tests.db.racing import race
from tests.db.shelves import MINUTE, NOW, TENANT, counted, hold, shelved

A, B = ("kallio", "MUG-1"), ("pasila", "MUG-1")
TEA = ("kallio", "TEA-1")


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    with shelved(database, {A: 10, B: 15, TEA: 4}) as store:
        yield store


def free(store: Database, now: datetime = NOW, **how: bool) -> dict[tuple[str, str], int]:
    with store.write() as db:
        return stock.available(db, TENANT, ["MUG-1", "TEA-1"], now, **how)


def took(store: Database, units: dict[tuple[str, str], int]) -> None:
    with store.write() as db:
        stock.take(db, TENANT, units, reason="picked", reference="order/o1", actor="key/test", now=NOW)


def moved(store: Database, changes: dict[tuple[str, str], int], reason: str = "counted") -> None:
    with store.write() as db:
        stock.move(db, TENANT, changes, reason=reason, reference=None, actor="key/test", now=NOW)


def test_what_is_reserved_is_no_longer_free(store: Database) -> None:
    with store.write() as db:
        stock.reserve(db, TENANT, {A: 3, TEA: 4, B: 0}, NOW)
    assert free(store) == {A: 7, B: 15, TEA: 0}


def test_a_short_reservation_names_every_short_cell_and_reserves_nothing(store: Database) -> None:
    nowhere = ("kallio", "NO-1")
    with store.write() as db, pytest.raises(StockShort) as refused:
        stock.reserve(db, TENANT, {A: 11, B: 15, TEA: 5, nowhere: 1}, NOW)
    assert refused.value.short == {A: (11, 10), TEA: (5, 4), nowhere: (1, 0)}
    assert free(store) == {A: 10, B: 15, TEA: 4}


def test_what_is_given_back_is_free_again_and_no_more_than_that(store: Database) -> None:
    with store.write() as db:
        stock.reserve(db, TENANT, {A: 3}, NOW)
    with store.write() as db:
        stock.unreserve(db, TENANT, {A: 3})
    with pytest.raises(NotReserved), store.write() as db:
        stock.unreserve(db, TENANT, {A: 1})
    assert free(store)[A] == 10


def test_units_below_zero_are_refused(store: Database) -> None:
    with store.write() as db:
        for act in (stock.unreserve, lambda *given: stock.reserve(*given, NOW)):
            with pytest.raises(ValueError, match="from zero up"):
                act(db, TENANT, {A: -1})


def test_the_database_itself_refuses_more_reserved_than_on_hand(store: Database) -> None:
    for values in ({"reserved": 11}, {"reserved": -1}, {"on_hand": -1}):
        with pytest.raises(IntegrityError), store.write() as db:
            db.execute(update(rows).where(rows.c.hub == "kallio", rows.c.sku == "MUG-1").values(values))


@pytest.mark.parametrize("firm", [False, True])
def test_expired_units_are_free_from_the_instant_of_expiry(store: Database, firm: bool) -> None:
    with store.write() as db:
        hold(db, "h1", {A: 6, TEA: 1}, until=NOW + MINUTE)
        hold(db, "h2", {A: 1}, until=NOW + 2 * MINUTE)
    assert free(store, NOW + MINUTE - MINUTE / 60, firm=firm) == {A: 3, B: 15, TEA: 3}
    assert free(store, NOW + MINUTE, firm=firm) == {A: 9, B: 15, TEA: 4}
    assert free(store, NOW + 2 * MINUTE, firm=firm) == {A: 10, B: 15, TEA: 4}


def test_expired_units_are_taken_over_without_a_sweep(store: Database) -> None:
    with store.write() as db:
        hold(db, "h1", {A: 6, TEA: 1}, until=NOW + MINUTE)
        hold(db, "h2", {A: 4}, until=NOW + MINUTE)
    with pytest.raises(StockShort), store.write() as db:
        stock.reserve(db, TENANT, {A: 1}, NOW)
    with store.write() as db:
        stock.reserve(db, TENANT, {A: 9}, NOW + MINUTE)
        assert (counted(db, A), counted(db, TEA)) == ((10, 9), (4, 1))
    assert free(store, NOW + MINUTE) == {A: 1, B: 15, TEA: 4}


def test_expired_units_are_given_back_even_where_more_are_wanted(store: Database) -> None:
    with store.write() as db:
        hold(db, "h1", {A: 6}, until=NOW + MINUTE)
    with store.write() as db:
        with pytest.raises(StockShort) as refused:
            stock.reserve(db, TENANT, {A: 11}, NOW + MINUTE)
        assert counted(db, A) == (10, 0)
    assert refused.value.short == {A: (11, 10)}


def test_what_was_taken_is_gone_and_in_the_ledger(store: Database) -> None:
    with store.write() as db:
        stock.reserve(db, TENANT, {A: 3, TEA: 2}, NOW)
    took(store, {A: 3, TEA: 1})
    with store.read() as db:
        assert (counted(db, A), counted(db, TEA)) == ((7, 0), (3, 1))
    with pytest.raises(NotReserved):
        took(store, {A: 1})


def test_on_hand_is_the_sum_of_its_movements_numbered_without_a_gap(store: Database) -> None:
    moved(store, {A: 5, B: -15})
    moved(store, {A: -2, TEA: 0})
    with store.write() as db:
        stock.reserve(db, TENANT, {A: 4}, NOW)
    took(store, {A: 4})
    with store.read() as db:
        for cell, changes in ((A, [10, 5, -2, -4]), (B, [15, -15]), (TEA, [4])):
            mine = (movements.c.hub == cell[0], movements.c.sku == cell[1])
            found = db.execute(select(movements).where(*mine).order_by(movements.c.number)).all()
            assert [row.change for row in found] == changes
            assert [row.number for row in found] == list(range(1, len(changes) + 1))
            assert [row.left for row in found] == [sum(changes[: n + 1]) for n in range(len(changes))]
            assert counted(db, cell)[0] == sum(changes)


def test_what_is_reserved_cannot_be_moved_away(store: Database) -> None:
    with store.write() as db:
        stock.reserve(db, TENANT, {A: 8}, NOW)
        hold(db, "h1", {TEA: 4}, until=NOW + MINUTE)
    with pytest.raises(StockShort) as refused:
        moved(store, {A: -3, B: -1, TEA: -1})
    assert refused.value.short == {A: (3, 2), TEA: (1, 0)}
    with store.read() as db:
        assert counted(db, B) == (15, 0)


def test_what_expired_can_be_moved_away(store: Database) -> None:
    with store.write() as db:
        hold(db, "h1", {TEA: 4}, until=NOW)
    moved(store, {TEA: -3})
    with store.read() as db:
        assert counted(db, TEA) == (1, 0)


def test_units_come_only_to_hubs_and_skus_that_there_are(store: Database) -> None:
    moved(store, {("pasila", "TEA-1"): 2})
    with pytest.raises(NowhereToStock) as refused:
        moved(store, {("pasila", "NO-1"): 2, ("nowhere", "TEA-1"): 1, A: 1})
    assert (refused.value.hubs, refused.value.skus) == (("nowhere",), ("NO-1",))
    assert free(store) == {A: 10, B: 15, TEA: 4, ("pasila", "TEA-1"): 2}


def test_more_units_than_can_be_counted_are_refused(store: Database) -> None:
    with pytest.raises(TooMuchStock):
        moved(store, {A: LARGEST})
    moved(store, {A: LARGEST - 10})


def test_stock_of_others_is_neither_seen_nor_taken(store: Database) -> None:
    with store.write() as db:
        assert stock.available(db, "elsewhere", ["MUG-1"], NOW) == {}
        with pytest.raises(StockShort):
            stock.reserve(db, "elsewhere", {A: 1}, NOW)


def test_processes_at_once_reserve_just_what_is_there(database: str) -> None:
    with shelved(database, {A: 50, B: 1000, TEA: 1000}) as store:
        got = race(database, [{A: 1, TEA: 1}, {TEA: 1, A: 1}, {B: 1, A: 1}, {A: 1, B: 1}], tries=25)
        assert sum(got) == 50
        with store.read() as db:
            assert counted(db, A) == (50, 50)
            assert counted(db, B)[1] + counted(db, TEA)[1] == 50


def test_processes_at_once_take_over_what_expired_only_once(database: str) -> None:
    with shelved(database, {A: 20, TEA: 20}) as store:
        with store.write() as db:
            for number in range(20):
                hold(db, f"h{number}", {A: 1, TEA: 1}, until=NOW + MINUTE * (number % 2) * 9, now=NOW - MINUTE)
        assert sum(race(database, [{A: 1, TEA: 1}, {TEA: 1}, {A: 1}], tries=10)) <= 20
        with store.read() as db:
            assert (counted(db, A), counted(db, TEA)) == ((20, 20), (20, 20))
            assert db.execute(select(func.count()).select_from(stock.held_units)).scalar_one() == 20
