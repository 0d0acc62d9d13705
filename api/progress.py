"""How a solve is getting on: a bar with cost and gap on a terminal, plain lines in a pipe; on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
    with _showing(what, seconds) as show:

        def watch(cost: int, bound: int | None) -> None:
            above = gap(cost, bound)
            show(f"cost {money(cost, currency)}" + (f", gap {above}" if above else ""))

        yield watch


@contextmanager
def bounding(what: str, currency: str, seconds: float | None, cost: int | None) -> Iterator[Callable[[int], None]]:
    """Shows the bounds that it is told, and the gap to a plan that costs ``cost``."""
    with _showing(what, seconds) as show:

        def tell(bound: int) -> None:
            above = "" if cost is None else gap(cost, bound)
            show(f"bound {money(bound, currency)}" + (f", gap {above}" if above else ""))

        yield tell


def gap(cost: int, bound: int | None) -> str:
    """How far ``cost`` may be above the best plan there is, as a share of itself; empty where nothing is proved."""
    return "" if not bound or cost <= 0 else share(max(0, cost - bound), cost)


def _showing(what: str, seconds: float | None) -> AbstractContextManager[Callable[[str], None]]:
    return _bar(what, seconds) if sys.stderr.isatty() else _lines(what)


@contextmanager
def _lines(what: str) -> Iterator[Callable[[str], None]]:
    """At most about a line a second, only when there is news, and the last news in any case."""
    begun = time.monotonic()
    printed_at, printed, latest = -_BETWEEN_LINES_S, "", ""

    def spell() -> None:
        nonlocal printed_at, printed
        if latest != printed:
            printed_at, printed = time.monotonic() - begun, latest
            typer.echo(f"{what}: {printed_at:.1f} s, {latest}", err=True)

    def show(told: str) -> None:
        nonlocal latest
        latest = told
        if time.monotonic() - begun >= printed_at + _BETWEEN_LINES_S:
            spell()

    try:
        yield show
    finally:
        spell()


@contextmanager
def _bar(what: str, seconds: float | None) -> Iterator[Callable[[str], None]]:
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

    with progress:
        yield lambda told: progress.update(task, told=told)
