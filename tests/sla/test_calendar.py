"""Opening hours: what is open when, on ordinary days, on holidays, and in nights in which the clock is changed."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import calendars as count
from sla import calendar, contract
from sla.calendar import SECOND_US
from sla.spelling import Opening

HELSINKI = ZoneInfo("Europe/Helsinki")
HOUR_US = 3600 * SECOND_US
ZONES = count.zones()


def us(text: str, zone: ZoneInfo = HELSINKI, fold: int = 0) -> int:
    """The instant of a local time, in microseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()) * SECOND_US


def opened(zone: ZoneInfo = HELSINKI, closed: contract.Holidays | None = None, **hours: str) -> calendar.OpeningHours:
    """A calendar by days (``mon_fri``) of hours (``08:00-12:00 13:00-17:00``)."""
    spelt = {
        days.replace("_", "-"): tuple(Opening.parse(each) for each in text.split()) for days, text in hours.items()
    }
    record = contract.Calendar(id="dock", hours=spelt, holidays=closed or contract.Holidays())
    return calendar.of(record, zone)


def test_open_time_is_counted_over_nights_and_weekends() -> None:
    dock = opened(mon_fri="08:00-20:00", sat="10:00-16:00")
    friday, monday = us("2026-11-20T19:00"), us("2026-11-23T09:00")
    assert dock.open_us(friday, monday) == (1 + 6 + 1) * HOUR_US
    assert dock.after_us(friday, 8 * HOUR_US) == monday
    assert dock.open_us(monday, friday) == 0
    assert dock.after_us(friday, 0) == friday


def test_a_span_that_ends_at_the_close_is_over_at_the_close_not_at_the_next_opening() -> None:
    dock = opened(mon_fri="08:00-20:00")
    assert dock.after_us(us("2026-11-20T19:00"), HOUR_US) == us("2026-11-20T20:00")
    assert dock.after_us(us("2026-11-20T19:00"), HOUR_US + 1) == us("2026-11-23T08:00") + 1


def test_the_first_opening_is_at_once_where_it_is_open() -> None:
    dock = opened(mon_fri="08:00-12:00 13:00-20:00")
    assert dock.opening_us(us("2026-11-20T13:30")) == us("2026-11-20T13:30")
    assert dock.opening_us(us("2026-11-20T12:00")) == us("2026-11-20T13:00")
    assert dock.opening_us(us("2026-11-20T20:00")) == us("2026-11-23T08:00")
    assert dock.close_us(date(2026, 11, 20)) == us("2026-11-20T20:00")
    assert dock.close_us(date(2026, 11, 21)) is None


def test_hours_to_24_join_the_next_day_without_a_gap() -> None:
    round_the_clock = opened(mon_sun="00:00-24:00")
    begin, end = us("2026-02-27T12:00"), us("2029-03-02T12:34")
    assert round_the_clock.open_us(begin, end) == end - begin
    assert round_the_clock.after_us(begin, end - begin) == end
    assert round_the_clock.opening_us(round_the_clock.close_us(date(2026, 2, 27)) or 0) == us("2026-02-28T00:00")


def test_an_hour_that_comes_twice_counts_twice_and_a_skipped_one_never() -> None:
    night = opened(mon_sun="02:00-03:30")
    assert night.open_us(us("2026-10-25T00:00"), us("2026-10-25T12:00")) == 2 * HOUR_US
    assert night.open_us(us("2026-03-29T00:00"), us("2026-03-29T12:00")) == HOUR_US
    assert night.open_us(us("2026-03-30T00:00"), us("2026-03-30T12:00")) == 3 * HOUR_US // 2


def test_a_day_that_a_zone_left_out_is_open_for_no_time() -> None:
    apia = ZoneInfo("Pacific/Apia")
    shop = opened(apia, mon_sun="08:00-20:00")
    assert shop.open_us(us("2011-12-29T00:00", apia), us("2012-01-01T00:00", apia)) == 24 * HOUR_US
    assert shop.close_us(date(2011, 12, 30)) is None


