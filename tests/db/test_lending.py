"""The lending ledger sums to zero whatever happens, and is what loans and stock say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import IntegrityError

from api.db import accounts, contingency, lending
from api.db.connect import Database
from api.db.contingency import ContingencyShort
from api.db.lending import LentShort, LoanEnded, LoanExists, OverLimit
from api.db.movements import Cause
from api.db.tables.lending import entries, loans
from api.db.tables.movements import movements
from api.db.tables.stock import stock as rows
from api.lending import NewLoan
from router.errors import Conflict
from tests.db.shelves import NOW, TENANT, shelve, shelved

A, TEA = ("kallio", "MUG-1"), ("kallio", "TEA-1")
CELLS = (A, TEA)
ASIDE = 20
CAUSE = Cause(reason="lent", reference="drop/d1", actor="key/test", at=NOW)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "lend", "return", "consume", "end", "set-aside", "put-back"]),
        st.sampled_from(["d1", "d2"]),
        st.sampled_from(CELLS),
        st.integers(1, 12),
    ),
    max_size=25,
)


def marketplace(db: Connection, tenant: str) -> None:
    """Two cells with units in stock and as many set aside."""
    shelve(db, dict.fromkeys(CELLS, 2 * ASIDE), tenant)
    db.execute(update(lending.skus).where(lending.skus.c.tenant == tenant).values(document='{"seller": "kiln"}'))
    contingency.set_aside(db, tenant, dict.fromkeys(CELLS, ASIDE), CAUSE)


def new(drop: str, cell: tuple[str, str], limit: int, quantity: int | None = None) -> NewLoan:
    return NewLoan(drop=drop, hub=cell[0], sku=cell[1], limit=limit, quantity=quantity)


def act(db: Connection, tenant: str, step: tuple[str, str, tuple[str, str], int]) -> None:
    what, drop, cell, units = step
    loan = f"{drop}/{cell[1]}"
    acts: dict[str, Callable[[], Any]] = {
        "open": lambda: lending.add(db, tenant, loan, new(drop, cell, units, units // 2), CAUSE),
        "lend": lambda: lending.lend(db, tenant, loan, units, CAUSE),
        "return": lambda: lending.give_back(db, tenant, loan, units, CAUSE),
        "consume": lambda: lending.consume(db, tenant, drop, {cell: units, CELLS[0]: 1}, CAUSE),
        "end": lambda: lending.end(db, tenant, drop, CAUSE),
        "set-aside": lambda: contingency.set_aside(db, tenant, {cell: units}, CAUSE),
        "put-back": lambda: contingency.put_back(db, tenant, {cell: units}, CAUSE),
    }
    acts[what]()


def balances(db: Connection, tenant: str, loan: str | None = None) -> dict[str, int]:
    """What each account got less what it gave, out of the ledger alone."""
    mine = [entries.c.tenant == tenant, *([entries.c.loan == loan] if loan else [])]
    found = {"seller": 0, "drop": 0, "consumed": 0}
    for row in db.execute(select(entries).where(*mine)):
        found[row.debited] -= row.units
        found[row.credited] += row.units
    return found


def test_the_ledger_sums_to_zero_and_is_what_loans_and_stock_say(database: str) -> None:
    names = count()
    with shelved(database, {}) as store:

        @settings(max_examples=60)
        @given(steps=STEPS)
        def whatever_happens(steps: list[tuple[str, str, tuple[str, str], int]]) -> None:
            tenant = f"t{next(names)}"
            with store.write() as db:
                accounts.add_tenant(db, tenant, name=tenant, now=NOW)
                marketplace(db, tenant)
            for step in steps:
                with suppress(Conflict, lending.NoLoan), store.write() as db:
                    act(db, tenant, step)
                check(store, tenant)

        whatever_happens()


def check(store: Database, tenant: str) -> None:
    with store.read() as db:
        assert sum(balances(db, tenant).values()) == 0
        lent = dict.fromkeys(CELLS, 0)
        for row in db.execute(select(loans).where(loans.c.tenant == tenant)):
            ledger = balances(db, tenant, row.id)
            assert ledger == {"seller": -row.lent - row.consumed, "drop": row.lent, "consumed": row.consumed}
            assert sum(ledger.values()) == 0
            assert row.lent + row.consumed <= row.most
            assert row.ended_at is None or row.lent == 0
            numbers = select(func.count(), func.max(entries.c.number)).where(
                entries.c.tenant == tenant, entries.c.loan == row.id
            )
            assert tuple(db.execute(numbers).one()) == (row.entries, row.entries or None)
            lent[row.hub, row.sku] += row.lent
        for row in db.execute(select(rows).where(rows.c.tenant == tenant)):
            mine = (movements.c.tenant == tenant, movements.c.hub == row.hub, movements.c.sku == row.sku)
            sums = select(movements.c.pool, func.sum(movements.c.change)).where(*mine).group_by(movements.c.pool)
            pools = {pool: int(units) for pool, units in db.execute(sums)}
            assert (row.on_hand, row.contingency) == (pools["stock"], pools["contingency"])
            assert row.lent == lent[row.hub, row.sku]


@pytest.fixture
def store(database: str) -> Any:
    with shelved(database, {}) as store:
        with store.write() as db:
            marketplace(db, TENANT)
        yield store


def test_a_drop_borrows_no_more_than_the_limit_nor_than_is_set_aside(store: Database) -> None:
    with store.write() as db:
        loan, _ = lending.add(db, TENANT, "l1", new("d1", A, 15, 10), CAUSE)
        assert (loan.seller, loan.balances.seller, loan.balances.drop) == ("kiln", -10, 10)
    with pytest.raises(OverLimit), store.write() as db:
        lending.lend(db, TENANT, "l1", 6, CAUSE)
    with pytest.raises(ContingencyShort) as refused, store.write() as db:
        lending.add(db, TENANT, "l2", new("d2", A, 11), CAUSE)
    assert refused.value.short == {A: (11, 10)}
    with store.write() as db:
        lending.consume(db, TENANT, "d1", {A: 4}, CAUSE)
        assert lending.lent(db, TENANT, "d1") == {A: (6, 0)}
    with pytest.raises(OverLimit), store.write() as db:
        lending.lend(db, TENANT, "l1", 6, CAUSE)
    with store.write() as db:
        lending.lend(db, TENANT, "l1", 5, CAUSE)
        assert lending.lent(db, TENANT, "d1") == {A: (11, 0)}


def test_units_that_are_lent_are_neither_put_back_nor_lent_twice(store: Database) -> None:
    with store.write() as db:
        lending.add(db, TENANT, "l1", new("d1", A, 20), CAUSE)
    for units in (1, 20):
        with pytest.raises(ContingencyShort), store.write() as db:
            contingency.put_back(db, TENANT, {A: units}, CAUSE)
    with pytest.raises(ContingencyShort), store.write() as db:
        lending.add(db, TENANT, "l2", new("d2", A, 1), CAUSE)


def test_what_a_drop_did_not_use_comes_back_at_its_end(store: Database) -> None:
    with store.write() as db:
        lending.add(db, TENANT, "l1", new("d1", A, 12), CAUSE)
        lending.add(db, TENANT, "l2", new("d1", TEA, 5), CAUSE)
        lending.consume(db, TENANT, "d1", {A: 7}, CAUSE)
    for _ in range(2):
        with store.write() as db:
            lending.end(db, TENANT, "d1", CAUSE)
    with store.write() as db:
        assert lending.lent(db, TENANT, "d1") == {A: (0, 0)}  # what was consumed still has its price
        assert balances(db, TENANT) == {"seller": -7, "drop": 0, "consumed": 7}
        contingency.put_back(db, TENANT, {A: 13, TEA: 20}, CAUSE)
    for late in (lambda db: lending.lend(db, TENANT, "l1", 1, CAUSE),):
        with pytest.raises(LoanEnded), store.write() as db:
            late(db)


def test_a_drop_takes_no_more_than_it_has_borrowed(store: Database) -> None:
    with store.write() as db:
        lending.add(db, TENANT, "l1", new("d1", A, 5), CAUSE)
    for drop, units in (("d1", {A: 6}), ("d1", {TEA: 1}), ("d2", {A: 1})):
        with pytest.raises(LentShort), store.write() as db:
            lending.consume(db, TENANT, drop, units, CAUSE)
    with pytest.raises(LentShort), store.write() as db:
        lending.give_back(db, TENANT, "l1", 6, CAUSE)


def test_a_drop_has_one_loan_of_a_cell(store: Database) -> None:
    with store.write() as db:
        lending.add(db, TENANT, "l1", new("d1", A, 5), CAUSE)
    for name, drop in (("l2", "d1"), ("l1", "d2")):
        with pytest.raises(LoanExists), store.write() as db:
            lending.add(db, TENANT, name, new(drop, A, 1), CAUSE)


def test_the_database_itself_keeps_to_the_limit_and_to_two_accounts(store: Database) -> None:
    with store.write() as db:
        lending.add(db, TENANT, "l1", new("d1", A, 5), CAUSE)
    wrong = (
        update(loans).values(lent=6),
        update(loans).values(ended_at=NOW),
        update(entries).values(credited="seller"),
        update(entries).values(units=0),
        update(rows).values(lent=rows.c.contingency + 1),
    )
    for statement in wrong:
        with pytest.raises(IntegrityError), store.write() as db:
            db.execute(statement)


def test_what_was_consumed_and_is_withdrawn_is_the_drops_again_and_no_more_than_that(store: Database) -> None:
    with store.write() as db:
        lending.add(db, TENANT, "l1", new("d1", A, 12), CAUSE)
        lending.consume(db, TENANT, "d1", {A: 7}, CAUSE)
        lending.end(db, TENANT, "d1", CAUSE)
    with store.write() as db:
        lending.restore(db, TENANT, "d1", {A: 4}, CAUSE)
        assert balances(db, TENANT) == {"seller": -7, "drop": 4, "consumed": 3}
        assert lending.lent(db, TENANT, "d1")[A][0] == 4
        assert lending.read(db, TENANT, "l1")[0].ended_at is None
    with pytest.raises(LentShort), store.write() as db:
        lending.restore(db, TENANT, "d1", {A: 4}, CAUSE)
    with store.read() as db:
        assert balances(db, TENANT) == {"seller": -7, "drop": 4, "consumed": 3}
