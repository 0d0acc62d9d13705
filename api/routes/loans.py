"""Contingency that sellers lend to drops; an engineer acts for the seller."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from sqlalchemy import Connection

from api.db import events, lending
from api.db.events import Event
from api.db.movements import Cause
from api.db.tables.lending import entries, loans
from api.deps import Engineer, Marketplace, Now, Read, Revision, Write, new_id
from api.lending import LentUnits, Loan, LoanEntry, LoanTerms, NewLoan
from api.paging import Page, Paging
from api.principal import Principal
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/loans", tags=["stock"])

Named = Annotated[str | None, Query(max_length=200)]


@router.get("", summary="Loans, by id")
def list_loans(
    who: Marketplace, db: Read, paged: Paging, drop: Named = None, hub: Named = None, sku: Named = None
) -> Page[Loan]:
    """Loans of the marketplace: to a drop, at a hub, of a SKU."""
    return paged.page(db, lending.listed(who.tenant, drop=drop, hub=hub, sku=sku), [loans.c.id], lending.loan_of)


@router.post("", status_code=201, summary="Lend contingency to a drop")
def add_loan(who: Engineer, new: Annotated[NewLoan, reads(NewLoan, "loan")], db: Write, now: Now) -> Reply[Loan]:
    """Units that were set aside, at most so many; a drop has one loan of a hub and SKU."""
    loan, revision = lending.add(db, who.tenant, new.id or new_id(), new, _cause(who, now))
    return _told(db, who, loan, revision, "lent", now, is_new=True)


@router.get("/{loan:path}/entries", summary="The ledger of a loan")
def list_entries(who: Marketplace, loan: str, db: Read, paged: Paging) -> Page[LoanEntry]:
    """Every unit that changed hands, oldest first. Each entry sums to zero."""
    lending.read(db, who.tenant, loan)
    return paged.page(db, lending.ledger(who.tenant, loan), [entries.c.number], lending.entry_of)


@router.get("/{loan:path}", summary="One loan")
def read_loan(who: Marketplace, loan: str, db: Read) -> Reply[Loan]:
    """The loan as it stands, with its revision as ETag."""
    found, revision = lending.read(db, who.tenant, loan)
    return Reply(record=found, revision=revision)


@router.put("/{loan:path}", summary="Change the terms of a loan")
def change_loan(
    who: Engineer,
    loan: str,
    terms: Annotated[LoanTerms, reads(LoanTerms, "terms")],
    db: Write,
    revision: Revision,
    now: Now,
) -> Reply[Loan]:
    """Another limit, no lower than what is lent and consumed, and another cost of a unit."""
    changed, new = lending.change(db, who.tenant, loan, terms, revision)
    return _told(db, who, changed, new, "changed", now)


@router.post("/{loan:path}/lend", summary="Lend more")
def lend_more(
    who: Engineer, loan: str, asked: Annotated[LentUnits, reads(LentUnits, "units")], db: Write, now: Now
) -> Reply[Loan]:
    """More units that were set aside, within the limit."""
    changed, revision = lending.lend(db, who.tenant, loan, asked.quantity, _cause(who, now))
    return _told(db, who, changed, revision, "lent", now)


@router.post("/{loan:path}/return", summary="Give back what is lent")
def give_back(
    who: Engineer, loan: str, asked: Annotated[LentUnits, reads(LentUnits, "units")], db: Write, now: Now
) -> Reply[Loan]:
    """Units that the drop has not consumed go back to the seller."""
    changed, revision = lending.give_back(db, who.tenant, loan, asked.quantity, _cause(who, now))
    return _told(db, who, changed, revision, "returned", now)


def _cause(who: Principal, now: datetime) -> Cause:
    return Cause(reason="lent", reference=None, actor=who.actor, at=now)


def _told(
    db: Connection, who: Principal, loan: Loan, revision: int, what: str, now: datetime, *, is_new: bool = False
) -> Reply[Loan]:
    """The loan as an answer, after saying what became of it."""
    data = {"drop": loan.drop, "hub": loan.hub, "sku": loan.sku, "lent": loan.balances.drop, "limit": loan.limit}
    happened = Event(id=new_id(), type=f"loan.{what}", subject=f"loan/{loan.id}", time=now, data=data)
    events.emit(db, who.tenant, [happened])
    return Reply(record=loan, revision=revision, location=f"/v1/loans/{quote(loan.id, safe='')}" if is_new else None)
