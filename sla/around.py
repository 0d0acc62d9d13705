"""What an order's verdicts need beside its own events: closures of hubs, decisions, forecasts, settled windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from sla.clock import ClockRule, PauseRule
from sla.event import Event
from sla.excuse import DECISIONS
from sla.judge import Around
from sla.pauses import Span, paired
from sla.window import Window, Windows

FORECAST, SETTLED = "drop.forecast", "window.settled"
Orders = Mapping[str | None, int]
"""How many orders each drop has; under ``None`` those that name no drop."""


class Lock(NamedTuple):
    """A settled window, of one party or (``None``) of all; what was known then stays its statement."""

    window: Window
    party: str | None
    at_us: int
    recorded_us: int


def is_general(event: Event) -> bool:
    """Whether an event may concern orders that it does not name, or the replay as a whole."""
    return is_about_all(event.type, event.subject, event.order)


def is_about_all(kind: str, subject: str, order: str | None) -> bool:
    """Whether an event of that type, subject and order may concern other orders too."""
    if subject.startswith(("hub/", "courier/")) or kind in (FORECAST, SETTLED):
        return True
    return order is None and kind in DECISIONS


def around(rules: Sequence[ClockRule], general: Sequence[Event], orders: Orders) -> Around:
    """What the general events, in fold order and each once, mean to every order."""
    held: dict[str, list[Event]] = {}
    decisions: dict[str, list[Event]] = {}
    wanted = {kind for rule in rules for kind in (*rule.stops, *rule.cancels)}
    for event in general:
        if event.subject.startswith(("hub/", "courier/")):
            if event.type in wanted:
                held.setdefault(event.subject, []).append(event)
        elif event.type in DECISIONS and event.order is None:
            decisions.setdefault(event.data.get("excuse") or "", []).append(event)
    pauses = {pause for rule in rules for pause in rule.pauses}
    closed = {pause: _closed(pause, general) for pause in pauses}
    return Around(general, held, closed, decisions, _qualifying(general, orders))


def locks(general: Iterable[Event], windows: Windows) -> list[Lock]:
    """The settled windows in the order in which they were settled, each party's once."""
    found: dict[tuple[Window, str | None], Lock] = {}
    for event in sorted(general, key=lambda event: event.recorded_us):
        if event.type == SETTLED:
            lock = Lock(_window_of(event, windows), event.data.get("party"), event.at_us, event.recorded_us)
            found.setdefault((lock.window, lock.party), lock)
    return list(found.values())


def _closed(pause: PauseRule, general: Sequence[Event]) -> dict[str, list[Span]]:
    begins: dict[str, list[Event]] = {}
    ends: dict[str, list[Event]] = {}
    for event in general:
        if event.subject.startswith(("hub/", "courier/")):
            if event.type == pause.begin:
                begins.setdefault(event.subject, []).append(event)
            if event.type == pause.end:
                ends.setdefault(event.subject, []).append(event)
    return {subject: paired(found, ends.get(subject, ())) for subject, found in begins.items()}


def _qualifying(general: Iterable[Event], orders: Orders) -> Callable[[str | None, Fraction], bool]:
    forecasts: dict[str, int] = {}
    for event in general:
        if event.type == FORECAST and isinstance(event.data.get("orders"), int):
            forecasts[event.data.get("drop") or event.subject.removeprefix("drop/")] = event.data["orders"]
    only = next(iter(forecasts)) if len(forecasts) == 1 else None

    def qualifies(drop: str | None, most_percent: Fraction) -> bool:
        named = only if drop is None else drop
        forecast = forecasts.get(named) if named is not None else None
        if forecast is None:
            return False
        count = orders.get(named, 0) + (orders.get(None, 0) if named == only else 0)
        return count * 100 <= forecast * most_percent

    return qualifies


def _window_of(event: Event, windows: Windows) -> Window:
    """The window that an event names: its first day as ``data.window.from``, ``data.window`` or ``window/…`` in the
    subject. One that names none settles the last that was over."""
    named: Any = event.data.get("window")
    if isinstance(named, dict):
        named = named.get("from")
    if not isinstance(named, str):
        named = event.subject.removeprefix("window/")
    try:
        return windows.period.window(date.fromisoformat(named[:10]))
    except ValueError:
        return windows.period.before(windows.at(event.at_us))
