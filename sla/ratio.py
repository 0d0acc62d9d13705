"""Ratio terms: how many of a window's clocks were kept, and the share of the fees that a shortfall costs."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from sla.clock import BREACHED, MET
from sla.window import Window, Windows

NOT_JUDGED = "not_judged"


class RatioRule(NamedTuple):
    """One ratio term, made ready. ``ladder``: pairs of a share and the percentage of the fees that is due below it."""

    term: str
    party: str
    of: str
    good_term: str
    good_state: str
    without_excused: bool
    windows: Windows
    target: Fraction
    at_least: int
    ladder: tuple[tuple[Fraction, Fraction], ...]


class Ratio(NamedTuple):
    """A ratio judged. ``amount``: minor units, ``None`` without fees for the window."""

    rule: RatioRule
    window: Window
    good: int
    of: int
    state: str
    percent: Fraction
    amount: int | None

    def reaches(self, share: Fraction) -> bool:
        """Whether it was judged, and so good or better."""
        return self.state != NOT_JUDGED and Fraction(self.good, self.of) >= share


def judged(rule: RatioRule, window: Window, good: int, of: int, fees: int | None) -> Ratio:
    """The verdict on one window's counts, with its amount rounded once."""
    state, percent = NOT_JUDGED, Fraction(0)
    if of and of >= rule.at_least:
        share = Fraction(good, of)
        state = MET if share >= rule.target else BREACHED
        if state == BREACHED:
            matching = [step for step in rule.ladder if share < step[0]]
            percent = min(matching)[1] if matching else percent
    amount = None if fees is None else half_up(fees * percent / 100)
    return Ratio(rule, window, good, of, state, percent, amount)


def half_up(exact: Fraction) -> int:
    """The nearest whole number; a half goes away from zero."""
    nearest = int(abs(exact) + Fraction(1, 2))
    return nearest if exact >= 0 else -nearest
