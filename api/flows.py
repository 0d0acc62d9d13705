"""Use cases over files: read a drop, plan it, let the referee look, keep what the plan is a plan of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from api import files
from api.documents import pick_list_csv
from api.documents.routes import Streets
from api.interrupt import Interrupt
from api.progress import bounding, watching
from api.wording import count, seen
from router import codec
from router.effort import Effort
from router.errors import DropwrightError, Faulty, Invalid
from router.model import Drop
from router.plan import Plan

if TYPE_CHECKING:
    from router.check import Finding

_SLACK_S = 0.4
"""For whatever else the machine does meanwhile."""

_MOST_FINDINGS = 20
"""How many findings an error lists."""


class PlanRefused(DropwrightError):
    """The referee found fault with a plan that Dropwright made itself: a bug, never a matter of the input."""

    code, title = "plan-refused", "The plan made is not valid"

    def __init__(self, findings: tuple[str, ...]) -> None:
        listed = "\n".join(f"  {each}" for each in findings[:_MOST_FINDINGS])
        super().__init__(
            f"the referee refused the plan, so nothing was written ({len(findings)} findings). This is a bug "
            f"in Dropwright; please report it with the drop, the command and this list:\n{listed}",
            findings=len(findings),
        )


class PlanDoesNotFit(Invalid):
    """The plan is not a valid plan of this drop, so nothing can be made of the two."""

    code, title = "plan-does-not-fit", "The plan is not valid for the drop"

    def __init__(self, path: Path, findings: tuple[str, ...]) -> None:
        listed = "\n".join(f"  {each}" for each in findings[:_MOST_FINDINGS])
        super().__init__(
            f"{path} is not valid for this drop ({count(len(findings), 'finding')}; "
            f"dropwright check DROP PLAN lists them all)\n{listed}",
            findings=len(findings),
        )


class NowhereToKeep(Invalid):
    """A road drop is planned as a matrix drop, which has to stand in a file."""

    code, title = "nowhere-to-keep", "The matrix drop has no place"

    def __init__(self) -> None:
        super().__init__(
            "the matrix drop that is made of a road drop is kept beside the plan: "
            "give -o the name of a file instead of -"
        )


class MatrixWanted(Invalid):
    """A plan of a road drop is a plan of the matrix drop that was made of it, and is checked against that."""

    code, title = "matrix-wanted", "The drop has road travel"

    def __init__(self, kept: Path) -> None:
        there = "" if kept.is_file() else " (which is not there now)"
        super().__init__(
            f"the drop has road travel, which holds no distances; check against the matrix drop that was "
            f"written beside the plan instead: {kept}{there}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """The promise of ``--seconds``: a process that began at ``started`` ends within 1.1 x ``seconds`` + 2."""

    seconds: float
    started: float
    """On the clock of ``time.monotonic``."""

    def left_s(self, drop: Drop) -> float:
        """What the solver may use from now on.

        The whole process aims at ``seconds``, less what checking and writing will take. A large drop under a
        short limit may use four fifths of the limit in any case, as far as the promise has room for that.
        """
        passed = time.monotonic() - self.started
        after_s = reserve_s(len(drop.orders))
        aimed = self.seconds - passed - after_s
        promised = 1.1 * self.seconds + 2 - _SLACK_S - passed - after_s
        return max(0.05, aimed, min(0.8 * self.seconds, promised))


def reserve_s(orders: int) -> float:
    """Seconds to finish, check and write a plan of so many orders; measured with 10 000 on a busy machine."""
    return 0.1 + orders * 170e-6


def read_drop(path: Path) -> Drop:
    """The drop in a file. Raises ``Faulty`` (which then knows the path) and the errors of ``api.files``."""
    try:
        return codec.read_drop(files.read(path))
    except Faulty as faulty:
        faulty.context["path"] = str(path)
        raise


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises as ``read_drop`` does."""
    try:
        return codec.read_plan(files.read(path))
    except Faulty as faulty:
        faulty.context["path"] = str(path)
        raise


def prepared(drop: Drop, path: Path, roads: str = "built-in") -> Drop:
    """The drop that is planned: a road drop becomes a matrix drop. ``path``: where the drop was read from.

    ``roads`` and the errors are those of ``router.travel.prepare``; ``Faulty``, also for begun work that breaks a rule
    by itself, knows the path.
    """
    from router import committed
    from router.travel import prepare

    try:
        whole = prepare(drop, path.parent, roads)
        if found := committed.faults(whole):
            raise Faulty("drop", found)
    except Faulty as faulty:
        faulty.context["path"] = str(path)
        raise
    return whole


