"""Offers by cutting planes: days seen at the offers so far say how well others could do.

What a day costs is linear in the offer, and the days of a kind cost no more than any day that could be theirs. A linear
program finds the offer that is best by all days known, not too far from the best one so far; one on the way there is
tried, and brings new days. Those that no program has needed for a while are dropped. Days that were cut short by their
memory or told by another clock may seem to cost too little; at the best offer none is taken for cheaper than the
cheapest. Whatever offer comes of it, its value is a proof.

Sources: Kelley 1960 (cutting planes); Dantzig, Wolfe 1960 (the same program by columns); Schramm, Zowe 1992 (trust
region); Ben-Ameur, Neto 2007 (trying a point between the best one and the program's).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from router.bound.effort import Effort
from router.bound.fees import Floats, Ints
from router.bound.offers import Answer, Market, Offer
from router.bound.wants import Flags

NEAR, CLOSE, LEAST = 0.1, 3e-3, 1e-4
"""How far an offer may lie from the best one, at first, when time is up and in the end, in shares of what an order
offers on average; at first half as far where time is left for fewer than ``MANY`` trials."""

MANY = 100

FARTHER, WELL = 1.5, 0.3
"""What a trial that gains the share ``WELL`` of what it promised makes of that."""

NEARER, SLOWLY = 0.6, 0.95
"""What one that gains nothing makes of it at least and at most; between, so much that it is ``CLOSE`` when time is up
if every other trial gains something. Where it closes too quickly, offers end lower."""

BETWEEN = 0.7
"""How far from the best offer to the program's the next one lies: at its ends a program goes too far."""

BOUNDLESS = 1e12
"""More than any order offers."""

IDLE = 5
"""Programs that a day may go without being needed, before it is dropped."""


