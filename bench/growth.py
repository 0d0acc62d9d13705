"""How the time that a good plan takes grows with the number of orders.

    python -m bench.growth [--sizes 500 1000 2000 5000 10000] [--seeds 7501 ...] [--first 1] [--most 600]
                           [--engine joint] [--json FILE]

For each made-up drop of the smallest size: the smallest budget, on a grid of six steps to a factor of ten, whose plan
costs at most 1.05 times as much as that of a run ten times as long. Single runs of small drops differ by 2 to 3 %, so
costs are means over runs with several seeds, up to four, until they come to 2 000 orders. Larger drops begin with the
budget that an exponent of 1.1 allows them, so that one which keeps it takes two budgets: their seconds are at most
those that it needs. Prints orders, runs for each cost, seconds, both costs and their ratio, then the exponent of the
time in the number of orders, by least squares in logarithms. Every plan is refereed. Exit status 1 where one is
refused, or where a drop has no such budget up to ``--most`` seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import log
from pathlib import Path

from bench import explained, measure
from bench.peers import hubs_for, judged
from router import codec
from router.errors import DropwrightError, Invalid
from router.generate import make_drop
from router.model import Drop

SIZES = (500, 1000, 2000, 5000, 10_000)
SEEDS = (7501,)
"""Held out: neither tests nor tuning use them."""

STEPS_TO_TEN = 6
"""Grid steps to ten times the budget: a factor of 1.47 each, so that longer runs serve as runs of larger budgets."""

MOST_RUNS, ENOUGH_ORDERS = 4, 2000
"""A cost is the mean over so many runs, or fewer if these have so many orders in all."""

NEAR, AIM = 1.05, 1.1
GRACE_S = 300
HEAD = f"{'orders':>7}{'hubs':>6}{'seed':>8}{'runs':>6}{'seconds':>9}{'cost':>12}{'ten times longer':>18}{'ratio':>8}"


class Refused(Invalid):
    """A plan may not count: the referee found something, or there is none."""

    code, title = "refused", "A plan was refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The smallest budget that is near enough; with ``near`` false there was none, and this is the last one tried.

    ``cost`` and ``longer``: minor units, with that budget and with ten times as much.
    """

    seconds: float
    cost: int
    longer: int

    @property
    def ratio(self) -> float:
        return self.cost / max(1, self.longer)

    @property
    def near(self) -> bool:
        return self.cost <= NEAR * self.longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was found for one drop."""

    orders: int
    seed: int
    found: Found


def runs_for(orders: int) -> int:
    """How many runs a cost is the mean of."""
    return max(1, min(MOST_RUNS, ENOUGH_ORDERS // orders))


def budget_s(first_s: float, step: int) -> float:
    """The budget at a step of the grid, in seconds, to a tenth."""
    return float(round(first_s * 10 ** (step / STEPS_TO_TEN), 1))


def soonest(cost: Callable[[float], int], first_s: float, most_s: float) -> Found:
    """Tries budgets from the first to the most until one is near ten times as much; no run is done twice.

    ``cost``: what the plan costs that a run of so many seconds finds. At least the first budget is tried.
    """
    known: dict[int, int] = {}

    def of(step: int) -> int:
        if step not in known:
            known[step] = cost(budget_s(first_s, step))
        return known[step]

    step = 0
    while True:
        found = Found(seconds=budget_s(first_s, step), cost=of(step), longer=of(step + STEPS_TO_TEN))
        if found.near or budget_s(first_s, step + 1) > most_s:
            return found
        step += 1


def allowed_s(least: Row, orders: int) -> float:
    """The budget that the aim allows a drop of so many orders, in seconds, to a tenth."""
    return round(least.found.seconds * (orders / least.orders) ** AIM, 1)


def exponent(times: Sequence[tuple[int, float]]) -> float | None:
    """b of seconds = a × orders^b for pairs of orders and seconds; ``None`` for fewer than two sizes.

    Least squares in logarithms.
    """
    points = [(log(orders), log(seconds)) for orders, seconds in times]
    if len({x for x, _ in points}) < 2:
        return None
    mean_x, mean_y = (sum(each) / len(points) for each in zip(*points, strict=True))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def mean_cost(drop: Drop, engine: str, seconds: float) -> int:
    """What the installed command's plans of the drop cost, on average, in whole minor units. Raises ``Refused``."""
    runs = runs_for(len(drop.orders))
    return round(sum(cost_of(drop, engine, seconds, seed) for seed in range(1, runs + 1)) / runs)


