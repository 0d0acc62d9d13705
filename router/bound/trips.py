"""The second stage: visits are charged by whole trips, and premiums are moved to where they can be borne."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from router.bound.crews import Crew
from router.bound.fees import Floats
from router.bound.relax import SPAN_S, Prices, Relaxation, Value

INNER = 6
"""Steps of the shared prices for each round of the premiums."""

TIME = 0.003
"""How fast the prices of couriers' time and trips move, beside premiums: their excess is that of many orders."""

AIM, PATIENCE, ENOUGH = 0.1, 4, 2e-3
"""How far above the best value a round aims, after how many rounds without a better one it aims at half of that, and
below which aim there are no more rounds."""

ROUNDS = 300
"""Rounds at most."""


class Trips:
    """The second stage over a relaxation and its crews."""

    def __init__(self, relaxed: Relaxation, crews: list[Crew]) -> None:
        self.relaxed, self.crews = relaxed, crews
        found = relaxed.ways
        self.fixed = np.where(found.team >= 0, 0.0, found.money)

    def visits(self, prices: Prices) -> Floats:
        """What the first stage charges for each item's visit, (2, items)."""
        found = self.relaxed.ways
        team = np.maximum(found.team, 0)
        extra = found.seconds * (prices.span[team] / SPAN_S) + found.share * prices.trip[team]
        return found.money + np.where(found.team >= 0, extra, 0.0)

    def charged(self, premiums: list[Floats], prices: Prices) -> Floats:
        """Charges of all items, (2, items), never below zero; premiums: by crew and node."""
        money, least = self.fixed.copy(), self.visits(prices)
        for number, (crew, premium) in enumerate(zip(self.crews, premiums, strict=True)):
            found = crew.charges(premium, float(prices.span[number]) / SPAN_S, float(prices.trip[number]))
            low = least[:, crew.items]
            below = found < 0
            # Charges that overcharge no trip, mixed with others that do not, overcharge none either.
            part = float((low[below] / (low[below] - found[below])).min()) if below.any() else 1.0
            known = np.isfinite(found)
            mixed = low * (1 - part) + np.where(known, found, 0.0) * part
            money[:, crew.items] = np.where(known, np.maximum(0.0, mixed), np.inf)
        return money

    def raise_(self, prices: Prices, told: Callable[[float, float], None], spend: Callable[[], float | None]) -> None:
        """Rounds of the premiums while they gain and ``spend`` does not say ``None``: no time left."""
        opened = self.visits(prices)[0]
        premiums = [opened[crew.items] for crew in self.crews]
        best, best_prices, top, aim, idle = premiums, prices, -np.inf, AIM, 0
        for _ in range(ROUNDS):
            if aim < ENOUGH or spend() is None:
                return
            money = self.charged(premiums, prices)
            value, prices = self._settled(self.relaxed.charging(money), prices, told)
            paid = [np.where(np.isfinite(money[0, crew.items]), money[0, crew.items], 0.0) for crew in self.crews]
            if value.bound > top:
                top, best, best_prices, idle = value.bound, paid, prices, 0
            else:
                idle += 1
                if idle >= PATIENCE:
                    aim, idle, paid, prices = aim / 2, 0, best, best_prices
            taken = [crew.taken(value.opened[crew.items]) for crew in self.crews]
            slopes = [value.opened[crew.items] - each[0] for crew, each in zip(self.crews, taken, strict=True)]
            span = value.excess.span + np.array([each[1] for each in taken]) / SPAN_S
            trip = value.excess.trip + np.array([each[2] for each in taken])
            span, trip = (
                np.where((at <= 0) & (slope < 0), 0.0, slope)
                for at, slope in ((prices.span, span), (prices.trip, trip))
            )
            length = sum(float(slope @ slope) for slope in slopes) + TIME * float(span @ span + trip @ trip)
            if length <= 0:
                return
            step = (top * (1 + aim) - value.bound) / length
            premiums = [np.maximum(0.0, own + step * slope) for own, slope in zip(paid, slopes, strict=True)]
            prices = replace(
                prices,
                span=np.maximum(0.0, prices.span + step * TIME * span),
                trip=np.maximum(0.0, prices.trip + step * TIME * trip),
            )

    def _settled(
        self, relaxed: Relaxation, prices: Prices, told: Callable[[float, float], None]
    ) -> tuple[Value, Prices]:
        """A few steps of the prices of what orders share at these charges; the best value and its prices."""
        value = top = relaxed.at(prices)
        best = prices
        told(value.bound, value.size)
        aim, none = 0.01, np.zeros(len(prices.span))
        for _ in range(INNER):
            slope, at = replace(value.excess, span=none, trip=none).flat(), prices.flat()
            slope = np.where((at <= 0) & (slope < 0), 0.0, slope)
            length = float(slope @ slope)
            if length <= 0:
                break
            step = (top.bound + aim * max(1.0, abs(top.bound)) - value.bound) / length
            prices = prices.shaped(np.maximum(0.0, at + step * slope))
            value = relaxed.at(prices)
            told(value.bound, value.size)
            if value.bound > top.bound:
                top, best = value, prices
            else:
                aim /= 2
        return top, best
