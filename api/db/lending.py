"""Lending: a seller's contingency units to a drop, up to a limit, in a ledger that sums to zero.

Units go from the seller to the drop (lent), from the drop to where they went with its parcels (consumed), and back to
the seller. What a loan says of itself changes by one guarded UPDATE, and the stock's count of lent units with it. Locks
are taken on loans, then on stock: take a drop's contingency before its other stock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, insert, select, update

from api.db import contingency, registry, stock
from api.db.connect import inserting
from api.db.movements import Cause, Cell, Movement, row
from api.db.tables.lending import entries, loans
from api.db.tables.registry import hubs, skus
from api.db.tables.stock import stock as rows
from api.deps import Changed
from api.lending import Account, Balances, Loan, LoanEntry, LoanTerms, NewLoan
from router.errors import Conflict, Fault, Faulty, NotFound


class NoLoan(NotFound):
    """The marketplace has no loan of that id."""

    code, title = "no-loan", "There is no such loan"

    def __init__(self, loan: str) -> None:
        super().__init__(f"there is no loan {loan[:60]!r}")


class LoanExists(Conflict):
    """A drop is to borrow from a hub and SKU of which it has a loan already, or the id is another loan's."""

    code, title = "loan-exists", "There is such a loan already"

    def __init__(self, loan: str) -> None:
        super().__init__(f"loan {loan[:60]!r} is there already: change its limit, or lend more of it")


class LoanEnded(Conflict):
    """Units are to change hands under a loan whose drop has ended."""

    code, title = "loan-ended", "The loan has ended"

    def __init__(self, loan: str) -> None:
        super().__init__(f"loan {loan[:60]!r} ended with its drop")


class OverLimit(Conflict):
    """More would be lent and consumed than the limit of the loan."""

    code, title = "over-limit", "The loan's limit is reached"

    def __init__(self, loan: str, limit: int, used: int) -> None:
        told = f"of loan {loan[:60]!r}, {used} of {limit} are lent or consumed"
        super().__init__(told, limit=limit, used=used)


class LentShort(Conflict):
    """More units are to be taken or given back than the drop has borrowed."""

    code, title = "lent-short", "The drop has borrowed fewer units"

    def __init__(self, hub: str, sku: str, wanted: int, lent: int) -> None:
        told = f"the drop has borrowed {lent} x {sku} at {hub}, and {wanted} are wanted"
        super().__init__(told, hub=hub, sku=sku, wanted=wanted, lent=lent)


def add(db: Connection, tenant: str, loan: str, new: NewLoan, cause: Cause) -> tuple[Loan, int]:
    """A loan, with what is lent at once; gives it with its revision.

    Raises ``Faulty`` for hubs and SKUs that there are not, ``LoanExists``, ``OverLimit``, ``ContingencyShort``.
    """
    seller = _seller(db, tenant, new)
    cell = (new.hub, new.sku)
    stock.stocked(db, tenant, [cell])
    cost = db.execute(select(rows.c.contingency_cost).where(row(tenant, cell))).scalar_one()
    values = {
        "tenant": tenant,
        "id": loan,
        "revision": 1,
        "for_drop": new.drop,
        "hub": new.hub,
        "sku": new.sku,
        "seller": seller,
        "most": new.limit,
        "unit_cost": cost if new.unit_cost is None else new.unit_cost,
        "lent": 0,
        "consumed": 0,
        "entries": 0,
        "created_at": cause.at,
    }
    claim = inserting(db)(loans).values(values).on_conflict_do_nothing().returning(loans.c.id)
    if db.execute(claim).one_or_none() is None:
        same = listed(tenant, drop=new.drop, hub=new.hub, sku=new.sku)
        found = db.execute(same).one_or_none()
        raise LoanExists(loan if found is None else found.id)
    quantity = new.limit if new.quantity is None else new.quantity
    if quantity:
        lend(db, tenant, loan, quantity, cause)
    return read(db, tenant, loan)


def read(db: Connection, tenant: str, loan: str) -> tuple[Loan, int]:
    """A loan and its revision. Raises ``NoLoan``."""
    found = _row(db, tenant, loan)
    return loan_of(found), found.revision


def listed(tenant: str, *, drop: str | None = None, hub: str | None = None, sku: str | None = None) -> Select[Any]:
    """Loans to a drop, at a hub, of a SKU; order them by id."""
    found = select(loans).where(loans.c.tenant == tenant)
    for column, value in ((loans.c.for_drop, drop), (loans.c.hub, hub), (loans.c.sku, sku)):
        if value is not None:
            found = found.where(column == value)
    return found


