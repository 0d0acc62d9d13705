"""How far the proved bound is below a plan.

    python -m bench.bound [--orders 500] [--hubs 5] [--seeds 11 12] [--tight | --loose] [--seconds 120]
                          [--plan-seconds 120] [--workers 2] [--drop FILE --plan FILE]

For each seed, or for the drop (no road drop) and its plan in FILE: the plan's cost, the bound, the gap
((plan − bound) ÷ plan), the allocation's part of it and the routing's, the seconds that the bound took by the clock and
of the processor, and the peak memory of this process. The allocation is handling, splits, contingency and what is left;
its gap is to a bound of its own, where ways cost nothing. The routing's is the rest. Without --tight or --loose both
kinds are drawn. The plan is refereed. Exit status 1 where a bound is above a plan.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench import explained, measure
from router import codec
from router.bound import lower_bound
from router.check import findings
from router.errors import DropwrightError, Unavailable
from router.generate import make_drop
from router.model import CourierCost, Drop
from router.plan import Cost

ALLOCATION_S = 20.0
"""Seconds for the allocation's own bound."""

HEAD = (
    f"{'drop':>18}{'plan':>12}{'bound':>12}{'gap %':>8}{'allocation':>12}{'routing':>9}"
    f"{'seconds':>10}{'CPU s':>8}{'peak MiB':>10}"
)


def planned(drop: Drop, seconds: float, where: Path) -> Cost:
    """What the plan of ``dropwright plan`` costs. Raises ``Unavailable`` where there is none that is lawful."""
    file, output = where / "drop.json", where / "plan.json"
    file.write_bytes(codec.write(drop))
    output.unlink(missing_ok=True)
    ran = measure.run([measure.dropwright(), "plan", str(file), "-o", str(output), "--seconds", f"{seconds:g}"])
    if not output.exists():
        raise Unavailable(f"no plan was written: {ran.told}")
    return cost(drop, output)


def cost(drop: Drop, file: Path) -> Cost:
    """What the plan in ``file`` costs, once it is refereed."""
    plan = codec.read_plan(file.read_bytes())
    wrong = findings(drop, plan)
    if wrong:
        raise Unavailable(f"{file.name} is no plan of this drop: {wrong[0]}")
    return plan.cost


def ways_for_nothing(drop: Drop) -> Drop:
    """The drop where no way costs anything and nothing is late: what is left to decide is the allocation."""
    return replace(
        drop,
        couriers=tuple(replace(each, cost=CourierCost()) for each in drop.couriers),
        carriers=tuple(
            replace(each, tariff=tuple(replace(step, amount=0) for step in each.tariff)) for each in drop.carriers
        ),
        tiers=tuple(replace(each, late_shipping=None, late_delivery=None) for each in drop.tiers),
    )


def row(name: str, drop: Drop, paid: Cost, seconds: float, workers: int) -> tuple[str, bool]:
    """The line of a drop, and whether the bound is at most the plan."""
    plan, allocation = paid.total, paid.handling + paid.split + paid.contingency + paid.unserved
    until = time.monotonic() + ALLOCATION_S
    allocated = lower_bound(ways_for_nothing(drop), until=until, steps=None, tell=lambda _: None, workers=workers)
    began, cpu = time.monotonic(), time.process_time()
    bound = lower_bound(drop, until=began + seconds, steps=None, tell=lambda _: None, workers=workers)
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    gap = 100 * (plan - bound) / plan if plan else 0.0
    own = 100 * (allocation - allocated) / plan if plan else 0.0
    line = f"{name:>18}{plan:>12}{bound:>12}{gap:>8.1f}{own:>12.1f}{gap - own:>9.1f}{took:>10.1f}{cpu:>8.1f}{peak:>10}"
    return line, bound <= plan and allocated <= allocation


def cases(options: argparse.Namespace, where: Path) -> Iterator[tuple[str, Drop, Cost]]:
    """Name, drop and cost of its plan."""
    if options.drop:
        drop = codec.read_drop(options.drop.read_bytes())
        yield drop.id[:17], drop, cost(drop, options.plan)
        return
    kinds = [True] if options.tight else [False] if options.loose else [False, True]
    for seed in options.seeds:
        for tight in kinds:
            drop = make_drop(orders=options.orders, hubs=options.hubs, seed=seed, tight=tight)
            name = f"{options.orders}-{seed}-{'tight' if tight else 'loose'}"
            yield name, drop, planned(drop, options.plan_seconds, where)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--hubs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12])
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--tight", action="store_true")
    kind.add_argument("--loose", action="store_true")
    parser.add_argument("--seconds", type=float, default=120, help="of the clock, for the bound")
    parser.add_argument("--plan-seconds", type=float, default=120, help="for the plan")
    parser.add_argument("--workers", type=int, default=2, help="threads that prove")
    parser.add_argument("--drop", type=Path, help="a drop instead of drawn ones; needs --plan")
    parser.add_argument("--plan", type=Path, help="its plan")
    options = parser.parse_args(arguments)
    if (options.drop is None) != (options.plan is None):
        parser.error("--drop and --plan go together")
    measure.use_two_cores()
    print(HEAD)
    held = True
    try:
        with tempfile.TemporaryDirectory() as where:
            for name, drop, plan in cases(options, Path(where)):
                line, below = row(name, drop, plan, options.seconds, options.workers)
                print(line, flush=True)
                held &= below
    except DropwrightError as error:
        print(explained(error), file=sys.stderr)
        return 1
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