def test_minutes_that_belong_to_two_dates_in_turn_are_counted_by_the_date_on_the_wall() -> None:
    johns = ZoneInfo("America/St_Johns")  # at 00:01 on Sunday it was 23:01 on Saturday again, until 2011
    sunday = opened(johns, sun="00:00-24:00")
    begin, end = us("2010-11-06T12:00", johns), us("2010-11-07T12:00", johns)
    assert sunday.open_us(begin, end) == 12 * HOUR_US + 60 * SECOND_US
    saturday = opened(johns, sat="00:00-24:00")
    assert saturday.open_us(begin, end) == 12 * HOUR_US + (59 * 60) * SECOND_US


def test_holidays_are_closed_whether_of_a_country_or_dates() -> None:
    everyday = {"mon_sun": "08:00-20:00"}
    begin, end = us("2026-12-05T00:00"), us("2026-12-08T00:00")
    independence = contract.Holidays(country="FI")
    assert opened(**everyday, closed=independence).open_us(begin, end) == 24 * HOUR_US
    assert opened(**everyday, closed=contract.Holidays(dates=(date(2026, 12, 7),))).open_us(begin, end) == 24 * HOUR_US
    both = contract.Holidays(country="FI", dates=(date(2026, 12, 7),))
    assert opened(**everyday, closed=both).open_us(begin, end) == 12 * HOUR_US


def test_dates_that_were_stored_count_instead_of_the_country() -> None:
    stored = contract.Holidays(country="FI", expanded=(date(2026, 12, 8),))
    shop = opened(mon_sun="08:00-20:00", closed=stored)
    assert shop.open_us(us("2026-12-06T00:00"), us("2026-12-07T00:00")) == 12 * HOUR_US
    assert shop.open_us(us("2026-12-08T00:00"), us("2026-12-09T00:00")) == 0


def test_a_calendar_that_never_opens_says_so() -> None:
    closed = opened()
    assert closed.open_us(0, us("2026-01-01T00:00")) == 0
    with pytest.raises(calendar.NeverOpen):
        closed.after_us(0, 1)
    with pytest.raises(calendar.NeverOpen):
        closed.opening_us(0)


@pytest.mark.parametrize(
    ("spelt", "days"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sat,sun", (5, 6)),
        ("fri-mon", (4, 5, 6, 0)),
        ("mon, wed-thu", (0, 2, 3)),
        ("mo", None),
        ("", None),
        ("mon-", None),
    ],
)
def test_days_of_the_week_are_named_singly_by_range_and_by_list(spelt: str, days: tuple[int, ...] | None) -> None:
    assert calendar.weekdays(spelt) == days


@given(
    zone=st.sampled_from(["Europe/Helsinki", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    begin_s=st.integers(946_684_800, 2_000_000_000),
    need_s=st.integers(1, 40 * 86_400),
)
def test_so_much_later_is_the_first_instant_by_which_so_much_was_open(zone: str, begin_s: int, need_s: int) -> None:
    shop = opened(ZoneInfo(zone), mon_fri="00:00-01:30 08:00-20:00", sat="10:00-24:00")
    begin_us = begin_s * SECOND_US
    end_us = shop.after_us(begin_us, need_s * SECOND_US)
    assert shop.open_us(begin_us, end_us) == need_s * SECOND_US
    assert shop.open_us(begin_us, end_us - 1) == need_s * SECOND_US - 1


@pytest.mark.parametrize("part", range(8))
def test_no_clock_change_of_any_zone_from_2000_to_2037_is_counted_wrong(part: int) -> None:
    seen: dict[tuple[int, ...], str] = {}
    found = []
    for zone in ZONES[part::8]:
        at = tuple(count.changes(zone))
        key = (*at, *(int(datetime.fromtimestamp(each, zone).utcoffset().total_seconds()) for each in at))
        if seen.setdefault(key, zone.key) == zone.key:  # other names of the same zone have the same clock
            tested = count.hours(zone)
            found += [said for each in at for said in count.wrong(zone, tested, each, 3 * 3600)]
    assert found == []
