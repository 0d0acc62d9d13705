"""Amounts, times and spans as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api import wording

HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "EUR", "0.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (123_456_789, "EUR", "1,234,567.89 EUR"),
        (-105, "EUR", "-1.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (123_456, "JPY", "123,456 JPY"),
        (123_456, "KWD", "123.456 KWD"),
        (123_456, "CLF", "12.3456 CLF"),
        (2**53, "USD", "90,071,992,547,409.92 USD"),
    ],
)
def test_money_has_as_many_decimals_as_its_currency(amount: int, currency: str, text: str) -> None:
    assert wording.money(amount, currency) == text


def test_a_time_on_another_day_says_which() -> None:
    day = datetime(2026, 11, 20).date()
    assert wording.clock(datetime(2026, 11, 20, 16, 15, 59, tzinfo=UTC), HELSINKI, day) == "18:15"
    assert wording.clock(datetime(2026, 11, 20, 22, 5, tzinfo=UTC), HELSINKI, day) == "Sat 21 Nov 00:05"


def test_times_are_those_of_the_clock_on_the_wall_on_both_sides_of_a_change() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    shown = [wording.stamp(before + timedelta(hours=hours), HELSINKI) for hours in range(3)]
    assert shown == ["2026-10-25 03:30:00", "2026-10-25 03:30:00", "2026-10-25 04:30:00"]


def test_a_time_at_the_edge_of_the_calendar_is_still_shown() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert wording.stamp(first, ZoneInfo("America/New_York")).endswith("00:00:00")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "2 min"), (3600, "1 h 00 min"), (3661, "1 h 02 min")],
)
def test_a_span_counts_the_minutes_begun(seconds: int, text: str) -> None:
    assert wording.span(seconds) == text


@pytest.mark.parametrize(
    ("metres", "text"), [(0, "0 m"), (999, "999 m"), (1000, "1.0 km"), (1949, "1.9 km"), (1950, "2.0 km")]
)
def test_a_distance_is_short(metres: int, text: str) -> None:
    assert wording.distance(metres) == text


def test_a_share_is_all_only_if_none_is_missing() -> None:
    assert wording.share(1999, 2000) == "99.9 %"
    assert wording.share(2000, 2000) == "100 %"
    assert wording.share(0, 0) == wording.NONE


def test_an_id_cannot_steer_the_terminal() -> None:
    assert wording.seen("a\x1b[31mred\r\n") == "a\\u001b[31mred\\u000d\\u000a"
    assert wording.seen("plain ä 茶") == "plain ä 茶"
