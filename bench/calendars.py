"""Opening hours beside a count of minutes on the wall, at every clock change of every IANA zone from 2000 to 2037.

    python -m bench.calendars [--hours 30]

Each change is looked at from so many hours before it to as many after it. The count knows nothing of calendars: it asks
the zone for the local time of every single minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from sla import calendar, contract
from sla.calendar import SECOND_US, OpeningHours
from sla.spelling import Opening

SPELT = ("00:00-01:30", "02:00-03:30", "12:00-12:30", "23:00-24:00")
OPEN_MINUTES = frozenset(
    minute for begin, end in ((0, 90), (120, 210), (720, 750), (1380, 1440)) for minute in range(begin, end)
)
_FIRST, _LAST = 946_684_800, 2_145_916_800  # 2000-01-01 and 2038-01-01, in UTC
_DAY = 86_400


def zones() -> list[ZoneInfo]:
    """The zones of the IANA list."""
    left_out = ("posix/", "right/", "localtime", "posixrules", "Factory")
    return [ZoneInfo(name) for name in sorted(available_timezones()) if not name.startswith(left_out)]


def hours(zone: ZoneInfo) -> OpeningHours:
    """The calendar under test: open four times a day, round where clocks are changed."""
    openings = tuple(Opening.parse(spelt) for spelt in SPELT)
    return calendar.of(contract.Calendar(id="all", hours={"mon-sun": openings}), zone)


def changes(zone: ZoneInfo) -> Iterator[int]:
    """The instants, in seconds of UTC, at which the zone's offset changes."""

    def offset(at_s: int) -> timedelta | None:
        return datetime.fromtimestamp(at_s, zone).utcoffset()

    before = offset(_FIRST)
    for day in range(_FIRST + _DAY, _LAST, _DAY):
        after = offset(day)
        if after != before:
            low, high = day - _DAY, day
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            yield high
        before = after


def open_minutes(zone: ZoneInfo, begin_s: int, end_s: int) -> list[int]:
    """The minutes from one instant to another, by their first second, whose time on the wall is one of the hours."""
    found = []
    for at_s in range(begin_s, end_s, 60):
        local = datetime.fromtimestamp(at_s, zone)
        if local.hour * 60 + local.minute in OPEN_MINUTES:
            found.append(at_s)
    return found


def wrong(zone: ZoneInfo, tested: OpeningHours, change_s: int, around_s: int) -> list[str]:
    """What the calendar says otherwise than the count round one change."""
    begin_s, end_s = change_s - around_s, change_s + around_s
    minutes = open_minutes(zone, begin_s, end_s)
    found = []
    counted = len(minutes) * 60 * SECOND_US
    if (said := tested.open_us(begin_s * SECOND_US, end_s * SECOND_US)) != counted:
        found.append(f"{zone.key} {change_s}: open {said} of {counted}")
    for number in {1, len(minutes) // 2, len(minutes)} & set(range(1, len(minutes) + 1)):
        after = (minutes[number - 1] + 60) * SECOND_US
        if (said := tested.after_us(begin_s * SECOND_US, number * 60 * SECOND_US)) != after:
            found.append(f"{zone.key} {change_s}: {number} minutes after at {said}, not {after}")
    if minutes and (said := tested.opening_us(begin_s * SECOND_US)) != minutes[0] * SECOND_US:
        found.append(f"{zone.key} {change_s}: opens at {said}, not {minutes[0]}")
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--hours", type=int, default=30, help="how far before and after each change to look")
    asked = options.parse_args()
    started = time.perf_counter()
    count, found = 0, []
    for zone in zones():
        tested = hours(zone)
        for change_s in changes(zone):
            count += 1
            found += wrong(zone, tested, change_s, asked.hours * 3600)
    print(*found, sep="\n")
    seconds = time.perf_counter() - started
    print(f"{len(zones())} zones, {count} clock changes, {len(found)} errors, {seconds:.0f} s")


if __name__ == "__main__":
    main()
