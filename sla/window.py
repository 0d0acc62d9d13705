"""Windows of a contract: stretches of the calendar from local midnight to local midnight.

Months, quarters and years begin with the calendar's; weeks with Monday; other counts of days are told from
Monday, 5 January 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.event import EPOCH, SECOND_US

_MONDAY = date(1970, 1, 5)


class Window(NamedTuple):
    """The days from ``first`` up to, not including, ``end``."""

    first: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How long a window is: so many months, or so many days."""

    months: int = 0
    days: int = 0

    def window(self, day: date) -> Window:
        """The window that holds a day."""
        if self.months:
            month = (day.year * 12 + day.month - 1) // self.months * self.months
            return Window(_first_of(month), _first_of(month + self.months))
        first = day - timedelta(days=(day - _MONDAY).days % self.days)
        return Window(first, first + timedelta(days=self.days))

    def before(self, window: Window) -> Window:
        """The window before this one."""
        return self.window(window.first - timedelta(days=1))

    def later(self, window: Window, count: int) -> list[Window]:
        """The ``count`` windows after this one, in order."""
        found: list[Window] = []
        for _ in range(count):
            window = self.window(window.end)
            found.append(window)
        return found


class Windows:
    """The windows of one period in one zone, found by instant; remembers those it has met."""

    def __init__(self, period: Period, zone: ZoneInfo) -> None:
        self.period, self._zone = period, zone
        self._met: list[tuple[int, int, Window]] = []
        self._last = (0, 0, Window(_MONDAY, _MONDAY))

    def at(self, at_us: int) -> Window:
        """The window in which an instant lies."""
        begin_us, end_us, window = self._last
        if begin_us <= at_us < end_us:
            return window
        for found in self._met:
            if found[0] <= at_us < found[1]:
                self._last = found
                return found[2]
        window = self.period.window(local_day(at_us, self._zone))
        begin_us, end_us = midnight_us(window.first, self._zone), midnight_us(window.end, self._zone)
        self._met.append((begin_us, end_us, window))
        return window


def months_before(day: date, months: int) -> date:
    """The first of the month that lies so many months before a day's own."""
    return _first_of(day.year * 12 + day.month - 1 - months)


def local_day(at_us: int, zone: ZoneInfo) -> date:
    """The date on the wall at an instant."""
    return (EPOCH + timedelta(seconds=at_us // SECOND_US)).astimezone(zone).date()


def midnight_us(day: date, zone: ZoneInfo) -> int:
    """The instant at which a local date begins."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int((local - EPOCH).total_seconds()) * SECOND_US


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
