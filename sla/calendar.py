"""Business time: how long a calendar is open between instants, and when so much of it will have passed.

A calendar is open at an instant whose local wall time lies in [open, close) of that local date, by the rules of the
zone. So an hour that comes twice in an autumn night counts twice, and one that is skipped in spring never. Instants are
integer microseconds from 1970 in UTC; all arithmetic is in UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from sla import contract
from sla.spelling import DAY_S, Opening

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SECOND_US = 1_000_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LOOK_S = 6 * 3600
"""How far apart the offsets of a zone are looked at; two changes of a clock are never as near as that."""


class NeverOpen(ValueError):
    """The calendar is closed for good, so no time passes in it."""


class AroundTheClock:
    """The calendar of a clock that has none: it is always open."""

    @staticmethod
    def open_us(from_us: int, to_us: int) -> int:
        """Microseconds from one instant to another, 0 where they are in the other order."""
        return max(0, to_us - from_us)

    @staticmethod
    def after_us(from_us: int, open_us: int) -> int:
        """The instant so much later."""
        return from_us + open_us

    @staticmethod
    def is_open(_at_us: int) -> bool:
        """Always."""
        return True

    @staticmethod
    def turns_us(_at_us: int) -> None:
        """It never closes."""


class _Year(NamedTuple):
    """The open spans of a year of UTC: begins, ends, and the open time before each; the last sum is the year's."""

    begins: list[int]
    ends: list[int]
    sums: list[int]

    def passed(self, at_us: int) -> int:
        """Open microseconds of the year before an instant in it."""
        index = bisect_right(self.begins, at_us) - 1
        return 0 if index < 0 else self.sums[index] + min(at_us, self.ends[index]) - self.begins[index]


class OpeningHours:
    """A calendar in a zone. A year is worked out when it is first asked for, in a few milliseconds."""

    def __init__(self, hours: tuple[tuple[Opening, ...], ...], closed: contract.Holidays, zone: ZoneInfo) -> None:
        """``hours``: of each day from Monday to Sunday, in order and apart."""
        self.hours, self.zone, self._closed = hours, zone, closed
        self._years: dict[int, _Year] = {}

    def open_us(self, from_us: int, to_us: int) -> int:
        """Open microseconds between two instants; 0 where the second is the earlier one. O(years + log spans)."""
        if to_us <= from_us:
            return 0
        first, last = _year_of(from_us), _year_of(to_us)
        if first == last:
            year = self._year(first)
            return year.passed(to_us) - year.passed(from_us)
        whole = sum(self._year(year).sums[-1] for year in range(first, last))
        return whole - self._year(first).passed(from_us) + self._year(last).passed(to_us)

    def after_us(self, from_us: int, open_us: int) -> int:
        """The first instant at which so much open time has passed since another. Raises NeverOpen."""
        if open_us <= 0:
            return from_us
        first = _year_of(from_us)
        need = open_us + self._year(first).passed(from_us)
        for year in self._from(first):
            if need <= year.sums[-1]:
                index = bisect_left(year.sums, need) - 1
                return year.begins[index] + need - year.sums[index]
            need -= year.sums[-1]
        raise NeverOpen

    def is_open(self, at_us: int) -> bool:
        """Whether it is open at an instant."""
        span = self._next(at_us)
        return span is not None and span[0] <= at_us

    def turns_us(self, at_us: int) -> int | None:
        """The end of the open span that an instant lies in, else the next one's begin; ``None`` where none comes."""
        span = self._next(at_us)
        return None if span is None else next(edge for edge in span if edge > at_us)

    def opening_us(self, at_us: int) -> int:
        """The first instant from ``at_us`` on at which it is open: itself where it is. Raises NeverOpen."""
        span = self._next(at_us)
        if span is None:
            raise NeverOpen
        return max(at_us, span[0])

    def _next(self, at_us: int) -> tuple[int, int] | None:
        """Begin and end of the open span that an instant lies in, else of the next one; ``None`` where none comes."""
        for year in self._from(_year_of(at_us)):
            index = bisect_right(year.ends, at_us)
            if index < len(year.ends):
                return year.begins[index], year.ends[index]
        return None

    def close_us(self, day: date) -> int | None:
        """When a local date closes for good; ``None`` where it does not open."""
        midnight_s = (day.toordinal() - _EPOCH_DAY) * DAY_S
        spans = [
            span
            for low, high, offset in self._offsets(midnight_s - 2 * DAY_S, midnight_s + 3 * DAY_S)
            for span in self._spans_of(day, low, high, offset)
        ]
        return spans[-1][1] * SECOND_US if spans else None

    def _from(self, first: int) -> Iterator[_Year]:
        """The years from one on, as far as a calendar can count."""
        last = 9998 if any(self.hours) else first
        return (self._year(year) for year in range(first, last + 1))

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._worked_out(year)
        return found

    def _worked_out(self, year: int) -> _Year:
        begins: list[int] = []
        ends: list[int] = []
        sums = [0]
        for low, high, offset in self._offsets(_begin_s(year), _begin_s(year + 1)):
            first, last = (low + offset) // DAY_S, (high - 1 + offset) // DAY_S
            for number in range(first, last + 1):
                for begin, end in self._spans_of(date.fromordinal(number + _EPOCH_DAY), low, high, offset):
                    begins.append(begin * SECOND_US)
                    ends.append(end * SECOND_US)
                    sums.append(sums[-1] + (end - begin) * SECOND_US)
        return _Year(begins, ends, sums)

    def _spans_of(self, day: date, low: int, high: int, offset: int) -> Iterator[tuple[int, int]]:
        """The open spans of a local date within [low, high), in which the zone keeps one offset; in seconds."""
        openings = self.hours[day.weekday()]
        if openings and not self._is_holiday(day):
            midnight_s = (day.toordinal() - _EPOCH_DAY) * DAY_S - offset
            for opening in openings:
                begin, end = max(low, midnight_s + opening.open_s), min(high, midnight_s + opening.close_s)
                if begin < end:
                    yield begin, end

    def _offsets(self, low: int, high: int) -> Iterator[tuple[int, int, int]]:
        """[low, high) in pieces throughout which the zone keeps one offset, each with that offset; in seconds."""
        begin, offset = low, self._offset(low)
        for at in range(low, high, _LOOK_S):
            end = min(at + _LOOK_S, high)
            if self._offset(end - 1) != offset:
                same, other = max(low, at - 1), end - 1
                while other - same > 1:
                    middle = (same + other) // 2
                    same, other = (middle, other) if self._offset(middle) == offset else (same, middle)
                yield begin, other, offset
                begin, offset = other, self._offset(other)
        yield begin, high, offset

    def _offset(self, at_s: int) -> int:
        """Seconds east of UTC."""
        found = datetime.fromtimestamp(at_s, self.zone).utcoffset() or timedelta()
        return found.days * DAY_S + found.seconds

    def _is_holiday(self, day: date) -> bool:
        closed = self._closed
        if closed.expanded is not None:
            return day in closed.dates or day in closed.expanded
        return day in closed.dates or (
            closed.country is not None and day in public_holidays(closed.country, closed.subdivision, day.year)
        )


