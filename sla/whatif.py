"""What if: the same events under another version of the contract, and what differs by party and clause."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sla.clock import BREACHED
from sla.event import Event
from sla.replay import Outcome, outcome
from sla.rules import Rules


class Count(NamedTuple):
    """Breaches, and the minor units that they cost before window caps."""

    breaches: int = 0
    amount: int = 0


class Difference(NamedTuple):
    """What one clause comes to for one party under both versions."""

    party: str
    term: str
    before: Count
    after: Count


class Change(NamedTuple):
    """What another version changes: clause by clause, and what each party owes after all caps."""

    clauses: list[Difference]
    due: list[tuple[str, int, int]]


def compare(one: Rules, other: Rules, events: Collection[Event], at_us: int | None = None) -> Change:
    """The difference that ``other`` makes to the same events at the same instant."""
    before, after = outcome(one, events, at_us), outcome(other, events, at_us)
    counts = _by_clause(before), _by_clause(after)
    clauses = [
        Difference(party, term, counts[0].get((party, term), Count()), counts[1].get((party, term), Count()))
        for party, term in sorted({*counts[0], *counts[1]})
    ]
    old, new = _due(before), _due(after)
    return Change(clauses, [(party, old.get(party, 0), new.get(party, 0)) for party in sorted({*old, *new})])


def _by_clause(found: Outcome) -> Mapping[tuple[str, str], Count]:
    counts: dict[tuple[str, str], Count] = {}

    def add(party: str, term: str, state: str, amount: int) -> None:
        before = counts.get((party, term), Count())
        counts[party, term] = Count(before.breaches + (state == BREACHED), before.amount + amount)

    for _, verdict in found.clocks:
        add(verdict.rule.party, verdict.rule.term, verdict.state, verdict.amount)
    for ratio in found.ratios:
        add(ratio.rule.party, ratio.rule.term, ratio.state, ratio.amount or 0)
    return counts


def _due(found: Outcome) -> Mapping[str, int]:
    dues: dict[str, int] = {}
    for (party, _), row in found.settlements.items():
        dues[party] = dues.get(party, 0) + row.due
    return dues