def loan_of(found: Row[Any]) -> Loan:
    """A row as a record."""
    return Loan(
        id=found.id,
        drop=found.for_drop,
        hub=found.hub,
        sku=found.sku,
        seller=found.seller,
        limit=found.most,
        unit_cost=found.unit_cost,
        balances=Balances(seller=-found.lent - found.consumed, drop=found.lent, consumed=found.consumed),
        created_at=found.created_at,
        ended_at=found.ended_at,
    )


def ledger(tenant: str, loan: str) -> Select[Any]:
    """The entries of a loan; order them by number."""
    return select(entries).where(entries.c.tenant == tenant, entries.c.loan == loan)


def entry_of(found: Row[Any]) -> LoanEntry:
    """A row of the ledger as a record."""
    return LoanEntry(**{name: found._mapping[name] for name in entries.c.keys()[2:]})


def change(db: Connection, tenant: str, loan: str, terms: LoanTerms, revision: int) -> tuple[Loan, int]:
    """Gives a revision of a loan other terms. Raises ``NoLoan``, ``Changed``, ``LoanEnded``, ``OverLimit``."""
    found = _row(db, tenant, loan, firm=True)
    if found.revision != revision:
        raise Changed
    if found.ended_at is not None:
        raise LoanEnded(loan)
    if found.lent + found.consumed > terms.limit:
        raise OverLimit(loan, terms.limit, found.lent + found.consumed)
    values = {"most": terms.limit, "unit_cost": terms.unit_cost, "revision": revision + 1}
    db.execute(update(loans).where(_of(tenant, loan)).values(values))
    return read(db, tenant, loan)


def lend(db: Connection, tenant: str, loan: str, units: int, cause: Cause) -> tuple[Loan, int]:
    """Lends more. Raises ``NoLoan``, ``LoanEnded``, ``OverLimit``, ``ContingencyShort``."""
    within = and_(loans.c.ended_at.is_(None), loans.c.lent + loans.c.consumed <= loans.c.most - units)
    found = _transfer(db, tenant, _of(tenant, loan), within, units, ("seller", "drop"), cause)
    if found is None:
        found = _row(db, tenant, loan)
        if found.ended_at is not None:
            raise LoanEnded(loan)
        raise OverLimit(loan, found.most, found.lent + found.consumed)
    contingency.lend(db, tenant, (found.hub, found.sku), units)
    return loan_of(found), found.revision


def give_back(db: Connection, tenant: str, loan: str, units: int, cause: Cause) -> tuple[Loan, int]:
    """Gives units back to the seller that were not consumed. Raises ``NoLoan``, ``LentShort``."""
    found = _transfer(db, tenant, _of(tenant, loan), loans.c.lent >= units, units, ("drop", "seller"), cause)
    if found is None:
        found = _row(db, tenant, loan)
        raise LentShort(found.hub, found.sku, units, found.lent)
    contingency.lend(db, tenant, (found.hub, found.sku), -units)
    return loan_of(found), found.revision


def lent(db: Connection, tenant: str, drop: str) -> dict[Cell, tuple[int, int]]:
    """What a drop has borrowed, not consumed: units and cost of a unit by cell, in order. None may be left."""
    found = listed(tenant, drop=drop).where(loans.c.lent + loans.c.consumed > 0).order_by(loans.c.hub, loans.c.sku)
    return {(each.hub, each.sku): (each.lent, each.unit_cost) for each in db.execute(found)}


def firm(db: Connection, tenant: str, drop: str) -> None:
    """Locks the loans of a drop, in order, before anything of its stock."""
    db.execute(listed(tenant, drop=drop).order_by(loans.c.hub, loans.c.sku).with_for_update()).all()


def consume(db: Connection, tenant: str, drop: str, units: Mapping[Cell, int], cause: Cause) -> tuple[Movement, ...]:
    """Takes borrowed units away for good, with parcels. Raises ``LentShort``; whoever catches it rolls back."""
    wanted = {cell: quantity for cell, quantity in sorted(units.items()) if quantity}
    for (hub, sku), quantity in wanted.items():
        mine = and_(loans.c.tenant == tenant, loans.c.for_drop == drop, loans.c.hub == hub, loans.c.sku == sku)
        if _transfer(db, tenant, mine, loans.c.lent >= quantity, quantity, ("drop", "consumed"), cause) is None:
            there = db.execute(select(loans.c.lent).where(mine)).scalar_one_or_none()
            raise LentShort(hub, sku, quantity, there or 0)
    return contingency.take(db, tenant, wanted, cause)


