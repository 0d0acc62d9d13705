"""Processes that send webhooks are killed in the middle of it, and nothing is lost."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from tests.architecture.sources import ROOT
from tests.web.hooked import KEY, Hooked, hooked
from tests.web.sink import Received, Reply, Sink, sink

EVENTS, HOOKS, KILLS = 60, 3, 4
WITHIN_S = 90
LEASE_S = 3
"""Of the processes here, so that nobody waits long for those that were killed."""


@contextmanager
def sender(database: str) -> Iterator[subprocess.Popen[str]]:
    """A sending process; killed at the end."""
    command = [sys.executable, "-m", "tests.web.sender", database, KEY, str(LEASE_S)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "sending\n"
        yield running
    finally:
        running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()


def missing(place: Hooked, receiver: Sink) -> int:
    """How many events did not arrive yet, of all webhooks."""
    came = {(each.path, each.headers["webhook-id"]) for each in receiver.received}
    return HOOKS * EVENTS - len(came)


def test_whatever_is_killed_every_event_arrives_at_every_webhook(database: str) -> None:
    chance, refused = random.Random(7), set[tuple[str, str]]()

    def reply(request: Received) -> Reply:
        """Refuses one in twenty, nothing twice: after that an event waits for five minutes."""
        event = request.path, request.headers["webhook-id"]
        if event in refused or chance.random() >= 0.05:
            return Reply(status=200)
        refused.add(event)
        return Reply(status=503)

    with hooked(database) as place, sink(tls=False) as receiver:
        receiver.reply = reply
        for number in range(HOOKS):
            place.hook(receiver, f"h{number}")
        place.tell(*(f"e{number}" for number in range(EVENTS)))
        for kill in range(KILLS):
            with sender(database):
                receiver.wait_for((kill + 1) * HOOKS * EVENTS // (2 * KILLS), WITHIN_S)
            place.later(0)
        before = missing(place, receiver)
        assert before > 0
        with sender(database):
            give_up_at = monotonic() + WITHIN_S
            while {state for n in range(HOOKS) for state in place.states(f"h{n}")} != {"delivered"} or missing(
                place, receiver
            ):
                assert monotonic() < give_up_at, (missing(place, receiver), place.deliveries("h0"))
                with receiver.changed:
                    receiver.changed.wait(0.5)
        assert missing(place, receiver) == 0
        assert [place.seen(f"h{number}").sent_through for number in range(HOOKS)] == [EVENTS] * HOOKS
