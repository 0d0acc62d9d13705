"""Business time: how long a calendar is open between instants, and when so much of it will have passed.

Open at an instant is a calendar whose local wall time then lies in [open, close) of that local day, by the rules of
the zone. So on a night whose hour comes twice it counts twice, and a skipped one never. Instants are integer
microseconds from 1970; all arithmetic is in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

from sla import contract, spans
from sla.spans import SECOND

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_FURTHEST = 400
"""Years after which a calendar that is never open is given up."""


class NeverOpen(ValueError):
    """The calendar is closed for good, so no time passes in it."""


class AroundTheClock:
    """The calendar of a clock that has none: it is always open."""

    @staticmethod
    def open_us(from_us: int, to_us: int) -> int:
        """Open microseconds between two instants."""
        return max(0, to_us - from_us)

    @staticmethod
    def after_us(from_us: int, open_us: int) -> int:
        """The first instant at which so much open time has passed since another."""
        return from_us + open_us


class OpeningHours:
    """A calendar in a zone. Years are worked out when they are first asked for."""

    def __init__(self, hours: Mapping[int, tuple[tuple[int, int], ...]], closed: contract.Holidays, zone: ZoneInfo):
        """``hours``: by weekday (0 is Monday) spans in minutes from midnight, in order and apart."""
        self.hours, self.zone = hours, zone
        self._closed = closed
        self._dates = {each for text in closed.dates if (each := spans.day(text)) is not None}
        self._years: dict[int, tuple[list[int], list[int], list[int]]] = {}

    def open_us(self, from_us: int, to_us: int) -> int:
        """Open microseconds between two instants; 0 where the second is the earlier one."""
        if to_us <= from_us:
            return 0
        first, last = _year(from_us), _year(to_us)
        if first == last:
            return self._passed(first, to_us) - self._passed(first, from_us)
        whole = sum(self._sums(year)[2][-1] for year in range(first + 1, last))
        return self._sums(first)[2][-1] - self._passed(first, from_us) + whole + self._passed(last, to_us)

    def after_us(self, from_us: int, open_us: int) -> int:
        """The first instant at which so much open time has passed since another. Raises ``NeverOpen``."""
        if open_us <= 0:
            return from_us
        year = _year(from_us)
        need = self._passed(year, from_us) + open_us
        for ahead in range(year, min(year + _FURTHEST, 9999)):
            starts, _, sums = self._sums(ahead)
            if need <= sums[-1]:
                index = _below(sums, need)
                return starts[index] + need - sums[index]
            need -= sums[-1]
        raise NeverOpen

    def opening_us(self, after_us: int) -> int:
        """The first opening at an instant or later. Raises ``NeverOpen``."""
        year = _year(after_us)
        for ahead in range(year, min(year + _FURTHEST, 9999)):
            starts = self._sums(ahead)[0]
            index = bisect_right(starts, after_us - 1)
            if index < len(starts):
                return starts[index]
        raise NeverOpen

    def close_us(self, of: date) -> int | None:
        """When a local day closes for good; ``None`` where it never opens."""
        pieces = self._day(of)
        return pieces[-1][1] if pieces else None

    def _passed(self, year: int, at_us: int) -> int:
        """Open microseconds of a year of UTC before an instant in it."""
        starts, ends, sums = self._sums(year)
        index = bisect_right(starts, at_us) - 1
        return 0 if index < 0 else sums[index] + min(at_us, ends[index]) - starts[index]

    def _sums(self, year: int) -> tuple[list[int], list[int], list[int]]:
        """Begins and ends of the open spans of a year of UTC, and the open time before each; the last is the whole."""
        found = self._years.get(year)
        if found is None:
            begin, end = (_utc_us(each) for each in (year, year + 1))
            starts, ends, sums = [], [], [0]
            day = date(year, 1, 1) - _DAY if year > 1 else date(year, 1, 1)
            while day.year <= year or day == date(year + 1, 1, 1):
                for low, high in self._day(day):
                    low, high = max(low, begin), min(high, end)
                    if low < high:
                        starts.append(low)
                        ends.append(high)
                        sums.append(sums[-1] + high - low)
                day += _DAY
            found = self._years[year] = (starts, ends, sums)
        return found

    def _day(self, of: date) -> list[tuple[int, int]]:
        """The spans of UTC in which a local day is open, in order."""
        hours = self.hours.get(of.weekday(), ())
        if not hours or of in self._dates or self._is_holiday(of):
            return []
        found = []
        for low, high, offset in _pieces(of, self.zone):
            midnight = _utc_midnight(of) - offset
            for opens, closes in hours:
                begin, end = max(low, midnight + opens * 60), min(high, midnight + closes * 60)
                if begin < end:
                    found.append((begin * SECOND, end * SECOND))
        return sorted(found)

    def _is_holiday(self, of: date) -> bool:
        country = self._closed.country
        if country is None:
            return False
        return of in public_holidays(country, self._closed.subdivision, of.year)


_HOLIDAYS: dict[tuple[str, str | None, int], frozenset[date]] = {}


def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year. Raises ``NotImplementedError`` for a country or part that is not known."""
    key = (country, subdivision, year)
    if key not in _HOLIDAYS:
        _HOLIDAYS[key] = frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    return _HOLIDAYS[key]


