"""The whole replay of an event file, in this process or in several."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from api.files import FileMissing, FileUnreadable, FileUnwritable
from api.replay import folding, identity, merge, scan
from router import processes
from router.errors import Fault, Faulty, Unavailable
from sla.contract import Contract
from sla.replay import closing, closing_lines, times_of_judging
from sla.rules import prepared
from sla.tally import Tally

SMALL = 4 << 20
"""Bytes of an event file that are read faster than another process starts."""
BUCKET = 8 << 20
MOST_BUCKETS = 512

_Job = TypeVar("_Job")
_Answer = TypeVar("_Answer")


class ReplayBroken(Unavailable):
    """A process of the replay ended before it had answered."""

    code, title = "replay-broken", "A part of the replay ended early"


class Replayed(NamedTuple):
    """A replay whose clocks lie on disk: the files of them in order, and the lines that follow."""

    clocks: tuple[Path, ...]
    closing: tuple[str, ...]

    def write(self, out: BinaryIO) -> None:
        """Prints every line."""
        for path in self.clocks:
            with path.open("rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
        for line in self.closing:
            out.write(line.encode() + b"\n")


@contextmanager
def replayed(events: Path, contract: Contract, at_us: int | None, *, workers: int = 2) -> Iterator[Replayed]:
    """The replay of a file. What was spilled is there until the block ends.

    Raises ``Faulty`` with every fault of the event file, ``EventContradicted``, an unbound parameter of the contract,
    and what the files themselves raise.
    """
    prepared(contract)  # before the long part: a contract that binds nobody is told at once
    try:
        with tempfile.TemporaryDirectory(prefix="dropwright-replay-") as name:
            folder = Path(name)
            with _seekable(events, folder) as file:
                lanes = 1 if file.stat().st_size < SMALL else workers
                with _pool(lanes) as pool:
                    done = _replay(pool, lanes, file, events, contract, at_us, folder)
                yield done
    except OSError as error:
        raise FileUnwritable(f"the replay could not be kept on disk: {error.strerror or error}") from error


def _replay(
    pool: Executor | None, lanes: int, file: Path, named: Path, contract: Contract, at_us: int | None, folder: Path
) -> Replayed:
    size = file.stat().st_size
    buckets = min(MOST_BUCKETS, max(lanes, size // BUCKET + 1))
    parts = _parts(file, size, lanes)
    jobs = [scan.Part(file, begin, end, folder, lane, buckets) for lane, (begin, end) in enumerate(parts)]
    scanned = _all(pool, scan.scan, jobs)
    _refuse(named, scanned)
    general = tuple(event for part in scanned for event in part.general)
    corrections = identity.joined(file, folder, lanes, {event.identity for event in general})
    if at_us is None:
        at_us = max((part.latest_us for part in scanned if part.latest_us is not None), default=None)
    if at_us is None:
        return Replayed((), ())
    rules = prepared(contract)
    known = times_of_judging(rules, general, corrections, at_us)
    orders: list[dict[str | None, int]] = [{} for _ in known]
    shares = [tuple(range(lane, buckets, lanes)) for lane in range(lanes)]
    judging = [folding.Judging(contract, at_us, general, corrections, orders, folder, lanes, share) for share in shares]
    if rules.needs_orders:
        for counts in _all(pool, folding.count_orders, judging):
            folding.add_counts(orders, counts)
    tallies = [Tally() for _ in known]
    for sums in _all(pool, folding.judge_buckets, judging):
        for tally, part in zip(tallies, sums, strict=True):
            tally.merge(part)
    merging = [merge.Merging(folder, term, buckets) for term in range(len(rules.terms))]
    _all(pool, merge.merge_term, merging)
    terms = sorted(range(len(rules.terms)), key=lambda index: rules.terms[index].term)
    return Replayed(
        tuple(merge.merged_file(folder, term) for term in terms), tuple(closing_lines(closing(rules, known, tallies)))
    )


def _all(pool: Executor | None, work: Callable[[_Job], _Answer], jobs: Sequence[_Job]) -> list[_Answer]:
    """The answers to the jobs, in their order."""
    if pool is None:
        return [work(job) for job in jobs]
    try:
        return list(pool.map(work, jobs))
    except BrokenProcessPool:
        raise ReplayBroken("a process of the replay ended early; is there memory, and room for its files?") from None


def _begun(parent: int) -> None:
    """What each process does first: Ctrl-C is for the parent, whose end is theirs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes.die_with(parent)


def _parts(file: Path, size: int, lanes: int) -> list[tuple[int, int]]:
    """Ranges of bytes that begin and end with lines."""
    bounds = [0]
    with file.open("rb") as stream:
        for lane in range(1, lanes):
            stream.seek(max(bounds[-1], size * lane // lanes))
            while (piece := stream.readline(scan.LONGEST_LINE)) and not piece.endswith(b"\n"):
                pass
            bounds.append(stream.tell())
    return list(zip(bounds, [*bounds[1:], size], strict=True))


def _refuse(events: Path, scanned: Sequence[scan.Scanned]) -> None:
    """Raises ``Faulty`` where any line is no event; the pointer of each fault begins with its line."""
    faults: list[Fault] = []
    before = 0
    for part in scanned:
        faults += [
            Fault(pointer=f"line {before + line}: {fault.pointer or '/'}", code=fault.code, message=fault.message)
            for line, fault in part.faults
        ]
        before += part.lines
    if faults:
        error = Faulty("event file", tuple(faults[: scan.MOST_FAULTS]))
        error.context["path"] = str(events)
        raise error


def _pool(lanes: int) -> AbstractContextManager[Executor | None]:
    if lanes < 2:
        return nullcontext()
    return ProcessPoolExecutor(lanes, get_context("spawn"), _begun, (os.getpid(),))


@contextmanager
def _seekable(events: Path, folder: Path) -> Iterator[Path]:
    """The event file itself, or a copy of what a pipe gives."""
    try:
        if events.is_file():
            with events.open("rb"):
                pass
            yield events
            return
        if not events.exists():
            raise FileMissing(f"{events}: there is no such file")
        if events.is_dir():
            raise FileUnreadable(f"{events}: is a folder; name the file in it")
    except OSError as error:
        raise FileUnreadable(f"{events}: {error.strerror or error}") from error
    copy = folder / "events"
    with events.open("rb") as stream, copy.open("wb") as out:
        shutil.copyfileobj(stream, out)
    yield copy