def kept_beside(asked: Drop, plan: Path, *inputs: Path) -> Path | None:
    """Where the matrix drop of a road drop goes: ``plan.json`` has ``plan.drop.json`` beside it, if that is no input.

    ``None`` for a drop that is planned as it is. Raises ``NowhereToKeep``, ``FileUnwritable``.
    """
    if asked.travel.kind != "road":
        return None
    if plan == files.STANDARD_OUTPUT:
        raise NowhereToKeep
    kept = plan.with_suffix(".drop.json")
    files.check_writable(kept, *inputs)
    return kept


def known_engine(name: str, *, warm: bool = False) -> None:
    """Raises ``UnknownEngine``, which lists those there are, before any work is done; with ``warm`` ``StartsCold``."""
    from router.solve import check_engine

    check_engine(name, warm=warm)


def known_roads(roads: str) -> None:
    """Raises ``RoadsUnknown``, which lists those there are, before any work is done."""
    from router.travel import known_roads

    known_roads(roads)


def solve(
    drop: Drop,
    *,
    engine: str,
    seed: int,
    workers: int,
    effort: Effort,
    interrupt: Interrupt,
    start: Plan | None = None,
    bound: bool = True,
) -> Plan:
    """A plan that the referee has nothing against. ``start``: a valid plan of the drop that it may cost no more than.

    ``bound``: whether a lower bound is proved too. Raises ``PlanRefused`` and the solver's own errors.
    """
    import router.solve
    from router.check import findings

    with (
        watching(f"{seen(drop.id)} ({engine})", drop.currency, effort.budget_s) as watch,
        interrupt.solving() as stop,
    ):
        plan = router.solve.plan(
            drop,
            engine=engine,
            seed=seed,
            effort=effort,
            workers=workers,
            watch=watch,
            stop=stop,
            start=start,
            bound=bound,
        )
    found = findings(drop, plan)
    if found:
        raise PlanRefused(tuple(str(each) for each in found))
    return plan


def bounded(
    drop: Drop, *, plan: Plan | None, until: float | None, steps: int | None, workers: int, interrupt: Interrupt
) -> int:
    """The best lower bound that was proved until ``until`` (``time.monotonic``), in ``steps``, or until interrupted."""
    from router import proof

    seconds = None if until is None else max(0.0, until - time.monotonic())
    cost = None if plan is None else plan.cost.total
    with (
        bounding(f"{seen(drop.id)} (bound)", drop.currency, seconds, cost) as show,
        interrupt.solving() as stop,
    ):
        told = proof.Told(lambda cost, bound: show(bound or 0))
        told.costs(0)
        proof.prove(drop, until=until, steps=steps, workers=workers, tell=told.proves, stop=stop)
    return told.bound


def with_bound(drop: Drop, plan: Plan, bound: int) -> Plan:
    """The plan with its lower bound raised to ``bound``, never lowered. Raises ``PlanRefused`` where it is undercut."""
    from router.check import findings

    raised = replace(plan, lower_bound=max(bound, plan.lower_bound or 0))
    if found := findings(drop, raised):
        raise PlanRefused(tuple(map(str, found)))
    return raised


def referee(drop: Drop, path: Path) -> tuple[Finding, ...]:
    """What the referee finds in the plan of a file; where it cannot be read as one, its faults, as findings.

    Raises ``MatrixWanted`` for a road drop and the errors of ``api.files``.
    """
    from router.check import findings, from_faults

    if drop.travel.kind == "road":
        raise MatrixWanted(path.with_suffix(".drop.json"))
    try:
        return findings(drop, read_plan(path))
    except Faulty as faulty:
        return from_faults(faulty)


def fitting_plan(drop: Drop, path: Path) -> Plan:
    """The plan in a file, valid for the (prepared) drop. Raises ``PlanDoesNotFit``, ``Faulty``."""
    from router.check import findings

    plan = read_plan(path)
    found = findings(drop, plan)
    if found:
        raise PlanDoesNotFit(path, tuple(map(str, found)))
    return plan


def streets(drop: Drop, folder: Path) -> dict[str, Streets]:
    """The road graph of each profile of a road drop, none for any other. ``folder`` holds the extract."""
    if drop.travel.kind != "road":
        return {}
    from router.roads import read_roads

    extract = folder / (drop.travel.extract or "")
    graphs: dict[str, Streets] = {
        costing: read_roads(extract, costing)
        for costing in sorted({profile.costing or "" for profile in drop.travel.profiles.values()})
    }
    return {name: graphs[profile.costing or ""] for name, profile in drop.travel.profiles.items()}


def leave_pick_lists(folder: Path, lists: Mapping[str, bytes], beside: Mapping[Path, bytes] | None = None) -> None:
    """Writes pick lists, other files with them, all or none; then takes away the lists of an earlier plan.

    A list that no longer holds would be picked by somebody. Only files that begin as pick lists are touched.
    """
    files.write_all({**(beside or {}), **{folder / name: content for name, content in lists.items()}})
    for path in folder.glob("*.csv"):
        if path.name not in lists and path.is_file() and pick_list_csv.is_pick_list(files.read(path)):
            path.unlink()
