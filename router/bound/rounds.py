"""The second stage: offers are raised by deflected subgradients, roughly at first, then with proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from router.bound.days import Clock, Scene, home_alone, kinds
from router.bound.effort import Best, Effort
from router.bound.fees import Floats
from router.bound.offers import LOADS, Answer, Market, Offer
from router.bound.relax import Prices, Relaxation
from router.bound.teams import Supply

FINE, ROUGH = Clock(slot_s=60, rough=False), Clock(slot_s=240, rough=True)

SMALL = 2e7
"""Legs times slots, over all days, up to which there is no need of rough days."""

KEEP = 0.7
"""Share of the last direction in the next."""

PACE = {"unit": 0.05, "line": 0.02, "place": 0.02, "load": 2.0, "trip": 1.0}
"""How fast prices move beside what an order offers: their excess is that of many orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """How far above the best value the next step aims, after how many steps without a better one it aims half as far,
    and below which aim it ends; steps at most."""

    aim: float
    patience: int
    enough: float
    steps: int


EARLY = tuple(Climb(aim=aim, patience=8, enough=1e-3, steps=30) for aim in (0.3, 0.15, 0.08))
"""Rough climbs, by couriers who load at home alone."""

LATE = tuple(Climb(aim=aim, patience=8, enough=1e-3, steps=15) for aim in (0.05, 0.03))
"""Rough climbs after those, by couriers who load where they may."""

ALL, LAST = Climb(aim=0.3, patience=8, enough=4e-3, steps=200), Climb(aim=0.02, patience=3, enough=5e-4, steps=200)
"""The climb of a small drop, and that of another one after its rough climbs."""


def raise_offers(
    relaxed: Relaxation, supplies: list[Supply], scene: Scene, prices: Prices, best: Best, left: Effort
) -> None:
    """Climbs while they gain and there is effort left; tells ``best`` what is proved."""

    def proved(answer: Answer) -> None:
        best.found(answer.bound, answer.size)

    fine = kinds(supplies, scene, FINE)
    if not fine or not all(each.ready() for each in fine):
        return
    proof = Market(relaxed, fine, scene.teams)
    offer = first_offer(proof, prices, len(scene.teams))
    if sum(len(each.order) ** 2 * each.slots for each in fine) <= SMALL:
        climb(proof, level(proof, offer, left), ALL, left, proved)
        return
    offer = level(Market(relaxed, kinds(home_alone(supplies, scene), scene, ROUGH), scene.teams), offer, left)
    for some, climbs in ((home_alone(supplies, scene), EARLY), (supplies, LATE)):
        rough = Market(relaxed, kinds(some, scene, ROUGH), scene.teams)
        for how in climbs:
            offer = climb(rough, offer, how, left, lambda _: None)
            answer = proof.at(offer, left.going_on)
            if answer is not None:
                proved(answer)
    climb(proof, offer, LAST, left, proved)


def first_offer(market: Market, prices: Prices, teams: int) -> Offer:
    """What orders cost apart from the way, at these prices; nothing is asked for room in trips."""
    found, orders = market.ways, market.orders
    opened, picking, _, entry = orders.costs(prices)
    whole = opened[0] + picking + np.bincount(found.item, weights=entry, minlength=len(found.order))
    own, _ = orders.least(np.where(found.whole & (found.team >= 0), whole, np.inf))
    own = own + orders.one_fee
    known = np.isfinite(own)
    worth = np.where(known, own, float(own[known].mean()) if known.any() else 0.0)
    return Offer(worth=worth, shared=prices, load=np.zeros((teams, len(LOADS))), trip=np.zeros(teams))


def level(market: Market, offer: Offer, left: Effort) -> Offer:
    """The offer, raised for everyone by the amount that is best among a few."""
    visit = float(np.mean(market.visit)) if len(market.visit) else 0.0
    top, found = -np.inf, offer
    for times in (0.0, 1.0, 2.0, 3.0, 4.0, 6.0):
        if left.spend() is None:
            break
        tried = replace(offer, worth=offer.worth + times * visit)
        answer = market.at(tried, left.going_on)
        if answer is None or answer.bound < top:
            break
        top, found = answer.bound, answer.offer
    return found


def climb(market: Market, offer: Offer, how: Climb, left: Effort, told: Callable[[Answer], None]) -> Offer:
    """The best offer found from this one on."""
    value = top = market.at(offer, left.going_on)
    if value is None or top is None:
        return offer
    told(value)
    aim, idle, pace = how.aim, 0, paces(offer)
    free = len(offer.worth)
    direction: Floats = np.zeros(len(pace))
    for _ in range(how.steps):
        if aim < how.enough or left.spend() is None:
            break
        at, slope = value.offer.flat(), value.excess.flat()
        direction = slope + KEEP * direction
        stuck = (at <= 0) & (direction < 0)
        stuck[:free] = False
        direction = np.where(stuck, 0.0, direction)
        length = float(direction @ (pace * direction))
        if length <= 0:
            break
        step = (top.bound + aim * max(1.0, abs(top.bound)) - value.bound) / length
        at = at + step * pace * direction
        at[free:] = np.maximum(0.0, at[free:])
        value = market.at(offer.shaped(at), left.going_on)
        idle += 1
        if value is not None and value.bound > top.bound:
            told(value)
            top, idle = value, 0
        elif value is None or idle >= how.patience:
            if not left.going_on():
                break
            aim, idle, value = aim / 2, 0, top
            direction = np.zeros(len(pace))
    return top.offer


def paces(offer: Offer) -> Floats:
    """The pace of each price, in the shape of ``Offer.flat``."""
    shared = offer.shared
    sizes = {
        "unit": shared.unit.size,
        "line": shared.line.size,
        "place": shared.place.size,
        "none": shared.span.size + shared.trip.size,
        "load": offer.load.size,
        "trip": offer.trip.size,
    }
    parts = [np.full(size, PACE.get(name, 0.0)) for name, size in sizes.items()]
    return np.concatenate([np.ones(len(offer.worth)), *parts])
