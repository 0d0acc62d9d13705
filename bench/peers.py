"""Dropwright beside what a user would build today, on the same drops and the same two cores.

    python -m bench.peers [--orders 500 2000] [--seconds 15 60] [--tight | --loose] [--seeds N ...]
                          [--engines joint two-step greedy] [--tries N] [--drop FILE ...] [--leftovers]
                          [--json FILE]

Given tries, an engine plans with seeds 1 to N, and the cheapest of its plans is shown. Every plan is refereed, and one
that breaks a rule is refused: it gets no ratio, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import mean

from bench import explained, measure
from bench.leftovers import insertable
from bench.measure import Run
from router import codec
from router.check import findings, from_faults
from router.errors import DropwrightError, Faulty
from router.generate import make_drop
from router.model import Drop, named
from router.plan import Plan
from router.travel import prepare

PEER = "vroom pipeline"
HUBS = ((100, 2), (500, 5), (1000, 6), (2000, 8), (5000, 12), (10_000, 20))
SEEDS = (7301, 7302, 7303)
"""Held out: neither tests nor tuning use them."""
GRACE_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One plan of one drop. ``ratio``: its cost over the peer's, ``None`` where either was refused.

    ``on_time``: percent of all orders, those left over included, that arrive whole and not late.
    ``insertable``: orders left over that would cost less than their penalty, where that was asked for.
    """

    drop: str
    orders: int
    engine: str
    seconds: float
    peak_mib: int
    cost: int | None = None
    ratio: float | None = None
    unserved: int | None = None
    on_time: float | None = None
    findings: int | None = None
    insertable: int | None = None


Column = tuple[str, int, Callable[[Row], object]]
COLUMNS: tuple[Column, ...] = (
    ("drop", -24, lambda row: row.drop),
    ("orders", 6, lambda row: row.orders),
    ("engine", -14, lambda row: row.engine),
    ("seconds", 8, lambda row: f"{row.seconds:.1f}"),
    ("peak MiB", 8, lambda row: row.peak_mib),
    ("cost", 10, lambda row: row.cost),
    ("ratio", 6, lambda row: None if row.ratio is None else f"{row.ratio:.3f}"),
    ("unserved", 8, lambda row: row.unserved),
    ("on time %", 9, lambda row: None if row.on_time is None else f"{row.on_time:.1f}"),
    ("findings", 8, lambda row: row.findings),
    ("insertable", 10, lambda row: row.insertable),
)


