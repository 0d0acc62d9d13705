"""When something that did not arrive is sent again, and when it never is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from api.hooks import State

SCHEDULE_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds from each failed attempt to the next: ten attempts over some 76 hours. Source: Standard Webhooks 1.0."""

JITTER: Final = 0.1
"""By how much of itself a span varies at random, so that what failed together does not return together."""

PAUSE_S: Final = (5, 10, 20, 40, 80, 160, 300)
"""How long a webhook is left alone after so many batches in a row of which nothing arrived."""

GIVEN_UP_AFTER: Final = timedelta(days=5)
"""How long nothing may arrive at a webhook before it is disabled."""

LONGEST_RETRY_AFTER_S: Final = 86_400
"""The most of a Retry-After that is heeded."""

GONE: Final = 410
SLOW_DOWN: Final = (429, 503)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one attempt, begun ``at``. ``reason``: ``None`` where it arrived, else a stable code.

    ``retry_after_s``: how long the other side asks to be left alone.
    """

    at: datetime
    status: int | None
    reason: str | None
    retry_after_s: int | None = None

    @property
    def arrived(self) -> bool:
        """Whether the other side has it."""
        return self.reason is None

    @property
    def is_gone(self) -> bool:
        """Whether the other side wants nothing any more."""
        return self.status == GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What is next for an event: its state, and when it is sent again."""

    state: State
    at: datetime | None


def after(outcome: Outcome, attempts: int, now: datetime, chance: float) -> Next:
    """What is next after the attempt of that number. ``chance``: a random number from 0 to 1."""
    if outcome.arrived:
        return Next(state="delivered", at=None)
    if outcome.is_gone or attempts > len(SCHEDULE_S):
        return Next(state="dead", at=None)
    wait_s = SCHEDULE_S[attempts - 1] * (1 + JITTER * (2 * chance - 1))
    return Next(state="waiting", at=now + timedelta(seconds=max(wait_s, outcome.retry_after_s or 0)))


def pause(outcomes: list[Outcome], failures: int, now: datetime) -> datetime | None:
    """Until when to leave a webhook alone after a batch; ``failures``: batches in a row that failed whole by now."""
    spans = [each.retry_after_s or 0 for each in outcomes]
    if failures:
        spans.append(PAUSE_S[min(failures, len(PAUSE_S)) - 1])
    longest_s = max(spans, default=0)
    return now + timedelta(seconds=longest_s) if longest_s else None


def retry_after_s(status: int, header: str | None, now: datetime) -> int | None:
    """How long the other side asks to be left alone, as seconds or a date (RFC 9110), at most a day."""
    if status not in SLOW_DOWN or header is None:
        return None
    given = header.strip()[:64]
    if given.isascii() and given.isdigit():
        wait_s = float(given)
    else:
        try:
            at = parsedate_to_datetime(given)
            wait_s = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return int(min(max(wait_s, 0), LONGEST_RETRY_AFTER_S))
