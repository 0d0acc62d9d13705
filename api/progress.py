"""How a solve is getting on: a bar with cost and gap on a terminal, plain lines in a pipe; on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from api.wording import money, share
from router.effort import Watch

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.progress_bar import ProgressBar

_BETWEEN_LINES_S = 1.0


@contextmanager
def watching(what: str, currency: str, seconds: float | None) -> Iterator[Watch]:
    """A ``Watch`` that shows what it is told. ``seconds``: how long the solve may take, if that is known."""
    show = _bar if sys.stderr.isatty() else _lines
    with show(what, currency, seconds) as watch:
        yield watch


def gap(cost: int, bound: int | None) -> str:
    """How far ``cost`` may be above the best plan there is, as a share of itself; empty without a bound."""
    return "" if bound is None or cost <= 0 else share(max(0, cost - bound), cost)


@contextmanager
def _lines(what: str, currency: str, seconds: float | None) -> Iterator[Watch]:
    """At most about a line a second, only when there is news, and the last news in any case."""
    begun = time.monotonic()
    printed_at, printed, latest = -_BETWEEN_LINES_S, None, None

    def spell() -> None:
        nonlocal printed_at, printed
        if latest is not None and latest != printed:
            printed_at, printed = time.monotonic() - begun, latest
            cost, bound = latest
            above = gap(cost, bound)
            bounded = f", gap {above}" if above else ""
            typer.echo(
                f"{what}: {printed_at:.1f} s, cost {money(cost, currency)}{bounded}",
                err=True,
            )

    def watch(cost: int, bound: int | None) -> None:
        nonlocal latest
        latest = (cost, bound)
        if time.monotonic() - begun >= printed_at + _BETWEEN_LINES_S:
            spell()

    try:
        yield watch
    finally:
        spell()


@contextmanager
def _bar(what: str, currency: str, seconds: float | None) -> Iterator[Watch]:
    """One line that is redrawn, and gone when the solve ends."""
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress_bar import ProgressBar

    class TimeBar(ProgressColumn):
        """Fills as the time given runs out; swings where only steps are given."""

        def render(self, task: Task) -> ProgressBar:
            passed = task.elapsed or 0.0
            if seconds is None:
                return ProgressBar(total=None, width=30, pulse=True, animation_time=task.get_time())
            return ProgressBar(total=seconds, completed=min(passed, seconds), width=30)

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        TimeBar(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    task = progress.add_task(what, total=None, told="")

    def watch(cost: int, bound: int | None) -> None:
        above = gap(cost, bound)
        progress.update(task, told=f"cost {money(cost, currency)}" + (f"  gap {above}" if above else ""))

    with progress:
        yield watch
