"""The three allocations: near the optimum for a whole drop, at once without a program, and proved for small drops."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from time import monotonic

from router.allocation.columns import Columns
from router.allocation.greedy import instant
from router.allocation.ledger import Ledger
from router.allocation.model import BUSY, Model
from router.allocation.options import Choice, CourierTime, Share, Width, choices
from router.allocation.program import Program, Relaxed, optimum, relaxation, settle
from router.model import Drop, named

ROUNDS = 8
"""How often the relaxation may ask for splits."""

ENOUGH = 1e-4
"""Splits are no longer looked for once they gain less than this share of the cost."""

GAP = 2e-3
"""The program is solved to this share of its cost; the estimates in it are far less exact."""

CHUNK = 500
"""The instant allocation looks at the clock after so many orders."""

FEW = 500
"""Up to so many orders left over are tried at every hub and in every wave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Shares, each order's together; whoever has none is left over.

    ``cost`` and ``bound`` are those of the program, in its own estimate; None where none was solved.
    """

    shares: tuple[Share, ...]
    cost: float | None = None
    bound: float | None = None


def allocate(drop: Drop, *, node_limit: int | None = None, budget_s: float | None = None) -> Allocation:
    """A near-optimal allocation; deterministic without ``budget_s``.

    The relaxation is solved, splits are added while its prices ask for them, what is whole is fixed, and a small
    mixed-integer program decides the rest. Where time runs out before that, the relaxation is rounded; before
    the relaxation, the instant allocation stands in. Orders left over are tried everywhere, one by one.
    """
    until = None if budget_s is None else monotonic() + budget_s

    def left_s(share: float = 1.0) -> float | None:
        return None if until is None or budget_s is None else until - monotonic() - (1 - share) * budget_s

    ledger, time = Ledger(drop), CourierTime(drop, BUSY)
    asked = choices(drop, ledger, width_for(len(drop.orders)))
    columns = Columns(asked, ledger, time, drop.split_cost)
    program = columns.program()
    relaxed, found = _relaxed(program, left_s(0.8)), None
    if relaxed is None:
        return instantly(drop, until=until)
    for _ in range(ROUNDS):
        spare_s = left_s(0.5)
        if (spare_s is not None and spare_s <= 0) or not columns.improve(relaxed.prices):
            break
        wider = columns.program()
        better = _relaxed(wider, left_s(0.8))
        if better is None:
            break
        gained, program, relaxed = relaxed.cost - better.cost, wider, better
        if gained < ENOUGH * abs(relaxed.cost):
            break
    found = settle(program, relaxed, gap=GAP, node_limit=node_limit, budget_s=left_s())
    shares = columns.shares(relaxed.values if found is None else found.values)
    kept = _entered(shares, asked, ledger, time)
    kept += instant(_left(drop, asked, kept, ledger), ledger, time, drop.split_cost)
    return Allocation(shares=tuple(kept), cost=None if found is None else found.cost, bound=relaxed.cost)


def _relaxed(program: Program, budget_s: float | None) -> Relaxed | None:
    return None if budget_s is not None and budget_s <= 0 else relaxation(program, budget_s=budget_s)


def instantly(drop: Drop, *, until: float | None = None) -> Allocation:
    """The greedy allocation: about 4 s for 10 000 orders, some percent dearer.

    until: when to stop (``time.monotonic``); orders not reached by then are left over, those that cost least to
    leave first.
    """
    ledger, time = Ledger(drop), CourierTime(drop, BUSY)
    tiers = named(drop.tiers)
    waiting = sorted(drop.orders, key=lambda order: -tiers[order.tier].unserved)
    kept: list[Share] = []
    for first in range(0, len(waiting), CHUNK):
        if until is None or monotonic() < until:
            names = {order.id for order in waiting[first : first + CHUNK]}
            asked = choices(drop, ledger, width_for(len(drop.orders)), only=names)
            own = instant(asked, ledger, time, drop.split_cost)
            kept += own + instant(_left(drop, asked, own, ledger), ledger, time, drop.split_cost)
    return Allocation(shares=tuple(kept))


def solve_exact(drop: Drop) -> Allocation:
    """The allocation of least expected cost, proved, over every option there is. Exponential: small drops only.

    Carriage and lateness are estimates, so this is no bound on the cost of a plan. More stock adds options and
    takes none away: it never makes the result dearer.
    """
    ledger = Ledger(drop)
    model = Model(drop, ledger, choices(drop, ledger, None), divide=True)
    found = optimum(model.program)
    if found is None:
        raise ArithmeticError("leaving every order over is an allocation, yet the program has none")
    return Allocation(
        shares=tuple(model.shares(found)),
        cost=model.objective(found.cost),
        bound=model.objective(found.bound),
    )


def width_for(orders: int) -> Width:
    """How many options an order gets, so that the program of a drop of this size stays small."""
    return Width(whole=4, line=3, waves=4) if orders <= 3_000 else Width(whole=2, line=2, waves=3)


def _entered(shares: list[Share], asked: tuple[Choice, ...], ledger: Ledger, time: CourierTime) -> list[Share]:
    """The shares of each order whose goods, lines and places are really there, and are all that was ordered."""
    wanted = {choice.order: dict(choice.lines) for choice in asked}
    work_s = {
        (choice.order, option.hub): way.work_s
        for choice in asked
        for option in choice.options
        for way in option.ways
        if way.collection is None
    }
    kept = []
    for name, group in groupby(shares, key=lambda share: share.order):
        parts = list(group)
        picked: dict[str, int] = {}
        for part in parts:
            for sku, units in part.lines:
                picked[sku] = picked.get(sku, 0) + units
        done: list[Share] = []
        for part in parts:
            if picked != wanted[name] or not ledger.holds(part.hub, part.wave, part.lines):
                break
            ledger.take(part.hub, part.wave, part.lines)
            done.append(part)
        if len(done) < len(parts):
            for part in done:
                ledger.give(part.hub, part.wave, part.lines)
            continue
        for part in parts:
            if part.collection is None:
                time.spend(part.hub, part.wave, work_s.get((name, part.hub), 0))
            else:
                ledger.board(part.collection)
        kept += parts
    return kept


def _left(drop: Drop, asked: tuple[Choice, ...], kept: list[Share], ledger: Ledger) -> list[Choice]:
    """The choices of the orders that nothing was kept of: with every hub and wave, where these are few."""
    served = {share.order for share in kept}
    left = [choice for choice in asked if choice.order not in served]
    if len(left) > FEW:
        return left
    names = {choice.order for choice in left}
    return list(choices(drop, ledger, None, only=names)) if names else []