def hubs_for(orders: int) -> int:
    """How many hubs a drop of this size gets."""
    return next((hubs for size, hubs in HUBS if orders <= size), orders // 500)


def on_time(drop: Drop, plan: Plan) -> float:
    """Percent of all orders whose last parcel arrives by its due time, or at all where none was promised."""
    tiers = named(drop.tiers)
    arrived: dict[str, datetime] = {}
    for parcel in plan.parcels:
        if parcel.delivered_at is not None:
            arrived[parcel.order] = max(parcel.delivered_at, arrived.get(parcel.order, parcel.delivered_at))
    kept = 0
    for order in drop.orders:
        due = order.deliver_due(tiers[order.tier])
        kept += order.id in arrived and (due is None or arrived[order.id] <= due)
    return 100 * kept / max(1, len(drop.orders))


def judged(drop: Drop, engine: str, ran: Run, output: Path, *, leftovers: bool) -> tuple[Row, tuple[str, ...]]:
    """The row of a run, and what is wrong with it: the referee's findings, or that there is no plan."""
    row = Row(drop=drop.id, orders=len(drop.orders), engine=engine, seconds=ran.seconds, peak_mib=ran.peak_mib)
    if ran.status or not output.exists():
        return row, (f"ended with status {ran.status}: {ran.told}",)
    try:
        plan = codec.read_plan(output.read_bytes())
    except Faulty as faulty:
        found = from_faults(faulty)
    else:
        found = findings(drop, plan)
        row = replace(row, cost=plan.cost.total, unserved=len(plan.unserved), on_time=on_time(drop, plan))
        if leftovers and not found:
            row = replace(row, insertable=len(insertable(drop, plan)))
    return replace(row, findings=len(found)), tuple(map(str, found))


def compared(
    drop: Drop, engines: Sequence[str], seconds: float, folder: Path, *, leftovers: bool, tries: int = 1
) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """The peer's row, then one for each engine, each in a process of its own, one after the other.

    An engine plans with seeds 1 to ``tries``; its first plan that is refused counts, else its cheapest.
    """
    file = folder / "drop.json"
    file.write_bytes(codec.write(drop))
    base: int | None = None
    for number, name in enumerate((PEER, *engines)):
        output = folder / f"plan-{number}.json"
        output.unlink(missing_ok=True)
        if name == PEER:
            command = [sys.executable, "-m", "bench.vroom_pipeline", str(file), "-o", str(output)]
            row, wrong = judged(drop, name, measure.run(command), output, leftovers=False)
            base = None if wrong else row.cost
        else:
            command = [measure.dropwright(), "plan", str(file), "-o", str(output), "--engine", name]
            command += ["--seconds", f"{seconds:g}", "--workers", str(measure.CORES), "--seed"]
            made = list[tuple[Row, tuple[str, ...]]]()
            for seed in range(1, tries + 1):
                output.unlink(missing_ok=True)
                ran = measure.run([*command, str(seed)], limit_s=10 * seconds + GRACE_S)
                made.append(judged(drop, name, ran, output, leftovers=leftovers))
            row, wrong = min(made, key=lambda each: (not each[1], each[0].cost or 0))
        if base is not None and row.cost is not None and not wrong:
            row = replace(row, ratio=row.cost / base)
        yield row, wrong


def line(cells: Sequence[object]) -> str:
    """One line of the table; ``None`` shows as a dash."""
    shown = ("–" if cell is None else str(cell) for cell in cells)
    widths = (width for _, width, _ in COLUMNS)
    return "  ".join(
        text.ljust(-width) if width < 0 else text.rjust(width) for text, width in zip(shown, widths, strict=True)
    ).rstrip()


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """Mean and worst ratio of each engine, by size of the drop."""
    groups: dict[tuple[int, str], list[float]] = {}
    for row in rows:
        if row.engine != PEER and row.ratio is not None:
            groups.setdefault((row.orders, row.engine), []).append(row.ratio)
    for (orders, engine), ratios in sorted(groups.items()):
        yield (
            f"{orders} orders, {engine}: mean ratio {mean(ratios):.3f}, worst {max(ratios):.3f}"
            f" over {len(ratios)} drops"
        )


def drops(asked: argparse.Namespace) -> Iterator[tuple[Drop, float]]:
    """The drops asked for, each with the seconds that Dropwright gets."""
    for path in asked.drop:
        drop = prepare(codec.read_drop(path.read_bytes()), path.parent)
        yield drop, asked.seconds[0]
    sizes = asked.orders if asked.orders is not None else [] if asked.drop else [500, 2000]
    for number, orders in enumerate(sizes):
        for seed in asked.seeds:
            for tight in (True, False):
                if asked.kind in (None, "tight" if tight else "loose"):
                    drop = make_drop(orders=orders, hubs=hubs_for(orders), seed=seed, tight=tight)
                    yield drop, asked.seconds[min(number, len(asked.seconds) - 1)]


def main() -> int:
    """Runs everything, prints the table as it grows, then the ratios."""
    asked = _arguments().parse_args()
    measure.use_two_cores()
    rows: list[Row] = []
    refused = 0
    try:
        measure.dropwright()
        print(line([name for name, _, _ in COLUMNS]))
        for drop, seconds in drops(asked):
            with tempfile.TemporaryDirectory() as folder:
                plans = compared(
                    drop, asked.engines, seconds, Path(folder), leftovers=asked.leftovers, tries=asked.tries
                )
                for row, wrong in plans:
                    rows.append(row)
                    print(line([show(row) for _, _, show in COLUMNS]), flush=True)
                    refused += bool(wrong)
                    for each in wrong[:5]:
                        print(f"    refused: {each}", flush=True)
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    print(*summary(rows), sep="\n")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    if refused:
        print(f"{refused} results were refused")
    return 1 if refused else 0


def _arguments() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__.splitlines()[0])
    given.add_argument("--orders", type=int, nargs="+", metavar="N", help="sizes of made drops: 500 2000")
    given.add_argument(
        "--seconds",
        type=float,
        nargs="+",
        default=[15, 60],
        metavar="S",
        help="seconds for Dropwright, one for each size; the last serves further sizes: 15 60",
    )
    given.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="N")
    kind = given.add_mutually_exclusive_group()
    kind.add_argument("--tight", dest="kind", action="store_const", const="tight", help="tight drops only")
    kind.add_argument("--loose", dest="kind", action="store_const", const="loose", help="loose drops only")
    kind.add_argument("--both", dest="kind", action="store_const", const=None, help="both (as it comes)")
    given.add_argument("--engines", nargs="+", default=["joint"], metavar="NAME")
    given.add_argument(
        "--tries", type=int, default=1, metavar="N", help="plans of each engine, of which the cheapest counts"
    )
    given.add_argument("--drop", type=Path, nargs="+", default=[], metavar="FILE", help="drops to use instead")
    given.add_argument("--leftovers", action="store_true", help="also look for orders left over that would pay")
    given.add_argument("--json", type=Path, metavar="FILE", help="write the rows here too")
    return given


if __name__ == "__main__":
    sys.exit(main())
