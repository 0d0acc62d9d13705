"""Amounts, times, spans and distances as people read them. Integers and instants in, text out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS_OF = {currency: digits for digits, listed in _DIGITS.items() for currency in listed.split()}
"""Digits after the point of the currencies that have other than two. Source: ISO 4217, list one."""

NONE = "–"
"""What a table shows where there is nothing to show."""


def money(amount: int, currency: str) -> str:
    """``amount`` minor units of ``currency``: 123450 of EUR is ``1,234.50 EUR``, of JPY ``123,450 JPY``."""
    return f"{figure(amount, currency)} {currency}"


def figure(amount: int, currency: str) -> str:
    """The same without the currency, for the cells of a table that names it once."""
    digits = _DIGITS_OF.get(currency, 2)
    whole, rest = divmod(abs(amount), 10**digits)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}.{rest:0{digits}d}" if digits else f"{sign}{whole:,}"


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """``at`` on the clocks of ``zone``; in UTC where that would leave the calendar."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at.astimezone(UTC)


def clock(at: datetime, zone: ZoneInfo, day: date) -> str:
    """The local time to the minute; with the date where that is not ``day``. Seconds are cut, not rounded."""
    here = local(at, zone)
    return f"{here:%H:%M}" if here.date() == day else f"{here:%a} {here.day} {here:%b %H:%M}"


def stamp(at: datetime, zone: ZoneInfo) -> str:
    """The local date and time to the second, as spreadsheets read it: ``2026-11-20 19:05:12``."""
    return f"{local(at, zone):%Y-%m-%d %H:%M:%S}"


def span(seconds: int) -> str:
    """A length of time: ``45 s``, ``8 min``, ``1 h 05 min``. From a minute on, whole minutes begun count."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = -(-seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def distance(metres: int) -> str:
    """``850 m``, ``3.2 km``."""
    return f"{metres} m" if metres < 1000 else f"{(metres + 50) // 1000:,}.{(metres + 50) % 1000 // 100} km"


def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` as a percentage, rounded down, so that 100 % means all of them."""
    if not whole:
        return NONE
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %" if tenths < 1000 else "100 %"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 order``, ``2 orders``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def seen(text: str) -> str:
    """``text`` with characters that could steer a terminal written out: an id prints as what it is."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)
