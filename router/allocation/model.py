"""Which hub picks what for which order, in which wave: the whole drop at once, as a mixed-integer program.

For every order o and option k (a hub and a wave) there is a variable for each way out, and one for each line that the
option picks; a line goes to an option only if the option is opened for that order, row by row (the strong form of
facility location, C. Balinski 1965), so that the relaxation is nearly whole. Stock, contingency, wave lines, places
in collections and courier time are rows over all orders. Carriage and lateness are the estimate of
router.allocation.outlook.
"""

from __future__ import annotations

import numpy as np

from router.allocation.ledger import Ledger
from router.allocation.options import Choice, CourierTime, Option, Share, Way
from router.allocation.program import Found, Program
from router.model import Drop

BUSY = 0.85
"""The share of the couriers' time that an allocation may count on; the rest is waiting for waves."""

INFINITE = float("inf")

Picked = tuple[int, int, int]
"""A line of the order, the variable that says it is picked, and the units that the variable's one stands for."""


class Model:
    """The program of an allocation, and the way back from its values. ``divide``: units of a line may be split."""

    def __init__(self, drop: Drop, ledger: Ledger, asked: tuple[Choice, ...], *, divide: bool) -> None:
        self.ledger, self.asked, self.divide = ledger, asked, divide
        self.contingency = {(row.hub, row.sku): row.contingency for row in drop.stock}
        self.split_cost = float(drop.split_cost)
        self._cost: list[float] = []
        self._high: list[float] = []
        self._whole: list[bool] = []
        self._family: list[int] = []
        self._rows: list[tuple[float, float]] = []
        self._terms: list[tuple[int, int, float]] = []
        self._shared: dict[tuple[str, ...], int] = {}
        self._time = CourierTime(drop, BUSY)
        self._opened: list[tuple[int, Option, list[tuple[int, Way]], list[Picked]]] = []
        for number, choice in enumerate(asked):
            self._add(number, choice)
        self.program = self._program()

    def _variable(self, cost: float, high: float, whole: bool, family: int) -> int:
        self._cost.append(cost)
        self._high.append(high)
        self._whole.append(whole)
        self._family.append(family)
        return len(self._cost) - 1

    def _row(self, low: float, high: float) -> int:
        self._rows.append((low, high))
        return len(self._rows) - 1

    def _into(self, row: int, column: int, value: float) -> None:
        self._terms.append((row, column, value))

    def _common(self, *key: str, high: float) -> int:
        """The row of a resource that all orders share; made when first asked for."""
        if key not in self._shared:
            self._shared[key] = self._row(-INFINITE, high)
        return self._shared[key]

    def _stock_row(self, hub: str, sku: str) -> int:
        fresh = ("stock", hub, sku) not in self._shared
        row = self._common("stock", hub, sku, high=float(self.ledger.units[hub, sku] - self._beside(hub, sku)))
        if fresh and self._beside(hub, sku):
            high = float(self._beside(hub, sku))
            self._into(row, self._variable(float(self.ledger.price[hub, sku]), high, False, -1), -1.0)
        return row

    def _beside(self, hub: str, sku: str) -> int:
        return min(self.contingency[hub, sku], max(0, self.ledger.units[hub, sku]))

    def _add(self, number: int, choice: Choice) -> None:
        left_over = self._variable(choice.unserved + self.split_cost, 1.0, True, number)
        whole = [choice.whole(option) for option in choice.options]
        divided = [
            wanted > 1 and (self.divide or not any(option.units[line] == wanted for option in choice.options))
            for line, (_, wanted) in enumerate(choice.lines)
        ]
        one = len(choice.lines) == 1 and not divided[0]
        covered = [
            self._row(float(units), float(units)) if apart else self._row(1.0, 1.0)
            for apart, (_, units) in zip(divided, choice.lines, strict=True)
        ]
        for row, apart, (_, units) in zip(covered, divided, choice.lines, strict=True):
            self._into(row, left_over, float(units) if apart else 1.0)
        for option, full in zip(choice.options, whole, strict=True):
            if one and not full:
                continue
            ways = [(self._way(number, option, way), way) for way in option.ways]
            opening = [column for column, _ in ways]
            if len(opening) > 1 and not one:
                row = self._row(-INFINITE, 1.0)
                for column in opening:
                    self._into(row, column, 1.0)
            picked: list[Picked] = []
            for line, (sku, wanted) in enumerate(choice.lines):
                units = option.units[line]
                if not units or (units < wanted and not divided[line]):
                    continue
                if one:
                    for column in opening:
                        self._cost[column] += option.cost_per_line
                        self._into(covered[line], column, 1.0)
                        self._pick(option, sku, column, column, wanted)
                        picked.append((line, column, wanted))
                else:
                    per = 1 if divided[line] else wanted
                    picked.append(self._line(number, option, (line, sku, per), covered[line], opening))
            self._weigh(choice, option, ways, picked)
            self._opened.append((number, option, ways, picked))

    def _way(self, number: int, option: Option, way: Way) -> int:
        column = self._variable(way.cost + option.cost_per_parcel + self.split_cost, 1.0, True, number)
        if way.collection is not None:
            room = self.ledger.room[way.collection]
            if room is not None:
                self._into(self._common("room", way.collection, high=float(room)), column, 1.0)
        else:
            for wave in self._time.before[option.hub, option.wave]:
                row = self._common("work", option.hub, wave, high=float(self._time.left_s[option.hub, wave]))
                self._into(row, column, float(max(1, way.work_s)))
        return column

    def _line(
        self, number: int, option: Option, wanted: tuple[int, str, int], covered: int, opening: list[int]
    ) -> Picked:
        """A line of the order picked by the option; ``wanted``: its index, SKU, and units of one."""
        line, sku, per = wanted
        flag = count = self._variable(float(option.cost_per_line), 1.0, True, number)
        self._link(flag, opening)
        if per == 1 and option.units[line] > 1:
            most = float(option.units[line])
            count = self._variable(0.0, most, True, number)
            row = self._row(-INFINITE, 0.0)
            self._into(row, count, 1.0)
            self._into(row, flag, -most)
        self._into(covered, count, 1.0)
        self._pick(option, sku, flag, count, per)
        return line, count, per

    def _link(self, column: int, opening: list[int]) -> None:
        row = self._row(-INFINITE, 0.0)
        self._into(row, column, 1.0)
        for opened in opening:
            self._into(row, opened, -1.0)

    def _pick(self, option: Option, sku: str, flag: int, count: int, units: int) -> None:
        self._into(self._stock_row(option.hub, sku), count, float(units))
        room = float(self.ledger.lines[option.hub, option.wave])
        self._into(self._common("wave", option.hub, option.wave, high=room), flag, 1.0)

    def _weigh(self, choice: Choice, option: Option, ways: list[tuple[int, Way]], picked: list[Picked]) -> None:
        """Rows that keep a parcel light and small enough, where all that the option could pick is not."""
        for each, limit in (
            (choice.grams, {column: way.grams for column, way in ways}),
            (choice.millilitres, {column: way.millilitres for column, way in ways}),
        ):
            most = sum(weight * units for weight, units in zip(each, option.units, strict=True))
            if most <= min(limit.values()):
                continue
            row = self._row(-INFINITE, 0.0)
            terms = {column: -float(min(room, most)) for column, room in limit.items()}
            for line, column, per in picked:
                terms[column] = terms.get(column, 0.0) + float(each[line] * per)
            for column, weight in terms.items():
                self._into(row, column, weight)

    def _program(self) -> Program:
        rows = np.array(self._rows, dtype=np.float64).reshape(-1, 2)
        terms = np.array(self._terms, dtype=np.float64).reshape(-1, 3)
        return Program(
            cost=np.array(self._cost),
            low=np.zeros(len(self._cost)),
            high=np.array(self._high),
            whole=np.array(self._whole, dtype=np.bool_),
            family=np.array(self._family, dtype=np.int64),
            row_low=rows[:, 0],
            row_high=rows[:, 1],
            at_row=terms[:, 0].astype(np.int64),
            at_column=terms[:, 1].astype(np.int64),
            value=terms[:, 2],
        )

    def shares(self, found: Found) -> list[Share]:
        """What the values mean, in the drop's order of orders."""
        on = np.round(found.values).astype(np.int64).tolist()
        made = []
        for number, option, ways, picked in self._opened:
            out = [way.collection for column, way in ways if on[column]]
            wanted = self.asked[number].lines
            lines = tuple((wanted[line][0], on[column] * per) for line, column, per in picked if on[column])
            if out and lines:
                order = self.asked[number].order
                made.append(Share(order=order, hub=option.hub, wave=option.wave, lines=lines, collection=out[0]))
        return made

    def objective(self, figure: float) -> float:
        """The program's figure without the constant that counting splits from the first parcel on brings in."""
        return figure - self.split_cost * len(self.asked)