@lru_cache(maxsize=4096)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year. Raises NotImplementedError for a country or a part of it that is not known."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


def is_known(country: str, subdivision: str | None) -> bool:
    """Whether the public holidays of a country, or of a part of it, are known."""
    try:
        public_holidays(country, subdivision, 2026)
    except NotImplementedError:
        return False
    return True


def of(record: contract.Calendar, zone: ZoneInfo) -> OpeningHours:
    """The calendar that a contract without faults describes."""
    by_day: list[list[Opening]] = [[] for _ in WEEKDAYS]
    for days, openings in record.hours.items():
        for weekday in weekdays(days) or ():
            by_day[weekday] += openings
    hours = tuple(tuple(sorted(openings, key=lambda opening: opening.open_s)) for openings in by_day)
    return OpeningHours(hours, record.holidays, zone)


def weekdays(text: str) -> tuple[int, ...] | None:
    """The days, 0 for Monday, that ``mon``, ``mon-fri`` or ``sat,sun`` name; ``None`` where it names none."""
    found: list[int] = []
    for part in text.split(",") if len(text) < 100 else ():
        first, dash, last = (each.strip() for each in part.partition("-"))
        last = last if dash else first
        if first not in WEEKDAYS or last not in WEEKDAYS:
            return None
        begin = WEEKDAYS.index(first)
        found += [(begin + ahead) % 7 for ahead in range((WEEKDAYS.index(last) - begin) % 7 + 1)]
    return tuple(dict.fromkeys(found)) or None


def _begin_s(year: int) -> int:
    return (date(year, 1, 1).toordinal() - _EPOCH_DAY) * DAY_S


def _year_of(at_us: int) -> int:
    return datetime.fromtimestamp(at_us // SECOND_US, UTC).year
