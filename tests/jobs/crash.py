"""Solvers that come to grief, each a real process, given what the real one is given: ``crash.py NAME PARENT``."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

LONG_S = 600
"""Whoever waits for this to end has failed."""


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def eat_memory() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(64 * 2**20))


def eat_memory_within() -> None:
    within(eat_memory)


def sleep_on() -> None:
    time.sleep(LONG_S)


def spin_on_whatever_it_is_told() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass


def close_stderr_and_sleep_on() -> None:
    os.close(2)
    time.sleep(LONG_S)


def exit_at_once() -> None:
    os._exit(0)


def exit_with_a_status() -> None:
    os._exit(7)


def raise_plainly() -> None:
    raise ArithmeticError("mia@example.invalid")


def raise_within() -> None:
    within(raise_plainly)


def close_stdout() -> None:
    os.close(1)
    os._exit(0)


def write_garbage() -> None:
    os.write(1, bytes(range(256)) * 100)


def write_brackets() -> None:
    os.write(1, b"[" * 1_000_000)


def write_half_a_plan() -> None:
    data = plan()
    os.write(1, data[: len(data) // 2])


def write_without_end() -> None:
    while True:
        os.write(1, b"x" * 65536)


def tell_without_end() -> None:
    while True:
        os.write(2, b'{"cost": 1, "bound": 0}\n' * 1000)


def tell_nonsense_and_abort() -> None:
    for line in (b"nonsense", b"[]", b'{"cost": "1"}', b'{"cost": 1e400}', b'{"cost": -1}', b"9" * 5000, b"\xff"):
        os.write(2, line + b"\n")
        time.sleep(0.1)
    os.write(2, b'{"cost": 7, "bound": 3}\n')
    time.sleep(0.1)
    os.abort()


def refuse_unspeakably() -> None:
    os.write(1, json.dumps({"code": "unspeakable", "sentence": "\0 and \ud800"}).encode())
    os._exit(3)


def leave_a_child() -> None:
    child = os.fork()
    if child == 0:
        time.sleep(LONG_S)
    Path(os.environ["NOTE"]).write_text(str(child))
    os._exit(0)


def claim_a_lower_cost() -> None:
    change(lambda told: told["cost"].update(total=told["cost"]["total"] - 1))


def claim_too_high_a_bound() -> None:
    change(lambda told: told.update(lower_bound=told["cost"]["total"] + 1))


def forget_an_order() -> None:
    change(lambda told: told["unserved"].pop())


def claim_another_engine() -> None:
    change(lambda told: told["certificate"].update(engine="two-step"))


def claim_another_drop() -> None:
    change(lambda told: told["certificate"].update(drop_sha256="0" * 64))


def within(work: Callable[[], None]) -> None:
    """Comes to grief inside the real solver's process, in the place of the solver."""
    from api import solver_process

    def solved(request: object, watch: object) -> bytes:
        work()
        return b""

    vars(solver_process)["solved"] = solved
    del sys.argv[1]
    sys.exit(solver_process.main())


def plan() -> bytes:
    """A plan that the referee would pass, with a certificate of ``joint``."""
    from router import codec, solve
    from router.effort import Effort

    asked = json.loads(sys.stdin.buffer.readline())
    drop = codec.read_drop(sys.stdin.buffer.read(asked["drop_bytes"]))
    made = solve.plan(drop, engine="greedy", seed=asked["seed"], effort=Effort(steps=1), workers=1, stop=Event())
    if made.certificate is None:
        raise AssertionError("every plan has a certificate")
    return codec.write(replace(made, certificate=replace(made.certificate, engine=asked["engine"])))


def change(how: Callable[[dict[str, dict[str, object]]], object]) -> None:
    """Writes the plan with one thing changed."""
    told = json.loads(plan())
    how(told)
    os.write(1, json.dumps(told).encode())


def change_nothing() -> None:
    os.write(1, plan())


if __name__ == "__main__":
    globals()[sys.argv[1]]()
