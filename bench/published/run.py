"""One method on one instance, as a process of its own.

    python -m bench.published.run FILE METHOD [--seconds S] [--seed N] -o RESULT

The clock stands around the solving alone: the text is read and the method's own input made before, and the answer is
written after. The result is JSON: ``seconds``, ``version`` and either a ``plan`` or ``routes``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import explained
from bench.measure import CORES
from bench.published.drop import drop_of
from bench.published.instance import Instance, Route
from bench.published.library import Found, family_of, read
from router.errors import DropwrightError, Invalid

PYVRP, VROOM = "pyvrp", "vroom"
PACKAGES = {PYVRP: "pyvrp", VROOM: "pyvroom"}


def result(instance: Instance, method: str, seconds: float, seed: int) -> dict[str, Any]:
    """Solves by a peer's name or an engine's. Raises ``CannotState`` and whatever the engine raises."""
    if method == PYVRP:
        from bench.published import pyvrp_peer

        data = pyvrp_peer.data_of(instance)
        started = time.monotonic()
        routes = pyvrp_peer.solve(data, seed=seed, seconds=seconds)
        return _routes(time.monotonic() - started, method, routes)
    if method == VROOM:
        from bench.published import vroom_peer

        given = vroom_peer.input_of(instance)
        started = time.monotonic()
        routes = vroom_peer.solve(given, instance)
        return _routes(time.monotonic() - started, method, routes)
    from router import codec, solve
    from router.effort import Effort

    drop = drop_of(instance)
    started = time.monotonic()
    plan = solve.plan(drop, engine=method, seed=seed, effort=Effort(budget_s=seconds), workers=CORES)
    taken = time.monotonic() - started
    return {"seconds": taken, "version": version_of(method), "plan": json.loads(codec.write(plan))}


def version_of(method: str) -> str:
    """The installed version of a peer, or of Dropwright for any engine."""
    return version(PACKAGES.get(method, "dropwright"))


def _routes(seconds: float, method: str, routes: tuple[Route, ...]) -> dict[str, Any]:
    told = [{"fleet": route.fleet, "trips": route.trips} for route in routes]
    return {"seconds": seconds, "version": version_of(method), "routes": told}


def main() -> int:
    """Reads the instance, solves it, writes the result."""
    given = argparse.ArgumentParser(prog="python -m bench.published.run", description=__doc__.splitlines()[0])
    given.add_argument("instance", type=Path)
    given.add_argument("method")
    given.add_argument("--seconds", type=float, default=10)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("-o", "--output", type=Path, required=True, metavar="RESULT")
    asked = given.parse_args()
    try:
        family = family_of(asked.instance)
        if family is None:
            raise Invalid(f"{asked.instance} is a solution, not an instance")
        instance = read(Found(path=asked.instance, family=family))
        asked.output.write_text(json.dumps(result(instance, asked.method, asked.seconds, asked.seed)))
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
