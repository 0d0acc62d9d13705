"""A file's lines and everything that is wrong with them, told by file and line, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import NoReturn

from router.errors import Fault, Faulty

LARGEST = 1e9
"""No published number comes near; larger ones would not stay exact once scaled."""


class Text:
    """The lines of ``path``, numbered from 1. Raises ``Faulty`` where it is not text, ``OSError`` as it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        try:
            self.lines = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            self.refuse(1, f"byte {error.start} is not UTF-8 text; an instance is a text file")

    def fault(self, line: int, message: str) -> None:
        """Notes what is wrong with a line."""
        self.faults.append(Fault(pointer=f"{self.path}:{line}", code="instance-text", message=message))

    def check(self) -> None:
        """Raises ``Faulty`` with all that was noted."""
        if self.faults:
            raise Faulty(f"instance {self.path}", tuple(self.faults))

    def refuse(self, line: int, message: str) -> NoReturn:
        """Raises ``Faulty``: without this line nothing after it can be read."""
        self.fault(line, message)
        raise Faulty(f"instance {self.path}", tuple(self.faults))

    def rows(self) -> list[tuple[int, list[str]]]:
        """Lines that are not blank, with their numbers, in words."""
        return [(number, words) for number, line in enumerate(self.lines, 1) if (words := line.split())]

    def real(self, line: int, word: str, what: str) -> float:
        """A number; 0 and a fault where it is none."""
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if isfinite(value) and abs(value) <= LARGEST:
            return value
        self.fault(line, f"{what} is {word!r}; it must be a number of at most {LARGEST:.0f}")
        return 0.0

    def reals(self, line: int, words: Sequence[str], what: str) -> list[float]:
        """Several numbers."""
        return [self.real(line, word, what) for word in words]

    def count(self, line: int, word: str, what: str) -> int:
        """A whole number, not below zero; 0 and a fault where it is none."""
        value = self.real(line, word, what)
        if value < 0 or value != int(value):
            self.fault(line, f"{what} is {word!r}; it must be a whole number, not below 0")
            return 0
        return int(value)
