"""Dropwright beside PyVRP and VROOM on published instances, all through the drop format and its referee.

python -m bench.published FOLDER [--family NAME ...] [--instance NAME ...] [--seconds 10 60] [--seeds 1]
                          [--engines joint] [--peers pyvrp vroom] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench import explained, measure
from bench.measure import Run
from bench.published.drop import drop_of
from bench.published.instance import FAMILIES, Instance, Route, beyond_vroom
from bench.published.library import Found, found_in, read
from bench.published.routes import plan_of, refusals
from bench.published.run import PACKAGES, VROOM, version_of
from bench.published.table import HEAD, Row, completed, foot, line, summary
from router import codec
from router.errors import DropwrightError, Faulty
from router.model import Drop
from router.plan import Plan
from router.solve import UnknownEngine, engine_names

GRACE_S = 120
WITHOUT_CLOCK_S = 3600
"""After this long a method without a clock is ended, and has no result."""


def judged(instance: Instance, drop: Drop, row: Row, ran: Run, output: Path) -> Row:
    """The row with what the run came to: cost and gap, or why it is refused."""
    if ran.status or not output.exists():
        return replace(row, wrong=(f"ended with status {ran.status}: {ran.told}",))
    told = json.loads(output.read_text())
    row = replace(row, version=told["version"], taken=told["seconds"])
    try:
        plan = _plan(instance, drop, told)
        wrong = refusals(instance, drop, plan)
    except Faulty as faulty:
        return replace(row, wrong=tuple(map(str, faulty.faults)))
    except DropwrightError as error:
        return replace(row, wrong=(str(error),))
    if wrong:
        return replace(row, wrong=wrong)
    couriers = len({trip.courier for trip in plan.trips})
    return replace(row, cost=plan.cost.total, routes=couriers).held(row.best, row.best_of)


def _plan(instance: Instance, drop: Drop, told: dict[str, Any]) -> Plan:
    if "plan" in told:
        return codec.read_plan(json.dumps(told["plan"]).encode())
    routes = told["routes"]
    return plan_of(
        instance, drop, [Route(fleet=each["fleet"], trips=tuple(map(tuple, each["trips"]))) for each in routes]
    )


def compared(
    found: Found, methods: Sequence[str], seconds: Sequence[float], seeds: Sequence[int], folder: Path
) -> Iterator[Row]:
    """Every method's rows on one instance, one run after the other."""
    instance = read(found)
    drop = drop_of(instance)
    for method in methods:
        clock = method != VROOM
        why = beyond_vroom(instance) if method == VROOM else None
        for given in seconds if clock else (None,):
            for seed in seeds if clock else (None,):
                row = Row(
                    family=found.family,
                    instance=instance.name,
                    stops=len(instance.visits),
                    method=method,
                    version=version_of(method),
                    given=given,
                    taken=None,
                    seed=seed,
                    unit=instance.unit,
                    best=instance.best.cost if instance.best else None,
                    best_of=instance.best.told if instance.best else None,
                )
                if why is not None:
                    yield replace(row, able=False, wrong=(why,))
                    continue
                output = folder / "result.json"
                output.unlink(missing_ok=True)
                command = [sys.executable, "-m", "bench.published.run", str(found.path), method, "-o", str(output)]
                if given is not None:
                    command += ["--seconds", f"{given:g}", "--seed", str(seed)]
                limit_s = WITHOUT_CLOCK_S if given is None else 3 * given + GRACE_S
                yield judged(instance, drop, row, measure.run(command, limit_s=limit_s), output)


def main() -> int:
    """Runs everything, prints the table as it grows, then the gaps by family."""
    asked = _arguments().parse_args()
    measure.use_two_cores()
    rows: list[Row] = []
    try:
        for engine in asked.engines:
            if engine not in engine_names():
                raise UnknownEngine(engine)
        chosen = list(found_in(asked.folder, asked.family, asked.instance))
        for found in chosen:
            read(found)  # a fault in the last file is told before the first run, not hours later
        print(HEAD, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for found in chosen:
                methods = (*asked.engines, *asked.peers)
                for row in compared(found, methods, asked.seconds, asked.seeds, Path(folder)):
                    rows.append(row)
                    if asked.json:
                        asked.json.write_text(json.dumps([asdict(each) for each in completed(rows)], indent=2) + "\n")
                    print(line(row), flush=True)
                    for each in row.wrong[:3]:
                        print(f"    {'refused' if row.able else 'not run'}: {each}", flush=True)
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    rows = completed(rows)
    print("", *summary(rows), "", *foot(rows), sep="\n")
    refused = sum(1 for row in rows if row.able and row.wrong)
    if refused:
        print(f"{refused} results were refused")
    return 1 if refused else 0


def _arguments() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="python -m bench.published", description=__doc__.splitlines()[0])
    given.add_argument("folder", type=Path, help="where the instances lie, in folders below too")
    given.add_argument("--family", nargs="+", choices=FAMILIES, default=[], metavar="NAME", help=", ".join(FAMILIES))
    given.add_argument("--instance", nargs="+", default=[], metavar="NAME", help="names of files, without ending")
    given.add_argument("--seconds", type=float, nargs="+", default=[10, 60], metavar="S", help="wall clock: 10 60")
    given.add_argument("--seeds", type=int, nargs="+", default=[1], metavar="N")
    given.add_argument("--engines", nargs="*", default=["joint"], metavar="NAME", help="of Dropwright: joint")
    given.add_argument("--peers", nargs="*", choices=sorted(PACKAGES), default=sorted(PACKAGES), metavar="NAME")
    given.add_argument("--json", type=Path, metavar="FILE", help="write the rows here too")
    return given


if __name__ == "__main__":
    sys.exit(main())
