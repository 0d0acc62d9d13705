"""How much longer a bound may be looked for, and the best one so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil, inf
from time import monotonic


class Effort:
    """How much longer to go on."""

    def __init__(self, until: float | None, steps: int | None) -> None:
        self.until, self.steps = until, steps

    def spend(self) -> float | None:
        """Seconds left for one more step, which is counted; ``None`` if there may be none."""
        if self.steps is not None:
            self.steps -= 1
            if self.steps < 0:
                return None
        left_s = inf if self.until is None else self.until - monotonic()
        return left_s if left_s > 0 else None

    @contextmanager
    def at_most(self, share: float) -> Iterator[None]:
        """For what is done within, no more than this share of the time left."""
        until = self.until
        if until is not None:
            self.until = until - (1 - share) * max(0.0, until - monotonic())
        yield
        self.until = until

    def more(self) -> bool:
        """Whether there may be one more step."""
        return (self.steps is None or self.steps > 0) and self.going_on()

    def trials(self, took_s: float) -> float:
        """How many more steps there may be if each takes as long; ``inf`` if nothing limits them."""
        in_time = inf if self.until is None else (self.until - monotonic()) / max(took_s, 1e-9)
        return max(0.0, in_time if self.steps is None else min(in_time, float(self.steps)))

    def going_on(self) -> bool:
        """Whether there is time left, in the middle of a step."""
        return self.until is None or self.until > monotonic()


class Best:
    """The best bound so far, told when it rises."""

    def __init__(self, settled: int, tell: Callable[[int], None]) -> None:
        self.settled, self.tell, self.bound = settled, tell, settled
        tell(settled)

    def settle(self, more: int) -> None:
        """So much more is paid by every plan."""
        self.settled += more
        self.found(0.0, 0.0)

    def found(self, value: float, size: float) -> None:
        """A proved value of everything but what is settled; ``size`` bounds the rounding of its sums.

        A plan costs a whole number of minor units, so the bound is rounded up.
        """
        bound = self.settled + max(0, ceil(value - 1e-6 - 1e-11 * size))
        if bound > self.bound:
            self.bound = bound
            self.tell(bound)
