"""Values that a document spells as one string, such as a span of ISO 8601, and what is said of a wrong spelling."""

from __future__ import annotations

from typing import Any, Self


class Misspelt(ValueError):
    """A string is not a spelling of the value that is wanted; ``code`` is the fault's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Spelling:
    """Base of a value that a document spells as a string: ``parse`` reads it, ``str()`` writes it again."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The value that ``text`` spells. Raises Misspelt."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> dict[str, Any]:
        """How the codec reads it: pydantic asks for this by its name."""
        read = {"type": "no-info", "function": cls.parse}
        return {"type": "function-after", "function": read, "schema": {"type": "str"}}
