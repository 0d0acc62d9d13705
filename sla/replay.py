"""The replay: a contract version and a log of events give verdicts, the same bytes on any day and any machine.

``fold`` does one order, ``closing`` what the sums over all orders mean; ``replay`` puts them together in memory. The
command does the same with the orders on disk (``api.replaying``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sla import rows
from sla.around import Lock, Orders, around, is_general, locks
from sla.event import Event
from sla.judge import Around, Verdict, judge
from sla.money import Account, Settlement, fees_of, settle
from sla.order_log import Identity, OrderLog, each_once
from sla.ratio import Ratio, judged
from sla.rules import Rules
from sla.tally import Tally


class Judged(NamedTuple):
    """One verdict with its order."""

    order: str
    verdict: Verdict


class Outcome(NamedTuple):
    """All that a replay comes to: clocks by term and subject, ratios by term and window, settlements."""

    clocks: list[Judged]
    ratios: list[Ratio]
    settlements: dict[Account, Settlement]


NOTHING = Outcome([], [], {})
NOTHING_AROUND = Around((), {}, {}, {}, lambda drop, percent: True)


class Known(NamedTuple):
    """What is known at one time of judging. ``until_us``: when it had to have arrived; ``None``: whenever it did."""

    at_us: int
    until_us: int | None
    around: Around
    lock: Lock | None

    def knows(self, at_us: int, recorded_us: int) -> bool:
        """Whether what happened and arrived then counts."""
        return at_us <= self.at_us and (self.until_us is None or recorded_us <= self.until_us)


class Correction(NamedTuple):
    """When a correction happened and when it arrived."""

    at_us: int
    recorded_us: int


Corrections = Mapping[Identity, Sequence[Correction]]
"""By the identity of the event whose place is taken."""


class Log(NamedTuple):
    """All events of a replay in memory. The last of ``known`` is the instant of judgement."""

    by_order: Mapping[str, Sequence[Event]]
    corrections: Corrections
    known: Sequence[Known]

    def order(self, order: str) -> OrderLog:
        """The events of one order that count at the instant of judgement."""
        return OrderLog(order, counting(self.by_order.get(order, ()), self.corrections, self.known[-1]))


def replay(rules: Rules, events: Collection[Event], at_us: int | None = None) -> Iterator[str]:
    """The lines of a replay of events in any order, some perhaps twice, judged at an instant (default: the latest)."""
    found = outcome(rules, events, at_us)
    yield from (rows.clock_line(judged.verdict, judged.order) for judged in found.clocks)
    yield from closing_lines(found)


def outcome(rules: Rules, events: Collection[Event], at_us: int | None = None) -> Outcome:
    """What a replay of events comes to; see ``replay``."""
    log = gathered(rules, events, at_us)
    if log is None:
        return NOTHING
    tallies = [Tally() for _ in log.known]
    made = [
        Judged(order, verdict)
        for order, own in log.by_order.items()
        for verdict in fold(rules, order, own, log.corrections, log.known, tallies)
    ]
    made.sort(key=lambda judged: (judged.verdict.rule.term, judged.order))
    return closing(rules, log.known, tallies)._replace(clocks=made)


def gathered(rules: Rules, events: Collection[Event], at_us: int | None = None) -> Log | None:
    """The events by order, and what is known beside them; ``None`` where there is no event to judge at."""
    if at_us is None:
        at_us = max((event.at_us for event in events), default=None)
        if at_us is None:
            return None
    corrections = corrections_of(events)
    by_order: dict[str, list[Event]] = {}
    for event in events:
        if event.order is not None:
            by_order.setdefault(event.order, []).append(event)
    general = [event for event in events if is_general(event)]
    known = times_of_judging(rules, general, corrections, at_us)
    orders = count_drops(rules, by_order.values(), corrections, known)
    return Log(by_order, corrections, informed(rules, general, corrections, known, orders))


def corrections_of(events: Iterable[Event]) -> dict[Identity, list[Correction]]:
    """Whose place is taken by which corrections, told by their times."""
    found: dict[Identity, list[Correction]] = {}
    for event in events:
        if event.corrects is not None:
            found.setdefault(event.corrects, []).append(Correction(event.at_us, event.recorded_us))
    return found


def times_of_judging(rules: Rules, general: Sequence[Event], corrections: Corrections, at_us: int) -> list[Known]:
    """The instant of judgement, and before it each time at which a window was settled; see ``informed``."""
    main = Known(at_us, None, NOTHING_AROUND, None)
    if rules.money is None:
        return [main]
    settled = locks(counting(general, corrections, main), rules.money.windows)
    return [*(Known(min(at_us, lock.at_us), lock.recorded_us, NOTHING_AROUND, lock) for lock in settled), main]


def informed(
    rules: Rules, general: Sequence[Event], corrections: Corrections, known: Sequence[Known], orders: Sequence[Orders]
) -> list[Known]:
    """The times of judging with what was known then beside each order; ``orders`` of the drops, for each time."""
    clocks = [term.clock for term in rules.terms]
    return [
        then._replace(around=around(clocks, counting(general, corrections, then), counts))
        for then, counts in zip(known, orders, strict=True)
    ]


def count_drops(
    rules: Rules, orders: Iterable[Sequence[Event]], corrections: Corrections, known: Sequence[Known]
) -> list[dict[str | None, int]]:
    """How many orders each drop had, for each time of judging; nothing where no term asks."""
    counts: list[dict[str | None, int]] = [{} for _ in known]
    for events in orders if rules.needs_orders else ():
        for then, sums in zip(known, counts, strict=True):
            if own := counting(events, corrections, then):
                drop = OrderLog("", own).drop
                sums[drop] = sums.get(drop, 0) + 1
    return counts


def fold(
    rules: Rules,
    order: str,
    events: Iterable[Event],
    corrections: Corrections,
    known: Sequence[Known],
    tallies: Sequence[Tally],
) -> list[Verdict]:
    """The verdicts of one order; they are added to the tallies, one for each time of judging."""
    main = known[-1]
    log = OrderLog(order, counting(events, corrections, main))
    verdicts = judge(rules.terms, rules.stages, log, main.around, main.at_us)
    for then, tally in zip(known[:-1], tallies, strict=False):
        was = OrderLog(order, counting(events, corrections, then))
        _add(rules, judge(rules.terms, rules.stages, was, then.around, then.at_us), tally)
    _add(rules, verdicts, tallies[-1])
    return verdicts


def closing(rules: Rules, known: Sequence[Known], tallies: Sequence[Tally]) -> Outcome:
    """The ratios and settlements that the tallies, in the order of ``known``, come to."""
    return Outcome([], _ratios(rules, tallies[-1]), settlements(rules, known, tallies))


def closing_lines(found: Outcome) -> Iterator[str]:
    """The lines that come after those of the clocks."""
    yield from (rows.ratio_line(ratio) for ratio in found.ratios)
    yield from (rows.settlement_line(row) for _, row in sorted(found.settlements.items()))


def settlements(rules: Rules, known: Sequence[Known], tallies: Sequence[Tally]) -> dict[Account, Settlement]:
    """Each party's windows, those that were settled as they were then. Empty without a settlement in the contract."""
    if rules.money is None:
        return {}
    fixed: dict[Account, Settlement] = {}
    for then, tally in zip(known, tallies, strict=True):
        made = settle(rules.money, rules.fees, tally.charges, _ratios(rules, tally), fixed)
        if then.lock is None:
            return made
        for (party, window), row in made.items():
            if window == then.lock.window and then.lock.party in (None, party):
                fixed.setdefault((party, window), row)
    return {}


def _ratios(rules: Rules, tally: Tally) -> list[Ratio]:
    found = []
    for (index, window), (good, of) in tally.counts.items():
        rule = rules.ratios[index]
        found.append(judged(rule, window, good, of, fees_of(rules.fees, rule.party, window)))
    return sorted(found, key=lambda ratio: (ratio.rule.term, ratio.window))


def _add(rules: Rules, verdicts: Sequence[Verdict], tally: Tally) -> None:
    money = rules.money
    tally.add(verdicts, rules.ratios, money.windows if money else None, money.charged_from_us if money else 0)


def counting(events: Iterable[Event], corrections: Corrections, known: Known) -> list[Event]:
    """The events that count for what is known, each once, in fold order."""
    once = each_once([event for event in events if known.knows(event.at_us, event.recorded_us)])
    if not corrections:
        return once
    return [
        event
        for event in once
        if not any(known.knows(*correction) for correction in corrections.get(event.identity, ()))
    ]
