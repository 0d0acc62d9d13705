"""The instant allocation: order by order, each where it seems cheapest with what is left. Also the last resort for
orders that a program left over, since a program is given only some of the hubs and waves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from router.allocation.ledger import Ledger, Lines
from router.allocation.options import Choice, CourierTime, Option, Share, Way


def instant(asked: Iterable[Choice], ledger: Ledger, time: CourierTime, split_cost: int) -> list[Share]:
    """Shares for each order of ``asked`` that what is left can serve for less than its penalty, dearest to lose first.

    Takes from ``ledger`` and from ``time``; a share by collection takes a
    place there. O(orders × options × lines).
    """
    found = []
    for choice in sorted(asked, key=lambda choice: -choice.unserved):
        best = _alone(choice, ledger, time)
        if best is None:
            best = _together(choice, ledger, time, split_cost)
        if best is not None:
            found += _taken(choice, best, ledger, time)
    return found


Part = tuple[Option, Way, Lines]


def _alone(choice: Choice, ledger: Ledger, time: CourierTime) -> list[Part] | None:
    """The cheapest option that serves the whole order, or None where that is dearer than leaving it."""
    best, least = None, choice.unserved
    for option in choice.options:
        if choice.whole(option) and ledger.holds(option.hub, option.wave, choice.lines):
            way = _way(choice, option, choice.lines, ledger, time)
            if way is not None:
                cost = _cost(option, way, choice.lines, ledger)
                if cost < least:
                    best, least = [(option, way, choice.lines)], cost
    return best


def _together(choice: Choice, ledger: Ledger, time: CourierTime, split_cost: int) -> list[Part] | None:
    """Options that serve the order between them: each time the one with the least cost a unit picked."""
    missing = dict(choice.lines)
    index = {sku: line for line, (sku, _) in enumerate(choice.lines)}
    parts: list[Part] = []
    total = -split_cost
    while missing:
        best: tuple[float, int, Part] | None = None
        for option in choice.options:
            if any(option.hub == used.hub and option.wave == used.wave for used, _, _ in parts):
                continue
            lines = _reach(option, missing, index, ledger, parts)
            way = _way(choice, option, lines, ledger, time, parts) if lines else None
            if way is not None:
                cost = _cost(option, way, lines, ledger) + split_cost
                rate = cost / sum(units for _, units in lines)
                if best is None or rate < best[0]:
                    best = rate, cost, (option, way, lines)
        if best is None or total + best[1] >= choice.unserved:
            return None
        total += best[1]
        parts.append(best[2])
        for sku, units in best[2][2]:
            missing[sku] -= units
            if not missing[sku]:
                del missing[sku]
    return parts


def _reach(
    option: Option, missing: dict[str, int], index: dict[str, int], ledger: Ledger, used: Sequence[Part]
) -> Lines:
    """What the option can still pick of what is missing."""
    room = ledger.lines.get((option.hub, option.wave), 0)
    lines: list[tuple[str, int]] = []
    for sku, wanted in missing.items():
        spoken_for = sum(
            units for other, _, picked in used if other.hub == option.hub for s, units in picked if s == sku
        )
        left = ledger.units.get((option.hub, sku), 0) - spoken_for
        units = min(wanted, left) if option.units[index[sku]] else 0
        if units > 0 and len(lines) < room:
            lines.append((sku, units))
    return tuple(lines)


def _way(
    choice: Choice,
    option: Option,
    lines: Lines,
    ledger: Ledger,
    time: CourierTime,
    parts: Sequence[Part] = (),
) -> Way | None:
    """The cheapest way out that is open and holds the parcel. A collection takes one parcel of an order here."""
    taken = {way.collection for _, way, _ in parts}
    of = {sku: line for line, (sku, _) in enumerate(choice.lines)}
    grams = sum(choice.grams[of[sku]] * units for sku, units in lines)
    millilitres = sum(choice.millilitres[of[sku]] * units for sku, units in lines)
    best = None
    for way in option.ways:
        if grams > way.grams or millilitres > way.millilitres or (best is not None and way.cost >= best.cost):
            continue
        free = (
            time.allows(option.hub, option.wave, way.work_s)
            if way.collection is None
            else way.collection not in taken and ledger.boards(way.collection)
        )
        if free:
            best = way
    return best


def _cost(option: Option, way: Way, lines: Lines, ledger: Ledger) -> int:
    fees = sum(ledger.fee(option.hub, sku, units) for sku, units in lines)
    return option.cost_per_parcel + option.cost_per_line * len(lines) + way.cost + fees


def _taken(choice: Choice, parts: list[Part], ledger: Ledger, time: CourierTime) -> list[Share]:
    made = []
    for option, way, lines in parts:
        ledger.take(option.hub, option.wave, lines)
        if way.collection is not None:
            ledger.board(way.collection)
        else:
            time.spend(option.hub, option.wave, way.work_s)
        made.append(
            Share(
                order=choice.order,
                hub=option.hub,
                wave=option.wave,
                lines=lines,
                collection=way.collection,
            )
        )
    return made
