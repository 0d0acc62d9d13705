"""The least that lateness costs from an instant on.

A fee may fall again (a later step may be lower), so what a parcel is charged for being late is the least that the fee
comes to at its own time or at any later one: whatever else of the order travels later, the order pays no less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from router.model import Penalty

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DEAR = 1 << 36
"""Amounts count up to here. Cutting a cost down never makes a lower bound wrong."""

LONG_S = 1 << 40
"""Seconds count up to here."""


def least_fee(penalty: Penalty | None, late_s: Ints) -> Floats:
    """The least fee at ``late_s`` seconds late or at any later time, same shape, minor units, at most ``DEAR``.

    Between two steps the fee only rises, so the least is reached at once or just after a later step has begun.
    """
    if penalty is None:
        return np.zeros(late_s.shape)
    steps = sorted(penalty.steps, key=lambda step: step.after)
    after = np.array([min(step.after, LONG_S) for step in steps], dtype=np.int64)
    amounts = np.array([0.0] + [float(min(step.amount, DEAR)) for step in steps])
    cap = float(DEAR if penalty.cap is None else min(penalty.cap, DEAR))

    def fee(seconds: Ints, step: Ints) -> Floats:
        minutes = -(-np.clip(seconds, 0, LONG_S) // 60)
        found: Floats = np.minimum(amounts[step] + minutes * float(min(penalty.per_minute, DEAR)), cap)
        return found

    begun = fee(after + 1, np.arange(1, len(steps) + 1))
    later = np.append(np.minimum.accumulate(begun[::-1])[::-1], np.inf)
    step = np.searchsorted(after, late_s, side="left")
    own = np.where(late_s > 0, fee(late_s, step), 0.0)
    least: Floats = np.minimum(own, later[step])
    return least
