"""Brings a judgement of the log under a published contract up to date, and shows what it comes to.

A verdict is a function of contract and log; what is stored is what has been computed before. Only orders of which the
log has told something since, or that time alone may have changed, are judged again; all of them where it has told
something about all (a hub, a forecast, a settled window), where a drop has outgrown its forecast, or the program is
another. See decision 0018.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from threading import Lock, Thread
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api import judging_steps
from api.db import contracts, verdicts
from api.db.connect import Database
from api.db.verdict_rows import Clocks
from api.db.verdicts import LIVE, Judgement, Which
from api.judging_steps import Law, Step
from api.judging_sums import Sums
from api.remembered import Remembered
from router.errors import DropwrightError, Unavailable
from sla import codec
from sla.contract import Contract
from sla.replay import Outcome, closing
from sla.rules import prepared

_LAWS: Remembered[Law] = Remembered(16)
_LOCK = Lock()
_UNDER_WAY: dict[tuple[Database, Which], Future[None]] = {}
"""The one log that this process judges as a whole, if any; held by ``_LOCK``."""

WAIT_S = 5
"""How long a request waits for that. It goes on when nobody waits any more."""

MOST_STEPS = 100_000


class StillJudging(Unavailable):
    """The whole log is being judged, and that takes longer than a request waits."""

    code, title = "still-judging", "The log is still being judged"

    def __init__(self) -> None:
        super().__init__("the whole log is being judged right now: ask again in a moment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A judgement as it stood at one moment. ``number``: of its rows, for ``api.db.verdict_rows``."""

    db: Connection
    tenant: str
    number: int
    law: Law
    at: datetime
    sums: Sums

    @property
    def contract(self) -> Contract:
        """What it is judged by."""
        return self.law.contract

    def clocks(
        self,
        *,
        party: str | None = None,
        week: str | None = None,
        term: str | None = None,
        order: str | None = None,
    ) -> Clocks:
        """What finds its clocks, or some of them."""
        return Clocks(tenant=self.tenant, judgement=self.number, party=party, week=week, term=term, order=order)

    def closing(self) -> Outcome:
        """Ratios and settlements."""
        return closing(self.law.rules, self.sums.known(self.at), self.sums.tallies)


@contextmanager
def judged(
    store: Database, tenant: str, contract: str, version: int | None, *, now: datetime, at: datetime | None = None
) -> Iterator[Judged]:
    """The log of a marketplace under a version of a contract, the newest where none is named; as of now, or ``at``.

    Raises ``NoContract``, ``StillJudging``; see ``judged_by``.
    """
    with store.read() as db:
        found = law(db, tenant, contract, version)
    as_of = LIVE if at is None else at.isoformat()
    which = Which(tenant=tenant, contract=found.contract.id, version=found.contract.version, as_of=as_of)
    with judged_by(store, found, which, now if at is None else at, now=now) as made:
        yield made


@contextmanager
def judged_by(store: Database, found: Law, which: Which, until: datetime, *, now: datetime) -> Iterator[Judged]:
    """The judgement of a log at an instant, or a later one that it has come to already.

    Reading it is one transaction. Raises ``StillJudging``. O(events) the first time, then O(what is new and what runs).
    """
    through: int | None = None
    for _ in range(MOST_STEPS):
        with store.snapshot() as db:
            known = verdicts.find(db, which)
            through = judging_steps.head(db, which.tenant) if through is None else through
            step = judging_steps.behind(db, found, which, known, until, through)
            if step == "nothing" and known is not None:
                sums = judging_steps.sums_of(known)
                at = max(until, known.at)
                yield Judged(db=db, tenant=which.tenant, number=known.number, law=found, at=at, sums=sums)
                return
        if isinstance(step, Step):
            judging_steps.write(store, which, step)
        else:
            _all(store, found, which, known, until, now)
    raise StillJudging


def law(db: Connection, tenant: str, contract: str, version: int | None) -> Law:
    """A version made ready for judging, the newest where none is named. Raises ``NoContract``."""
    spelt = contracts.document(db, tenant, contract, version)
    return _LAWS.of(spelt, lambda: made_ready(codec.read_contract(spelt.encode(), bound=True)))


def made_ready(bound: Contract) -> Law:
    """A bound contract, ready for judging. Raises ``ParameterUnbound``."""
    return Law(contract=bound, rules=prepared(bound), zone=ZoneInfo(bound.timezone))


def _all(store: Database, law: Law, which: Which, known: Judgement | None, at: datetime, now: datetime) -> None:
    """Waits until all is judged, by a thread that goes on if it takes too long, or for another log that is in the way.

    Raises ``StillJudging``.
    """
    with _LOCK:
        if not _UNDER_WAY:
            done = _UNDER_WAY[store, which] = Future()
            make = partial(_make, done, store, law, which, known, at, now)
            Thread(target=make, name="judging", daemon=True).start()
        ((whose, done),) = _UNDER_WAY.items()
    try:
        error = done.exception(WAIT_S)
    except TimeoutError:
        raise StillJudging from None
    if error is not None and whose == (store, which):
        raise error


def _make(
    done: Future[None], store: Database, law: Law, which: Which, known: Judgement | None, at: datetime, now: datetime
) -> None:
    """Judges all, unless somebody else did meanwhile, and tells those who wait how it ended."""
    try:
        with store.read() as db:
            is_same = verdicts.find(db, which) == known
        if is_same:
            judging_steps.judge_all(store, law, which, known, at, now=now)
        done.set_result(None)
    except (DropwrightError, SQLAlchemyError) as error:  # whoever waits raises it
        done.set_exception(error)
    finally:
        done.cancel()  # where a bug ends the thread: nobody waits for ever
        with _LOCK:
            del _UNDER_WAY[store, which]
    import_module("pandas")  # what reports need: after a long log it is there before anybody asks again
