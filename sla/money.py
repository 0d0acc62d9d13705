"""Settlement: what each party owes for a window, what each cap took off, what was earned back, what is adjusted.

Caps bind in the order event, window, twelve months. What changes after a window is settled is an adjustment in the
first later window that is not. Integers are minor units of the contract's currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from sla.clock import BREACHED
from sla.ratio import Ratio, half_up
from sla.tally import Charges
from sla.window import Window, Windows, months_before

Account = tuple[str, Window]
"""A party and a window."""


class Fee(NamedTuple):
    """What a party is paid for the days from ``first`` up to ``end``."""

    party: str
    first: date
    end: date
    amount: int


class EarnBackRule(NamedTuple):
    """When the credit of a ratio term is returned: so many windows after it, all at or above a share."""

    term: str
    windows: int
    at_or_above: Fraction
    not_in: frozenset[int]


class MoneyRule(NamedTuple):
    """The settlement of a contract, made ready. Clocks and windows from ``charged_from`` on are charged."""

    windows: Windows
    at_risk_percent: Fraction | None
    cap_12_months: int | None
    charged_from: date
    charged_from_us: int
    earn_back: EarnBackRule | None


class Settlement(NamedTuple):
    """One party's window. ``adjustment`` is the part of ``charged`` that comes from windows settled before."""

    party: str
    window: Window
    charged: int
    event_took: int
    window_took: int
    twelve_months_took: int
    earned_back: int
    adjustment: int

    @property
    def credited(self) -> int:
        """What is left after the caps."""
        return self.charged - self.event_took - self.window_took - self.twelve_months_took

    @property
    def due(self) -> int:
        """What is owed."""
        return self.credited - self.earned_back


def fees_of(fees: Sequence[Fee], party: str, window: Window) -> int | None:
    """The fees of the periods that lie in a window; ``None`` where there are none."""
    found = [fee.amount for fee in fees if fee.party == party and window.first <= fee.first and fee.end <= window.end]
    return sum(found) if found else None


def settle(
    rule: MoneyRule,
    fees: Sequence[Fee],
    charges: Charges,
    ratios: Sequence[Ratio],
    fixed: Mapping[Account, Settlement],
) -> dict[Account, Settlement]:
    """The settlement of every party and window with a row in it; those in ``fixed`` stay as they were settled."""
    by_window: dict[Account, list[Ratio]] = {}
    for ratio in ratios:
        by_window.setdefault((ratio.rule.party, rule.windows.period.window(ratio.window.first)), []).append(ratio)
    accounts = sorted({*charges, *by_window, *fixed})
    made: dict[Account, Settlement] = {}
    for party in sorted({party for party, _ in accounts}):
        open_sum = 0  # what settled windows owe by now, beyond what was settled, adjustments included
        windows = [window for owner, window in accounts if owner == party]
        while windows:
            window = windows.pop(0)
            account = (party, window)
            own = _own(rule, account, charges, by_window.get(account, ()), ratios)
            if account in fixed:
                made[account] = fixed[account]
                now = _capped(rule, fees_of(fees, party, window), own, 0, made)
                open_sum += now.due - fixed[account].due
                if open_sum and not windows:
                    windows.append(rule.windows.period.window(window.end))
            else:
                made[account] = _capped(rule, fees_of(fees, party, window), own, open_sum, made)
                open_sum = 0
    return made


class _Own(NamedTuple):
    account: Account
    charged: int
    event_took: int
    returned: int


def _own(
    rule: MoneyRule,
    account: Account,
    charges: Charges,
    ratios: Sequence[Ratio],
    every: Sequence[Ratio],
) -> _Own:
    uncapped, event_took, _ = charges.get(account, (0, 0, 0))
    charged = [ratio for ratio in ratios if ratio.amount and ratio.window.first >= rule.charged_from]
    returned = sum([ratio.amount or 0 for ratio in charged if _is_earned_back(rule.earn_back, ratio, every)])
    return _Own(account, uncapped + sum([ratio.amount or 0 for ratio in charged]), event_took, returned)


def _capped(
    rule: MoneyRule, fees: int | None, own: _Own, adjustment: int, before: Mapping[Account, Settlement]
) -> Settlement:
    party, window = own.account
    charged = own.charged + adjustment
    left = charged - own.event_took
    window_took = 0
    if rule.at_risk_percent is not None and fees is not None:
        window_took = max(0, left - half_up(fees * rule.at_risk_percent / 100))
    left -= window_took
    twelve_took = 0
    if rule.cap_12_months is not None:
        since = months_before(window.first, 11)
        earlier = sum(
            row.credited for row in before.values() if row.party == party and since <= row.window.first < window.first
        )
        twelve_took = max(0, left - max(0, rule.cap_12_months - earlier))
    left -= twelve_took
    earned_back = max(0, min(own.returned, left))
    return Settlement(party, window, charged, own.event_took, window_took, twelve_took, earned_back, adjustment)


def _is_earned_back(rule: EarnBackRule | None, ratio: Ratio, every: Sequence[Ratio]) -> bool:
    if rule is None or ratio.rule.term != rule.term or ratio.state != BREACHED:
        return False
    if ratio.window.first.month in rule.not_in:
        return False
    by_window = {each.window: each for each in every if each.rule.term == rule.term}
    after = [by_window.get(window) for window in ratio.rule.windows.period.later(ratio.window, rule.windows)]
    return all(each is not None and each.reaches(rule.at_or_above) for each in after)
