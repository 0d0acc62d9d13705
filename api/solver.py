"""One drop planned in a process of its own, and nothing believed that comes out of it.

The solver may crash, hang, eat memory, write nonsense or a plan that only looks lawful: it is then given up, the greedy
engine plans the drop in a fresh process, and its certificate says so. No plan is handed on before the referee, which
runs here and not there, has nothing against it. Source: docs/jobs.md, "The solver".
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event
from time import monotonic
from typing import Any

from api import child
from api.child import Ending, Grant, How
from api.solver_process import RAISED, REFUSED
from router import codec
from router.check import findings
from router.errors import Faulty
from router.model import LARGEST, Drop
from router.plan import Plan
from router.solve import DEFAULT_ENGINE

MIB = 2**20
GRANT = Grant(memory_bytes=4096 * MIB, answer_bytes=256 * MIB, told_bytes=16 * MIB)

FALLBACK = "greedy"
START_S = 30.0
"""What a process may take to start and to end, on a busy machine."""

ORDER_S = 1e-3
"""What reading, final times, reasons and writing may take for an order, on a busy machine."""

GRACE_S = 3.0
"""From being asked to end to being killed."""

STEPS_S = 600.0
"""The limit of a solve that counts steps."""

_CODE = re.compile(r"[a-z][a-z0-9-]{0,60}")
_LONGEST_SENTENCE = 1000
_LONGEST_REFUSAL = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to plan: for ``seconds`` or in ``steps``, exactly one of them."""

    seconds: float | None = None
    steps: int | None = None
    seed: int = 1
    workers: int = 2
    engine: str = DEFAULT_ENGINE
    bound: bool = True

    def __post_init__(self) -> None:
        if (self.seconds is None) == (self.steps is None):
            raise ValueError("effort is seconds or steps, exactly one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The cost of the best plan so far, what any plan costs at least (0: nothing is proved), and the time passed."""

    cost: int
    lower_bound: int
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """Why a solver gave no plan: a stable code of docs/jobs.md and a sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A valid plan. ``instead_of``: what befell the engine asked for, where the plan is the greedy one instead."""

    plan: Plan
    instead_of: Mishap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """There is no plan."""

    why: Mishap


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Nobody wants the plan any more."""


Outcome = Solved | Failed | Cancelled
"""What becomes of a drop that was to be planned."""

Tell = Callable[[Progress], None]

MISHAPS = (
    "solver-not-started",
    "solver-crashed",
    "solver-out-of-memory",
    "solver-out-of-time",
    "solver-raised",
    "solver-gave-up",
    "solver-told-too-much",
    "solver-no-plan",
    "solver-wrong-plan",
)
"""What may befall a solver. Any other code is that of an error which it raised on purpose: the drop is to blame."""


def command() -> tuple[str, ...]:
    """What starts the solver's process."""
    return (sys.executable, "-P", "-m", "api.solver_process", str(os.getpid()))


def plan(
    drop: bytes,
    options: Options,
    *,
    cancelled: Event,
    tell: Tell = lambda progress: None,
    start: bytes | None = None,
    grant: Grant = GRANT,
    deadline_s: float | None = None,
    solver: Callable[[], Sequence[str]] = command,
) -> Outcome:
    """Plans the (prepared) drop that ``drop`` spells, in a process of its own; if that comes to grief, by ``greedy``.

    ``start``: a valid plan of the drop, than which the new one costs no more. ``tell`` hears of progress, in this
    thread. Once ``cancelled`` is set the process is killed. Ends within ``deadline_s`` (by default ``limit_s``) and,
    where it falls back, ``allowance_s``, but for the referee. Raises ``Faulty`` for bytes that are no drop or plan.
    """
    begun = monotonic()
    asked = _Asked(drop=codec.read_drop(drop), drop_json=drop, start=None, start_json=start or b"", options=options)
    if asked.drop.travel.kind == "road":
        return _failed("matrix-wanted", "a drop with road travel is planned as the matrix drop that is made of it")
    if start is not None:
        asked = replace(asked, start=(begins := codec.read_plan(start)))
        if found := findings(asked.drop, begins):
            return _failed("start-does-not-fit", f"the plan to start from is not valid for the drop: {found[0]}")
    orders = len(asked.drop.orders)
    grant = replace(grant, answer_bytes=min(grant.answer_bytes, MIB + 8 * len(drop)))
    until = begun + (limit_s(options, orders) if deadline_s is None else deadline_s)

    def heard(line: bytes) -> None:
        if (progress := _progress(line, monotonic() - begun)) is not None:
            tell(progress)

    made = _attempt(asked, solver(), until, grant, heard, cancelled)
    if not isinstance(made, Failed) or made.why.code not in MISHAPS:
        return made
    left_s = max(until - monotonic(), 0.0) + allowance_s(orders)
    fallback = Options(seconds=left_s / 2, seed=options.seed, workers=1, engine=FALLBACK, bound=False)
    asked = replace(asked, options=fallback, instead_of=options.engine)
    second = _attempt(asked, command(), monotonic() + left_s, grant, heard, cancelled)
    if isinstance(second, Solved):
        return replace(second, instead_of=made.why)
    if isinstance(second, Failed):
        sentence = f"{made.why.sentence}; then, with {FALLBACK}: {second.why.sentence}"
        return Failed(why=Mishap(code=made.why.code, sentence=sentence))
    return second


def limit_s(options: Options, orders: int) -> float:
    """Seconds after which the solver is asked to end, from start to plan."""
    return (STEPS_S if options.seconds is None else 1.1 * options.seconds) + START_S + ORDER_S * orders


def allowance_s(orders: int) -> float:
    """Seconds that the greedy engine has even where the first solver used up all time."""
    return START_S + ORDER_S * orders


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One attempt's question, as records and as bytes."""

    drop: Drop
    drop_json: bytes
    start: Plan | None
    start_json: bytes
    options: Options
    instead_of: str | None = None

    def spelt(self) -> bytes:
        """As ``api.solver_process`` reads it."""
        options = self.options
        head = {
            "drop_bytes": len(self.drop_json),
            "seconds": options.seconds,
            "steps": options.steps,
            "seed": options.seed,
            "workers": options.workers,
            "engine": options.engine,
            "bound": options.bound,
            "instead_of": self.instead_of,
        }
        return json.dumps(head).encode() + b"\n" + self.drop_json + self.start_json


def _attempt(
    asked: _Asked,
    command: Sequence[str],
    until: float,
    grant: Grant,
    heard: Callable[[bytes], None],
    cancelled: Event,
) -> Outcome:
    """One process, and what the referee says to its plan."""
    ended = child.run(
        command, asked.spelt(), until=until, grace_s=GRACE_S, grant=grant, tell=heard, cancelled=cancelled
    )
    if ended.how is How.CANCELLED or cancelled.is_set():
        return Cancelled()
    return _judged(asked, ended.answer) if ended.how is How.ENDED else Failed(why=_why(ended))


def _judged(asked: _Asked, answer: bytes) -> Outcome:
    try:
        plan = codec.read_plan(answer)
    except Faulty as faulty:
        return _failed("solver-no-plan", f"what the solver wrote is no plan: {faulty.faults[0]}")
    found = [str(each) for each in findings(asked.drop, plan)]
    certificate = plan.certificate
    if certificate is None or certificate.drop_sha256 != codec.sha256(asked.drop):
        found.append("the certificate is of another drop")
    elif (certificate.engine, certificate.seed, certificate.effort.get("instead_of")) != (
        asked.options.engine,
        asked.options.seed,
        asked.instead_of,
    ):
        found.append("the certificate is of another engine or seed")
    if asked.start is not None and plan.cost.total > asked.start.cost.total:
        found.append("the plan costs more than the one it starts from")
    if found:
        return _failed("solver-wrong-plan", f"the referee refused the plan ({len(found)} findings): {found[0]}")
    return Solved(plan=plan)


def _why(ended: Ending) -> Mishap:
    """What befell a process that gave no plan."""
    if ended.how is How.GAVE_UP:
        return _gave_up(ended)
    sentences = {
        How.NOT_STARTED: ("solver-not-started", f"no process could be started: {os.strerror(ended.number)}"),
        How.CRASHED: ("solver-crashed", f"the solver was ended by {_signal(ended.number)}"),
        How.OUT_OF_TIME: ("solver-out-of-time", "the solver did not end when its time was up"),
        How.TOLD_TOO_MUCH: ("solver-told-too-much", "the solver wrote far more progress than there can be"),
    }
    code, sentence = sentences[ended.how]
    return Mishap(code=code, sentence=sentence)


def _gave_up(ended: Ending) -> Mishap:
    said = _json(ended.answer[:_LONGEST_REFUSAL])
    if ended.number == REFUSED and _CODE.fullmatch(str(said.get("code"))):
        return Mishap(code=said["code"], sentence=str(said.get("sentence"))[:_LONGEST_SENTENCE])
    if ended.number == RAISED and "error" in said:
        error, where = str(said["error"])[:100], str(said.get("where"))[:100]
        code = "solver-out-of-memory" if error == "MemoryError" else "solver-raised"
        return Mishap(code=code, sentence=f"the solver raised {error} at {where}")
    return Mishap(code="solver-gave-up", sentence=f"the solver ended with status {ended.number} and no plan")


def _failed(code: str, sentence: str) -> Failed:
    return Failed(why=Mishap(code=code, sentence=sentence[:_LONGEST_SENTENCE]))


def _progress(line: bytes, elapsed_s: float) -> Progress | None:
    """What a line of standard error says, if it says anything."""
    said = _json(line)
    cost, bound = said.get("cost"), said.get("bound") or 0
    if type(cost) is int and type(bound) is int and 0 <= bound <= LARGEST and 0 <= cost <= LARGEST:
        return Progress(cost=cost, lower_bound=bound, elapsed_s=elapsed_s)
    return None


def _json(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _signal(number: int) -> str:
    known = {each.value: each.name for each in signal.Signals}
    return known.get(number, f"signal {number}")
