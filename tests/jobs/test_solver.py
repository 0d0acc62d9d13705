"""The solver's process: whatever becomes of it, there is a valid plan, or a typed reason why there is none."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import pytest

from api import solver
from api.solver import Cancelled, Failed, Options, Progress, Solved
from api.solver_process import NICENESS
from router import codec
from router.check import findings
from router.errors import Faulty
from router.generate import make_drop
from router.model import Drop, Profile, Travel
from tests.drops import base_drop
from tests.jobs.crashes import CRASHES, LARGEST, ONE_EACH, TIMES, crashing
from tests.jobs.processes import children, is_gone_soon

ROOT = Path(__file__).resolve().parents[2]
SMALL = base_drop()
SIXTY = make_drop(orders=60, hubs=3, seed=21)
MIB = 2**20


def planned(
    drop: Drop = SMALL,
    *,
    options: Options | None = None,
    by: Callable[[], Sequence[str]] = solver.command,
    cancelled: Event | None = None,
    told: list[Progress] | None = None,
    start: bytes | None = None,
    deadline_s: float | None = None,
) -> solver.Outcome:
    return solver.plan(
        codec.write(drop),
        options or Options(steps=50, bound=False, workers=1),
        cancelled=cancelled or Event(),
        tell=[].append if told is None else told.append,
        start=start,
        grant=LARGEST,
        deadline_s=deadline_s,
        solver=by,
    )


# ---- a solver that does what it should ---------------------------------------------------------------------------


def test_a_plan_comes_with_the_certificate_of_what_was_asked() -> None:
    outcome = planned(SIXTY, options=Options(steps=200, seed=5, workers=1))
    assert isinstance(outcome, Solved)
    assert findings(SIXTY, outcome.plan) == ()
    assert outcome.instead_of is None
    assert outcome.plan.certificate is not None
    assert (outcome.plan.certificate.engine, outcome.plan.certificate.seed) == ("joint", 5)
    assert outcome.plan.certificate.effort == {"steps": 200, "workers": 1}
    assert outcome.plan.lower_bound is not None


def test_the_same_steps_and_seed_give_the_same_plan_as_in_this_process() -> None:
    from router import solve
    from router.effort import Effort

    outcome = planned(SIXTY)
    here = solve.plan(SIXTY, effort=Effort(steps=50), workers=1)
    assert isinstance(outcome, Solved)
    assert codec.write(outcome.plan) == codec.write(here)


def test_progress_tells_ever_lower_costs_as_time_passes() -> None:
    told: list[Progress] = []
    outcome = planned(SIXTY, options=Options(seconds=2.0), told=told)
    assert isinstance(outcome, Solved)
    assert told
    assert [each.cost for each in told] == sorted((each.cost for each in told), reverse=True)
    assert [each.elapsed_s for each in told] == sorted(each.elapsed_s for each in told)
    assert told[-1].cost >= outcome.plan.cost.total


def test_a_plan_never_costs_more_than_the_one_it_starts_from() -> None:
    first = planned(SIXTY, options=Options(steps=2000, bound=False))
    assert isinstance(first, Solved)
    second = planned(SIXTY, options=Options(steps=1, engine="greedy", bound=False), start=codec.write(first.plan))
    assert isinstance(second, Solved)
    assert second.plan.cost.total <= first.plan.cost.total


def test_a_start_that_is_not_valid_for_the_drop_is_refused_by_name() -> None:
    first = planned()
    assert isinstance(first, Solved)
    wrong = replace(first.plan, unserved=())
    outcome = planned(start=codec.write(wrong))
    assert isinstance(outcome, Failed)
    assert outcome.why.code == "start-does-not-fit"


def test_what_the_solver_refuses_on_purpose_keeps_its_code_and_is_not_tried_again() -> None:
    outcome = planned(options=Options(steps=1, engine="nonsense"))
    assert isinstance(outcome, Failed)
    assert outcome.why.code == "unknown-engine"
    assert outcome.why.code not in solver.MISHAPS
    assert "there are greedy, joint, two-step" in outcome.why.sentence


def test_bytes_that_are_no_drop_are_refused_before_any_process_is_started() -> None:
    with pytest.raises(Faulty):
        solver.plan(b"{}", Options(steps=1), cancelled=Event(), solver=lambda: pytest.fail("a process was started"))


def test_a_road_drop_is_refused_since_it_holds_no_distances() -> None:
    by_road = {name: Profile(costing="bicycle") for name in SMALL.travel.profiles}
    outcome = planned(replace(SMALL, travel=Travel(kind="road", extract="town.osm.pbf", profiles=by_road)))
    assert isinstance(outcome, Failed)
    assert outcome.why.code == "matrix-wanted"


@pytest.mark.parametrize("given", [{}, {"seconds": 1.0, "steps": 1}])
def test_effort_is_seconds_or_steps_exactly_one(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="effort is"):
        Options(**given)


# ---- solvers that come to grief ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ONE_EACH.values())
def test_whatever_befalls_the_solver_the_greedy_plan_is_there_and_says_so(name: str) -> None:
    outcome = planned(by=crashing(name), deadline_s=TIMES.get(name))
    assert isinstance(outcome, Solved), outcome
    assert outcome.instead_of is not None
    assert outcome.instead_of.code == CRASHES[name][0]
    assert findings(SMALL, outcome.plan) == ()
    assert outcome.plan.certificate is not None
    assert outcome.plan.certificate.engine == "greedy"
    assert outcome.plan.certificate.effort["instead_of"] == "joint"


@pytest.mark.parametrize("name", CRASHES)
def test_what_befalls_the_solver_is_told_apart(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "note"
    monkeypatch.setenv("NOTE", str(note))
    monkeypatch.setattr(solver, "command", lambda: ("false",))  # what comes after it has its own test
    code, words = CRASHES[name]
    told: list[Progress] = []
    outcome = planned(by=crashing(name), deadline_s=TIMES.get(name), told=told)
    assert isinstance(outcome, Failed), outcome
    assert outcome.why.code == code
    assert words in outcome.why.sentence
    assert "example.invalid" not in outcome.why.sentence, "words of an error may name somebody"
    if name == "tell_nonsense_and_abort":
        assert [(each.cost, each.lower_bound) for each in told][:1] == [(7, 3)]
    if name == "leave_a_child":
        assert is_gone_soon(int(note.read_text()))


def test_every_mishap_befalls_some_solver_here() -> None:
    assert {code for code, _ in CRASHES.values()} | {"solver-not-started"} == set(solver.MISHAPS)


def test_every_mishap_is_explained_on_the_page() -> None:
    page = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `(solver-[a-z-]+)` \| \S", page, flags=re.MULTILINE)) == solver.MISHAPS


def test_a_process_that_cannot_be_started_is_a_mishap_too(tmp_path: Path) -> None:
    outcome = planned(by=lambda: (str(tmp_path / "nothing"),))
    assert isinstance(outcome, Solved)
    assert outcome.instead_of is not None
    assert outcome.instead_of.code == "solver-not-started"


def test_the_scripts_would_pass_if_they_changed_nothing() -> None:
    """Otherwise the plans that claim too much might be refused for another reason."""
    outcome = planned(by=crashing("change_nothing"))
    assert isinstance(outcome, Solved)
    assert outcome.instead_of is None


def test_the_real_solver_without_memory_falls_into_no_other_state() -> None:
    outcome = solver.plan(
        codec.write(SIXTY),
        Options(steps=50, bound=False),
        cancelled=Event(),
        grant=replace(solver.GRANT, memory_bytes=64 * MIB),
    )
    assert isinstance(outcome, Failed)
    assert outcome.why.code in solver.MISHAPS
    assert "then, with greedy" in outcome.why.sentence


def test_a_solver_that_is_late_but_listens_still_gives_its_own_plan() -> None:
    outcome = planned(SIXTY, options=Options(steps=10**9, bound=False), deadline_s=8.0)
    assert isinstance(outcome, Solved)
    assert outcome.instead_of is None


# ---- ends --------------------------------------------------------------------------------------------------------


def test_cancelling_ends_the_solver_and_all_that_it_started() -> None:
    cancelled, seen = Event(), set[int]()
    before = children(os.getpid())

    def cancel(progress: Progress) -> None:
        seen.update(set(children(os.getpid())) - set(before))
        cancelled.set()

    outcome = solver.plan(codec.write(SIXTY), Options(seconds=600.0), cancelled=cancelled, tell=cancel)
    assert outcome == Cancelled()
    assert seen
    assert all(is_gone_soon(pid) for pid in seen)


def test_a_solver_leaves_the_processor_to_those_who_answer() -> None:
    cancelled, found = Event(), list[int]()
    before, own = children(os.getpid()), os.getpriority(os.PRIO_PROCESS, 0)

    def look(progress: Progress) -> None:
        found.extend(os.getpriority(os.PRIO_PROCESS, pid) - own for pid in children(os.getpid()) - before)
        cancelled.set()

    solver.plan(codec.write(SIXTY), Options(seconds=600.0), cancelled=cancelled, tell=look)
    assert found
    assert min(found) >= NICENESS


def test_cancelling_a_solver_that_does_not_listen_ends_it_as_well() -> None:
    cancelled = Event()
    Timer(1.0, cancelled.set).start()
    assert planned(by=crashing("spin_on_whatever_it_is_told"), cancelled=cancelled) == Cancelled()


PARENT = """
import sys
from threading import Event
from api import solver
from router import codec
from router.generate import make_drop
drop = codec.write(make_drop(orders=60, hubs=3, seed=21))
solver.plan(drop, solver.Options(seconds=600.0), cancelled=Event(), tell=lambda progress: print(flush=True))
"""


def test_the_solver_and_all_that_it_started_end_with_their_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"\n"
        started = children(parent.pid)
        assert started
        os.kill(parent.pid, signal.SIGKILL)
    assert all(is_gone_soon(pid) for pid in started)


def test_what_the_service_is_configured_with_does_not_reach_the_solver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DROPWRIGHT_DATABASE", "postgresql://somebody:secret@host/name")
    note = tmp_path / "note"
    script = f"import os; open({str(note)!r}, 'w').write(repr(dict(os.environ)))"
    planned(by=lambda: (sys.executable, "-c", script))
    assert "secret" not in note.read_text()
