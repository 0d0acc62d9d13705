"""What a contract spells as strings: spans of ISO 8601, times of day, opening hours, and the good of a ratio."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from router.spelling import Misspelt, Spelling

DAY_S = 86_400
_LONGEST = 40
"""Characters of the longest spelling worth a look."""

_DURATION = re.compile(
    r"P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?"
    r"(T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?"
)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration(Spelling):
    """A span: whole calendar months, and days and seconds; a day is 86 400 seconds, a week seven days."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """``PT1H``, ``P30D``, ``P1M`` and the like, whole numbers only. Raises Misspelt (bad-duration)."""
        found = _DURATION.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None or text == "P":
            raise Misspelt(
                "bad-duration", f"{text[:_LONGEST]!r} is not a span of ISO 8601, such as PT1H30M, P30D or P1M"
            )
        years, months, weeks, days, _, hours, minutes, seconds = (
            int(part) if part and part.isdigit() else 0 for part in found.groups()
        )
        made = cls(months=12 * years + months, days=7 * weeks + days, seconds=3600 * hours + 60 * minutes + seconds)
        if max(made.months // 12, made.days // 366, made.seconds // (366 * DAY_S)) > 100:
            raise Misspelt("bad-duration", f"{text!r} is longer than a hundred years; mend the figure")
        return made

    @property
    def total_s(self) -> int:
        """Seconds of its days and seconds."""
        return self.days * DAY_S + self.seconds

    def after(self, day: date) -> date:
        """The date so much later: months first, the last of one that has no such day, then whole days."""
        month = day.year * 12 + day.month - 1 + self.months
        following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
        last = (following - timedelta(days=1)).day
        first = date(month // 12, month % 12 + 1, min(day.day, last))
        return first + timedelta(days=self.total_s // DAY_S)

    def __str__(self) -> str:
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        date = "".join(f"{count}{unit}" for count, unit in ((self.months, "M"), (self.days, "D")) if count)
        time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
        if not date and not time:
            return "PT0S"
        return f"P{date}T{time}" if time else f"P{date}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime(Spelling):
    """A time of day on the wall: ``seconds`` since its midnight, 24:00 among them."""

    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """``18:00`` or ``18:00:30``. Raises Misspelt (bad-local-time)."""
        seconds = _of_day(text)
        if seconds is None:
            raise Misspelt(
                "bad-local-time", f"{text[:_LONGEST]!r} is not a time of day from 00:00 to 24:00, such as 18:00"
            )
        return cls(seconds=seconds)

    def __str__(self) -> str:
        return _spelt(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(Spelling):
    """Open from one time of day up to, not including, another of the same date; seconds since midnight."""

    open_s: int
    close_s: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """``08:00-20:00``. Raises Misspelt (bad-hours, ends-before-start)."""
        first, dash, last = text[:_LONGEST].replace("–", "-").partition("-")
        open_s, close_s = _of_day(first.strip()), _of_day(last.strip())
        if not dash or open_s is None or close_s is None:
            raise Misspelt("bad-hours", f"{text[:_LONGEST]!r} is not a pair of times of day, such as 08:00-20:00")
        if close_s <= open_s:
            cure = "a night is written as two: until 24:00, and from 00:00 on the next day"
            raise Misspelt("ends-before-start", f"{text!r} closes no later than it opens; {cure}")
        return cls(open_s=open_s, close_s=close_s)

    def __str__(self) -> str:
        return f"{_spelt(self.open_s)}-{_spelt(self.close_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good(Spelling):
    """What a ratio counts as good: a term's clocks in one state."""

    term: str
    state: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """``door-to-door: met``. Raises Misspelt (bad-good)."""
        term, colon, state = (part.strip() for part in text.rpartition(":"))
        if not colon or not term or state not in ("met", "breached"):
            raise Misspelt("bad-good", f"{text[:_LONGEST]!r} is not a term and a state, such as 'door-to-door: met'")
        return cls(term=term, state=state)

    def __str__(self) -> str:
        return f"{self.term}: {self.state}"


def _of_day(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    total = 3600 * hours + 60 * minutes + seconds
    return total if minutes < 60 and seconds < 60 and total <= DAY_S else None


def _spelt(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    spelt = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{spelt}:{rest:02}" if rest else spelt
