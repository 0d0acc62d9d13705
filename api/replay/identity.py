"""What comes twice in an event file, and what is corrected: joined by checksum, a part of them at a time."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from api.replay.scan import checksum, corrections_file, identities_file
from sla import event
from sla.event import Event, EventContradicted
from sla.order_log import Identity
from sla.replay import Correction

AT_A_TIME = 1_000_000
"""Events whose checksums are in memory at once."""
_ROWS = 1 << 14
_WIDTH = 8


class Found(NamedTuple):
    """What the identities told. ``latest_us``: the latest time of an event that nothing takes the place of.

    ``corrections`` are those of events that name no order or are general; the others lie with the bucket.
    """

    latest_us: int | None
    corrections: dict[Identity, list[Correction]]


def identities(events: Path, folder: Path, lanes: int, general: set[Identity]) -> Found:
    """Joins the identities of all parts. Raises ``EventContradicted`` at the first event that says two things."""
    count = sum(identities_file(folder, lane).stat().st_size for lane in range(lanes)) // (4 * _WIDTH)
    parts = count // AT_A_TIME + 1
    found = Found(None, {})
    with events.open("rb") as file:
        for part in range(parts):
            found = _join(file, folder, lanes, general, found, (part, parts))
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
                source, id, at_us, recorded_us = json.loads(line)
                found.setdefault((source, id), []).append(Correction(at_us, recorded_us))
    return found


def _join(
    file: BinaryIO, folder: Path, lanes: int, general: set[Identity], found: Found, part: tuple[int, int]
) -> Found:
    correcting: dict[int, list[int]] = {}
    for check, offset in _rows(folder, lanes, part, corrects=True):
        correcting.setdefault(check, []).append(offset)
    first: dict[int, int] = {}
    others: dict[int, list[int]] = {}
    latest_us = found.latest_us
    for check, offset, at_us, bucket in _rows(folder, lanes, part, corrects=False):
        before = first.setdefault(check, offset)
        is_new = before == offset or _is_new(file, before, others.setdefault(check, []), offset)
        is_corrected = False
        for correction in correcting.get(check, ()) if correcting else ():
            is_corrected = _correct(file, folder, correction, offset, bucket if is_new else None, general, found) or is_corrected
        if not is_corrected and (latest_us is None or at_us > latest_us):
            latest_us = at_us
    return Found(latest_us, found.corrections)


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
    file: BinaryIO,
    folder: Path,
    correction: int,
    offset: int,
    bucket: int | None,
    general: set[Identity],
    found: Found,
) -> bool:
    """Whether the correction takes the place of the event; if so it is left where the event's bucket finds it."""
    made: Event = event.read(_line(file, correction))
    target = made.corrects
    if target is None or target != event.read(_line(file, offset)).identity:
        return False
    if bucket is not None and bucket >= 0:
        spelt = json.dumps([*target, made.at_us, made.recorded_us])
        with corrections_path(folder, bucket).open("a", encoding="utf-8") as out:
            out.write(spelt + "\n")
    if target in general:
        found.corrections.setdefault(target, []).append(Correction(made.at_us, made.recorded_us))
    return True


def _rows(folder: Path, lanes: int, part: tuple[int, int], *, corrects: bool) -> Iterator[tuple[int, ...]]:
    width = 2 if corrects else 4
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
