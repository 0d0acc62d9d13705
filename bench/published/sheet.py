"""The VRPLIB way of writing a file: ``KEY : value`` lines, then sections of numbered rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.published.text import Text

Rows = list[tuple[int, list[str]]]


class Sheet(Text):
    """``fields``: each key's line and value; ``sections``: each section's own line and its rows in words.

    A key that is not ``known`` is a fault: to pass over it could make another problem of this one.
    """

    def __init__(self, path: Path, known: frozenset[str]) -> None:
        super().__init__(path)
        self.fields: dict[str, tuple[int, str]] = {}
        self.sections: dict[str, tuple[int, Rows]] = {}
        under: Rows | None = None
        for line, words in self.rows():
            if words == ["EOF"]:
                break
            if not words[0][0].isalpha():
                if under is None:
                    self.fault(line, "there are numbers before any section")
                else:
                    under.append((line, words))
                continue
            key, colon, value = self.lines[line - 1].partition(":")
            key = key.strip()
            if key not in known or (colon == "") != key.endswith("_SECTION"):
                self.fault(line, f"{key} is not read here, and without it this would be another problem")
            if key in self.fields or key in self.sections:
                self.fault(line, f"{key} stands here a second time")
            if colon:
                self.fields[key] = line, value.strip()
            else:
                under = []
                self.sections[key] = line, under
        self.check()

    def need(self, *keys: str) -> None:
        """Raises ``Faulty`` where a field or section is missing."""
        for key in keys:
            if key not in self.fields and key not in self.sections:
                self.fault(max(1, len(self.lines)), f"{key} is missing")
        self.check()

    def field(self, key: str) -> int:
        """A field's whole number."""
        line, value = self.fields[key]
        return self.count(line, value, key)

    def column(self, key: str, size: int, width: int = 1) -> list[tuple[int, list[str]]]:
        """The rows of a section that numbers its rows from 1 to ``size``: lines, and the ``width`` words after it.

        Every row that is missing, doubled or of another width is a fault.
        """
        head, rows = self.sections[key]
        found: list[tuple[int, list[str]]] = []
        for line, words in rows:
            if len(words) != 1 + width:
                self.fault(line, f"{key} has {len(words)} words here; there must be {1 + width}")
            elif words[0] != str(len(found) + 1):
                self.fault(line, f"{key} has row {words[0]} here, where {len(found) + 1} is due")
            found.append((line, words[1:]))
        if len(found) != size:
            self.fault(head, f"{key} has {len(found)} rows; there must be {size}")
        self.check()
        return found

    def numbers(self, key: str, size: int, width: int = 1) -> list[list[float]]:
        """``column`` as numbers."""
        return [self.reals(line, words, key) for line, words in self.column(key, size, width)]

    def counts(self, key: str, size: int) -> list[int]:
        """``column`` as whole numbers, one a row."""
        return [self.count(line, words[0], key) for line, words in self.column(key, size)]

    def square(self, key: str, size: int) -> list[list[int]]:
        """A section that is a full matrix of whole numbers, row by row."""
        head, rows = self.sections[key]
        if len(rows) != size:
            self.fault(head, f"{key} has {len(rows)} rows; there must be {size}")
        for line, words in rows:
            if len(words) != size:
                self.fault(line, f"{key} has {len(words)} numbers in this row; there must be {size}")
        self.check()
        return [self._row(line, words, key) for line, words in rows]

    def _row(self, line: int, words: Sequence[str], key: str) -> list[int]:
        try:
            values = list(map(int, words))
        except ValueError:
            values = [-1]
        # A million cells: only a row with a fault is looked at cell by cell.
        return values if min(values) >= 0 else [self.count(line, word, key) for word in words]
