"""A bound contract made ready for judging: parties, calendars and amounts looked up once, not once an order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

from router.errors import Invalid
from sla import calendar, contract
from sla.attribute import StageRule
from sla.clock import ClockRule, OpenTime, PauseRule
from sla.event import EPOCH, SECOND_US
from sla.judge import RemedyRule, TermRule
from sla.money import EarnBackRule, Fee, MoneyRule
from sla.ratio import RatioRule
from sla.spelling import Duration
from sla.window import Period, Windows, local_day, midnight_us

ALWAYS = calendar.AroundTheClock()


class ParameterUnbound(Invalid):
    """A term obliges somebody whom the contract does not name."""

    code, title = "parameter-unbound", "The contract does not say who owes this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What judging needs of a contract. ``needs_orders``: whether some term asks how many orders a drop has."""

    terms: tuple[TermRule, ...]
    ratios: tuple[RatioRule, ...]
    stages: tuple[StageRule, ...]
    fees: tuple[Fee, ...]
    money: MoneyRule | None
    needs_orders: bool


def prepared(bound: contract.Contract) -> Rules:
    """The rules of a bound contract. Raises ``ParameterUnbound`` where a term obliges nobody."""
    unbound = sorted({term.obligated for term in bound.terms if bound.parameters.get(term.obligated) is None})
    if unbound:
        names = ", ".join(unbound)
        raise ParameterUnbound(f"the contract binds nobody to {names}; name a partner under parameters", roles=unbound)
    zone = ZoneInfo(bound.timezone)
    calendars = {each.id: calendar.of(each, zone) for each in bound.calendars}
    terms = tuple(_term(term, term.clock, bound, calendars, zone) for term in bound.terms if term.clock is not None)
    return Rules(
        terms=terms,
        ratios=tuple(_ratio(term, term.ratio, bound, zone) for term in bound.terms if term.ratio is not None),
        stages=tuple(
            StageRule(each.id, each.from_, each.to, each.budget.total_s * SECOND_US, bound.party(each.party))
            for each in bound.stages
        ),
        fees=tuple(Fee(bound.party(fee.party), fee.from_, fee.to, fee.amount) for fee in bound.fees),
        money=_money(bound, zone),
        needs_orders=any(term.most_percent is not None for term in terms),
    )


def _term(
    term: contract.Term,
    clock: contract.Clock,
    bound: contract.Contract,
    calendars: dict[str, calendar.OpeningHours],
    zone: ZoneInfo,
) -> TermRule:
    asked = term.qualifies_when.orders_in_drop_at_most_percent_of_forecast if term.qualifies_when else None
    return TermRule(
        term=term.id,
        clock=_clock(term, clock, bound, calendars, zone),
        party=_party(bound, term),
        codes={each.code: frozenset(each.evidence) for each in term.excluded_when},
        most_percent=None if asked is None else Fraction(asked),
        remedy=_remedy(term),
    )


def _clock(
    term: contract.Term,
    clock: contract.Clock,
    bound: contract.Contract,
    calendars: dict[str, calendar.OpeningHours],
    zone: ZoneInfo,
) -> ClockRule:
    target_s = clock.target.total_s
    hours = calendars[clock.calendar] if clock.calendar is not None else None
    scope = term.scope
    own = {"hub": bound.hubs, "courier": bound.couriers}.get(term.obligated)
    at_risk_us = None
    if clock.at_risk is not None and clock.at_risk.percent is not None:
        at_risk_us = ceil(target_s * SECOND_US * Fraction(clock.at_risk.percent) / 100)
    elif clock.at_risk is not None and clock.at_risk.before is not None:
        at_risk_us = max(0, target_s - clock.at_risk.before.total_s) * SECOND_US
    open_time: OpenTime = ALWAYS if hours is None else hours
    return ClockRule(
        starts=tuple(dict.fromkeys(clock.start)),
        stops=tuple(dict.fromkeys(clock.stop)),
        cancels=tuple(dict.fromkeys(clock.cancel)),
        pauses=tuple(dict.fromkeys(PauseRule(pause.from_, pause.to) for pause in clock.pause)),
        open_time=open_time,
        moved=None if clock.cutoff is None else _moved(clock.cutoff.local_time.seconds, hours, zone),
        target_s=target_s,
        at_risk_us=at_risk_us,
        tiers=None if scope.tiers is None else frozenset(scope.tiers),
        hubs=None if scope.hubs is None else frozenset(scope.hubs),
        role=term.obligated,
        own=None if own is None else frozenset(own),
        from_us=None if bound.from_ is None else midnight_us(bound.from_, zone),
        to_us=None if bound.to is None else midnight_us(bound.to, zone),
    )


