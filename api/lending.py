"""What is said about contingency that a seller lends to a drop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from router.model import Count, Id, Money, Quantity, Record

Account = Literal["seller", "drop", "consumed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLoan(Record):
    """Contingency units of a SKU at a hub, at most ``limit``, for a drop.

    ``quantity`` are lent at once, ``None`` for all. ``unit_cost``: minor units for each unit that the drop takes,
    ``None`` for what the stock says.
    """

    id: Id | None = None
    drop: Id
    hub: Id
    sku: Id
    limit: Quantity
    quantity: Count | None = None
    unit_cost: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms(Record):
    """How much may be lent at most, what is consumed included, and what a unit costs the drop."""

    limit: Quantity
    unit_cost: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LentUnits(Record):
    """Units that change hands."""

    quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """Units that each account has got, less what it gave. They sum to zero."""

    seller: int
    drop: int
    consumed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """A loan as it stands. ``ended_at``: when the drop's end gave back what was left."""

    id: str
    drop: str
    hub: str
    sku: str
    seller: str
    limit: int
    unit_cost: int
    balances: Balances
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanEntry:
    """``units`` from the account ``debited`` to the account ``credited``."""

    number: int
    at: datetime
    debited: Account
    credited: Account
    units: int
    reference: str | None
    actor: str
