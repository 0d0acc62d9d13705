"""The plan: everything the solver decided. One record per object of ``dropwright.plan/1``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal

from annotated_types import Ge, Le

from router.model import LARGEST, Id, Money, Parcel, Record, Trip

PLAN_FORMAT: Final = "dropwright.plan/1"

Reason = Literal[
    "no-stock",
    "stock-taken",
    "no-wave",
    "waves-full",
    "no-way-out",
    "couriers-full",
    "costs-more-than-leaving",
]
"""Why an order is left over; docs/reasons.md says what each claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Record):
    """What a plan costs, by component, in minor units; ``total`` is the sum of the others."""

    total: Money
    handling: Money
    split: Money
    contingency: Money
    couriers: Money
    carriers: Money
    late_shipping: Money
    late_delivery: Money
    unserved: Money


COMPONENTS = tuple(part.name for part in fields(Cost) if part.name != "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved(Record):
    """An order that is left over, with a reason that is true of it."""

    order: Id
    reason: Reason
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Record):
    """Where a plan comes from: the drop's hash, the engine and how much work it was given."""

    drop_sha256: str
    engine: str
    version: str
    seed: int
    effort: dict[str, Any]
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Record):
    """Parcels, trips and orders left over, with the cost; valid or not is for ``router.check`` to say."""

    format: Literal["dropwright.plan/1"]
    drop: Id
    cost: Cost
    lower_bound: Annotated[int, Ge(-LARGEST), Le(LARGEST)] | None
    parcels: tuple[Parcel, ...]
    trips: tuple[Trip, ...]
    unserved: tuple[Unserved, ...]
    certificate: Certificate | None = None
