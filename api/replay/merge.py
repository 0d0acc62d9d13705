"""Brings the clocks of all buckets into the order of their subjects, a term at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from heapq import merge
from pathlib import Path
from typing import NamedTuple

from api.replay.folding import rows_file


class Merging(NamedTuple):
    """The term whose rows one job merges, by its place in the contract."""

    folder: Path
    term: int
    buckets: int


def merge_term(job: Merging) -> None:
    """Merges the rows of one term into its file."""
    parts = [_rows(rows_file(job.folder, job.term, bucket)) for bucket in range(job.buckets)]
    with merged_file(job.folder, job.term).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line for _, line in merge(*parts))


def merged_file(folder: Path, term: int) -> Path:
    """All clocks of a term in order."""
    return folder / f"merged-{term}"


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="\n") as file:
        for subject in file:
            yield (json.loads(f'"{subject[:-1]}"') if "\\" in subject else subject[:-1]), file.readline()
