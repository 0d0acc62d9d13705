"""The lines of a replay: JSON with the keys in their fixed order, written out by hand because there are many."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from json.encoder import encode_basestring as quoted

from sla.event import EPOCH, SECOND_US
from sla.judge import Verdict
from sla.money import Settlement
from sla.ratio import Ratio
from sla.window import Window

_DAY_S = 86_400
_MINUTES = [f"{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]
_SECONDS = [f'{second:02}Z"' for second in range(60)]
_EPOCH_DAY = EPOCH.date().toordinal()
_days: dict[int, str] = {}


def clock_line(verdict: Verdict, order: str) -> str:
    """The line of a clock."""
    clock = verdict.clock
    rule = verdict.rule
    return (
        f'{{"kind":"clock","term":{quoted(rule.term)},"subject":{quoted("order/" + order)},"state":"{verdict.state}",'
        f'"started_at":{_instant(clock.started_us)},"due_at":{_instant(clock.due_us)},'
        f'"at_risk_at":{_instant(clock.at_risk_us)},"stopped_at":{_instant(clock.stopped_us)},'
        f'"elapsed_seconds":{clock.elapsed_s},"paused_seconds":{clock.paused_s},"late_seconds":{clock.late_s},'
        f'"excluded":{_word(verdict.excluded)},"party":{quoted(rule.party)},"amount":{verdict.amount},'
        f'"attributed_to":{_word(verdict.attributed_to)}}}'
    )


def ratio_line(ratio: Ratio) -> str:
    """The line of a ratio."""
    amount = "null" if ratio.amount is None else ratio.amount
    return (
        f'{{"kind":"ratio","term":{quoted(ratio.rule.term)},"window":{_window(ratio.window)},"good":{ratio.good},'
        f'"of":{ratio.of},"state":"{ratio.state}","party":{quoted(ratio.rule.party)},'
        f'"percent_of_fees":{decimal(ratio.percent)},"amount":{amount}}}'
    )


def settlement_line(row: Settlement) -> str:
    """The line of one party's window."""
    return (
        f'{{"kind":"settlement","party":{quoted(row.party)},"window":{_window(row.window)},"charged":{row.charged},'
        f'"cap_took":{{"event":{row.event_took},"window":{row.window_took},"twelve_months":{row.twelve_months_took}}},'
        f'"earned_back":{row.earned_back},"due":{row.due}}}'
    )


def decimal(exact: Fraction) -> str:
    """A number of JSON: as many decimals as it needs, twelve at most."""
    whole = f"{float(exact):.12f}" if exact.denominator != 1 else str(exact.numerator)
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def _word(text: str | None) -> str:
    return "null" if text is None else quoted(text)


def _instant(at_us: int | None) -> str:
    if at_us is None:
        return "null"
    day, second = divmod(at_us // SECOND_US, _DAY_S)
    date_spelt = _days.get(day)
    if date_spelt is None:
        if len(_days) > _DAY_S:
            _days.clear()
        date_spelt = _days[day] = f'"{date.fromordinal(day + _EPOCH_DAY).isoformat()}T'
    return date_spelt + _MINUTES[second // 60] + _SECONDS[second % 60]


def _window(window: Window) -> str:
    return f'{{"from":"{window.first.isoformat()}","to":"{window.end.isoformat()}"}}'
