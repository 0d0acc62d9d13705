"""Whether jobs are lost or published twice while workers are killed and paused, on SQLite and on PostgreSQL.

    python -m bench.leases [--jobs 300] [--kills 20] [--pauses 20] [--seed 1]

Workers are processes; each blow falls on one at work, and a pause is longer than a lease. ``stale`` counts those
who were about to publish a job that was somebody else's by then; the line without tokens shows what becomes of those
where nothing holds them. Then a worker is killed in a real solve: its solver has to be gone within 1 s, and another
worker has to have the job within the lease and 5 s. Exit status 1 where something is lost, doubled or late.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from io import StringIO
from pathlib import Path

from api import logs
from api.db.jobs import LEASE_S
from tests.db.postgres import serving
from tests.jobs import chaos, lost

GONE_S, CLAIMED_S = 1.0, LEASE_S + 5
HEAD = (
    f"{'database':<12}{'tokens':<8}{'jobs':>6}{'kills':>7}{'pauses':>8}{'done':>7}{'dead':>6}{'again':>7}{'stale':>7}"
)
HEAD += f"{'lost':>6}{'twice':>7}{'seconds':>9}"


def main() -> int:
    """Prints one line a run; gives the exit status."""
    asked = _arguments().parse_args()
    broken = 0
    logs.configure(StringIO())  # the table alone
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), durable=False) as server:

        def address(kind: str) -> str:
            return server.create() if kind == "postgresql" else f"sqlite:///{tempfile.mkdtemp(dir=folder)}/db"

        print(HEAD)
        for kind, fenced in (("sqlite", True), ("postgresql", True), ("postgresql", False)):
            found = chaos.run(
                address(kind), count=asked.jobs, kills=asked.kills, pauses=asked.pauses, seed=asked.seed, fenced=fenced
            )
            cells = f"{kind:<12}{'yes' if fenced else 'no':<8}{asked.jobs:>6}{found.kills:>7}{found.pauses:>8}"
            cells += f"{found.states.get('done', 0):>7}{found.states.get('dead', 0):>6}{found.again:>7}{found.stale:>7}"
            print(f"{cells}{found.lost:>6}{found.twice:>7}{found.seconds:>9.1f}", flush=True)
            whole = (found.kills, found.pauses) == (asked.kills, asked.pauses)
            broken += fenced and (not whole or found.lost + found.twice + found.unpublished > 0)
        print(f"\n{'database':<12}{'solver gone after':>18}{'limit':>7}{'claimed after':>15}{'limit':>7}")
        for kind in ("sqlite", "postgresql"):
            made = lost.kill_in_solve(address(kind))
            cells = f"{kind:<12}{made.solver_gone_s:>16.2f} s{GONE_S:>7.1f}{made.claimed_s:>13.1f} s{CLAIMED_S:>7.1f}"
            print(cells, flush=True)
            broken += made.solver_gone_s > GONE_S or made.claimed_s > CLAIMED_S or made.left > 0
    return 1 if broken else 0


def _arguments() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="python -m bench.leases", description=__doc__.splitlines()[0])
    given.add_argument("--jobs", type=int, default=300, metavar="N")
    given.add_argument("--kills", type=int, default=20, metavar="N")
    given.add_argument("--pauses", type=int, default=20, metavar="N")
    given.add_argument("--seed", type=int, default=1, metavar="N")
    return given


if __name__ == "__main__":
    sys.exit(main())
