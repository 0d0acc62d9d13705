"""The legend of the map: one switch a courier under its home hub, then carriers and orders left over."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from api.wording import seen


class Entry(NamedTuple):
    """One switch: what it is called, what it did, its colours, and the traces it shows or hides."""

    name: str
    work: str
    fill: str
    ring: str
    traces: tuple[int, ...]
    group: str = ""


def legend(couriers: list[Entry], others: list[Entry]) -> str:
    """HTML for the side of the page."""
    groups: dict[str, list[Entry]] = {}
    for entry in couriers:
        groups.setdefault(entry.group, []).append(entry)
    blocks = [_block(f"Couriers of {seen(hub)}", entries) for hub, entries in groups.items()]
    return "".join(blocks + ([_block("Others", others)] if others else []))


def _block(title: str, entries: list[Entry]) -> str:
    rows = "".join(_row(entry) for entry in entries)
    head = f'<label><input type="checkbox" class="all" checked>{escape(title)}</label>'
    return f"<section><h2>{head}</h2><ul>{rows}</ul></section>"


def _row(entry: Entry) -> str:
    traces = ",".join(str(trace) for trace in entry.traces)
    return (
        f'<li><label><input type="checkbox" class="one" checked data-traces="{traces}">'
        f'<i style="background:{entry.fill};border-color:{entry.ring}"></i>'
        f"<span>{escape(seen(entry.name))}<small>{escape(entry.work)}</small></span></label>"
        f'<button type="button" class="only">only</button></li>'
    )
