"""Couriers by their kind and by when they must be back: what their days come to, and what a program says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from router.bound.days import Kind
from router.bound.fees import Floats, Ints
from router.bound.wants import Flags


class Crews:
    """Crews are couriers of one kind who differ in nothing. Limits are the slots by which days of a kind must end.

    slots: by kind, of its limits, the earliest first; start: by kind, the number of its first limit; limits: how many.
    By crew: limit (−1: over before anything is ready), team, many, first, otherwise, as in ``Supply``, and trips, none
    where they are not counted.
    """

    def __init__(self, kinds: Sequence[Kind], counted: Flags) -> None:
        self.slots, self.start = list[list[int]](), list[int]()
        found = Counter[tuple[int, int, float, float, float]]()
        self.limits = 0
        for kind in kinds:
            last = [kind.slot(each.closes_s) if each.closes_s >= kind.begin_s else -1 for each in kind.members]
            slots, team = sorted({*last} - {-1}), kind.home_team
            for slot, each in zip(last, kind.members, strict=True):
                limit = -1 if slot < 0 else self.limits + slots.index(slot)
                found[limit, team, each.first, each.otherwise, each.trips if counted[team] else 0.0] += 1
            self.slots.append(slots)
            self.start.append(self.limits)
            self.limits += len(slots)
        rows = np.array([(*each, many) for each, many in found.items()], dtype=np.float64).reshape(len(found), 6).T
        self.limit, self.team = rows[0].astype(np.int64), rows[1].astype(np.int64)
        self.first, self.otherwise, self.trips, self.many = rows[2:]

    def spend(self, days: Floats, trip: Floats) -> Floats:
        """What each crew costs. days: by limit, the cheapest; trip: by team, its price."""
        day = np.append(days, np.inf)[self.limit] + self.first - self.trips * trip[self.team]
        spent: Floats = self.many * np.minimum(day, self.otherwise)
        return spent

    def rows(self, offers: int, trip: int) -> tuple[Any, Floats]:
        """What a program says of them, as rows of ``A x ≤ b``; columns: offers, of which those from ``trip`` on are the
        prices of trips, the cheapest day by limit, what each crew costs in all. More time costs no more."""
        out, more = np.flatnonzero(self.limit >= 0), np.setdiff1d(np.arange(self.limits), self.start)
        row, below = np.arange(len(out)), len(out) + np.arange(len(more))
        parts: list[tuple[Ints, Ints, Floats]] = [
            (row, offers + self.limits + out, np.ones(len(out))),
            (row, offers + self.limit[out], -self.many[out]),
            (row, trip + self.team[out], (self.many * self.trips)[out]),
            (below, offers + more, np.ones(len(more))),
            (below, offers + more - 1, -np.ones(len(more))),
        ]
        at, column, value = (np.concatenate(each) for each in zip(*parts, strict=True))
        shape = len(out) + len(more), offers + self.limits + len(self.limit)
        return coo_array((value, (at, column)), shape), np.append((self.many * self.first)[out], np.zeros(len(more)))
