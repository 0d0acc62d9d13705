"""Judges the orders of some buckets: their clocks go to files by term, sorted by subject, their sums are sent."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import NamedTuple

from api.replay.identity import corrections_in
from api.replay.scan import bucket_file
from sla import event
from sla.contract import Contract
from sla.event import Event
from sla.order_log import Identity
from sla.replay import Correction, count_drops, fold, informed, times_of_judging
from sla.rows import clock_line
from sla.rules import prepared
from sla.tally import Tally


class Judging(NamedTuple):
    """What one process judges, and under what."""

    contract: Contract
    at_us: int
    general: tuple[Event, ...]
    corrections: dict[Identity, list[Correction]]
    orders: list[dict[str | None, int]]
    folder: Path
    lanes: int
    buckets: tuple[int, ...]


def judge_buckets(job: Judging) -> list[Tally]:
    """Judges every order of the buckets."""
    gc.disable()
    rules = prepared(job.contract)
    known = times_of_judging(rules, job.general, job.corrections, job.at_us)
    known = informed(rules, job.general, job.corrections, known, job.orders)
    tallies = [Tally() for _ in known]
    terms = {rule.term: index for index, rule in enumerate(rules.terms)}
    for bucket in job.buckets:
        corrections = corrections_in(job.folder, bucket)
        by_order = _by_order(job, bucket)
        lines: list[list[str]] = [[] for _ in terms]
        for order in sorted(by_order):
            subject = quoted(f"order/{order}")[1:-1]
            for verdict in fold(rules, order, by_order[order], corrections, known, tallies):
                lines[terms[verdict.rule.term]].append(f"{subject}\n{clock_line(verdict, order)}\n")
        for index, spelt in enumerate(lines):
            with rows_file(job.folder, index, bucket).open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(spelt)
    gc.enable()
    return tallies


def count_orders(job: Judging) -> list[dict[str | None, int]]:
    """Counts the orders of each drop in the buckets, for each time of judging."""
    rules = prepared(job.contract)
    known = times_of_judging(rules, job.general, job.corrections, job.at_us)
    totals: list[dict[str | None, int]] = [{} for _ in known]
    for bucket in job.buckets:
        counts = count_drops(rules, _by_order(job, bucket).values(), corrections_in(job.folder, bucket), known)
        add_counts(totals, counts)
    return totals


def add_counts(totals: list[dict[str | None, int]], counts: list[dict[str | None, int]]) -> None:
    """Adds counts by drop, time of judging by time of judging."""
    for total, part in zip(totals, counts, strict=True):
        for drop, count in part.items():
            total[drop] = total.get(drop, 0) + count


def rows_file(folder: Path, term: int, bucket: int) -> Path:
    """The clocks of one term and bucket: pairs of lines, subject (as JSON, without quotes) and row."""
    return folder / f"rows-{term}-{bucket}"


def _by_order(job: Judging, bucket: int) -> dict[str, list[Event]]:
    by_order: dict[str, list[Event]] = {}
    for made in _events(job, bucket):
        if made.order is not None:
            by_order.setdefault(made.order, []).append(made)
    return by_order


def _events(job: Judging, bucket: int) -> Iterator[Event]:
    for lane in range(job.lanes):
        path = bucket_file(job.folder, bucket, lane)
        if path.exists():
            with path.open("rb") as file:
                yield from map(event.again, file)
