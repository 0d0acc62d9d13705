"""``lower_bound``: the stages, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np

from router.bound.days import Scene
from router.bound.effort import Best, Effort
from router.bound.fees import Floats
from router.bound.legs import Legs, measured
from router.bound.offers import Workers
from router.bound.relax import Prices, Relaxation
from router.bound.rounds import raise_offers
from router.bound.stocks import stocks
from router.bound.teams import Supply, Team, supplies
from router.bound.wants import Wants, wants
from router.bound.ways import ways
from router.model import Drop, named

PRICED = 1500
"""Up to so many orders couriers' days are priced as a whole."""

ASCENT = 300
"""Steps of the first stage."""

AIM, PATIENCE = 0.03, 10
"""How far above the best value the next step aims, and after how many steps without a better one it aims lower."""

KEEP = 0.5
"""Share of the last direction in the next."""


def lower_bound(
    drop: Drop, *, until: float | None, steps: int | None, tell: Callable[[int], None], workers: int = 1
) -> int:
    """Minor units below which no valid plan of ``drop`` can cost, as far as it could be proved in the effort given.

    until: stop then (``time.monotonic``), but for what is laid out first, some three seconds of one core for 500 orders
    and about ten for 1 000 or 10 000; steps: do at most so many. What is settled is told at once, then each better
    bound. workers: threads; they change no bound. The same for equal drops and steps. ``ValueError`` for a road drop.
    Proofs and sources: docs/model.md, "The lower bound".
    """
    if drop.travel.kind == "road":
        raise ValueError("a road drop is made a matrix drop before it is bounded")
    left = Effort(until, steps)
    asked, held = wants(drop), stocks(drop)
    teams, crews, on_duty = supplies(drop, held.ready_s.tolist())
    best = Best(asked.settled + on_duty, tell)
    if not asked.lines:
        best.settle(sum(int(each.otherwise) for each in crews))
        return best.bound
    longest = int(1 + max((min(each.parcels, len(drop.orders)) for each in teams), default=0))
    legs = {name: measured(drop, name, longest) for name in sorted({each.profile for each in teams})}
    found, lost = ways(drop, asked, held, teams, legs)
    tiers = named(drop.tiers)
    alone = [order for at, order in enumerate(drop.orders) if lost[at] and np.isfinite(asked.leaving[at])]
    best.settle(sum(tiers[order.tier].unserved for order in alone))
    crews = [replace(each, trips=min(each.trips, _trips(each, teams, legs, asked))) for each in crews]
    relaxed = Relaxation(asked, held, found, crews, float(drop.split_cost))
    prices = ascend(relaxed, best, left)
    # Days know no stops but those of items, so a drop with hidden ones ends with the first stage.
    if teams and len(found.order) and not asked.hidden and len(drop.orders) <= PRICED and left.more():
        scene = Scene.of(drop, asked, held, teams, relaxed.ways, legs)
        with Workers(workers) as threads:
            raise_offers(relaxed, crews, scene, prices, best, left, threads)
    return best.bound


def _trips(each: Supply, teams: list[Team], legs: dict[str, Legs], asked: Wants) -> float:
    """How many trips a courier has the time for: the shortest way to any door and back, every time."""
    shortest_s = inf
    for number in each.teams:
        team, way = teams[number], legs[teams[number].profile]
        trip_s = team.load_s + way.out[1, team.hub] + asked.service_s + way.back[1]
        shortest_s = min(shortest_s, float(trip_s.min()))
    return each.duty_s // shortest_s if shortest_s > 0 else inf


def ascend(relaxed: Relaxation, best: Best, left: Effort) -> Prices:
    """Raises the prices from the start, step by step; hands back the best ones."""
    prices = best_prices = relaxed.start()
    value = top = relaxed.at(prices)
    best.found(value.bound, value.size)
    aim, idle = AIM, 0
    direction: Floats = np.zeros(prices.flat().shape)
    for _ in range(ASCENT):
        if left.spend() is None:
            break
        at = prices.flat()
        slope = value.excess.flat()
        direction = slope + KEEP * direction
        direction = np.where((at <= 0) & (direction < 0), 0.0, direction)
        length = float(direction @ direction)
        if length <= 0:
            break
        step = (top.bound + aim * max(1.0, abs(top.bound)) - value.bound) / length
        prices = prices.shaped(np.maximum(0.0, at + step * direction))
        value = relaxed.at(prices)
        best.found(value.bound, value.size)
        idle += 1
        if value.bound > top.bound:
            idle, top, best_prices = 0, value, prices
        elif idle >= PATIENCE:
            aim, idle = aim / 2, 0
            prices, value = best_prices, top
            direction = np.zeros(at.shape)
            if aim < 1e-4:
                break
    return best_prices
