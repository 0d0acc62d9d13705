"""Ctrl-C and polite kills: the best plan so far or nothing, never half a file."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from tests.cli.command import INTERRUPTED, start, succeed

PLAN = ("plan", "drop.json", "-o", "plan.json", "--seconds", "100")


@contextmanager
def planning(folder: Path) -> Iterator[Popen[str]]:
    """The command at work on a drop, with a first plan found."""
    succeed(folder, "make-drop", "--orders", "150", "--hubs", "3", "-o", "drop.json")
    process = start(folder, *PLAN)
    try:
        assert process.stderr is not None
        assert "cost" in process.stderr.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_plan_is_the_best_so_far_and_whole(number: signal.Signals, tmp_path: Path) -> None:
    with planning(tmp_path) as process:
        process.send_signal(number)
        said, told = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, told
    assert "best plan found until then" in told
    assert "cost" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drop.json", "plan.json"]
    assert succeed(tmp_path, "check", "drop.json", "plan.json") == "valid\n"


def test_a_second_interrupt_leaves_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    with planning(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    left = {path.name for path in tmp_path.iterdir()} - {"drop.json"}
    assert left <= {"plan.json"}
    if left:
        assert succeed(tmp_path, "check", "drop.json", "plan.json") == "valid\n"


def test_an_interrupt_before_there_is_a_plan_writes_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "drop.json")
    process = start(tmp_path, *PLAN)
    try:
        with (tmp_path / "drop.json").open("wb"):  # the command now waits for the rest of its drop
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == INTERRUPTED, told
    assert told == "dropwright: interrupted, nothing was written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["drop.json"]


def test_a_process_that_is_killed_leaves_the_plan_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(b"the plan of yesterday")
    with planning(tmp_path) as process:
        process.kill()
        process.communicate(timeout=60)
    assert (tmp_path / "plan.json").read_bytes() == b"the plan of yesterday"
