"""The first look at an event file: every line is read and checked, and goes to the bucket of its order.

Of each event, three integers go to another file, by which ``identity`` finds what comes twice.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zlib import crc32

from router.errors import Fault
from sla import event
from sla.around import is_general
from sla.event import Event, FaultyEvent

LONGEST_LINE = 1 << 20
MOST_FAULTS = 1000
"""Faults that are told of one file."""
_BUFFERED = 8 << 20
_NOWHERE = -1


class Part(NamedTuple):
    """The bytes of the event file that one process reads, whole lines, and where it leaves what it found."""

    events: Path
    begin: int
    end: int
    folder: Path
    lane: int
    buckets: int


class Scanned(NamedTuple):
    """What one part told. Line numbers count from the part's begin."""

    lines: int
    latest_us: int | None
    faults: tuple[tuple[int, Fault], ...]
    general: tuple[Event, ...]


def scan(part: Part) -> Scanned:
    """Reads one part."""
    gc.disable()  # nothing here makes cycles, and looking for them takes a third of the time
    faults: list[tuple[int, Fault]] = []
    general: list[Event] = []
    spill = _Spill(part)
    number = 0
    latest_us: int | None = None
    for number, (offset, line) in enumerate(_lines(part), start=1):
        if line.isspace():
            continue
        try:
            if len(line) > LONGEST_LINE:
                message = f"a line is longer than {LONGEST_LINE} bytes"
                raise FaultyEvent((Fault(pointer="", code="bad-length", message=message),))
            made = event.read(line)
        except FaultyEvent as error:
            if len(faults) < MOST_FAULTS:
                faults += [(number, fault) for fault in error.faults]
            continue
        if latest_us is None or made.at_us > latest_us:
            latest_us = made.at_us
        spill.add(made, offset, line)
        if is_general(made):
            general.append(made)
    spill.close()
    gc.enable()
    return Scanned(number, latest_us, tuple(faults), tuple(general))


def checksum(source: str, name: str) -> int:
    """63 bits of an identity: equal for equal ones, nearly always other for others."""
    return (crc32(source.encode()) & 0x7FFFFFFF) << 32 | crc32(name.encode())


def bucket_of(order: str, buckets: int) -> int:
    """Where an order's events lie."""
    return crc32(order.encode()) % buckets


def bucket_file(folder: Path, bucket: int, lane: int) -> Path:
    """The events of one bucket that one process read, as in the event file."""
    return folder / f"events-{bucket}-{lane}"


def identities_file(folder: Path, lane: int) -> Path:
    """Rows of three: checksum, offset of the line, bucket (-1 without an order)."""
    return folder / f"identities-{lane}"


def corrections_file(folder: Path, lane: int) -> Path:
    """Rows of two: checksum of the corrected event, offset of the correction."""
    return folder / f"corrections-{lane}"


class _Spill:
    """Buffers of lines and integers, written out when they have grown large."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._lines: dict[int, list[bytes]] = {}
        self._size = 0
        self._identities, self._corrections = array("q"), array("q")

    def add(self, made: Event, offset: int, line: bytes) -> None:
        bucket = _NOWHERE
        if made.order is not None:
            bucket = bucket_of(made.order, self._part.buckets)
            self._lines.setdefault(bucket, []).append(line)
            self._size += len(line)
        self._identities.extend((checksum(made.source, made.id), offset, bucket))
        if made.corrects is not None:
            self._corrections.extend((checksum(*made.corrects), offset))
        if self._size > _BUFFERED:
            self.close()

    def close(self) -> None:
        """Writes out what is in the buffers."""
        folder, lane = self._part.folder, self._part.lane
        for bucket, lines in self._lines.items():
            with bucket_file(folder, bucket, lane).open("ab") as file:
                file.writelines(lines)
        for path, rows in (
            (identities_file(folder, lane), self._identities),
            (corrections_file(folder, lane), self._corrections),
        ):
            with path.open("ab") as file:
                rows.tofile(file)
        self._lines, self._size = {}, 0
        self._identities, self._corrections = array("q"), array("q")


def _lines(part: Part) -> Iterator[tuple[int, bytes]]:
    """The lines of the part with their offsets, each ended by a line feed; of a line that is too long, the begin."""
    with part.events.open("rb") as file:
        file.seek(part.begin)
        offset = part.begin
        while offset < part.end:
            line = file.readline(LONGEST_LINE + 1)
            if not line:
                return
            yield offset, line if line.endswith(b"\n") else line + b"\n"
            offset += len(line)
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                offset += _skip(file)


def _skip(file: BinaryIO) -> int:
    skipped = 0
    while line := file.readline(LONGEST_LINE):
        skipped += len(line)
        if line.endswith(b"\n"):
            break
    return skipped