def _moved(cutoff_s: int, hours: calendar.OpeningHours | None, zone: ZoneInfo) -> Callable[[int], int | None]:
    """From the time of a start event to the start: one later than the cut-off waits for the next opening after the
    close of its day. Around the clock a day closes at midnight and opens again."""

    def moved(at_us: int) -> int | None:
        local = (EPOCH + timedelta(microseconds=at_us)).astimezone(zone)
        late = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        if late <= timedelta(seconds=cutoff_s):
            return at_us
        day = local_day(at_us, zone)
        if hours is None:
            return midnight_us(day + timedelta(days=1), zone)
        close_us = hours.close_us(day)
        try:
            return hours.opening_us(at_us if close_us is None else max(at_us, close_us))
        except calendar.NeverOpen:
            return None

    return moved


def _remedy(term: contract.Term) -> RemedyRule:
    fixed = term.remedy
    grace_s = term.clock.grace.total_s if term.clock is not None else 0
    if not isinstance(fixed, contract.Fixed):
        return RemedyRule(grace_s, (), 0, None)
    steps = tuple(sorted((step.after.total_s, step.amount) for step in fixed.steps))
    return RemedyRule(grace_s, steps, fixed.per_minute, fixed.cap_per_event)


def _ratio(term: contract.Term, ratio: contract.Ratio, bound: contract.Contract, zone: ZoneInfo) -> RatioRule:
    remedy = term.remedy
    ladder: tuple[tuple[Fraction, Fraction], ...] = ()
    if isinstance(remedy, contract.PercentOfFees):
        ladder = tuple((Fraction(rung.below), Fraction(rung.value)) for rung in remedy.ladder)
    elif isinstance(remedy, contract.FromPool):
        ladder = ((Fraction(ratio.target), _of_pool(remedy, bound.settlement)),)
    return RatioRule(
        term=term.id,
        party=_party(bound, term),
        of=ratio.of,
        good_term=ratio.good.term,
        good_state=ratio.good.state,
        without_excused="excused" in ratio.excludes,
        windows=Windows(period(ratio.window.calendar), zone),
        target=Fraction(ratio.target),
        at_least=ratio.at_least,
        ladder=ladder,
    )


def _of_pool(remedy: contract.FromPool, settlement: contract.Settlement | None) -> Fraction:
    """The percentage of the fees that a share of a pool is: at risk, of it the pool, of it the share."""
    pools = {pool.id: pool.share_percent for pool in settlement.pools} if settlement else {}
    at_risk = settlement.at_risk_percent if settlement else None
    share = Fraction(pools.get(remedy.pool, Decimal(0))) * Fraction(remedy.share_percent) / 100
    return share if at_risk is None else share * Fraction(at_risk) / 100


def _money(bound: contract.Contract, zone: ZoneInfo) -> MoneyRule | None:
    settlement = bound.settlement
    if settlement is None:
        return None
    charged_from = date.min
    if bound.from_ is not None and settlement.grace_period != Duration():
        charged_from = settlement.grace_period.after(bound.from_)
    back = settlement.earn_back
    return MoneyRule(
        windows=Windows(period(settlement.window), zone),
        at_risk_percent=None if settlement.at_risk_percent is None else Fraction(settlement.at_risk_percent),
        cap_12_months=settlement.cap_12_months,
        charged_from=charged_from,
        charged_from_us=midnight_us(charged_from, zone) if charged_from > date.min else -(1 << 62),
        earn_back=EarnBackRule(back.term, back.windows, Fraction(back.at_or_above), frozenset(back.not_in))
        if back
        else None,
    )


def period(span: Duration) -> Period:
    """The windows that a span of whole months or days makes."""
    return Period(months=span.months) if span.months else Period(days=max(1, span.days))


def _party(bound: contract.Contract, term: contract.Term) -> str:
    return bound.party(term.obligated)
