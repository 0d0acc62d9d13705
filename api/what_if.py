"""What if: the same log under another version of a contract, or under a draft, and what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from api import judging
from api.cases import clause_of
from api.db import verdict_rows
from api.db.connect import Database
from api.db.verdicts import LIVE, Which
from api.judging import Judged
from api.judging_steps import Law
from sla import codec
from sla.clock import BREACHED
from sla.contract import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Comes:
    """Breaches that are not excused, and the minor units that they cost before the caps of windows."""

    breaches: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseChange:
    """What one clause comes to for one party; ``clause`` is the other contract's where that has the term."""

    party: str
    clause: str
    term: str
    before: Comes
    after: Comes


@dataclass(frozen=True, slots=True, kw_only=True)
class DueChange:
    """What one party owes of all windows, after all caps."""

    party: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What another contract would have changed, by party and clause, and what is due by party."""

    at: datetime
    currency: str
    clauses: tuple[ClauseChange, ...]
    due: tuple[DueChange, ...]


def draft(contract: Contract) -> tuple[Law, str]:
    """A contract that is not published, and what its judgement is kept under (``Which.as_of``)."""
    law = judging.made_ready(contract)
    return law, f"draft {hashlib.sha256(codec.canonical(contract)).hexdigest()[:32]}"


def difference(store: Database, tenant: str, one: Law, other: Law, now: datetime, *, as_of: str = LIVE) -> WhatIf:
    """What the log comes to under two contracts as of now; ``as_of``: where the second one's judgement is kept.

    Raises ``StillJudging``.
    """
    found: list[tuple[Mapping[tuple[str, str], Comes], Mapping[str, int]]] = []
    at = now
    for law, kept in ((one, LIVE), (other, as_of)):
        which = Which(tenant=tenant, contract=law.contract.id, version=law.contract.version, as_of=kept)
        with judging.judged_by(store, law, which, now, now=now) as judged:
            found.append((_by_clause(judged), _due(judged)))
            at = judged.at
    (before, owed), (after, owes) = found
    terms = {term.id for term in other.contract.terms}
    return WhatIf(
        at=at,
        currency=other.contract.currency,
        clauses=tuple(
            ClauseChange(
                party=party,
                clause=clause_of(other if term in terms else one, term),
                term=term,
                before=before.get((party, term), Comes()),
                after=after.get((party, term), Comes()),
            )
            for party, term in sorted({*before, *after})
        ),
        due=tuple(
            DueChange(party=party, before=owed.get(party, 0), after=owes.get(party, 0))
            for party in sorted({*owed, *owes})
        ),
    )


def _by_clause(judged: Judged) -> Mapping[tuple[str, str], Comes]:
    late = verdict_rows.amounts(judged.db, judged.clocks())
    found = {key: Comes(breaches=breaches, amount=amount) for key, (breaches, amount) in late.items()}
    for ratio in judged.closing().ratios:
        key = (ratio.rule.party, ratio.rule.term)
        known = found.get(key, Comes())
        breaches = known.breaches + (ratio.state == BREACHED)
        found[key] = Comes(breaches=breaches, amount=known.amount + (ratio.amount or 0))
    return found


def _due(judged: Judged) -> Mapping[str, int]:
    dues: dict[str, int] = {}
    for (party, _), row in judged.closing().settlements.items():
        dues[party] = dues.get(party, 0) + row.due
    return dues
