"""What is said about stock: what there is, what moved, and what a hub is set up with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Len

from router.model import Count, Id, Money, Record

Reason = Literal["received", "returned", "found", "damaged", "lost", "counted", "set-aside", "put-back"]

COMES = ("received", "returned", "found")
GOES = ("damaged", "lost")
SELLERS = ("set-aside", "put-back")
"""Reasons that are the seller's to have, so that a hub operator may not give them."""

Bin = Annotated[str, Len(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedLine(Record):
    """Units of a SKU at a hub: how many came or went, or how many were counted."""

    hub: Id
    sku: Id
    quantity: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMovement(Record):
    """Units that came, went or were counted, all for one reason."""

    reason: Reason
    reference: Annotated[str, Len(1, 500)] | None = None
    lines: Annotated[tuple[MovedLine, ...], Len(1, 1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSetUp(Record):
    """What a hub has of a SKU, as counted. What is absent stays as it is."""

    hub: Id
    sku: Id
    quantity: Count
    contingency: Count | None = None
    contingency_cost: Money | None = None
    bin: Bin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockEntry:
    """What a hub has of a SKU. ``free`` as of now: what expired holds still keep is free."""

    hub: str
    sku: str
    on_hand: int
    reserved: int
    free: int
    contingency: int
    lent: int
    contingency_cost: int
    bin: str | None
