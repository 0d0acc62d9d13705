"""The rows of the comparison, how they are shown, and what they come to by family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from bench.published.best import HIERARCHY

OF_RUN = "best of this run"
MARKS = {HIERARCHY: "*", OF_RUN: "**"}
FOOT = """\
All runs one after the other, each a process of its own, on the same two cores. The clock stands around the solving
alone, not around reading the instance. PyVRP searches with one thread and gets the same wall-clock; Dropwright uses
both cores. VROOM (exploration 5, two threads) has no clock: it ends by itself. Every result is held against the rules
as a plan of the drop. One that breaks a rule, is late or leaves a customer out is refused: it has no gap."""
FEWEST = """\
*  best known for the fewest vehicles first: with more vehicles there may be less way, so a gap may be below 0."""
RUN = "** nothing is published: the gap is to the best result of this run."


def percent(value: float) -> str:
    """Two decimals, and never minus nothing."""
    return f"{round(value, 2) + 0.0:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One result. ``cost`` in minor units, ``unit`` of them to one of ``best``; ``gap`` in percent of ``best``.

    ``given``: seconds allowed, ``None`` for a method without a clock. ``wrong``: why the result is refused, which
    leaves cost and gap ``None``. ``able``: false where the method cannot state the problem at all.
    """

    family: str
    instance: str
    stops: int
    method: str
    version: str
    given: float | None
    taken: float | None
    seed: int | None
    unit: int
    cost: int | None = None
    routes: int | None = None
    best: float | None = None
    best_of: str | None = None
    gap: float | None = None
    wrong: tuple[str, ...] = ()
    able: bool = True

    def held(self, best: float | None, best_of: str | None) -> Row:
        """The row beside a best cost."""
        gap = None if best is None or self.cost is None else 100 * (self.cost / self.unit / best - 1)
        return replace(self, best=best, best_of=best_of, gap=gap)

    @property
    def shown_gap(self) -> str | None:
        """The gap as the table has it."""
        return None if self.gap is None else percent(self.gap)


Column = tuple[str, int, Callable[[Row], object]]
COLUMNS: tuple[Column, ...] = (
    ("instance", -38, lambda row: row.instance),
    ("stops", 5, lambda row: row.stops),
    ("method", -8, lambda row: row.method),
    ("version", -8, lambda row: row.version),
    ("given s", 7, lambda row: None if row.given is None else f"{row.given:g}"),
    ("taken s", 7, lambda row: None if row.taken is None else f"{row.taken:.1f}"),
    ("seed", 4, lambda row: row.seed),
    ("routes", 6, lambda row: row.routes),
    ("cost", 11, lambda row: None if row.cost is None else f"{row.cost / row.unit:.2f}"),
    ("best known", 12, lambda row: None if row.best is None else f"{row.best:.2f}{MARKS.get(row.best_of or '', '')}"),
    ("gap %", 7, lambda row: row.shown_gap),
)
HEAD = "  ".join(name.ljust(-width) if width < 0 else name.rjust(width) for name, width, _ in COLUMNS).rstrip()


def line(row: Row) -> str:
    """One line of the table; a dash where there is nothing to say."""
    cells = []
    for _, width, show in COLUMNS:
        shown = show(row)
        text = "–" if shown is None else str(shown)
        cells.append(text.ljust(-width) if width < 0 else text.rjust(width))
    return "  ".join(cells).rstrip()


def completed(rows: Sequence[Row]) -> list[Row]:
    """The rows, with the best of this run where nothing is published."""
    least: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.cost is not None:
            key, cost = (row.family, row.instance), row.cost / row.unit
            least[key] = min(cost, least.get(key, cost))
    return [
        row.held(least[key], OF_RUN) if row.best is None and (key := (row.family, row.instance)) in least else row
        for row in rows
    ]


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """Mean and worst gap by family, method and seconds, and how many results were refused."""
    groups: dict[tuple[str, float | None, str], list[Row]] = {}
    for row in rows:
        if row.able:
            groups.setdefault((row.family, row.given, row.method), []).append(row)
    for (family, given, method), found in groups.items():
        gaps = [row.gap for row in found if row.gap is not None]
        refused = sum(1 for row in found if row.wrong)
        told = f"mean gap {percent(mean(gaps))} %, worst {percent(max(gaps))} %" if gaps else "no gap"
        spent = "its own time" if given is None else f"{given:g} s"
        yield (
            f"{family}, {method}, {spent}: {told} over {len(gaps)} result{'' if len(gaps) == 1 else 's'}"
            + (f", {refused} refused and not counted" if refused else "")
        )


def foot(rows: Sequence[Row]) -> Iterator[str]:
    """What must be known to read the table."""
    yield FOOT
    told = {row.best_of for row in rows}
    if HIERARCHY in told:
        yield FEWEST
    if OF_RUN in told:
        yield RUN
