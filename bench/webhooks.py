"""How long an event takes to every webhook while some of them hang, and whether kills lose any.

python -m bench.webhooks [--hooks 50] [--hung 1] [--events 100] [--rate 1] [--kills 0]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event as Flag
from time import monotonic, sleep

from tests.db.postgres import serving
from tests.web.hooked import Hooked, hooked
from tests.web.sink import Reply, Sink, sink
from tests.web.test_sender_killed import sender

WITHIN_S = 2.0
"""The 99th percentile of the delay that is to be held."""

PATIENCE_S = 180


def arrivals(receiver: Sink) -> dict[tuple[str, str], float]:
    """When each event first came to each webhook."""
    found: dict[tuple[str, str], float] = {}
    for each in list(receiver.received):
        found.setdefault((each.path, each.headers["webhook-id"]), each.at_s)
    return found


def told(place: Hooked, count: int, rate: float) -> dict[str, float]:
    """Tells events one by one, so many a second, and gives when each was committed."""
    began, at = monotonic(), {}
    for number in range(count):
        sleep(max(0.0, began + number / rate - monotonic()))
        place.tell(f"e{number}")
        at[f"e{number}"] = monotonic()
    return at


def run(database: str, asked: argparse.Namespace) -> bool:
    """One measurement, printed; whether nothing was lost and the delay was held."""
    over, well = Flag(), asked.hooks - asked.hung
    with hooked(database) as place, sink(tls=False) as receiver, sink(tls=False) as stuck:
        stuck.reply = lambda _: Reply(wait=over)
        for number in range(asked.hooks):
            place.hook(receiver if number < well else stuck, f"h{number}")
        committed: dict[str, float] = {}
        batch = asked.events // (asked.kills + 1)
        for kill in range(asked.kills + 1):
            with sender(database):
                if kill == asked.kills:
                    committed |= told(place, asked.events - batch * asked.kills, asked.rate)
                    give_up_at = monotonic() + PATIENCE_S
                    while len(arrivals(receiver)) < well * asked.events and monotonic() < give_up_at:
                        sleep(0.1)
                else:
                    place.tell(*(f"k{kill}-{number}" for number in range(batch)))
                    receiver.wait_for(len(receiver.received) + well * batch // 2, PATIENCE_S)
        came = arrivals(receiver)
        over.set()
    delays = sorted(at - committed[event] for (_, event), at in came.items() if event in committed)
    lost = well * asked.events - len(came)
    twice = len(receiver.received) - len(came)
    p50, p99, most = (delays[int(share * (len(delays) - 1))] for share in (0.5, 0.99, 1.0))
    kind = database.partition(":")[0]
    print(
        f"{kind:12} {asked.hooks:5} {asked.hung:5} {asked.events:7} {asked.kills:6} {len(came):9} {lost:5} {twice:6} "
        f"{p50:7.2f} {p99:7.2f} {most:7.2f}"
    )
    return lost == 0 and (asked.kills > 0 or p99 <= WITHIN_S)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where something was lost or late."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhooks", description=__doc__)
    parser.add_argument("--hooks", type=int, default=50)
    parser.add_argument("--hung", type=int, default=1)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--rate", type=float, default=1, help="events a second")
    parser.add_argument("--kills", type=int, default=0, help="sending processes that are killed on the way")
    asked = parser.parse_args(arguments)
    print("database     hooks  hung  events  kills   arrived  lost  again  p50 s   p99 s   max s")
    with tempfile.TemporaryDirectory() as folder:
        held = run(f"sqlite:///{Path(folder) / 'd.db'}", asked)
        with serving(Path(folder), durable=True) as server:
            held = run(server.create(), asked) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
