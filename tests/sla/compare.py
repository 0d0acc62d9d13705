"""The product's replay beside the oracle's, on random contracts and logs.

    python -m tests.sla.compare [--events 100000] [--seed 0]

Prints how many events were compared and every world in which a row differs; ends with status 1 if one does.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from difflib import unified_diff
from typing import Any

from sla import event, replay, rules
from sla.codec import read_contract
from tests.sla import oracle
from tests.sla.generate import world
from tests.sla.oracle_time import instant

ORDERS = 40
Contract = dict[str, Any]


def product(contract: Contract, events: Sequence[dict[str, Any]], at: str | None) -> list[str]:
    """The rows that the product prints, from the bytes of its files on."""
    bound = read_contract(json.dumps(contract).encode(), bound=True)
    read = [event.read(json.dumps(each).encode()) for each in events]
    return list(replay.replay(rules.prepared(bound), read, None if at is None else instant(at)))


def difference(seed: int, orders: int = ORDERS) -> tuple[int, list[str]]:
    """How many events a made-up world has, and where the product's rows differ from the oracle's."""
    contract, events, at = world(seed, orders)
    ours, theirs = oracle.replay(contract, events, at), product(contract, events, at)
    return len(events), list(unified_diff(ours, theirs, "oracle", "product", n=0, lineterm=""))


def main() -> int:
    """Compares world after world until there were enough events."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000, help="how many, at least")
    parser.add_argument("--seed", type=int, default=0, help="of the first world")
    asked = parser.parse_args()
    seed, compared, differing = asked.seed, 0, []
    while compared < asked.events:
        count, found = difference(seed)
        compared += count
        if found:
            differing.append(seed)
            sys.stdout.write("\n  ".join([f"seed {seed}:", *found[:8], ""]))
        seed += 1
    worlds = seed - asked.seed
    sys.stdout.write(f"{compared} events in {worlds} worlds compared; {len(differing)} differ: {differing[:20]}\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
