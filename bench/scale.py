"""How large a drop Dropwright holds, and whether it ends when it said it would.

    python -m bench.scale [--orders 10000] [--hubs 20] [--seconds 52]
                          [--deadlines 2 5 15] [--sizes 100 1000 10000]

First the large drop: wall clock and memory of the whole command, against a minute and 4 GiB on two cores, and when it
first tells the cost of a plan, against five seconds.
Then, for each size, whether ``--seconds N`` is honoured: the whole process must end within 1.1 N + 2 s. Every
plan is refereed. Exit status 1 where a limit or a rule is broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import explained, measure
from bench.peers import hubs_for, judged
from router import codec
from router.errors import DropwrightError
from router.generate import make_drop
from router.model import Drop

MOST_S, MOST_MIB, FIRST_S = 60, 4096, 5.0
SEED = 7401
GRACE_S = 300
HEAD = f"{'orders':>7}{'hubs':>6}{'--seconds':>11}{'ended after':>13}{'limit':>8}{'first plan':>12}"
HEAD += f"{'peak MiB':>10}{'cost':>12}{'unserved':>10}{'findings':>10}  "

Asked = tuple[int, int, float, float, float | None]
"""Orders, hubs, ``--seconds``, when it must have ended, when it must have told of a plan (``None``: whenever)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of ``dropwright plan``: the line to print, and what is wrong with it."""

    line: str
    wrong: tuple[str, ...]


def limit_s(seconds: float) -> float:
    """When a command that was given ``seconds`` must have ended."""
    return 1.1 * seconds + 2


def trial(
    drop: Drop, file: Path, engine: str, seconds: float, most_s: float, most_mib: int, first_s: float | None = None
) -> Trial:
    """Plans the drop in ``file`` and holds the run to its limits and the plan to the rules.

    ``first_s``: when the first plan must have been told of, seconds from the start of the process.
    """
    output = file.with_name("plan.json")
    output.unlink(missing_ok=True)
    command = [measure.dropwright(), "plan", str(file), "-o", str(output), "--engine", engine]
    command += ["--seconds", f"{seconds:g}", "--seed", "1", "--workers", str(measure.CORES)]
    ran = measure.run(command, limit_s=10 * seconds + GRACE_S)
    row, wrong = judged(drop, engine, ran, output, leftovers=False)
    if ran.seconds > most_s:
        wrong += (f"ended after {ran.seconds:.1f} s, the limit is {most_s:.1f} s",)
    if first_s is not None and (ran.spoke_s is None or ran.spoke_s > first_s):
        wrong += (f"told of its first plan after {_seconds(ran.spoke_s)} s, the limit is {first_s:.1f} s",)
    if ran.peak_mib > most_mib:
        wrong += (f"took {ran.peak_mib} MiB, the limit is {most_mib} MiB",)
    cells = f"{len(drop.orders):>7}{len(drop.hubs):>6}{seconds:>11g}{ran.seconds:>13.1f}{most_s:>8.1f}"
    cells += f"{_seconds(ran.spoke_s):>12}{ran.peak_mib:>10}{row.cost or '–':>12}{_count(row.unserved):>10}"
    cells += f"{_count(row.findings):>10}  "
    return Trial(line=cells + ("broken" if wrong else "kept"), wrong=wrong)


def main() -> int:
    """Prints one line a run, and what went wrong beneath it."""
    asked = _arguments().parse_args()
    measure.use_two_cores()
    plans: list[Asked] = []
    if asked.orders:
        plans.append((asked.orders, asked.hubs, asked.seconds, float(MOST_S), FIRST_S))
    plans += [(size, hubs_for(size), n, limit_s(n), None) for size in asked.sizes for n in asked.deadlines]
    try:
        measure.dropwright()
        return 1 if _table(plans, asked.engine) else 0
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2


def _table(plans: Sequence[Asked], engine: str) -> int:
    """How many runs broke a limit or a rule."""
    broken = 0
    print(HEAD)
    for orders, hubs, seconds, most_s, first_s in plans:
        drop = make_drop(orders=orders, hubs=hubs, seed=SEED)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "drop.json"
            file.write_bytes(codec.write(drop))
            made = trial(drop, file, engine, seconds, most_s, MOST_MIB, first_s)
        print(made.line, flush=True)
        for each in made.wrong[:5]:
            print(f"    {each}", flush=True)
        broken += bool(made.wrong)
    return broken


def _seconds(number: float | None) -> str:
    return "–" if number is None else f"{number:.1f}"


def _count(number: int | None) -> str:
    return "–" if number is None else str(number)


def _arguments() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__.splitlines()[0])
    given.add_argument("--orders", type=int, default=10_000, metavar="N", help="the large drop; 0: leave it out")
    given.add_argument("--hubs", type=int, default=20, metavar="N")
    given.add_argument(
        "--seconds", type=float, default=52, metavar="S", help="for the large drop: 52 ends within the minute"
    )
    given.add_argument("--deadlines", type=float, nargs="*", default=[2, 5, 15], metavar="S")
    given.add_argument("--sizes", type=int, nargs="*", default=[100, 1000, 10_000], metavar="N")
    given.add_argument("--engine", default="joint", metavar="NAME")
    return given


if __name__ == "__main__":
    sys.exit(main())
