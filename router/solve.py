"""The pipeline: a drop in, a plan with its reasons out, within the time given."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pkgutil import iter_modules
from threading import Event
from time import monotonic
from typing import Any

from router import codec, engines
from router.effort import Effort, Watch, ignore
from router.errors import Invalid, NotFound
from router.model import Drop
from router.plan import Certificate, Plan

DEFAULT_ENGINE = "joint"
LEFTOVERS_S = 5e-4
"""Seconds an order kept back for trying what is left over everywhere once more; at most a fifth of the budget."""

MOST_LEFTOVERS_S = 2.0
"""No more than this is kept back: with so many orders the search itself saves more in the rest of the time."""


class UnknownEngine(NotFound):
    """No engine of that name."""

    code, title = "unknown-engine", "There is no such engine"

    def __init__(self, name: str) -> None:
        known = ", ".join(engine_names())
        super().__init__(f"there is no engine {name!r}; there are {known}", engine=name)


class StartsCold(Invalid):
    """An engine that builds its plans from nothing was given a plan to start from."""

    code, title = "starts-cold", "The engine cannot start from a plan"

    def __init__(self, name: str) -> None:
        warm = " or ".join(each for each in engine_names() if _engine(each).WARM)
        super().__init__(f"the engine {name} cannot start from a plan: leave the plan out, or take {warm}", engine=name)


def engine_names() -> tuple[str, ...]:
    """The engines of ``router/engines``, by name."""
    return tuple(sorted(found.name.replace("_", "-") for found in iter_modules(engines.__path__)))


def plan(
    drop: Drop,
    *,
    engine: str = DEFAULT_ENGINE,
    seed: int = 1,
    effort: Effort | None = None,
    workers: int = 2,
    watch: Watch = ignore,
    stop: Event | None = None,
    start: Plan | None = None,
    bound: bool = False,
) -> Plan:
    """Plans a drop. Whatever the engine, orders left over are tried once more everywhere before they get a reason.

    ``stop``: once set, the best plan so far is finished and returned. ``start``: a valid plan of the drop, from which
    the search goes on; the plan returned costs no more. ``bound``: whether a lower bound is proved too: beside the
    search in a process of its own where effort is seconds, after it where effort is steps, so that those repeat.
    Processes are spawned for that bound, by ``two-step``, and where ``joint`` has PyVRP finish long routes: whoever
    calls this from a script guards its main part. Raises ``UnknownEngine``, ``StartsCold``, and ``Invalid`` for
    a drop that the solver cannot hold. Ends within ``budget_s`` but for what no plan can do without: indexing the
    drop, final times and reasons, about 150 µs an order.
    """
    check_engine(engine, warm=start is not None)
    from router import proof

    effort = effort or Effort(budget_s=30.0)
    stop = stop or Event()
    if not bound:
        return _planned(drop, engine, seed, effort, workers, watch, stop, start)
    told = proof.Told(watch)
    beside = nullcontext() if effort.budget_s is None else proof.beside(drop, told, until=monotonic() + effort.budget_s)
    with beside:
        made = _planned(drop, engine, seed, effort, workers, told.costs, stop, start)
    if effort.budget_s is None and not stop.is_set():
        proof.prove_here(drop, steps=proof.STEPS, tell=told.proves, stop=stop)
    return replace(made, lower_bound=told.bound)


def _planned(
    drop: Drop,
    engine: str,
    seed: int,
    effort: Effort,
    workers: int,
    watch: Watch,
    stop: Event,
    start: Plan | None,
) -> Plan:
    from router import warm
    from router.leftover import BegunUnfinished, complete
    from router.schedule import finish

    started = monotonic()
    drop_sha256 = codec.sha256(drop)
    inner = effort
    if effort.budget_s is not None:
        spent_s = monotonic() - started
        reserve_s = min(0.2 * effort.budget_s, 0.1 + LEFTOVERS_S * len(drop.orders), MOST_LEFTOVERS_S)
        inner = Effort(budget_s=max(0.0, effort.budget_s - spent_s - reserve_s))
    draft = _engine(engine).solve(
        drop,
        seed=seed,
        effort=inner,
        workers=workers,
        watch=watch if start is None else _at_most(start.cost.total, watch),
        stop=stop,
        start=None if start is None else warm.start(drop, start),
    )
    left_s = None if effort.budget_s is None else max(0.0, effort.budget_s - (monotonic() - started))
    if stop.is_set():
        left_s = min(1.0, left_s or 1.0)
    try:
        draft, unserved = complete(drop, draft, seed=seed, budget_s=left_s)
        made = finish(drop, draft, unserved=unserved)
    except BegunUnfinished:
        if start is None:
            raise
        made = start
    if start is not None and start.cost.total < made.cost.total:
        made = start
    by_steps = effort.budget_s is None
    certificate = Certificate(
        drop_sha256=drop_sha256,
        engine=engine,
        version=installed_version(),
        seed=seed,
        effort={"steps": effort.steps, "workers": workers} if by_steps else {"seconds": effort.budget_s},
        seconds=None if by_steps else round(monotonic() - started, 3),
    )
    return replace(made, lower_bound=None, certificate=certificate)


def _at_most(cost: int, watch: Watch) -> Watch:
    """Tells no more than the start costs, which is at hand: timed anew it may come out a little dearer."""
    return lambda found, bound: watch(min(found, cost), bound)


def check_engine(name: str, *, warm: bool = False) -> None:
    """Raises ``UnknownEngine`` where there is none of that name, ``StartsCold`` where it shall start from a plan."""
    if name not in engine_names():
        raise UnknownEngine(name)
    if warm and not _engine(name).WARM:
        raise StartsCold(name)


def _engine(name: str) -> Any:
    return import_module(f"router.engines.{name.replace('-', '_')}")


def installed_version() -> str:
    """The version of the installed distribution, or of a bare checkout ``0``."""
    try:
        return version("dropwright")
    except PackageNotFoundError:
        return "0"
