"""Work in other processes: what was sent counts, whatever becomes of the process, and no process is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from pickle import PicklingError
from threading import Event
from typing import Any

import pytest

from router import processes

ROOT = Path(__file__).resolve().parents[2]
LONG_S = 600
"""Longer than any test may take: whoever waits for this to end has failed."""

SOON_S = 60
"""Far more than it takes to end a process on a busy machine, far less than LONG_S."""

SEEN: list[str] = []
"""Written by one test and looked at by a job."""

Answers = list[tuple[int, int, Any]]


# ---- jobs: plain functions of this module, since the process that does them imports it and finds them by name ----


def count(job: int, send: Callable[[int], None]) -> None:
    for number in range(job):
        send(number)


def end_as_told(job: str, send: Callable[[str], None]) -> None:
    send("begun")
    if job == "exit":
        os._exit(3)
    if job == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "raise":
        raise ArithmeticError("as the test wants it")
    send("done")


def hang(job: int, send: Callable[[int], None]) -> None:
    for _ in range(job):
        send(os.getpid())
    time.sleep(LONG_S)


def loop_if_told(job: str, send: Callable[[str], None]) -> None:
    processes.alive(1)
    send("begun")
    while job == "loop":
        pass
    send("done")


def work_or_wait(job: str, send: Callable[[tuple[str, int]], None]) -> None:
    if job == "wait":
        processes.alive(1)
        time.sleep(1.2)
    else:
        until = time.process_time() + 1.2
        while time.process_time() < until:
            pass
    send((job, os.getpid()))


def look(job: str, send: Callable[[bool], None]) -> None:
    send(job in SEEN)


# ---- tests -------------------------------------------------------------------------------------------------------


def answers(
    work: Callable[[Any, Callable[[Any], None]], None],
    lanes: Sequence[Sequence[Any]],
    *,
    until: float | None = None,
    stop: Event | None = None,
) -> Answers:
    found: Answers = []
    limit = time.monotonic() + LONG_S if until is None else until
    processes.run(work, lanes, lambda *answer: found.append(answer), until=limit, stop=stop or Event())
    return found


def is_gone(pid: int) -> bool:
    """Whether no process has this number, a dead one that nobody has asked about aside."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def all_gone_soon(pids: Iterable[int]) -> bool:
    until = time.monotonic() + SOON_S
    waiting = set(pids)
    while waiting and time.monotonic() < until:
        waiting = {pid for pid in waiting if not is_gone(pid)}
        time.sleep(0.02)
    return not waiting


def test_every_answer_arrives_and_those_of_a_lane_in_order() -> None:
    found = answers(count, [[3, 0, 2], [], [4]])
    by_lane = {lane: [(place, answer) for of, place, answer in found if of == lane] for lane in (0, 1, 2)}
    assert by_lane == {0: [(0, 0), (0, 1), (0, 2), (2, 0), (2, 1)], 1: [], 2: [(0, 0), (0, 1), (0, 2), (0, 3)]}


def test_a_process_that_dies_costs_only_what_its_job_had_not_sent() -> None:
    found = answers(end_as_told, [["well", "exit", "kill", "raise", "well"]])
    assert [(place, answer) for _, place, answer in found] == [
        (0, "begun"),
        (0, "done"),
        (1, "begun"),
        (2, "begun"),
        (3, "begun"),
        (4, "begun"),
        (4, "done"),
    ]


def test_a_job_that_hangs_ends_with_the_time_and_leaves_no_process() -> None:
    started = time.monotonic()
    found = answers(hang, [[1, 1], [1]], until=started + 2)
    took_s = time.monotonic() - started
    assert 2 <= took_s < SOON_S
    assert {(lane, place) for lane, place, _ in found} == {(0, 0), (1, 0)}
    assert all(is_gone(pid) for _, _, pid in found)


def test_what_has_arrived_when_time_is_up_counts_though_nobody_has_looked_at_it() -> None:
    until = time.monotonic() + 2
    found: Answers = []

    def take_long(lane: int, place: int, answer: int) -> None:
        found.append((lane, place, answer))
        time.sleep(max(0.0, until + 0.1 - time.monotonic()))

    processes.run(hang, [[20]], take_long, until=until, stop=Event())
    assert len(found) == 20


def test_stopping_ends_the_jobs_at_once_and_leaves_no_process() -> None:
    stop, found = Event(), []

    def stop_at_first(lane: int, place: int, pid: int) -> None:
        found.append(pid)
        stop.set()

    started = time.monotonic()
    processes.run(hang, [[1, 1]], stop_at_first, until=None, stop=stop)
    assert time.monotonic() - started < SOON_S
    assert len(found) == 1
    assert is_gone(found[0])


def test_what_was_stopped_before_it_began_starts_no_process() -> None:
    stop = Event()
    stop.set()
    assert answers(count, [[1], [1]], stop=stop) == []


def test_a_fault_of_whoever_takes_the_answers_leaves_no_process() -> None:
    found = []

    def fail(lane: int, place: int, pid: int) -> None:
        found.append(pid)
        raise ArithmeticError("as the test wants it")

    with pytest.raises(ArithmeticError):
        processes.run(hang, [[1]], fail, until=None, stop=Event())
    assert is_gone(found[0])


def test_a_job_caught_in_a_loop_is_ended_and_what_it_sent_before_counts() -> None:
    found = answers(loop_if_told, [["loop", "do not"]])
    assert [(place, answer) for _, place, answer in found] == [(0, "begun"), (1, "begun"), (1, "done")]


def test_waiting_is_no_loop_and_the_limit_ends_with_its_job() -> None:
    (_, _, (first, one)), (_, _, (second, other)) = answers(work_or_wait, [["wait", "work"]])
    assert (first, second) == ("wait", "work")
    assert one == other, "the process was ended in between"


def test_a_job_knows_nothing_but_what_it_is_given() -> None:
    """Processes are spawned: a fork would copy the locks of the parent's threads as they stand."""
    SEEN.append("written here")
    try:
        assert answers(look, [["written here"]]) == [(0, 0, False)]
    finally:
        SEEN.clear()


def test_work_that_no_other_process_could_find_by_its_name_is_refused() -> None:
    def within(job: int, send: Callable[[int], None]) -> None:
        send(job)

    with pytest.raises((AttributeError, PicklingError)):
        answers(within, [[1]])


PARENT = """
import signal, sys
from threading import Event
from router import processes
from tests.unit.test_processes import {work}
signal.signal(signal.SIGINT, lambda *caught: None)
say = lambda lane, place, answer: print(place, answer, flush=True)
print("here", flush=True)
processes.run({work}, [{jobs}], say, until=None, stop=Event())
"""


def parent(work: str, jobs: str) -> subprocess.Popen[str]:
    """A process of its own that has these jobs done and prints the answers; it takes no notice of Ctrl-C."""
    return subprocess.Popen(
        [sys.executable, "-c", PARENT.format(work=work, jobs=jobs)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_ctrl_c_is_left_to_the_parent_from_the_first_moment_on() -> None:
    with parent("count", "[1, 1]") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        while process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.02)
        said, told = process.communicate(timeout=SOON_S)
    assert (said, told) == ("0 0\n1 0\n", "")


def test_a_job_dies_with_its_parent() -> None:
    with parent("hang", "[1]") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        child = int(process.stdout.readline().split()[1])
        assert not is_gone(child)
        process.kill()
        process.communicate(timeout=SOON_S)
    assert all_gone_soon([child])