def end(db: Connection, tenant: str, drop: str, cause: Cause) -> None:
    """Gives back what a drop borrowed and did not consume, and ends its loans. Once is enough."""
    open_loans = listed(tenant, drop=drop).where(loans.c.ended_at.is_(None)).order_by(loans.c.hub, loans.c.sku)
    for each in db.execute(open_loans.with_for_update()).all():
        if each.lent:
            give_back(db, tenant, each.id, each.lent, cause)
        values = {"ended_at": cause.at, "revision": loans.c.revision + 1}
        db.execute(update(loans).where(_of(tenant, each.id)).values(values))


def restore(db: Connection, tenant: str, drop: str, units: Mapping[Cell, int], cause: Cause) -> None:
    """Opens the loans of a drop again, and gives it back what parcels had consumed that are withdrawn.

    What went back to sellers when the loans ended stays theirs. Raises ``LentShort``; whoever catches it rolls back.
    """
    firm(db, tenant, drop)
    ended = and_(loans.c.tenant == tenant, loans.c.for_drop == drop, loans.c.ended_at.is_not(None))
    db.execute(update(loans).where(ended).values(ended_at=None, revision=loans.c.revision + 1))
    wanted = {cell: quantity for cell, quantity in sorted(units.items()) if quantity}
    for (hub, sku), quantity in wanted.items():
        mine = and_(loans.c.tenant == tenant, loans.c.for_drop == drop, loans.c.hub == hub, loans.c.sku == sku)
        if _transfer(db, tenant, mine, loans.c.consumed >= quantity, quantity, ("consumed", "drop"), cause) is None:
            raise LentShort(hub, sku, quantity, 0)
    contingency.add(db, tenant, wanted, cause)
    for cell, quantity in wanted.items():
        contingency.lend(db, tenant, cell, quantity)


_MOVES: Mapping[tuple[Account, Account], tuple[int, int]] = {
    ("seller", "drop"): (1, 0),
    ("drop", "consumed"): (-1, 1),
    ("drop", "seller"): (-1, 0),
    ("consumed", "drop"): (1, -1),
}
"""What an entry does to the units that are lent, and to those that are consumed."""


def _transfer(
    db: Connection,
    tenant: str,
    loan: ColumnElement[bool],
    allowed: ColumnElement[bool],
    units: int,
    accounts: tuple[Account, Account],
    cause: Cause,
) -> Row[Any] | None:
    """One entry of the ledger, and the loan after it; ``None`` where the guard refused."""
    lent_by, consumed_by = _MOVES[accounts]
    values = {
        "lent": loans.c.lent + lent_by * units,
        "consumed": loans.c.consumed + consumed_by * units,
        "entries": loans.c.entries + 1,
        "revision": loans.c.revision + 1,
    }
    found = db.execute(update(loans).where(loan, allowed).values(values).returning(loans)).one_or_none()
    if found is not None:
        entry = {"tenant": tenant, "loan": found.id, "number": found.entries, "at": cause.at, "units": units}
        said = {"debited": accounts[0], "credited": accounts[1], "reference": cause.reference, "actor": cause.actor}
        db.execute(insert(entries).values(entry | said))
    return found


def _row(db: Connection, tenant: str, loan: str, *, firm: bool = False) -> Row[Any]:
    wanted = listed(tenant).where(loans.c.id == loan)
    found = db.execute(wanted.with_for_update() if firm else wanted).one_or_none()
    if found is None:
        raise NoLoan(loan)
    return found


def _seller(db: Connection, tenant: str, new: NewLoan) -> str:
    """Whose SKU it is. Raises ``Faulty`` where there is no such hub or SKU."""
    faults = [
        Fault(pointer=f"/{what}", code=f"unknown-{what}", message=f"there is no {what} {name[:60]!r} in the registry")
        for what, table, name in (("hub", hubs, new.hub), ("sku", skus, new.sku))
        if registry.missing(db, tenant, table, [name])
    ]
    if faults:
        raise Faulty("loan", tuple(faults))
    wanted = select(skus.c.document).where(skus.c.tenant == tenant, skus.c.id == new.sku)
    seller: str = json.loads(db.execute(wanted).scalar_one())["seller"]
    return seller


def _of(tenant: str, loan: str) -> ColumnElement[bool]:
    return and_(loans.c.tenant == tenant, loans.c.id == loan)
