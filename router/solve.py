"""The pipeline: a drop in, a plan with its reasons out, within the time given."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pkgutil import iter_modules
from threading import Event
from time import monotonic

from router import codec, engines
from router.effort import Effort, Watch, ignore
from router.errors import NotFound
from router.model import Drop
from router.plan import Certificate, Plan

DEFAULT_ENGINE = "joint"
LEFTOVERS_S = 5e-4
"""Seconds an order kept back for trying what is left over everywhere once more; at most a fifth of the budget."""


class UnknownEngine(NotFound):
    """No engine of that name."""

    code, title = "unknown-engine", "There is no such engine"

    def __init__(self, name: str) -> None:
        known = ", ".join(engine_names())
        super().__init__(f"there is no engine {name!r}; there are {known}", engine=name)


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
) -> Plan:
    """Plans a drop. Whatever the engine, orders left over are tried once more everywhere before they get a reason.

    ``stop``: once set, the best plan so far is finished and returned. Raises ``UnknownEngine``, and ``Invalid`` for a
    drop that the solver cannot hold. Ends within ``budget_s`` but for what no plan can do without: indexing the drop,
    final times and reasons, about 150 µs an order.
    """
    if engine not in engine_names():
        raise UnknownEngine(engine)
    from router.leftover import complete
    from router.schedule import finish

    effort = effort or Effort(budget_s=30.0)
    stop = stop or Event()
    started = monotonic()
    drop_sha256 = codec.sha256(drop)
    solve = import_module(f"router.engines.{engine.replace('-', '_')}").solve
    inner = effort
    if effort.budget_s is not None:
        spent_s = monotonic() - started
        reserve_s = min(0.2 * effort.budget_s, 0.1 + LEFTOVERS_S * len(drop.orders))
        inner = Effort(budget_s=max(0.0, effort.budget_s - spent_s - reserve_s))
    draft = solve(drop, seed=seed, effort=inner, workers=workers, watch=watch, stop=stop)
    left_s = None if effort.budget_s is None else max(0.0, effort.budget_s - (monotonic() - started))
    if stop.is_set():
        left_s = min(1.0, left_s or 1.0)
    draft, unserved = complete(drop, draft, seed=seed, budget_s=left_s)
    by_steps = effort.budget_s is None
    return finish(
        drop,
        draft,
        unserved=unserved,
        certificate=Certificate(
            drop_sha256=drop_sha256,
            engine=engine,
            version=installed_version(),
            seed=seed,
            effort={"steps": effort.steps, "workers": workers} if by_steps else {"seconds": effort.budget_s},
            seconds=None if by_steps else round(monotonic() - started, 3),
        ),
    )


def installed_version() -> str:
    """The version of the installed distribution, or of a bare checkout ``0``."""
    try:
        return version("dropwright")
    except PackageNotFoundError:
        return "0"