class Bundle:
    """The days seen so far; ``limits``, ``heights``, ``slopes``: by when each ends, and its cost by the offer;
    ``needed``, by which program the last time; ``lasting``, as it was seen.

    trial_s: seconds that days took to price the last time.
    """

    def __init__(self) -> None:
        self._limits: Ints = np.zeros(0, dtype=np.int64)
        self._heights: Floats = np.zeros(0)
        self._slopes: Any = None
        self._needed: Ints = np.zeros(0, dtype=np.int64)
        self._lasting: Flags = np.zeros(0, dtype=np.bool_)
        self._programs = 0
        self.trial_s = 0.0

    def settle(
        self, market: Market, offer: Offer, left: Effort, told: Callable[[Answer], None], enough: float
    ) -> Offer:
        """The best offer found from this one on; ends once less than the share ``enough`` of it could be gained."""
        top = self._try(market, offer, left)
        if top is None:
            return offer
        told(top)
        self._add(top)
        size = max(1.0, float(np.abs(top.offer.worth).mean()) if len(top.offer.worth) else 1.0)
        near = size * (NEAR if left.trials(self.trial_s) >= MANY else NEAR / 2)
        while near >= LEAST * size and (left_s := left.spend()) is not None:
            began = monotonic()
            found = self._best(market, top, near, left_s)
            if found is None:
                break
            little = enough * max(1.0, abs(top.bound))
            if found[1] <= little:
                again = self._without_forbidden(market, top, left)
                if again is None:
                    break
                if again.bound > top.bound:
                    told(again)
                if again.bound <= top.bound + little:
                    break
                top = again
                continue
            best, promised = found
            at = top.offer.flat()
            answer = self._try(market, top.offer.shaped(at + BETWEEN * (best.flat() - at)), left)
            if answer is None:
                if not left.going_on():
                    break
                near /= 2
                continue
            self._add(answer)
            gained = answer.bound - top.bound
            if gained > 0:
                told(answer)
                top = answer
                near *= FARTHER if gained > WELL * promised else 1.0
            else:
                in_time = (CLOSE * size / near) ** (2 / max(1.0, left.trials(monotonic() - began)))
                near *= min(SLOWLY, max(NEARER, in_time))
        return top.offer

    def _try(self, market: Market, offer: Offer, left: Effort) -> Answer | None:
        began = monotonic()
        answer = market.at(offer, left.going_on)
        if answer is not None:
            self.trial_s = monotonic() - began
        return answer

    def _without_forbidden(self, market: Market, top: Answer, left: Effort) -> Answer | None:
        """The best offer again, once the days that are forbidden by now are dropped; none where there are none."""
        if self._lasting.all() or (again := self._try(market, top.offer, left)) is None:
            return None
        self._add(again, only=self._lasting)
        return again

    def _add(self, answer: Answer, only: Flags | bool = True) -> None:
        keep = (self._needed >= self._programs - IDLE) & only
        old = self._slopes[keep] if self._slopes is not None else answer.slopes[:0]
        self._limits = np.append(self._limits[keep], answer.limits)
        self._heights = np.append(self._heights[keep], answer.costs - answer.slopes @ answer.offer.flat())
        self._slopes = vstack([old, answer.slopes], format="csr")
        self._lasting = np.append(self._lasting[keep], answer.lasting)
        self._needed = np.append(self._needed[keep], np.full(len(answer.limits), self._programs))

    def _best(self, market: Market, top: Answer, near: float, left_s: float) -> tuple[Offer, float] | None:
        """The offer that is best by the days within ``near`` of the best one, and how much it promises to gain; none if
        that cannot be told in the seconds left."""
        parted, shortage, crews, offer = market.parted, market.shortage, market.crews, top.offer
        terms, at, begin = market.terms(offer.shared, offer.short), offer.flat(), offer.places()
        orders, first, short = len(terms.most), begin.unit, begin.unit - len(shortage.need)
        # Columns: offers, the cheapest day by limit, what crews cost.
        ends = np.cumsum([begin.end, crews.limits, len(crews.many)])
        free, cost = np.full(crews.limits, np.inf), -top.there.flat()
        reward = np.concatenate(
            [np.ones(orders), np.zeros(short - orders), shortage.need, cost,
             np.zeros(begin.end - first - len(cost) + crews.limits), np.ones(len(crews.many))]
        )  # fmt: skip
        least, most = at - near, at + near
        least[orders:] = np.maximum(0.0, least[orders:])
        least[short:first], most[short:first] = 0.0, np.inf
        lifted = np.maximum(self._heights, top.cheapest[self._limits] - self._slopes @ at)
        days = hstack([-self._slopes, eye_array(crews.limits, format="csr")[self._limits]])
        bound_rows, bounds_of = crews.rows(begin.end, begin.trip)
        # What an order offers is no more than collections cost; nor, beside what leaving it does for shortages, than
        # leaving it; nor than what two parts of it cost, visits aside, and what is offered for its lines.
        worth, own = eye_array(orders, begin.end, format="csr"), np.flatnonzero(parted.orders)
        lines = csr_array(
            (np.ones(len(parted.row)), (parted.row, begin.line + np.arange(len(parted.row)))), worth.shape
        )
        share = hstack([csr_array((orders, short)), csr_array(shortage.share), csr_array((orders, begin.end - first))])
        others = csr_array((2 * orders + len(own), int(ends[-1]) - begin.end))
        offers = vstack([worth - top.carried, worth + share, (worth - lines - top.lines)[own]])
        lower = np.concatenate([least, -free, np.full(len(crews.many), -np.inf)])
        limits: Any = np.stack([lower, np.concatenate([most, free, crews.many * crews.otherwise])], axis=1)
        in_parts = (terms.rest - top.lines @ at)[own]
        most_of = [lifted, bounds_of, terms.carried - top.carried @ at, terms.leaving, in_parts]
        program: list[Any] = [days, bound_rows, hstack([offers, others])]
        program[0].resize((len(lifted), int(ends[-1])))
        found = linprog(
            -reward,
            A_ub=vstack(program, format="csr"),
            b_ub=np.clip(np.concatenate(most_of), -BOUNDLESS, BOUNDLESS),
            bounds=limits,
            method="highs-ipm",
            options={"time_limit": left_s} if left_s < inf else {},
        )
        if found.x is None:
            return None
        self._programs += 1
        self._needed[np.abs(found.ineqlin.marginals[: len(lifted)]) > 1e-7] = self._programs
        best, _, values = np.split(found.x, ends[:-1])
        gained = reward[: begin.end] @ (best - at) + (values - top.values).sum()
        return offer.shaped(best), float(gained)
