"""The program of a whole drop: one variable for every way to serve an order that is worth a thought.

A column says completely how one order is served: from one hub and wave, or from a few. Each order takes one column
or is left over; stock, contingency, wave lines, places in collections and courier time are rows over all columns.
This is the Dantzig-Wolfe form (Dantzig and Wolfe 1960) of the strong program of ``router.allocation.model``: at least
as strong, with a tenth of its rows. Splits are too many to list; those that the relaxation's prices ask for are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from router.allocation.ledger import Ledger, Lines
from router.allocation.options import Choice, CourierTime, Option, Share, Way
from router.allocation.program import Floats, Program

WORTH = 1.0
"""Minor units by which a split must improve on the relaxation to be added."""

LACKING = 1e15
"""Price of a unit that no hub of a split holds: more than anything it could gain."""

INFINITE = float("inf")
Part = tuple[Option, Way, Lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One way to serve an order: its parcels, and the expected price without contingency fees."""

    choice: int
    parts: tuple[Part, ...]
    cost: int


class Columns:
    """The program over columns, and the way back from its values.

    Starts with every option that serves a whole order, by each way out, and with a few splits of the orders that no
    hub can serve alone. Columns dearer than leaving the order are not listed.
    """

    def __init__(self, asked: tuple[Choice, ...], ledger: Ledger, time: CourierTime, split_cost: int) -> None:
        self.asked, self.ledger, self.time, self.split_cost = asked, ledger, time, split_cost
        self.listed: list[Column] = []
        self._known: set[tuple[int, tuple[tuple[str, str, str | None, Lines], ...]]] = set()
        self._terms: list[tuple[int, int, float]] = []
        self._high: list[float] = []
        self._row: dict[tuple[str, str, str], int] = {}
        for number, choice in enumerate(asked):
            alone = [
                ((option, way, choice.lines),)
                for option in choice.options
                if choice.whole(option)
                for way in option.ways
                if _holds(choice, way, choice.lines)
            ]
            for parts in alone or _covers(choice):
                self.add(number, parts)

    def add(self, number: int, parts: tuple[Part, ...]) -> bool:
        """Lists a column for the order with this number, unless it is known or dearer than leaving the order."""
        cost = sum(_price(part) for part in parts) + self.split_cost * (len(parts) - 1)
        key = number, tuple((o.hub, o.wave, way.collection, lines) for o, way, lines in parts)
        if key in self._known or cost >= self.asked[number].unserved:
            return False
        self._known.add(key)
        column = len(self.listed)
        self.listed.append(Column(choice=number, parts=parts, cost=cost))
        use: dict[int, float] = {}
        for option, way, lines in parts:
            for row, amount in self._uses(option, way, lines):
                use[row] = use.get(row, 0.0) + amount
        self._terms += [(row, column, amount) for row, amount in use.items()]
        return True

    def _uses(self, option: Option, way: Way, lines: Lines) -> list[tuple[int, float]]:
        found = [(self._common("stock", option.hub, sku), float(units)) for sku, units in lines]
        found.append((self._common("wave", option.hub, option.wave), float(len(lines))))
        if way.collection is None:
            minutes = max(1, way.work_s) / 60
            found += [
                (self._common("work", option.hub, wave), minutes) for wave in self.time.before[option.hub, option.wave]
            ]
        elif self.ledger.room[way.collection] is not None:
            found.append((self._common("room", way.collection, ""), 1.0))
        return found

    def _common(self, kind: str, one: str, other: str) -> int:
        """The row of a resource that all orders share, counted after the orders' rows; made when first asked for."""
        row = self._row.get((kind, one, other))
        if row is None:
            row = self._row[kind, one, other] = len(self.asked) + len(self._high)
            if kind == "stock":
                high = float(self.ledger.units[one, other] - self.ledger.beside(one, other))
            elif kind == "wave":
                high = float(self.ledger.lines[one, other])
            elif kind == "room":
                high = float(self.ledger.room[one] or 0)
            else:
                high = self.time.left_s[one, other] / 60
            self._high.append(high)
        return row

    def program(self) -> Program:
        """Variables: the columns, then leaving each order, then the contingency used of each stock row."""
        n, orders = len(self.listed), len(self.asked)
        beside = [(row, hub, sku) for (kind, hub, sku), row in self._row.items() if kind == "stock"]
        beside = [each for each in beside if self.ledger.beside(*each[1:])]
        terms = np.array(self._terms, dtype=np.float64).reshape(-1, 3)
        choice = np.array([column.choice for column in self.listed], dtype=np.int64)
        everyone, extra = np.arange(orders), np.arange(len(beside))
        priced = [column.cost for column in self.listed] + [each.unserved for each in self.asked]
        fees = [self.ledger.price[hub, sku] for _, hub, sku in beside]
        most = [self.ledger.beside(hub, sku) for _, hub, sku in beside]
        rows = [terms[:, 0], choice, everyone, np.array([row for row, _, _ in beside])]
        at = [terms[:, 1], np.arange(n), n + everyone, n + orders + extra]
        return Program(
            cost=np.array(priced + fees, dtype=np.float64),
            low=np.zeros(n + orders + len(beside)),
            high=np.concatenate([np.ones(n + orders), np.array(most, dtype=np.float64)]),
            whole=np.arange(n + orders + len(beside)) < n + orders,
            family=np.concatenate([choice, everyone, np.full(len(beside), -1)]).astype(np.int64),
            row_low=np.concatenate([np.ones(orders), np.full(len(self._high), -INFINITE)]),
            row_high=np.concatenate([np.ones(orders), np.array(self._high, dtype=np.float64)]),
            at_row=np.concatenate(rows).astype(np.int64),
            at_column=np.concatenate(at).astype(np.int64),
            value=np.concatenate([terms[:, 2], np.ones(n + orders), -np.ones(len(beside))]),
        )

    def improve(self, prices: Floats) -> int:
        """Adds the splits that the relaxation would rather have at these row prices; how many there were.

        prices: what one more unit of each row would change the cost by (0 or less for the shared rows).
        O(orders × hubs²) for the options that each order has.
        """
        shared = {key: -float(prices[row]) for key, row in self._row.items()}
        work: dict[tuple[str, str], float] = {}
        for (hub, wave), before in self.time.before.items():
            work[hub, wave] = sum(shared.get(("work", hub, name), 0.0) for name in before)
        found = 0
        for number, choice in enumerate(self.asked):
            if sum(units for _, units in choice.lines) > 1:
                bids = _bids(choice, shared, work, self.split_cost)
                # Splits count from the second parcel on, bids from the first.
                for parts in _splits(choice, bids, float(prices[number]) + self.split_cost):
                    found += self.add(number, parts)
        return found

    def shares(self, values: Floats) -> list[Share]:
        """What the values of ``program`` mean, in the drop's order of orders; at most one column an order."""
        # A program may be older than the last columns added: it knows the first ones only.
        known = min(len(self.listed), len(values) - len(self.asked))
        on = np.flatnonzero(values[:known] > 0.5).tolist()
        return [
            Share(
                order=self.asked[column.choice].order,
                hub=option.hub,
                wave=option.wave,
                lines=lines,
                collection=way.collection,
            )
            for column in sorted((self.listed[i] for i in on), key=lambda column: column.choice)
            for option, way, lines in column.parts
        ]


