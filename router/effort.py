"""How much work a solver may do, and how it says how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Watch = Callable[[int, int | None], None]
"""Called with the cost of the best plan so far and a proved lower bound, or ``None`` where there is no bound."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Steps or seconds, exactly one. Steps repeat for a seed; seconds are honoured."""

    steps: int | None = None
    budget_s: float | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.budget_s is None):
            raise ValueError("effort is steps or seconds, exactly one of them")
        if (self.steps or 0) < 0 or (self.budget_s or 0.0) < 0:
            raise ValueError("effort is not below zero")


def ignore(cost: int, bound: int | None) -> None:
    """The watch of whoever does not look."""
