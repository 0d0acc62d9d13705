"""Spans (ISO 8601), dates, and the windows of a calendar that instants fall into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
"""Microseconds, in which instants are counted from 1970 on."""

_SPAN = re.compile(
    r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A span as it was written: whole months, days and seconds."""

    months: int
    days: int
    seconds: int


def parts(span: str) -> Parts | None:
    """The parts of a span, ``None`` where it is none."""
    found = _SPAN.fullmatch(span)
    if found is None or span.endswith(("P", "T")):
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return Parts(months=12 * years + months, days=7 * weeks + days, seconds=3600 * hours + 60 * minutes + seconds)


def seconds(span: str) -> int | None:
    """The seconds of a span without months and years, a day being 24 hours; ``None`` for any other."""
    found = parts(span)
    return None if found is None or found.months else 86400 * found.days + found.seconds


def day(text: str) -> date | None:
    """The date that is written so, ``None`` where it is none."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def minutes(text: str) -> int | None:
    """Minutes from midnight to a local time, up to ``24:00``; ``None`` where it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    made = 60 * int(found[1]) + int(found[2])
    return made if made <= 1440 else None


def add(start: date, span: Parts) -> date:
    """The day so many months, then days, later; the last of a month where it has no such day."""
    month = start.month - 1 + span.months
    year, month = start.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(start.day, last)) + timedelta(days=span.days)


def is_window(span: str) -> bool:
    """Whether a span is one of whole months, or of whole days."""
    found = parts(span)
    return found is not None and not found.seconds and bool(found.months) != bool(found.days)


@lru_cache(maxsize=4096)
def window(span: str, of: date) -> tuple[date, date]:
    """The window, from a day until before another, in which a day lies.

    Months count from January, weeks from Monday, days from 1970. Raises ``ValueError`` for a span of no window.
    """
    found = parts(span)
    if found is None or not is_window(span):
        raise ValueError(f"{span} is no window of a calendar")
    if found.months:
        index = (12 * of.year + of.month - 1) // found.months * found.months
        start = date(index // 12, index % 12 + 1, 1)
        return start, add(start, found)
    monday = date(1970, 1, 5)
    start = of - timedelta(days=(of - monday).days % found.days)
    return start, start + timedelta(days=found.days)


def local_date(at_us: int, zone: ZoneInfo) -> date:
    """The local day of an instant."""
    return datetime.fromtimestamp(at_us // SECOND, zone).date()


def midnight_us(of: date, zone: ZoneInfo) -> int:
    """The instant at which a local day begins."""
    return int(datetime(of.year, of.month, of.day, tzinfo=zone).timestamp()) * SECOND
