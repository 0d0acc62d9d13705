"""Instants, calendars and running time, counted minute by minute.

Slow on purpose: a minute is open when its local wall time lies in the hours of its local date, and every duration is
a sum over minutes. Instants are whole microseconds since 1970 in UTC, durations whole microseconds: nothing is rounded.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import holidays

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 1440 * MINUTE
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER_DAYS = 800  # a calendar that opens on none of so many days never opens


def instant(text: str) -> int:
    """The instant of an RFC 3339 text."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def printed(at: int | None) -> str | None:
    """UTC, whole seconds, ending in Z; nothing stays nothing."""
    if at is None:
        return None
    return (EPOCH + timedelta(seconds=at // SECOND)).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(text: str) -> int:
    """An ISO 8601 duration of days, hours, minutes and seconds."""
    found = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    assert found, text
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return (weeks * 7 + days) * DAY + (hours * 60 + minutes) * MINUTE + seconds * SECOND


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local date."""
    return (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def local(at: int, zone: ZoneInfo) -> datetime:
    """The local wall time of an instant."""
    return (EPOCH + timedelta(microseconds=at)).astimezone(zone)


@dataclass
class Hours:
    """When a calendar is open. No opening hours at all stand for around the clock."""

    zone: ZoneInfo
    by_weekday: Mapping[str, Sequence[tuple[int, int]]] | None
    holidays: Mapping[str, Any]
    closed: dict[date, bool] = field(default_factory=dict)
    stretches: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def closed_on(self, day: date) -> bool:
        """Is this local date a holiday?"""
        if day not in self.closed:
            listed = {str(text) for text in self.holidays.get("dates", ())}
            country = self.holidays.get("country")
            is_public = country is not None and day in holidays.country_holidays(country, years=day.year)
            self.closed[day] = is_public or day.isoformat() in listed
        return self.closed[day]

    def open_at(self, at: int) -> bool:
        """Does the local wall time lie in [open, close) of its local date?"""
        if self.by_weekday is None:
            return True
        wall = local(at, self.zone)
        minute = wall.hour * 60 + wall.minute
        inside = any(opens <= minute < closes for opens, closes in self.by_weekday.get(DAYS[wall.weekday()], ()))
        return inside and not self.closed_on(wall.date())

    def of_day(self, number: int) -> list[tuple[int, int]]:
        """The open time of one UTC day: each of its 1 440 minutes asked, neighbours joined."""
        if self.by_weekday is None:
            return [(number * DAY, (number + 1) * DAY)]
        if number not in self.stretches:
            found: list[tuple[int, int]] = []
            for minute in range(number * DAY, (number + 1) * DAY, MINUTE):
                if self.open_at(minute):
                    begins = found.pop()[0] if found and found[-1][1] == minute else minute
                    found.append((begins, minute + MINUTE))
            self.stretches[number] = found
        return self.stretches[number]

    def open_time(self, after: int) -> Iterator[tuple[int, int]]:
        """The open time from an instant on, a stretch or a part of one at a time."""
        number, barren = after // DAY, 0
        while barren < FOREVER_DAYS:
            barren = 0 if self.of_day(number) else barren + 1
            for begins, ends in self.of_day(number):
                if ends > after:
                    yield max(begins, after), ends
            number += 1

    def opening_after_day_of(self, at: int) -> int | None:
        """The first open instant of a later local date: the next opening after that day's close."""
        day = local(at, self.zone).date()
        for begins, ends in self.open_time(at):
            for minute in (begins, *range(begins - begins % MINUTE + MINUTE, ends, MINUTE)):
                if local(minute, self.zone).date() > day:
                    return minute
        return None


def hours(calendar: Mapping[str, Any] | None, zone: ZoneInfo) -> Hours:
    """The opening hours of a contract's calendar."""
    if calendar is None:
        return Hours(zone, None, {})
    by_weekday: dict[str, list[tuple[int, int]]] = {}
    for days, spans in calendar["hours"].items():
        first, _, last = days.partition("-")
        for number in range(DAYS.index(first), DAYS.index(last or first) + 1):
            by_weekday.setdefault(DAYS[number], []).extend(_span(text) for text in spans)
    return Hours(zone, by_weekday, calendar.get("holidays") or {})


def _span(text: str) -> tuple[int, int]:
    opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return opens, closes


@dataclass(frozen=True)
class Run:
    """A clock's open time from its start, cut into pieces that run and pieces that are paused."""

    start: int
    hours: Hours
    pauses: Sequence[tuple[int, int]]

    def pieces(self) -> Iterator[tuple[int, int, bool]]:
        """Open pieces in order: from, to, paused."""
        for begins, ends in self.hours.open_time(self.start):
            cuts = {begins, ends} | {cut for pause in self.pauses for cut in pause if begins < cut < ends}
            edges = sorted(cuts)
            for left, right in pairwise(edges):
                yield left, right, any(pause[0] <= left < pause[1] for pause in self.pauses)

    def spent(self, until: int) -> tuple[int, int]:
        """Running and paused open time before an instant."""
        running = paused = 0
        for left, right, is_paused in self.pieces():
            if left >= until:
                break
            length = min(right, until) - left
            if is_paused:
                paused += length
            else:
                running += length
        return running, paused

    def reaches(self, wanted: int) -> int | None:
        """The first instant at which so much time has run; None if it never has."""
        if wanted <= 0:
            return self.start
        running = 0
        for left, right, is_paused in self.pieces():
            if not is_paused:
                running += right - left
                if running >= wanted:
                    return right - (running - wanted)
        return None


def named(begins: Iterable[int], ends: Iterable[int], last: int) -> list[tuple[int, int]]:
    """Pauses of one ``data.pause``: the first end after a beginning is its end; one still open ends at ``last``."""
    marks = sorted([(at, 0) for at in begins] + [(at, 1) for at in ends])
    since, pauses = None, []
    for at, is_end in marks:
        if not is_end:
            since = at if since is None else since
        elif since is not None:
            pauses.append((since, at))
            since = None
    return pauses if since is None else [*pauses, (since, last)]


def nested(begins: Iterable[int], ends: Iterable[int], last: int) -> list[tuple[int, int]]:
    """Pauses by nesting: one is over when as many ends as beginnings have come; one still open ends at ``last``."""
    marks = sorted([(at, 0) for at in begins] + [(at, 1) for at in ends])  # at one instant, beginnings before ends
    depth, since, pauses = 0, 0, []
    for at, is_end in marks:
        if not is_end:
            since, depth = (at, 1) if depth == 0 else (since, depth + 1)
        elif depth:
            depth -= 1
            if depth == 0:
                pauses.append((since, at))
    if depth:
        pauses.append((since, last))
    return pauses
