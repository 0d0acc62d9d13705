"""Offers by cutting planes: what every kind of courier did at the offers so far says how well it could do at others.

The days of a kind cost least at an offer by a concave function of it, so its slope at one offer bounds it at all. A
linear program finds the offer that is best by these bounds, near the best one so far; how well it then does says
whether to look farther or nearer. Days that were cut short by their memory break concavity a little; their bounds are
lifted to what is known at the best offer. Whatever offer comes of it, its value is a proof.

Sources: Kelley 1960 (cutting planes); Schramm, Zowe 1992 (bundles with a trust region).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from router.bound.effort import Effort
from router.bound.fees import Floats
from router.bound.offers import Answer, Market, Offer

NEAR, LEAST = 0.03, 1e-4
"""How far an offer may lie from the best one, at first and in the end, in shares of what an order offers on average."""

FARTHER, NEARER = 1.5, 0.6
"""What a step that gains the share ``WELL`` of what it promised, and one that gains nothing, make of that."""

WELL = 0.3

BOUNDLESS = 1e12
"""More than any order offers."""

KEPT = 60
"""Offers of which the slopes are kept."""


class Bundle:
    """The slopes seen so far, each of one offer."""

    def __init__(self) -> None:
        self._slopes: list[Floats] = []
        self._heights: list[Floats] = []
        self._values: Floats = np.zeros(0)

    def settle(
        self, market: Market, offer: Offer, left: Effort, told: Callable[[Answer], None], enough: float
    ) -> Offer:
        """The best offer found from this one on; ends once less than the share ``enough`` of it could be gained."""
        top = market.at(offer, left.going_on)
        if top is None:
            return offer
        told(top)
        if len(self._values):
            # The slopes are those of a coarser clock; by now days cost more.
            self._heights = [height + top.values - self._values for height in self._heights]
        self._values = top.values
        self._add(top)
        size = max(1.0, float(np.abs(top.offer.worth).mean()) if len(top.offer.worth) else 1.0)
        near = NEAR * size
        while near >= LEAST * size and left.spend() is not None:
            found = self._best(market, top, near)
            if found is None or found[1] <= enough * max(1.0, abs(top.bound)):
                break
            tried, promised = found
            answer = market.at(tried, left.going_on)
            if answer is None:
                if not left.going_on():
                    break
                near *= NEARER
                continue
            self._add(answer)
            gained = answer.bound - top.bound
            if gained > 0:
                told(answer)
                top, self._values = answer, answer.values
            near *= FARTHER if gained > WELL * promised else NEARER if gained <= 0 else 1.0
        return top.offer

    def _add(self, answer: Answer) -> None:
        at = answer.offer.flat()
        self._slopes = [*self._slopes, answer.slopes][-KEPT:]
        self._heights = [*self._heights, answer.values - answer.slopes @ at][-KEPT:]

    def _best(self, market: Market, top: Answer, near: float) -> tuple[Offer, float] | None:
        """The offer that is best by the slopes within ``near`` of the best one, and how much it promises to gain."""
        parted, shortage, offer = market.parted, market.shortage, top.offer
        terms, at = market.terms(offer.shared, offer.short), offer.flat()
        orders, lines, kinds, size = len(terms.most), len(parted.row), len(top.values), len(at)
        first = orders + lines + len(shortage.need)
        others = np.zeros(size - first)
        others[: len(top.slope.flat())] = top.slope.flat()
        reward = np.concatenate([~parted.orders * 1.0, np.ones(lines), shortage.need, others])
        least, most = at - near, at + near
        least[orders:] = np.maximum(0.0, least[orders:])
        least[orders + lines : first], most[orders + lines : first] = 0.0, np.inf
        lifted = [
            np.maximum(height, top.values - slope @ at)
            for slope, height in zip(self._slopes, self._heights, strict=True)
        ]
        slopes = csr_array(np.concatenate(self._slopes))
        planes = hstack([-slopes, vstack([eye_array(kinds)] * len(self._slopes))])
        # What an order offers in all, and beside what leaving it does for shortages.
        asked = np.concatenate([np.flatnonzero(~parted.orders), parted.row])
        column = np.concatenate([np.flatnonzero(~parted.orders), orders + np.arange(lines)])
        of_order = csr_array((np.ones(len(asked)), (asked, column)), (orders, orders + lines))
        nothing = csr_array((orders, size + kinds - first))
        # What an order that offers by the line costs less than its lines and their fees do.
        less = -csr_array(np.eye(orders)[:, parted.orders])
        alone = hstack([of_order, csr_array(np.zeros(shortage.share.shape)), nothing, less])
        left = hstack([of_order, csr_array(shortage.share), nothing, less])
        planes = hstack([planes, csr_array((planes.shape[0], less.shape[1]))])
        rest = np.where(parted.orders, terms.rest, 0.0)
        free, zero = np.full(kinds, np.inf), np.zeros(less.shape[1])
        most = np.concatenate([most, free, zero + np.inf])
        bounds: Any = np.stack([np.concatenate([least, -free, zero]), most], axis=1)
        found = linprog(
            -np.concatenate([reward, np.ones(kinds), zero - 1.0]),
            A_ub=vstack([planes, alone, left], format="csr"),
            b_ub=np.clip(np.concatenate([*lifted, terms.carried - rest, terms.leaving - rest]), -BOUNDLESS, BOUNDLESS),
            bounds=bounds,
            method="highs",
        )
        if found.x is None:
            return None
        best, values, saved = np.split(found.x, [size, size + kinds])
        by_line = np.bincount(parted.row, weights=offer.line, minlength=orders)
        over = by_line + rest - np.minimum(terms.carried, terms.leaving - shortage.share @ offer.short)
        gained = reward @ (best - at) + (values - top.values).sum()
        return offer.shaped(best), float(gained - saved.sum() + np.maximum(0.0, over)[parted.orders].sum())