def cost_of(drop: Drop, engine: str, seconds: float, seed: int) -> int:
    """What one such plan costs. Raises ``Refused``."""
    with tempfile.TemporaryDirectory() as folder:
        file, output = Path(folder) / "drop.json", Path(folder) / "plan.json"
        file.write_bytes(codec.write(drop))
        command = [measure.dropwright(), "plan", str(file), "-o", str(output), "--engine", engine, "--no-bound"]
        command += ["--seconds", f"{seconds:g}", "--seed", str(seed), "--workers", str(measure.CORES)]
        row, wrong = judged(drop, engine, measure.run(command, limit_s=10 * seconds + GRACE_S), output, leftovers=False)
    if wrong or row.cost is None:
        raise Refused(f"{drop.id} in {seconds:g} s: {'; '.join(wrong[:5])}")
    print(f"  {drop.id}, {seconds:g} s, seed {seed}: {row.cost}", file=sys.stderr, flush=True)
    return row.cost


def rows(asked: argparse.Namespace) -> Iterator[Row]:
    """Each drop in turn, the smallest first. Raises ``Refused``."""
    least = dict[int, Row]()
    for orders in sorted(asked.sizes):
        for seed in asked.seeds:
            drop = make_drop(orders=orders, hubs=hubs_for(orders), seed=seed)
            first_s = allowed_s(least[seed], orders) if seed in least else asked.first
            found = soonest(partial(mean_cost, drop, asked.engine), first_s, asked.most)
            row = Row(orders=orders, seed=seed, found=found)
            least.setdefault(seed, row)
            yield row


def line(row: Row) -> str:
    """A line of the table; seconds with ``>`` where even the last budget was not near enough."""
    found = row.found
    seconds = f"{'' if found.near else '>'}{found.seconds:g}"
    cells = f"{row.orders:>7}{hubs_for(row.orders):>6}{row.seed:>8}{runs_for(row.orders):>6}{seconds:>9}"
    return cells + f"{found.cost:>12}{found.longer:>18}{found.ratio:>8.3f}"


def main() -> int:
    """Prints the table as it grows, then the exponent."""
    asked = _arguments().parse_args()
    measure.use_two_cores()
    made: list[Row] = []
    try:
        measure.dropwright()
        print(HEAD)
        for row in rows(asked):
            made.append(row)
            print(line(row), flush=True)
    except Refused as refused:
        print(f"refused: {refused}")
        return 1
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    grows = exponent([(row.orders, row.found.seconds) for row in made if row.found.near])
    if grows is not None:
        print(f"seconds grow with orders^{grows:.2f} at most (aimed at: {AIM:g})")
    if asked.json:
        listed = [{**asdict(row), "ratio": row.found.ratio, "near": row.found.near} for row in made]
        asked.json.write_text(json.dumps({"exponent": grows, "rows": listed}, indent=2) + "\n")
    return 0 if all(row.found.near for row in made) else 1


def _arguments() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__.splitlines()[0])
    given.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="orders of the made drops")
    given.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="N")
    given.add_argument("--first", type=float, default=1.0, metavar="S", help="the smallest budget, at least 1")
    given.add_argument("--most", type=float, default=600.0, metavar="S", help="the largest; runs last ten times longer")
    given.add_argument("--engine", default="joint", metavar="NAME")
    given.add_argument("--json", type=Path, metavar="FILE", help="write the rows here too")
    return given


if __name__ == "__main__":
    sys.exit(main())