def of(record: contract.Calendar, zone: ZoneInfo) -> OpeningHours:
    """The calendar that a contract describes; without faults, see ``sla.faults``."""
    hours: dict[int, tuple[tuple[int, int], ...]] = {}
    for days, given in record.hours.items():
        made = tuple(sorted(each for text in given if (each := span(text)) is not None))
        for weekday in weekdays(days) or ():
            hours[weekday] = tuple(sorted((*hours.get(weekday, ()), *made)))
    return OpeningHours(hours, record.holidays, zone)


def weekdays(text: str) -> tuple[int, ...] | None:
    """The days that ``mon``, ``mon-fri`` or ``sat,sun`` name; ``None`` where it names none."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            return None
        begin = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last or first) - begin) % 7 + 1
        found += [(begin + ahead) % 7 for ahead in range(length)]
    return tuple(found)


def span(text: str) -> tuple[int, int] | None:
    """The minutes of ``08:00-20:00``; ``None`` where it is no span, or ends before it begins."""
    begin, _, end = text.partition("-")
    low, high = spans.minutes(begin), spans.minutes(end)
    return None if low is None or high is None or low >= high else (low, high)


def _pieces(of: date, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """Spans of UTC (seconds) that may hold instants of a local day, each with the offset that holds throughout it."""
    low, high = _utc_midnight(of) - 26 * 3600, _utc_midnight(of) + 50 * 3600
    if _offset(low, zone) == _offset(high, zone) == _offset((low + high) // 2, zone):
        return [(low, high, _offset(low, zone))]
    found = []
    at, offset = low, _offset(low, zone)
    for step in range(low + 900, high + 900, 900):
        end = min(step, high)
        if _offset(end, zone) != offset:
            begin, later = end - 900, end
            while later - begin > 1:
                middle = (begin + later) // 2
                begin, later = (middle, later) if _offset(middle, zone) == offset else (begin, middle)
            found.append((at, later, offset))
            at, offset = later, _offset(later, zone)
    found.append((at, high, offset))
    return found


def _offset(at_s: int, zone: ZoneInfo) -> int:
    """Seconds east of UTC."""
    found = datetime.fromtimestamp(at_s, zone).utcoffset()
    return 0 if found is None else round(found.total_seconds())


def _utc_midnight(of: date) -> int:
    return (of.toordinal() - 719163) * 86400


def _utc_us(year: int) -> int:
    return (date(year, 1, 1).toordinal() - 719163) * 86400 * SECOND


def _year(at_us: int) -> int:
    return datetime.fromtimestamp(at_us // SECOND, UTC).year


def _below(sums: list[int], need: int) -> int:
    """The last index whose sum is below the need."""
    low, high = 0, len(sums) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sums[middle] < need else (low, middle - 1)
    return low