def _price(part: Part) -> int:
    option, way, lines = part
    return option.cost_per_parcel + option.cost_per_line * len(lines) + way.cost


def _holds(choice: Choice, way: Way, lines: Lines) -> bool:
    of = {sku: line for line, (sku, _) in enumerate(choice.lines)}
    grams = sum(choice.grams[of[sku]] * units for sku, units in lines)
    millilitres = sum(choice.millilitres[of[sku]] * units for sku, units in lines)
    return grams <= way.grams and millilitres <= way.millilitres


def _covers(choice: Choice) -> list[tuple[Part, ...]]:
    """Splits between two hubs, or between as few as it takes, with early, middle and late waves."""
    at: dict[str, list[Option]] = {}
    for option in choice.options:
        at.setdefault(option.hub, []).append(option)
    depths = range(max(map(len, at.values()), default=0))

    def those(hubs: Sequence[str], depth: int) -> list[Option]:
        return [at[hub][min(depth, len(at[hub]) - 1)] for hub in hubs]

    found = [_cover(choice, those(pair, depth)) for pair in permutations(at, 2) for depth in depths]
    pairs: list[tuple[Part, ...]] = [parts for parts in found if parts is not None and len(parts) == 2]
    if pairs:
        return pairs
    ranked = sorted(at, key=lambda hub: (-sum(at[hub][0].units), at[hub][0].cheapest))
    return [parts for depth in depths if (parts := _cover(choice, those(ranked, depth))) is not None]


