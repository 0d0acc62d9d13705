"""How long a replay takes, and how much memory.

    python -m bench.replay [--orders 100000] [--seed 7] [--workers 2]

Makes up a month of orders with about ten events each, replays them with ``dropwright sla replay`` under a contract of
eight terms (``replay_contract.yaml``), and prints events, lines, seconds by the clock and of the processors, and the
largest memory of any process of it. Exit status 1 beyond 60 seconds or 1.5 GiB for a million events.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import measure
from bench.replay_log import write_log

CONTRACT = Path(__file__).with_name("replay_contract.yaml")
MOST_S, MOST_KIB = 60, 1_572_864


def main() -> int:
    """Prints one line of figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        events, lines = Path(folder) / "events.jsonl", Path(folder) / "lines.jsonl"
        count = write_log(events, orders=asked.orders, seed=asked.seed)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        status = _replay(events, lines, asked.workers)
        took_s = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        with lines.open("rb") as file:
            printed = sum(1 for _ in file)
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{count} events, {printed} lines: {took_s:.1f} s by the clock, {cpu_s:.1f} s of processor, "
        f"{used.ru_maxrss / 1024:.0f} MiB at most in one process"
    )
    return 1 if status or took_s > MOST_S or used.ru_maxrss * (asked.workers + 1) > MOST_KIB else 0


def _replay(events: Path, lines: Path, workers: int) -> int:
    command = [str(measure.dropwright()), "sla", "replay", str(events), str(CONTRACT), "--workers", str(workers)]
    with lines.open("wb") as out:
        return subprocess.run(command, stdout=out, check=False, timeout=3600).returncode


if __name__ == "__main__":
    sys.exit(main())
