"""Solvers that come to grief, by name of ``crash.py``, and what is told of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from api import solver

CRASH = Path(__file__).with_name("crash.py")
LARGEST = replace(solver.GRANT, memory_bytes=1024 * 2**20)
"""What a solver may take of a machine that others use too."""

CRASHES = {
    "segfault": ("solver-crashed", "SIGSEGV"),
    "abort": ("solver-crashed", "SIGABRT"),
    "kill_itself": ("solver-crashed", "SIGKILL"),
    "eat_memory_within": ("solver-out-of-memory", "MemoryError"),
    "sleep_on": ("solver-out-of-time", "time was up"),
    "spin_on_whatever_it_is_told": ("solver-out-of-time", "time was up"),
    "close_stderr_and_sleep_on": ("solver-out-of-time", "time was up"),
    "exit_at_once": ("solver-no-plan", "is no plan"),
    "exit_with_a_status": ("solver-gave-up", "status 7"),
    "eat_memory": ("solver-gave-up", "status 1"),
    "raise_plainly": ("solver-gave-up", "status 1"),
    "raise_within": ("solver-raised", "ArithmeticError at crash.py:"),
    "close_stdout": ("solver-no-plan", "is no plan"),
    "write_garbage": ("solver-no-plan", "is no plan"),
    "write_brackets": ("solver-no-plan", "is no plan"),
    "write_half_a_plan": ("solver-no-plan", "is no plan"),
    "write_without_end": ("solver-gave-up", "status 1"),
    "tell_without_end": ("solver-told-too-much", "progress"),
    "tell_nonsense_and_abort": ("solver-crashed", "SIGABRT"),
    "leave_a_child": ("solver-no-plan", "is no plan"),
    "claim_a_lower_cost": ("solver-wrong-plan", "R11 /cost/total"),
    "claim_too_high_a_bound": ("solver-wrong-plan", "R0 /lower_bound"),
    "forget_an_order": ("solver-wrong-plan", "R1"),
    "claim_another_engine": ("solver-wrong-plan", "another engine"),
    "claim_another_drop": ("solver-wrong-plan", "another drop"),
}
"""The code of each, and words of its sentence."""

ONE_EACH = {code: name for name, (code, _) in reversed(CRASHES.items())}
"""One of them for each mishap, by its code."""

TIMES = {name: 1.0 for name, (code, _) in CRASHES.items() if code == "solver-out-of-time"}
"""The deadline, in seconds, of those that do not end by themselves."""


def crashing(name: str) -> Callable[[], Sequence[str]]:
    """Starts one of the solvers that come to grief; should this process end, it does too."""
    return lambda: (sys.executable, str(CRASH), name, str(os.getpid()))