def _cover(choice: Choice, chosen: Sequence[Option]) -> tuple[Part, ...] | None:
    """The order picked from these options, the first ones as far as they reach; None where they do not suffice."""
    missing = dict(choice.lines)
    parts = []
    for option in chosen:
        lines = tuple(
            (sku, min(units, missing[sku]))
            for units, (sku, _) in zip(option.units, choice.lines, strict=True)
            if units and missing[sku]
        )
        if not lines:
            continue
        ways = [way for way in option.ways if _holds(choice, way, lines)]
        if not ways:
            return None
        parts.append((option, min(ways, key=lambda way: way.cost), lines))
        for sku, units in lines:
            missing[sku] -= units
    return None if any(missing.values()) else tuple(parts)


@dataclass(frozen=True, slots=True)
class _Bid:
    """A hub's best option under the prices: for opening it, for a line, for a unit of each of the order's lines."""

    option: Option
    way: Way
    opening: float
    per_line: float
    unit: tuple[float, ...]


def _bids(
    choice: Choice, shared: dict[tuple[str, str, str], float], work: dict[tuple[str, str], float], split_cost: int
) -> list[_Bid]:
    """The best option and way out of each hub that picks half of the order; ``shared`` are prices of rows."""
    best: dict[str, tuple[float, Option, Way, float, float]] = {}
    half = max(1.0, len(choice.lines) / 2)
    for option in choice.options:
        per_line = option.cost_per_line + shared.get(("wave", option.hub, option.wave), 0.0)
        for way in option.ways:
            opening = float(option.cost_per_parcel + way.cost + split_cost)
            if way.collection is None:
                opening += work[option.hub, option.wave] * max(1, way.work_s) / 60
            else:
                opening += shared.get(("room", way.collection, ""), 0.0)
            guess = opening + half * per_line
            if option.hub not in best or guess < best[option.hub][0]:
                best[option.hub] = guess, option, way, opening, per_line
    return [
        _Bid(
            option=option,
            way=way,
            opening=opening,
            per_line=per_line,
            unit=tuple(shared.get(("stock", hub, sku), 0.0) for sku, _ in choice.lines),
        )
        for hub, (_, option, way, opening, per_line) in best.items()
    ]


def _splits(choice: Choice, bids: Sequence[_Bid], worth: float) -> list[tuple[Part, ...]]:
    """The best pair of bids, and that pair with bids added as long as it gains, where the order pays for them."""
    pairs = [(_shared_out(choice, pair)[0], index, pair) for index, pair in enumerate(combinations(bids, 2))]
    if not pairs:
        return []
    total, _, best = min(pairs, key=lambda each: each[:2])
    chosen: tuple[_Bid, ...] = best
    tried = [chosen]
    for bid in sorted(bids, key=lambda bid: bid.opening):
        if bid not in chosen:
            more = (*chosen, bid)
            with_it = _shared_out(choice, more)[0]
            if with_it < total:
                total, chosen = with_it, more
                tried.append(more)
    found = []
    for group in tried:
        total, lines = _shared_out(choice, group)
        parts = tuple((bid.option, bid.way, own) for bid, own in zip(group, lines, strict=True) if own)
        if total < worth - WORTH and len(parts) > 1 and all(_holds(choice, way, own) for _, way, own in parts):
            found.append(parts)
    return found


def _shared_out(choice: Choice, group: Sequence[_Bid]) -> tuple[float, list[Lines]]:
    """Each line with the bid where it is cheapest, divided only where none holds all of it; the sum of prices."""
    total = sum(bid.opening for bid in group)
    lines: list[list[tuple[str, int]]] = [[] for _ in group]
    for line, (sku, wanted) in enumerate(choice.lines):
        able = [index for index, bid in enumerate(group) if bid.option.units[line]]
        whole = [index for index in able if group[index].option.units[line] == wanted]
        missing = wanted
        for index in sorted(whole or able, key=lambda index: group[index].per_line + group[index].unit[line] * wanted):
            units = min(missing, group[index].option.units[line])
            if units:
                lines[index].append((sku, units))
                total += group[index].per_line + group[index].unit[line] * units
                missing -= units
        total += LACKING * missing
    return total, [tuple(own) for own in lines]
