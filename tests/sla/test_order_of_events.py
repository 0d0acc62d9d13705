"""In which order events arrive, and how often, is of no consequence."""

import json
from random import Random

import pytest

from sla import event, replay, rules
from sla.codec import read_contract
from tests.sla.generate import world

WORLDS = 20
MOST = 24
"""Events of a world."""
PERMUTATIONS = 500
"""Of each world: 10 000 in all."""


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_order_of_arrival_prints_the_same_bytes(seed: int):
    contract, told, _ = world(seed, orders=1)
    prepared = rules.prepared(read_contract(json.dumps(contract).encode(), bound=True))
    events = [event.read(json.dumps(each).encode()) for each in told[:MOST]]
    random = Random(seed)
    printed = "\n".join(replay.replay(prepared, events))
    for _ in range(PERMUTATIONS):
        arrived = events + random.choices(events, k=random.randrange(4))
        random.shuffle(arrived)
        assert "\n".join(replay.replay(prepared, arrived)) == printed
