"""Excuses: what excludes a breach from its remedy, by its own evidence or by decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sla.event import Event
from sla.order_log import OrderLog

PROPOSED, ACCEPTED, REJECTED = "excuse.proposed", "excuse.accepted", "excuse.rejected"
DECISIONS = frozenset({ACCEPTED, REJECTED})
Codes = Mapping[str, frozenset[str]]
"""The codes that a term lists, each with the kinds of evidence that prove it; none proves nothing by itself."""


class Excuse(NamedTuple):
    """A proposal and what became of it; ``decision`` is the last, ``None`` while there is none."""

    proposal: Event
    code: str
    decision: Event | None

    def concerns(self, term: str) -> bool:
        """Whether it was proposed for this term, or for all."""
        return (self.proposal.data.get("term") or term) == term

    def excludes(self, codes: Codes, evidence: set[str]) -> bool:
        """Whether it takes a breach of a term with these codes from the remedy."""
        if self.decision is not None:
            return self.decision.type == ACCEPTED
        wanted = codes.get(self.code)
        return bool(wanted) and evidence >= (wanted or frozenset())


def excuses(log: OrderLog, elsewhere: Mapping[str, Sequence[Event]]) -> list[Excuse]:
    """Every excuse with a code that is proposed for an order, in fold order.

    ``elsewhere``: decisions that name no order, by the id of the proposal.
    """
    found = []
    for proposal in log.by_type.get(PROPOSED, ()):
        code = proposal.data.get("code")
        if not code:
            continue
        decisions = [each for each in log.all_of(DECISIONS) if each.data.get("excuse") == proposal.id]
        decisions += elsewhere.get(proposal.id, ())
        found.append(Excuse(proposal, code, max(decisions, default=None)))
    return found


def excluded(term: str, codes: Codes, proposed: Sequence[Excuse], log: OrderLog) -> str | None:
    """The code that excludes a breach of a term: of several excuses that hold, that of the one proposed first."""
    evidence = log.evidence()
    return next((each.code for each in proposed if each.concerns(term) and each.excludes(codes, evidence)), None)
