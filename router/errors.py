"""The categories of error. Each error is named for its fact, keeps a stable code and carries numbers in ``context``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing wrong with a document: where (JSON pointer), what (stable code), and a sentence with the cure."""

    pointer: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message} [{self.code}]"


class DropwrightError(Exception):
    """Base of every error that Dropwright raises on purpose."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something is wrong"

    def __init__(self, message: str, **context: object) -> None:
        super().__init__(message)
        self.context = context


class Invalid(DropwrightError):
    """What was given cannot be meant; the cure is in the message."""

    code, title = "invalid", "The input is not valid"


class NotFound(DropwrightError):
    """What was named does not exist."""

    code, title = "not-found", "There is no such thing"


class Conflict(DropwrightError):
    """The request contradicts what is so by now."""

    code, title = "conflict", "The state has changed"


class Unavailable(DropwrightError):
    """A part that is needed is missing or does not answer."""

    code, title = "unavailable", "A needed part is not available"


class Faulty(Invalid):
    """A document with faults: all of them, sorted by place."""

    code, title = "faulty-document", "The document has faults"

    def __init__(self, what: str, faults: tuple[Fault, ...]) -> None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"the {what} has {count}", faults=len(faults))
        self.what, self.faults = what, faults
