"""Pauses: beginnings and ends paired into spans of time, and their union.

Pairs are made per subject and pause entry: by ``data.pause`` where it is given, else by nesting. Spans are
``(begin, end)`` in microseconds; the end of a pause that is still open is ``None``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sla.event import Event

Span = tuple[int, int | None]
Gap = tuple[int, int]


def paired(begins: Iterable[Event], ends: Iterable[Event]) -> list[Span]:
    """The pauses of one subject under one entry. At one instant beginnings come before ends; surplus ends are nothing.

    With ``data.pause`` the first end of that id after its beginning ends it. Without, the pause is over when as many
    ends as beginnings have come.
    """
    moves = [(event.at_us, 0, event.data.get("pause")) for event in begins]
    moves += [(event.at_us, 1, event.data.get("pause")) for event in ends]
    moves.sort(key=lambda move: move[:2])
    spans: list[Span] = []
    named: dict[str, int] = {}
    depth, since_us = 0, 0
    for at_us, is_end, name in moves:
        if name is not None:
            if not is_end:
                named.setdefault(name, at_us)
            elif name in named:
                spans.append((named.pop(name), at_us))
        elif not is_end:
            if depth == 0:
                since_us = at_us
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                spans.append((since_us, at_us))
    spans += [(begin_us, None) for begin_us in named.values()]
    if depth:
        spans.append((since_us, None))
    return spans


def union(spans: Sequence[Span], from_us: int, to_us: int) -> list[Gap]:
    """The spans as far as they fall between two instants, joined where they touch, in order."""
    joined: list[Gap] = []
    clipped = [(max(begin, from_us), to_us if end is None else min(end, to_us)) for begin, end in spans]
    for begin_us, end_us in sorted(clipped):
        if begin_us >= end_us:
            continue
        if joined and begin_us <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_us))
        else:
            joined.append((begin_us, end_us))
    return joined
