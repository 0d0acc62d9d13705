"""What comes twice in an event file, and what is corrected: joined by checksum, a part of them at a time."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from api.replay.scan import corrections_file, identities_file
from sla import event
from sla.event import EventContradicted
from sla.order_log import Identity
from sla.replay import Correction

AT_A_TIME = 1_000_000
"""Events whose checksums are in memory at once."""
_ROWS = 1 << 14
_WIDTH = 8


Corrected = dict[Identity, list[Correction]]


def joined(events: Path, folder: Path, lanes: int, general: set[Identity]) -> Corrected:
    """Joins the identities of all parts; corrections of general events are given, the others lie with the buckets.

    Raises ``EventContradicted`` at the first event that says two things.
    """
    count = sum(identities_file(folder, lane).stat().st_size for lane in range(lanes)) // (3 * _WIDTH)
    parts = count // AT_A_TIME + 1
    found: Corrected = {}
    with events.open("rb") as file:
        for part in range(parts):
            _join(file, folder, lanes, general, found, (part, parts))
    return found


def corrections_path(folder: Path, bucket: int) -> Path:
    """The corrections of the events of one bucket: JSON lists of source, id, time and arrival, one a line."""
    return folder / f"corrected-{bucket}"


def corrections_in(folder: Path, bucket: int) -> dict[Identity, list[Correction]]:
    """The corrections that lie with a bucket."""
    found: dict[Identity, list[Correction]] = {}
    path = corrections_path(folder, bucket)
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                source, name, at_us, recorded_us = json.loads(line)
                found.setdefault((source, name), []).append(Correction(at_us, recorded_us))
    return found


def _join(
    file: BinaryIO, folder: Path, lanes: int, general: set[Identity], found: Corrected, part: tuple[int, int]
) -> None:
    correcting: dict[int, list[int]] = {}
    for check, offset in _rows(folder, lanes, part, corrects=True):
        correcting.setdefault(check, []).append(offset)
    first: dict[int, int] = {}
    others: dict[int, list[int]] = {}
    for check, offset, bucket in _rows(folder, lanes, part, corrects=False):
        before = first.setdefault(check, offset)
        if before != offset and not _is_new(file, before, others.setdefault(check, []), offset):
            continue
        if check in correcting:
            for correction in correcting[check]:
                _correct(file, folder, correction, offset, bucket, general, found)


def _is_new(file: BinaryIO, before: int, others: list[int], offset: int) -> bool:
    """Whether an event shares no more than the checksum with those met. Raises ``EventContradicted``."""
    line = _line(file, offset)
    made = event.read(line)
    for other in (before, *others):
        met = _line(file, other)
        if met == line:
            return False
        if event.read(met).identity == made.identity:
            if event.content(met) != event.content(line):
                raise EventContradicted(made.source, made.id, met.decode().strip(), line.decode().strip())
            return False
    others.append(offset)
    return True


def _correct(
    file: BinaryIO, folder: Path, correction: int, offset: int, bucket: int, general: set[Identity], found: Corrected
) -> None:
    """Leaves a correction where the event whose place it takes will be looked for."""
    made = event.read(_line(file, correction))
    target = made.corrects
    if target is None or target != event.read(_line(file, offset)).identity:
        return
    if bucket >= 0:
        spelt = json.dumps([*target, made.at_us, made.recorded_us])
        with corrections_path(folder, bucket).open("a", encoding="utf-8") as out:
            out.write(spelt + "\n")
    if target in general:
        found.setdefault(target, []).append(Correction(made.at_us, made.recorded_us))


def _rows(folder: Path, lanes: int, part: tuple[int, int], *, corrects: bool) -> Iterator[tuple[int, ...]]:
    width = 2 if corrects else 3
    number, parts = part
    for lane in range(lanes):
        path = corrections_file(folder, lane) if corrects else identities_file(folder, lane)
        with path.open("rb") as file:
            while chunk := file.read(_ROWS * width * _WIDTH):
                flat = array("q")
                flat.frombytes(chunk)
                for row in zip(*[flat[column::width] for column in range(width)], strict=True):
                    if row[0] % parts == number:
                        yield row


def _line(file: BinaryIO, offset: int) -> bytes:
    file.seek(offset)
    line = file.readline()
    return line if line.endswith(b"\n") else line + b"\n"
