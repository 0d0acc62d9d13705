"""What a judgement lacks, and how it is added: some orders again in one step, or all of them under a new number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection

from api import judging_sums
from api.db import sla_log, verdicts
from api.db.connect import Database
from api.db.verdicts import LIVE, Judgement, Which
from api.judging_sums import Drops, Sums, count, microseconds
from sla import event
from sla.around import Lock
from sla.contract import Contract
from sla.digest import Digest, Row, digest, drop_counted
from sla.event import EPOCH, Event
from sla.judge import Around, Verdict, judge
from sla.order_log import Identity, OrderLog
from sla.replay import Correction, Known, counting, informed, times_of_judging
from sla.rules import Rules
from sla.tally import Tally

STEP = 2000
"""Orders that are judged at a time."""

RULES = 2
"""Raise it with every change to what ``sla`` makes of the same events, so that all is judged again."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A contract version, ready for judging."""

    contract: Contract
    rules: Rules
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Some orders judged again: their names, their digests, and what the judgement is then."""

    names: Sequence[str]
    found: Sequence[Digest]
    before: Judgement
    after: Judgement


def program() -> str:
    """What judges: another program judges everything again."""
    return f"{version('dropwright')}/{RULES}"


def head(db: Connection, tenant: str) -> int:
    """How far the log goes."""
    return sla_log.touched(db, tenant)


def sums_of(known: Judgement) -> Sums:
    """The sums of a judgement."""
    return judging_sums.read(known.sums)


def behind(
    db: Connection, law: Law, which: Which, known: Judgement | None, at: datetime, through: int
) -> Step | Literal["nothing", "everything"]:
    """What a judgement lacks to be of ``at`` and of the log up to the position ``through``: the next step of it."""
    if known is None or known.program != program():
        return "everything"
    named = verdicts.touched(db, which.tenant, known.position, STEP)
    names = {order for order, _ in named}
    is_last = len(named) < STEP
    until = max(at, known.at) if is_last else known.at
    if until > known.at:
        come, is_about_all = verdicts.come(db, which.tenant, known.at, until)
        names |= come | set(verdicts.due(db, which.tenant, known.number, until))
        if is_about_all:
            return "everything"
    if sla_log.ALL in names:
        return "everything"
    if not names or (known.position >= through and until == known.at):
        return "nothing"
    position = max(known.position, head(db, which.tenant)) if is_last else named[-1][1]
    return _step(db, law, which, known, sorted(names), until, position) or "everything"


def _step(
    db: Connection, law: Law, which: Which, known: Judgement, names: list[str], until: datetime, position: int
) -> Step | None:
    """The orders judged again; ``None`` where that changes what the other orders of a drop come to."""
    rules, tenant = law.rules, which.tenant
    before = sums_of(known)
    given = _given(db, tenant, verdicts.of_orders(names))
    times = before.known(until)
    was = [json.loads(spelt) for spelt in verdicts.sums(db, tenant, known.number, names)]
    drops: Drops = [dict(counts) for counts in before.drops]
    if rules.needs_orders:
        for each in was:
            count(drops, each["drops"], -1)
        for order, events in given.by_order.items():
            count(drops, [drop_counted(order, events, given.corrections, then) for then in times], 1)
    general = _given(db, tenant, [verdicts.of_all()])
    then = informed(rules, general.events, general.corrections, times, before.drops)
    now = informed(rules, general.events, general.corrections, times, drops)
    if _turned(rules, then, now, (*before.drops, *drops)):
        return None
    corrections = {**general.corrections, **given.corrections}
    found = [digest(rules, law.zone, order, own, corrections, now) for order, own in given.by_order.items()]
    sums = replace(before, drops=drops)
    for each in was:
        sums.remove(each["tallies"])
    for each in found:
        sums.add(each)
    after = replace(known, revision=known.revision + 1, at=until, position=position, sums=sums.plain())
    return Step(names=names, found=found, before=known, after=after)


def write(store: Database, which: Which, step: Step) -> None:
    """Puts a step in the place of what was there; does nothing where others were quicker."""
    with store.write() as db:
        if verdicts.begin(db, which, step.before):
            verdicts.take(db, which.tenant, step.before.number, step.names)
            _put_rows(db, which.tenant, step.before.number, step.found)
            verdicts.put(db, which, step.after)


def judge_all(store: Database, law: Law, which: Which, known: Judgement | None, at: datetime, *, now: datetime) -> None:
    """Judges every order as of ``at`` under a number that nobody reads yet, then lets that take the other's place.

    One order's events at a time are in memory by ``STEP`` orders, and what is about all of them. O(events).
    """
    rules, tenant = law.rules, which.tenant
    until = at if known is None else max(at, known.at)
    with store.write() as db:
        number = verdicts.start(db, which, program(), now)
    with store.snapshot() as db:
        position = head(db, tenant)
        general = _given(db, tenant, [verdicts.of_all()])
        times = times_of_judging(rules, general.events, general.corrections, microseconds(until))
        drops = _drops(db, rules, tenant, times)
        informed_times = informed(rules, general.events, general.corrections, times, drops)
        locks = [then.lock for then in times if then.lock is not None]
        sums = Sums(locks=locks, tallies=[Tally() for _ in times], drops=drops)
        for span in verdicts.order_spans(db, tenant, STEP):
            given = _given(db, tenant, [span])
            corrections = {**general.corrections, **given.corrections}
            found = [
                digest(rules, law.zone, order, own, corrections, informed_times)
                for order, own in given.by_order.items()
            ]
            for each in found:
                sums.add(each)
            with store.write() as out:
                _put_rows(out, tenant, number, found)
    made = Judgement(
        number=number,
        revision=0 if known is None else known.revision + 1,
        at=until,
        position=position,
        program=program(),
        sums=sums.plain(),
    )
    with store.write() as db:
        is_mine = (
            verdicts.finish(db, which, number) and verdicts.begin(db, which, known) and verdicts.put(db, which, made)
        )
        gone = [number] if not is_mine else [] if known is None else [known.number]
        gone += verdicts.forget_old(db, tenant) if which.as_of != LIVE else []
    for each_number in gone:
        is_there = True
        while is_there:
            with store.write() as db:
                is_there = verdicts.drop(db, tenant, each_number)


class OfOrder(NamedTuple):
    """One order judged by itself: its verdicts, and what they stand on. ``locks``: the windows that are settled."""

    verdicts: list[Verdict]
    log: OrderLog
    around: Around
    locks: list[Lock]


def of_order(db: Connection, law: Law, tenant: str, order: str, at: datetime) -> OfOrder:
    """What one order comes to at an instant, with all that is in the log by now. Writes nothing."""
    rules = law.rules
    given, general = (_given(db, tenant, found) for found in (verdicts.of_orders([order]), [verdicts.of_all()]))
    times = times_of_judging(rules, general.events, general.corrections, microseconds(at))
    known = verdicts.find(db, Which(tenant=tenant, contract=law.contract.id, version=law.contract.version))
    drops = [] if known is None else sums_of(known).drops
    if len(drops) != len(times):
        drops = _drops(db, rules, tenant, times)
    then = informed(rules, general.events, general.corrections, times, drops)[-1]
    corrections = {**general.corrections, **given.corrections}
    log = OrderLog(order, counting(given.by_order.get(order, ()), corrections, then))
    made = judge(rules.terms, rules.stages, log, then.around, then.at_us)
    return OfOrder(made, log, then.around, [each.lock for each in times if each.lock is not None])


def settled(db: Connection, law: Law, tenant: str, at: datetime) -> list[Lock]:
    """The windows that are settled, in the order in which they were."""
    general = _given(db, tenant, [verdicts.of_all()])
    times = times_of_judging(law.rules, general.events, general.corrections, microseconds(at))
    return [each.lock for each in times if each.lock is not None]


def _drops(db: Connection, rules: Rules, tenant: str, times: Sequence[Known]) -> Drops:
    """How many orders each drop has, where the contract asks. O(events) then."""
    drops: Drops = [{} for _ in times]
    for span in verdicts.order_spans(db, tenant, STEP) if rules.needs_orders else ():
        given = _given(db, tenant, [span])
        for order, events in given.by_order.items():
            count(drops, [drop_counted(order, events, given.corrections, then) for then in times], 1)
    return drops


class _Given(NamedTuple):
    events: list[Event]
    by_order: dict[str, list[Event]]
    corrections: dict[Identity, list[Correction]]


def _given(db: Connection, tenant: str, found: Iterable[ColumnElement[bool]]) -> _Given:
    """Some events, those of orders by order, and what takes their place."""
    given = _Given([], {}, {})
    for some in found:
        for spelt in verdicts.documents(db, tenant, some):
            made = event.again(spelt.encode())
            given.events.append(made)
            if made.order is not None:
                given.by_order.setdefault(made.order, []).append(made)
        for identity, spelt in verdicts.corrections(db, tenant, some):
            made = event.again(spelt.encode())
            given.corrections.setdefault(identity, []).append(Correction(made.at_us, made.recorded_us))
    return given


def _turned(
    rules: Rules, before: Sequence[Known], now: Sequence[Known], drops: Iterable[Mapping[str | None, int]]
) -> bool:
    """Whether a drop has come to qualify, or not to, since."""
    if not rules.needs_orders:
        return False
    named = {None}.union(*drops)
    asked = {rule.most_percent for rule in rules.terms if rule.most_percent is not None}
    return any(
        one.around.qualifies(drop, percent) != other.around.qualifies(drop, percent)
        for one, other in zip(before, now, strict=True)
        for drop in named
        for percent in asked
    )


def _put_rows(db: Connection, tenant: str, number: int, found: Sequence[Digest]) -> None:
    orders = [
        {"order": each.order, "changes_at": _instant(each.changes_us), "sums": judging_sums.added(each)}
        for each in found
    ]
    verdicts.write(db, tenant, number, orders, [_clock(row) for each in found for row in each.rows])


def _clock(row: Row) -> dict[str, Any]:
    return {
        "order": row.order,
        "term": row.term,
        "party": row.party,
        "state": row.state,
        "started_at": _instant(row.started_us),
        "due_at": _instant(row.due_us),
        "stopped_at": _instant(row.stopped_us),
        "late_seconds": row.late_s,
        "grows_at": _instant(row.grows_us),
        "excluded": row.excluded,
        "waived": row.is_waived,
        "uncapped": row.uncapped,
        "amount": row.amount,
        "attributed_to": row.attributed_to,
        "case": row.case,
        "drop": row.drop,
        "tier": row.tier,
        "hub": row.hub,
        "courier": row.courier,
        "week": row.week,
    }


def _instant(at_us: int | None) -> datetime | None:
    return None if at_us is None else EPOCH + at_us * _MICROSECOND
