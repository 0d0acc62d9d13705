"""Whole-drop allocation: which hub picks what for which order, in which wave."""

from router.allocation.ledger import Ledger
from router.allocation.options import Share
from router.allocation.whole_drop import Allocation, allocate, instantly, solve_exact

__all__ = ["Allocation", "Ledger", "Share", "allocate", "instantly", "solve_exact"]
