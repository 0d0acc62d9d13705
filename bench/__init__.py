"""Dropwright beside its peers, on the same drops, every plan refereed. Not part of the distribution."""

from __future__ import annotations

from router.errors import Faulty


def explained(error: Exception) -> str:
    """What to print of an error: its sentence, and above it every fault of a document."""
    faults = error.faults if isinstance(error, Faulty) else ()
    return "\n".join(map(str, [*faults, error]))
