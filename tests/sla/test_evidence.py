"""Evidence: one changed, missing, swapped or cut-off record fails, and so does a file signed by somebody else."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from api.replay.timeline import CaseMissing, CaseUnreadable, evidence_of
from bench.replay import CONTRACT
from bench.replay_log import write_log
from sla.codec import read_contract
from sla.evidence import EvidenceBroken, KeyUnusable, head, key_pair, sign, timeline, verify
from tests.cli.command import run as command

PRIVATE, PUBLIC = key_pair(bytes(range(32)))
RECORDS = [
    {"id": f"e{number}", "time": f"2026-11-02T08:{number:02}:00Z", "data": {"n": number}} for number in range(40)
]
WHOLE = timeline({"term": "handover"}, RECORDS)
SIGNATURE = sign(WHOLE, PRIVATE)


def spoilt(draw: random.Random) -> bytes:
    """The file with a record changed, deleted, swapped with another, or cut off together with all after it."""
    lines = WHOLE.splitlines(keepends=True)
    place, other = draw.sample(range(1, len(lines) - 1), 2)
    match draw.choice(("change", "delete", "swap", "cut")):
        case "change":
            at = draw.randrange(len(lines[place]) - 1)
            byte = draw.choice([each for each in b"abcdefghij0123456789" if each != lines[place][at]])
            lines[place] = lines[place][:at] + bytes([byte]) + lines[place][at + 1 :]
        case "delete":
            del lines[place]
        case "swap":
            lines[place], lines[other] = lines[other], lines[place]
        case "cut":
            del lines[place:]
    return b"".join(lines)


def test_a_thousand_of_a_thousand_spoilt_records_are_found_with_and_without_the_signature() -> None:
    draw = random.Random(11)
    for _ in range(1000):
        changed = spoilt(draw)
        with pytest.raises(EvidenceBroken):
            head(changed)
        with pytest.raises(EvidenceBroken):
            verify(changed, sign(changed, PRIVATE), PUBLIC)


def test_a_file_made_anew_fails_by_its_signature_and_by_the_head_that_is_known() -> None:
    anew = timeline({"term": "handover"}, RECORDS[:-1])
    assert verify(WHOLE, SIGNATURE, PUBLIC, head(WHOLE)) == head(WHOLE)
    with pytest.raises(EvidenceBroken, match="signature"):
        verify(anew, SIGNATURE, PUBLIC)
    with pytest.raises(EvidenceBroken, match="head"):
        verify(anew, sign(anew, PRIVATE), PUBLIC, head(WHOLE))
    with pytest.raises(EvidenceBroken, match="signature"):
        verify(WHOLE, SIGNATURE, key_pair(bytes(32))[1])
    with pytest.raises(KeyUnusable):
        verify(WHOLE, SIGNATURE, b"no key")


def test_a_case_is_proved_by_the_events_of_its_order_alone_in_fold_order(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write_log(path, orders=20, seed=5)
    contract = read_contract(CONTRACT.read_bytes(), bound=True)
    lines = [json.loads(line) for line in evidence_of(path, contract, "handover:order/o7", None).splitlines()]
    records = [line["record"] for line in lines[1:-1]]
    assert lines[0]["case"]["verdict"]["subject"] == "order/o7"
    assert len(records) > 4
    assert [each["time"] for each in records] == sorted(each["time"] for each in records)
    assert all(each["data"].get("order", "o7") == "o7" for each in records)
    with pytest.raises(CaseMissing):
        evidence_of(path, contract, "handover:order/nobody", None)
    with pytest.raises(CaseUnreadable):
        evidence_of(path, contract, "handover", None)


def test_the_commands_make_keys_sign_and_verify(tmp_path: Path) -> None:
    write_log(tmp_path / "events", orders=5, seed=5)
    (tmp_path / "contract.yaml").write_bytes(CONTRACT.read_bytes())
    assert command(tmp_path, "sla", "keygen", "-o", "key").returncode == 0
    case = ("events", "contract.yaml", "--case", "review:order/o1", "--key", "key", "-o", "case")
    told = command(tmp_path, "sla", "evidence", *case).stdout
    good = command(tmp_path, "sla", "verify", "case", "--key", "key.pub", "--head", told.split()[-1])
    assert (good.returncode, good.stdout) == (0, f"valid, {told}")
    assert command(tmp_path, "sla", "verify", "case", "--key", "key.pub", "--head", "00").returncode == 1
    (tmp_path / "case").write_bytes((tmp_path / "case").read_bytes().replace(b"o1", b"o2"))
    assert command(tmp_path, "sla", "verify", "case", "--key", "key.pub").returncode == 1
