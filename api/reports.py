"""Reports over judged clocks: attainment, breaches, credits, open cases; each figure with what it means.

Every function reads a judgement and gives a ``Report``: columns, rows, and a definition for each figure in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from api.cases import clause_of, dispute_until
from api.db import verdict_rows
from api.judging import Judged
from router.errors import Invalid

if TYPE_CHECKING:
    import pandas as pd

BY = ("party", "clause", "term", "tier", "drop", "hub", "week")
"""What figures can be told apart by."""


class NoSuchColumn(Invalid):
    """A report is to be told apart by something that clocks do not have."""

    code, title = "no-such-column", "Clocks have no such column"

    def __init__(self, given: str) -> None:
        super().__init__(f"{given[:60]!r} is nothing to tell figures apart by; give some of {', '.join(BY)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A table. ``definitions``: by column what the figure is, and of what it is a share."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    definitions: Mapping[str, str]


_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "decided": "clocks that are met or breached, excused ones left out: the denominator of attainment",
        "met": "clocks that stopped within their target",
        "breached": "clocks beyond their target, excused ones left out",
        "excused": "breached clocks that a reason excludes; in no other figure",
        "attainment_percent": "met ÷ decided × 100, rounded half up to two decimals; empty where nothing is decided",
        "late_seconds_median": "the median of how late breached clocks are, in open time",
        "late_seconds_most": "the most that a breached clock is late, in open time",
        "amount": "what the breaches cost by themselves, after the cap of an event, in minor units",
        "charged": "credits of the window before any cap, in minor units",
        "event_cap": "what the cap of an event took off",
        "window_cap": "what the cap of the window (the share of its fees that is at risk) took off",
        "twelve_months_cap": "what the cap of twelve months took off",
        "cap_took": "what a cap took off: that of the event beside a breach, else the one that the line is named for",
        "earned_back": "credits that were returned for later windows that were good enough",
        "due": "charged less caps less earned back",
        "cap_used_percent": "due ÷ the cap of twelve months × 100; empty without such a cap",
        "dispute_until": "the last day on which the breach can be disputed; empty where the contract names none",
    }
)


def attainment(judged: Judged, by: tuple[str, ...], *, party: str | None = None, week: str | None = None) -> Report:
    """How many of the decided clocks were met, of all or of one party or week. Raises ``NoSuchColumn``."""
    import pandas as pd  # a fifth of all that a service would load when it starts

    columns = _columns(by)
    found = verdict_rows.counted(judged.db, judged.clocks(party=party, week=week), columns)
    frame = _named(judged, pd.DataFrame([*map(tuple, found)], columns=[*columns, "state", "excused", "count"]))
    is_excused = frame["excused"].astype(bool)
    count = frame["count"].astype("int64")
    met = frame["state"] == "met"
    figures = pd.DataFrame(
        {
            **{name: frame[name] for name in by},
            "met": count.where(met, 0),
            "breached": count.where(~met & ~is_excused, 0),
            "excused": count.where(~met & is_excused, 0),
        }
    )
    sums = figures.groupby(list(by), observed=True, dropna=False, sort=True).sum().reset_index()
    rows = []
    for row in sums.itertuples(index=False):
        *keys, kept, late, excluded = row
        decided = kept + late
        share = _percent(kept, decided)
        rows.append((*map(_known_or_none, keys), int(decided), int(kept), int(late), int(excluded), share))
    return report("attainment", (*by, "decided", "met", "breached", "excused", "attainment_percent"), rows)


def breaches(judged: Judged, by: tuple[str, ...] = ("party", "clause", "term")) -> Report:
    """Breaches with how late they are and what they cost, the dearest first. Raises ``NoSuchColumn``."""
    import pandas as pd

    columns = (*_columns(by), "late_seconds", "amount", "grows_at")
    found = verdict_rows.charged(judged.db, judged.clocks(), columns)
    frame = _named(judged, pd.DataFrame([*map(tuple, found)], columns=list(columns)))
    frame["late_seconds"] = [verdict_rows.late_seconds(row, judged.at) for row in found]
    sums = (
        frame.groupby(list(by), observed=True, dropna=False, sort=True)
        .agg(
            breached=("amount", "size"),
            late_seconds_median=("late_seconds", "median"),
            late_seconds_most=("late_seconds", "max"),
            amount=("amount", "sum"),
        )
        .reset_index()
    )
    ordered = sums.sort_values(["amount", "breached"], ascending=False, kind="stable")
    rows = []
    for row in ordered.itertuples(index=False):
        *keys, count, median, most, amount = row
        rows.append((*map(_known_or_none, keys), int(count), int(median), int(most), int(amount)))
    return report("breaches", (*by, "breached", "late_seconds_median", "late_seconds_most", "amount"), rows)


def credits_owed(judged: Judged) -> Report:
    """What each party owes for each window, and what the caps took off."""
    settled = judged.contract.settlement
    cap = None if settled is None else settled.cap_12_months
    rows = [
        (
            row.party,
            row.window.first.isoformat(),
            row.window.end.isoformat(),
            row.charged,
            row.event_took,
            row.window_took,
            row.twelve_months_took,
            row.earned_back,
            row.due,
            None if not cap else _percent(row.due, cap),
        )
        for _, row in sorted(judged.closing().settlements.items())
    ]
    figures = ("charged", "event_cap", "window_cap", "twelve_months_cap", "earned_back", "due", "cap_used_percent")
    return report("credits", ("party", "from", "to", *figures), rows)


def cases(judged: Judged) -> Report:
    """Every breach that is not excused, with the day until which it can be disputed; the latest first."""
    wanted = verdict_rows.breached(judged.clocks()).order_by(*verdict_rows.LATEST)
    rows = [
        (
            row.party,
            clause_of(judged.law, row.term),
            row.term,
            row.order,
            row.hub,
            row.drop,
            _spelt(row.started_at),
            _spelt(row.due_at),
            _spelt(row.stopped_at),
            verdict_rows.late_seconds(row, judged.at),
            row.amount,
            row.attributed_to,
            _spelt(dispute_until(judged.law, row.started_at)),
        )
        for row in judged.db.execute(wanted)
        if row.excluded is None
    ]
    names = ("party", "clause", "term", "order", "hub", "drop", "started_at", "due_at", "stopped_at")
    return report("cases", (*names, "late_seconds", "amount", "attributed_to", "dispute_until"), rows)


REPORTS: Mapping[str, Callable[[Judged, tuple[str, ...]], Report]] = MappingProxyType(
    {
        "attainment": attainment,
        "breaches": breaches,
        "credits": lambda judged, _by: credits_owed(judged),
        "cases": lambda judged, _by: cases(judged),
    }
)
"""By name; those that tell nothing apart take no notice of ``by``."""


def _columns(by: tuple[str, ...]) -> list[str]:
    """What is read for figures by some columns: for clauses, terms. Raises ``NoSuchColumn``."""
    for name in by:
        if name not in BY:
            raise NoSuchColumn(name)
    return list(dict.fromkeys("term" if name == "clause" else name for name in by))


def _named(judged: Judged, frame: pd.DataFrame) -> pd.DataFrame:
    """With the clause of each term, where there are terms."""
    if "term" in frame:
        frame["clause"] = frame["term"].map({each.id: each.clause or each.id for each in judged.contract.terms})
    return frame


def _spelt(at: datetime | date | None) -> str | None:
    """An instant in UTC and whole seconds, or a date."""
    if isinstance(at, datetime):
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return None if at is None else at.isoformat()


def _percent(part: int, whole: int) -> float | None:
    """Rounded half up to two decimals."""
    return None if not whole else (20000 * int(part) + int(whole)) // (2 * int(whole)) / 100


def _known_or_none(value: object) -> str | None:
    """A name in a frame, ``None`` for whatever pandas keeps in the place of nothing."""
    return value if isinstance(value, str) else None


def report(name: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Report:
    """A table with the definitions of its figures."""
    known = {column: _DEFINITIONS[column] for column in columns if column in _DEFINITIONS}
    return Report(name=name, columns=columns, rows=tuple(rows), definitions=known)
