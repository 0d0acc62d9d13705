"""What is asked of a hold, and what it is by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len

from router.errors import Fault, Faulty
from router.model import Id, Quantity, Record

LONGEST_S = 7 * 24 * 3600
"""The longest time that a hold may still have."""

Lasting = Annotated[int, Ge(1), Le(LONGEST_S)]
State = Literal["held", "expired", "released", "converted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLine(Record):
    """``quantity`` of a SKU or bundle, at ``hub`` or wherever it is free."""

    sku: Id
    quantity: Quantity
    hub: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold(Record):
    """Stock to keep for a drop or a checkout, for so many ``seconds`` or until ``expires_at``."""

    id: Id | None = None
    drop: Id | None = None
    checkout: Id | None = None
    lines: Annotated[tuple[HoldLine, ...], Len(1)]
    seconds: Lasting | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Record):
    """How much longer a hold is to last: so many ``seconds`` from now, or until ``expires_at``."""

    seconds: Lasting | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUnits:
    """Units of a SKU, bundles taken apart, and the hub where they are kept."""

    hub: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold as it is at an instant. ``ended_at``: when it was released or converted."""

    id: str
    state: State
    drop: str | None
    checkout: str | None
    lines: tuple[HoldLine, ...]
    units: tuple[HeldUnits, ...]
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def checked(new: NewHold, now: datetime) -> datetime:
    """When a new hold expires. Raises ``Faulty`` with what its fields contradict."""
    faults = [*_one_of("drop", new.drop, "checkout", new.checkout), *_ends(new, now)]
    if faults:
        raise Faulty("hold", tuple(faults))
    return until(new, now)


def extended(asked: Extension, now: datetime) -> datetime:
    """When an extended hold expires. Raises ``Faulty``."""
    faults = tuple(_ends(asked, now))
    if faults:
        raise Faulty("extension", faults)
    return until(asked, now)


def until(asked: NewHold | Extension, now: datetime) -> datetime:
    """The whole second at which it is over: no earlier than was asked for."""
    if asked.expires_at is not None:
        return asked.expires_at
    end = now + timedelta(seconds=asked.seconds or 0)
    return end.replace(microsecond=0) + timedelta(seconds=1 if end.microsecond else 0)


def _one_of(first: str, value: object, second: str, other: object) -> Iterator[Fault]:
    if value is None and other is None:
        yield Fault(pointer=f"/{first}", code="missing-field", message=f"is required and absent; or give {second}")
    elif value is not None and other is not None:
        yield Fault(pointer=f"/{second}", code="bad-value", message=f"cannot stand beside {first}; give one of the two")


def _ends(asked: NewHold | Extension, now: datetime) -> Iterator[Fault]:
    yield from _one_of("seconds", asked.seconds, "expires_at", asked.expires_at)
    if asked.expires_at is not None and not now < asked.expires_at <= now + timedelta(seconds=LONGEST_S):
        message = f"must be in the future, and at most {LONGEST_S} seconds ahead"
        yield Fault(pointer="/expires_at", code="out-of-range", message=message)
