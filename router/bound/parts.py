"""What visits are paid for parts of orders: for each line what is offered for it, less what it costs more there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.bound.fees import Floats, Ints
from router.bound.parted import Parted
from router.bound.terms import Terms
from router.bound.ways import Ways


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Lines that items may bring and be paid for: the item's place among those asked for, entry, line of ``Parted``,
    the share of the line that lies there, what it is paid, and what of that is offered, all of it before lateness."""

    at: Ints
    entry: Ints
    line: Ints
    has: Floats
    paid: Floats
    offered: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Minor units. line: what is offered for each line. By order: spare, the same for all its lines, and lone, what a
    visit is paid beside a collection."""

    parted: Parted
    found: Ways
    dearer: Floats
    line: Floats
    spare: Floats
    lone: Floats

    @staticmethod
    def of(parted: Parted, found: Ways, terms: Terms, line: Floats) -> Parts:
        """Those at offers by line."""
        spare: Floats = np.bincount(parted.row, weights=line, minlength=len(parted.orders)).astype(np.float64)
        return Parts(
            parted=parted,
            found=found,
            dearer=terms.dearer,
            line=line,
            spare=spare,
            lone=np.maximum(0.0, spare - terms.alone),
        )

    def brought(self, items: Ints, picking: Floats) -> Brought:
        """What such items are paid for, where picking a line costs so much."""
        at, place = self.parted.lists(items)
        entry, line = self.parted.entry[place], self.parted.line[place]
        has = self.found.has[entry]
        offered = has * self.line[line]
        paid = offered - has * np.maximum(0.0, self.dearer[entry] + picking[at])
        on = paid > 0
        return Brought(at=at[on], entry=entry[on], line=line[on], has=has[on], paid=paid[on], offered=offered[on])

    def gains(self, items: Ints, order: Ints, picking: Floats, latest: Floats) -> tuple[Floats, Floats]:
        """By item: what it is paid in time, and the share of its lateness that it pays.

        order: by item; latest: by item, the most that lateness costs. What it is paid falls with lateness, ever more
        slowly, until there is none left: so it lies below the straight line to what is left at the latest, and below
        that to where the last line is paid nothing.
        """
        each = self.brought(items, picking)
        spent = each.paid * self.spare[order[each.at]] / each.offered
        falls = each.paid / np.maximum(np.maximum(spent, latest[each.at]), 1e-9)
        paid, share = (np.bincount(each.at, weights=by, minlength=len(items)) for by in (each.paid, falls))
        last = np.zeros(len(items))
        np.maximum.at(last, each.at, spent)
        share = np.minimum(np.maximum(share, paid / np.maximum(last, 1e-9)), 1.0)
        return paid.astype(np.float64), share.astype(np.float64)
