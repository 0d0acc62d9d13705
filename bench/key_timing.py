"""Does the time of an answer tell whether the prefix of an API key exists?

Unknown prefixes and known ones with a wrong secret take turns in one process, each checked as a request has it checked.
The Mann-Whitney test says whether the two could be told apart by so many samples. The effect, the chance that a random
one of the first took longer than a random one of the second (0.5 is none), says whether that is of any use.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns

from scipy.stats import mannwhitneyu

from api.db import accounts, migrate
from api.db.connect import connect
from api.keys import NewKey, new_key
from api.principal import Role

OF_USE = 0.05
"""How far from 0.5 the effect may be: from there on a few hundred requests over a network would tell."""


def timed(address: str, samples: int, seed: int) -> tuple[list[int], list[int]]:
    """Nanoseconds of each check: of unknown prefixes, and of known ones with a wrong secret."""
    chance, now = random.Random(seed), datetime.now(UTC)
    store = connect(address)
    migrate.upgrade(store)
    with store.write() as db:
        accounts.add_tenant(db, "t", name="T", now=now)
        known = [_kept(db, now, index) for index in range(1000)]
    took: tuple[list[int], list[int]] = ([], [])
    gc.disable()
    with store.glance() as db:
        for _ in range(500):
            accounts.holder(db, new_key().text, now)
        for _ in range(samples):
            wrong = new_key()
            asked = [(0, wrong.text), (1, wrong.text.replace(wrong.prefix, chance.choice(known).prefix))]
            chance.shuffle(asked)
            for which, text in asked:
                began = perf_counter_ns()
                found = accounts.holder(db, text, now)
                took[which].append(perf_counter_ns() - began)
                if found is not None:
                    raise SystemExit("a key that nobody has let somebody in")
    gc.enable()
    store.close()
    return took


def _kept(db: accounts.Connection, now: datetime, index: int) -> NewKey:
    key = new_key()
    accounts.add_key(db, "t", key, key_id=f"k{index}", name="k", role=Role.ENGINEER, partner=None, now=now)
    return key


def main() -> int:
    """Prints p and effect; 1 where the effect is of use to somebody who guesses."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--samples", type=int, default=20_000, help="of each kind (20000)")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--database", help="an empty one; else SQLite in a folder of its own")
    given = asked.parse_args()
    with TemporaryDirectory() as folder:
        unknown, wrong = timed(given.database or f"sqlite:///{Path(folder) / 'keys.db'}", given.samples, given.seed)
    found = mannwhitneyu(unknown, wrong)
    effect = float(found.statistic) / (len(unknown) * len(wrong))
    print("checked             samples  median µs")
    for name, took in (("unknown prefix", unknown), ("wrong secret", wrong)):
        print(f"{name:<18} {len(took):>8} {median(took) / 1000:>10.1f}")
    print(f"Mann-Whitney p {float(found.pvalue):.3g}, effect {effect:.4f} (0.5 is none)")
    return int(abs(effect - 0.5) > OF_USE)


if __name__ == "__main__":
    sys.exit(main())
