"""Random draws that come out the same on every machine and under every version of numpy.

Only the raw 64-bit words of PCG64 are used, which numpy keeps fixed; its distributions it may change.
Logarithms and exponentials may differ in the last digit between machines, so what passes through them is
rounded at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import exp
from statistics import NormalDist
from typing import TypeVar
from zlib import crc32

from numpy.random import PCG64, SeedSequence

Thing = TypeVar("Thing")

_NORMAL = NormalDist()
_WORDS = 1024


class Draw:
    """A stream of draws for one part of a drop; ``part`` keeps the streams of one seed apart."""

    def __init__(self, seed: int, part: str) -> None:
        self._words = self._raw(PCG64(SeedSequence([seed, crc32(part.encode())])))

    @staticmethod
    def _raw(bits: PCG64) -> Iterator[int]:
        while True:
            yield from bits.random_raw(_WORDS).tolist()

    def share(self) -> float:
        """Uniform in [0, 1)."""
        return (next(self._words) >> 11) * 2.0**-53

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self.share() < share

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.share()

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.share() * (high - low + 1))

    def one(self, things: Sequence[Thing]) -> Thing:
        """One of the things, all alike."""
        return things[self.whole(0, len(things) - 1)]

    def some(self, things: Sequence[Thing], count: int) -> list[Thing]:
        """``count`` of the things without repetition, in the order drawn (Fisher-Yates)."""
        left = list(things)
        return [left.pop(self.whole(0, len(left) - 1)) for _ in range(min(count, len(left)))]

    def normal(self) -> float:
        """Standard normal, to nine decimals."""
        return round(_NORMAL.inv_cdf(self.share() or 2.0**-54), 9)

    def scaled(self, median: float, sigma: float, normal: float) -> float:
        """The log-normal quantity that this standard normal one stands for, to six decimals."""
        return round(median * exp(sigma * normal), 6)

    def lognormal(self, median: float, sigma: float) -> float:
        """Log-normal by its median and the deviation of its logarithm, to six decimals."""
        return self.scaled(median, sigma, self.normal())


class Weights:
    """Indices drawn in proportion to weights."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._sums = list(accumulate(weights))

    def draw(self, source: Draw) -> int:
        """An index; never one whose weight is zero."""
        return min(bisect_right(self._sums, source.share() * self._sums[-1]), len(self._sums) - 1)


def apportion(total: int, weights: Sequence[float], least: int = 0) -> list[int]:
    """``total`` whole units in proportion to weights by largest remainders, ``least`` each if possible."""
    base = least if least * len(weights) <= total else 0
    free = total - base * len(weights)
    whole = sum(weights)
    exact = [free * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: free - sum(parts)]:
        parts[i] += 1
    return [base + part for part in parts]
