"""Replays: the same bytes whatever the order, the processes or the buckets; and files that are refused."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from api.replay import run, scan
from bench.replay import CONTRACT
from bench.replay_log import write_log
from router.errors import Faulty
from sla import event
from sla.codec import read_contract
from sla.event import EventContradicted, FaultyEvent
from sla.replay import replay
from sla.rules import prepared
from tests.cli.command import run as command

BOUND = read_contract(CONTRACT.read_bytes(), bound=True)
RULES = prepared(BOUND)
SOUND = '{"specversion":"1.0","id":"a","source":"s","type":"t","time":"2026-11-02T08:00:00Z","data":{"order":"o"}}'


def one(name: str, kind: str, time: str, **data: Any) -> dict[str, Any]:
    """An event about order o1 as a whole."""
    made = {"specversion": "1.0", "id": name, "source": "test", "type": kind, "time": time, "subject": "order/o1"}
    return made | {"data": {"order": "o1", **data}}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    write_log(path, orders=60, seed=3)
    return path


def printed(path: Path, workers: int, folder: Path) -> bytes:
    out = folder / "out"
    with run.replayed(path, BOUND, None, workers=workers) as done, out.open("wb") as file:
        done.write(file)
    return out.read_bytes()


def test_what_is_spilled_to_disk_prints_what_memory_prints_in_any_number_of_processes(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"{line}\n" for line in replay(RULES, [event.read(line) for line in log.open("rb")]))
    assert printed(log, 1, tmp_path) == lines.encode()
    monkeypatch.setattr(run, "SMALL", 0)
    monkeypatch.setattr(run, "BUCKET", 20_000)
    assert printed(log, 2, tmp_path) == lines.encode()


FEW = [event.read(json.dumps(each).encode()) for each in [
    one("e1", "order.placed", "2026-11-02T08:00:00Z"),
    one("e2", "order.cleared", "2026-11-02T08:20:00Z"),
    one("e3", "plan.released", "2026-11-02T08:30:00Z"),
    one("e4", "order.held", "2026-11-02T08:05:00Z", tier="express-2h"),
    one("e5", "parcel.packed", "2026-11-02T09:20:00Z") | {"subject": "parcel/p1"},
    one("e6", "parcel.packed", "2026-11-02T09:20:00Z") | {"subject": "parcel/p2"},
    one("e7", "parcel.handed_over", "2026-11-02T10:00:00Z") | {"subject": "parcel/p1"},
    one("e8", "parcel.handed_over", "2026-11-02T10:40:00Z") | {"subject": "parcel/p2"},
    one("e9", "parcel.handed_over", "2026-11-02T10:10:00Z", corrects={"source": "test", "id": "e8"})
    | {"subject": "parcel/p2"},
    one("e10", "excuse.proposed", "2026-11-02T11:00:00Z", code="bad_address"),
    one("e11", "excuse.accepted", "2026-11-02T12:00:00Z", excuse="e10"),
]]  # fmt: skip
LATE = event.read(json.dumps(one("e12", "parcel.delivered", "2026-11-03T10:00:00Z")).encode())
EXPECTED = list(replay(RULES, FEW))


def test_ten_thousand_orders_of_events_some_of_them_twice_print_the_same_bytes() -> None:
    draw = random.Random(4)
    for _ in range(10_000):
        shuffled = [*FEW, *draw.choices(FEW, k=draw.randrange(6))]
        draw.shuffle(shuffled)
        assert list(replay(RULES, shuffled)) == EXPECTED


def test_without_a_grace_period_the_window_in_which_a_contract_begins_is_charged() -> None:
    begun = CONTRACT.read_text().replace("from: 2026-01-01", "from: 2026-11-02").replace("at_least: 50", "at_least: 1")
    (told,) = [
        json.loads(line)
        for line in replay(prepared(read_contract(begun.encode(), bound=True)), [*FEW[:-2], LATE])
        if '"party":"courier/pedal","window"' in line
    ]
    assert told["charged"] > 1_000_000  # 20 % of the fees, and a late delivery


def test_content_is_the_same_whatever_the_time_of_arrival_and_the_order_of_the_keys() -> None:
    made = one("e1", "order.placed", "2026-11-02T08:00:00Z")
    later = dict(reversed(list((made | {"recordedtime": "2026-12-01T00:00:00Z"}).items())))
    assert event.content(json.dumps(made).encode()) == event.content(json.dumps(later).encode())


def test_one_event_that_says_two_things_is_refused_though_its_orders_differ(tmp_path: Path) -> None:
    path = tmp_path / "events"
    first = one("e1", "order.placed", "2026-11-02T08:00:00Z")
    path.write_text(json.dumps(first) + "\n" + json.dumps(first | {"data": {"order": "o2"}}))
    with pytest.raises(EventContradicted, match=r"o1(.|\n)*o2"), run.replayed(path, BOUND, None):
        pass


def test_equal_checksums_of_other_identities_are_no_contradiction(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = printed(log, 1, tmp_path)
    monkeypatch.setattr(scan, "checksum", lambda source, name: len(name))
    assert printed(log, 1, tmp_path) == expected


def test_every_fault_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "events"
    good = json.dumps(one("e1", "order.placed", "2026-11-02T08:00:00Z"))
    naive = json.dumps(one("e2", "order.placed", "2026-11-02T08:00:00"))
    path.write_text(f"{good}\n\nnot json\n{naive}\n[]\n")
    with pytest.raises(Faulty) as caught, run.replayed(path, BOUND, None):
        pass
    assert [(each.pointer, each.code) for each in caught.value.faults] == [
        ("line 3: /", "not-json"),
        ("line 4: /time", "naive-time"),
        ("line 5: /", "wrong-type"),
    ]


@pytest.mark.parametrize(
    ("sound", "odd", "code"),
    [
        ('"id":"a"', '"id":"a","id":"b"', "duplicate-key"),
        ('"id":"a"', r'"id":"\ud800"', "lone-surrogate"),
        ('"order":"o"', '"x":NaN', "not-finite"),
        ('"1.0"', '"0.3"', "bad-value"),
        ("11-02", "02-30", "bad-time"),
        ('"order":"o"', '"order":1', "wrong-type"),
        ('"order":"o"', '"parcels":"p1"', "wrong-type"),
        ('"source":"s",', "", "missing-field"),
        ('"type"', '"type', "not-json"),
    ],
)
def test_an_odd_line_is_a_fault_and_never_a_traceback(sound: str, odd: str, code: str) -> None:
    assert event.read(SOUND.encode()).order == "o"
    with pytest.raises(FaultyEvent) as caught:
        event.read(SOUND.replace(sound, odd).encode())
    assert [fault.code for fault in caught.value.faults] == [code]


@pytest.mark.parametrize(("line", "code"), [(b"\xff", "not-utf-8"), (b"[" * 100_000, "too-deep")])
def test_bytes_that_are_no_text_or_too_deep_are_a_fault(line: bytes, code: str) -> None:
    with pytest.raises(FaultyEvent) as caught:
        event.read(line)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_reading_again_gives_what_reading_gave(log: Path) -> None:
    assert all(event.again(line) == event.read(line) for line in log.open("rb"))


def test_the_command_says_in_its_status_what_was_wrong(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_bytes(CONTRACT.read_bytes())
    first = json.dumps(one("e1", "order.placed", "2026-11-02T08:00:00Z"))
    (tmp_path / "good").write_text(first)
    (tmp_path / "two").write_text(first + "\n" + first.replace("order/o1", "order/o9"))
    (tmp_path / "bad").write_text("{}")
    assert command(tmp_path, "sla", "replay", "good", "contract.yaml").returncode == 0
    two = command(tmp_path, "sla", "replay", "two", "contract.yaml")
    assert (two.returncode, two.stdout) == (1, "")
    assert "order/o1" in two.stderr
    assert "order/o9" in two.stderr
    assert command(tmp_path, "sla", "replay", "bad", "contract.yaml").returncode == 2
    assert command(tmp_path, "sla", "replay", "good", "contract.yaml", "--at", "noon").returncode == 2
