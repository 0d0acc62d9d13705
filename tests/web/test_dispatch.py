"""What happened arrives at every webhook that wants it: at least once, signed, and again and again where it fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from api.db import deliveries, events, webhooks
from api.db.deliveries import WebhookLost
from api.principal import Principal, Role
from api.retrying import SCHEDULE_S, Outcome, after
from api.sealing import Sealer
from tests.web.hooked import ENGINEER, KEY, TENANT, Hooked, hooked, ids
from tests.web.sink import Received, Reply, Sink, sink, trusting

NORTH = Principal(tenant=TENANT, role=Role.HUB, partner="northdock", actor="key/n")


@pytest.fixture
def place(database: str) -> Iterator[Hooked]:
    with hooked(database) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Sink]:
    with sink(tls=False) as server:
        yield server


def answer(to: Sink, status: int, **headers: str) -> None:
    to.reply = lambda _: Reply(status=status, headers=headers)


def verified(secret: str, received: Received) -> dict[str, object]:
    found: dict[str, object] = Verifier(secret).verify(received.body, dict(received.headers))
    return found


def test_an_event_arrives_signed_as_the_feed_tells_it(place: Hooked, receiver: Sink) -> None:
    secret = place.hook(receiver)
    place.tell("e1")
    place.send()
    (received,) = receiver.received
    with place.store.read() as db:
        assert verified(secret, received)["id"] == events.page(db, TENANT, after=0, limit=1).items[0].id == "e1"
    assert received.headers["webhook-id"] == "e1"
    assert received.headers["content-type"] == "application/json"
    assert place.states() == ["delivered"]
    with pytest.raises(WebhookVerificationError):
        verified(secret, Received(path="/", headers=received.headers, body=received.body + b" ", at_s=0))


def test_events_go_over_tls_to_a_name_that_is_trusted(place: Hooked) -> None:
    with sink() as receiver:
        place.hook(receiver)
        place.change(url=f"https://127.0.0.1:{receiver.port}/in")
        place.tell("e1")
        place.send(tls=trusting())
        assert [each.path for each in receiver.received] == ["/in"]


def test_only_what_happens_after_a_webhook_was_added_is_sent_and_nothing_twice(place: Hooked, receiver: Sink) -> None:
    place.tell("before")
    place.hook(receiver)
    place.send()
    place.tell(*(f"e{number:03}" for number in range(100)))
    place.send()
    place.send()
    assert ids(receiver) == [f"e{number:03}" for number in range(100)]
    assert place.seen().sent_through == 101


def test_each_webhook_is_sent_its_types_and_its_partners_events(place: Hooked, receiver: Sink) -> None:
    place.hook(receiver, "all")
    place.hook(receiver, "skus", types=("sku.added",))
    place.hook(receiver, "north", who=NORTH)
    place.tell("hub")
    place.tell("sku", kind="sku.added")
    place.tell("north-hub", partner="northdock")
    place.tell("south-hub", partner="southdock")
    place.send()
    came = sorted((each.path, each.headers["webhook-id"]) for each in receiver.received)
    assert came == [
        ("/all", "hub"),
        ("/all", "north-hub"),
        ("/all", "sku"),
        ("/all", "south-hub"),
        ("/north", "north-hub"),
        ("/skus", "sku"),
    ]
    assert {place.seen(name).sent_through for name in ("all", "skus", "north")} == {4}


def test_both_secrets_sign_for_a_day_after_a_rotation(place: Hooked, receiver: Sink) -> None:
    old = place.hook(receiver)
    new = f"whsec_{'bmV3' * 8}"
    with place.store.write() as db:
        webhooks.rotate(db, ENGINEER, "h", Sealer(KEY).seal(new, f"webhook/{TENANT}/h"), place.at)
    place.tell("both")
    place.send()
    assert verified(old, receiver.received[0]) == verified(new, receiver.received[0])
    place.later(24 * 3600)
    place.tell("new")
    place.send()
    signatures = receiver.received[1].headers["webhook-signature"].split()
    assert signatures == [Verifier(new).sign("new", place.at, receiver.received[1].body.decode())]


def test_what_fails_is_sent_again_on_schedule_as_the_same_message_and_is_dead_after_76_hours(
    place: Hooked, receiver: Sink
) -> None:
    place.hook(receiver)
    answer(receiver, 500)
    place.tell("e1")
    began = place.at
    for number, wait_s in enumerate(SCHEDULE_S, start=1):
        place.send()
        (row,) = place.deliveries()
        assert (row.state, row.attempts, row.status, row.reason) == ("waiting", number, 500, "refused")
        assert row.next_at == place.at + timedelta(seconds=wait_s)
        place.later(wait_s - 1)
        place.send()
        assert len(receiver.received) == number
        place.later(1)
    place.send()
    (row,) = place.deliveries()
    assert (row.state, row.attempts, row.next_at) == ("dead", 10, None)
    assert 75 <= (place.at - began) / timedelta(hours=1) <= 77
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1
    assert len({each.headers["webhook-timestamp"] for each in receiver.received}) == 10


def test_spans_between_attempts_vary_by_a_tenth() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    failed = Outcome(at=now, status=500, reason="refused")
    spans = [(after(failed, 2, now, chance).at or now) - now for chance in (0.0, 0.5, 1.0)]
    assert spans == [timedelta(seconds=each) for each in (270, 300, 330)]


@pytest.mark.parametrize("status", [199, 301, 302, 307, 400, 404, 429, 500, 503])
def test_whatever_is_not_2xx_is_no_delivery(place: Hooked, receiver: Sink, status: int) -> None:
    place.hook(receiver)
    answer(receiver, status, location="/again")
    place.tell("e1")
    place.send()
    assert place.states() == ["waiting"]
    assert len(receiver.received) == 1
    answer(receiver, 204)
    place.later(6)
    place.send()
    assert place.states() == ["delivered"]


def test_a_webhook_that_is_gone_is_disabled_and_its_owners_are_told(place: Hooked, receiver: Sink) -> None:
    with sink(tls=False) as other:
        place.hook(receiver, who=NORTH)
        place.hook(other, "alarm", types=("webhook.disabled",))
        answer(receiver, 410)
        place.tell("e1", "e2", partner="northdock")
        place.send()
        seen = place.seen()
        assert (seen.enabled, seen.disabled_reason) == (False, "gone")
        assert place.states() == ["dead", "dead"]
        place.tell("e3", partner="northdock")
        place.send()
        assert len(receiver.received) == 2
        assert [json.loads(each.body)["data"] for each in other.received] == [{"webhook": "h", "reason": "gone"}]
        assert json.loads(other.received[0].body)["partner"] == "northdock"


def test_a_webhook_where_nothing_arrives_for_five_days_is_disabled_and_loses_nothing(
    place: Hooked, receiver: Sink
) -> None:
    place.hook(receiver)
    answer(receiver, 500)
    for day in range(6):
        place.tell(f"e{day}")
        place.send()
        assert place.seen().enabled is (day < 5)
        place.later(24 * 3600)
    assert place.told("webhook.disabled") == [{"webhook": "h", "reason": "failing"}]
    answer(receiver, 200)
    receiver.received.clear()
    place.change(enabled=True)
    place.send()
    assert {f"e{day}" for day in range(3, 6)} <= set(ids(receiver))


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heeded_for_all_that_goes_there(place: Hooked, receiver: Sink, status: int) -> None:
    place.hook(receiver)
    answer(receiver, status, **{"Retry-After": "600"})
    place.tell("e1")
    place.send()
    answer(receiver, 200)
    place.tell("e2")
    place.later(599)
    place.send()
    assert len(receiver.received) == 1
    place.later(1)
    place.send()
    assert ids(receiver) == ["e1", "e1", "e2"]


def test_a_failing_webhook_is_tried_with_one_event_at_a_time_and_left_alone_longer_and_longer(
    place: Hooked, receiver: Sink
) -> None:
    place.hook(receiver)
    answer(receiver, 500)
    place.tell(*(f"e{number:02}" for number in range(40)))
    place.send()
    assert len(receiver.received) == deliveries.AT_ONCE
    for pause_s in (5, 10, 20, 40):
        tried = len(receiver.received)
        place.later(pause_s - 1)
        place.send()
        assert len(receiver.received) == tried
        place.later(1)
        place.send()
        assert len(receiver.received) == tried + 1
    answer(receiver, 200)
    place.later(300 * 2)
    place.send()
    assert set(ids(receiver)) == {f"e{number:02}" for number in range(40)}
    assert set(place.states()) == {"delivered"}
    assert place.seen().failing_since is None


def test_one_event_that_is_refused_holds_up_no_other(place: Hooked, receiver: Sink) -> None:
    place.hook(receiver)
    receiver.reply = lambda received: Reply(status=500 if received.headers["webhook-id"] == "bad" else 200)
    place.tell("a", "bad", *(f"e{number}" for number in range(30)))
    place.send()
    assert sorted(set(place.states())) == ["delivered", "waiting"]
    assert place.states().count("waiting") == 1
    assert len(receiver.received) == 32


def test_webhooks_that_hang_delay_no_other(place: Hooked, receiver: Sink) -> None:
    over = threading.Event()
    with sink(tls=False) as stuck:
        stuck.reply = lambda _: Reply(wait=over)
        for number in range(3):
            place.hook(stuck, f"stuck-{number}")
        for number in range(6):
            place.hook(receiver, f"well-{number}")
        place.tell("e1", "e2")
        sending = threading.Thread(target=place.send, kwargs={"total_s": 5})
        sending.start()
        receiver.wait_for(12)
        assert sending.is_alive()
        sending.join(30)
        over.set()
    assert place.deliveries("stuck-0")[0].reason == "too-late"
    assert [place.states(f"well-{number}") for number in range(6)] == [["delivered", "delivered"]] * 6


def test_what_a_process_did_not_write_down_is_sent_by_the_next_one(place: Hooked, receiver: Sink) -> None:
    place.hook(receiver)
    place.tell("e1")
    with place.store.write() as db:
        (dead,) = deliveries.claim(db, place.at, limit=9, failing=False)
        batch = deliveries.batch(db, dead, place.at)
    place.send()
    assert receiver.received == []
    place.later(deliveries.LEASE_S)
    place.send()
    assert ids(receiver) == ["e1"]
    place.tell("e2")
    assert batch is not None
    late = [Outcome(at=place.at, status=500, reason="refused")]
    with pytest.raises(WebhookLost), place.store.write() as db:
        deliveries.record(db, dead, batch, late, place.at, chance=lambda: 0.5, new_id="x")
    assert place.states() == ["delivered"]
    assert place.seen().sent_through == 1


def test_a_clock_set_back_keeps_no_webhook_waiting(place: Hooked, receiver: Sink) -> None:
    place.hook(receiver)
    place.tell("e1")
    with place.store.write() as db:
        deliveries.claim(db, place.at, limit=9, failing=False)
    place.later(-3600)
    place.send()
    assert ids(receiver) == ["e1"]


def test_a_change_while_something_is_sent_has_it_sent_to_the_new_url(place: Hooked, receiver: Sink) -> None:
    place.hook(receiver)
    place.tell("e1")
    with place.store.write() as db:
        (old,) = deliveries.claim(db, place.at, limit=9, failing=False)
        batch = deliveries.batch(db, old, place.at)
    assert batch is not None
    with sink(tls=False) as other:
        place.ports.add(other.port)
        place.change(url=f"http://127.0.0.1:{other.port}/new")
        with pytest.raises(WebhookLost), place.store.write() as db:
            arrived = [Outcome(at=place.at, status=200, reason=None)]
            deliveries.record(db, old, batch, arrived, place.at, chance=lambda: 0.5, new_id="x")
        place.send()
        assert ids(other) == ["e1"]


def test_a_secret_that_does_not_open_sends_nothing_unsigned(place: Hooked, receiver: Sink) -> None:
    place.hook(receiver)
    place.tell("e1")
    place.send(sealer=lambda: Sealer("another secret of thirty-two chars"))
    assert receiver.received == []
    assert place.deliveries()[0].reason == "not-opened"


def test_two_dispatchers_share_the_work_and_send_nothing_twice(place: Hooked, receiver: Sink) -> None:
    for number in range(8):
        place.hook(receiver, f"h{number}")
    place.tell(*(f"e{number}" for number in range(20)))
    both = [threading.Thread(target=place.send) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
    place.send()
    assert len(receiver.received) == 160
    assert len({(each.path, each.headers["webhook-id"]) for each in receiver.received}) == 160


def test_old_deliveries_are_forgotten_and_those_to_come_are_not(place: Hooked, receiver: Sink) -> None:
    place.hook(receiver)
    place.tell("e1")
    place.send()
    answer(receiver, 500)
    place.tell("e2")
    place.send()
    with place.store.write() as db:
        assert deliveries.forget(db, place.at + timedelta(days=30)) == 1
    assert [each.event for each in place.deliveries()] == ["e2"]
