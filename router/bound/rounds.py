"""The second stage: offers are raised by subgradients, roughly at first, then with proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from router.bound.bundle import Bundle
from router.bound.days import Clock, Kind, Scene, home_alone, kinds
from router.bound.effort import Best, Effort
from router.bound.fees import Floats
from router.bound.offers import LOADS, Answer, Market, Offer, Workers
from router.bound.relax import Prices, Relaxation
from router.bound.teams import Supply

FINE_S, ROUGH = (60, 30, 15, 120, 240), Clock(slot_s=240, rough=True)
"""Slots to prove with, the first that will do; and to climb by before."""

FINEST_S = 15
"""The shortest slots that longer ones are halved to."""

WIDE = 1.6e7
"""Legs from door to door, over all days, beyond which they are not laid out: some 80 bytes each."""

SURE = 1.3
"""How much longer than reckoned a proof may take that rough climbs leave time for."""

SMALL = 2e7
"""Legs times slots, over all days, up to which there is no need of rough days."""

PACE = {"bring": 1.0, "short": 5.0, "unit": 0.05, "line": 0.02, "place": 0.02, "load": 2.0, "trip": 1.0}
"""How fast prices move beside what an order offers: their excess is that of many orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """Steps that would gain ``aim`` of the bound if it rose as its slope says, along a course that keeps the share
    ``keep`` of itself at every step; from the best offer if ``steady``, else from the last. After ``patience`` steps
    without a better one the aim falls; below ``enough``, or after ``steps``, the climb ends.

    Sources: the volume algorithm, Barahona, Anbil 2000 (steady); Camerini, Fratta, Maffioli 1975 (else).
    """

    aim: float
    keep: float
    steady: bool
    patience: int
    enough: float
    steps: int


QUICKER, SLOWER = 1.2, 0.7
"""What a better step that can go on, and several that are none, make of the aim."""

FIRST = Climb(aim=0.17, keep=0.8, steady=True, patience=4, enough=0.02, steps=80)
"""By couriers who load at home alone, roughly."""

THEN = Climb(aim=0.03, keep=0.5, steady=False, patience=4, enough=1e-3, steps=40)
"""By couriers who load where they may, roughly."""

SOON, LAST = 2e-3, 1e-5
"""With proof: what share of the bound must still be to gain, before time is told finer, and by the finest clock."""


def raise_offers(
    relaxed: Relaxation,
    supplies: list[Supply],
    scene: Scene,
    prices: Prices,
    best: Best,
    left: Effort,
    workers: Workers,
) -> None:
    """Climbs while they gain and there is effort left; tells ``best`` what is proved."""

    def proved(answer: Answer) -> None:
        best.found(answer.bound, answer.size)

    fine = _fine(supplies, scene)
    if not fine:
        return
    work = sum(each.work for each in fine)
    proof = Market(relaxed, fine, scene, workers)
    offer = first_offer(proof, prices, len(scene.teams))
    if work <= SMALL:
        offer = level(proof, offer, left)
        for how in (FIRST, THEN):
            offer = climb(proof, offer, how, left, proved)
    else:
        offer = level(Market(relaxed, kinds(home_alone(supplies, scene), scene, ROUGH), scene, workers), offer, left)
        for some, how in ((home_alone(supplies, scene), FIRST), (supplies, THEN)):
            rough = Market(relaxed, kinds(some, scene, ROUGH), scene, workers)
            proof_takes = work / max(1, sum(each.work for each in rough.kinds))
            offer = climb(rough, offer, how, left, lambda _: None, proof_takes * SURE)
            answer = proof.at(offer, left.going_on)
            if answer is not None:
                proved(answer)
    bundle, slot_s = Bundle(), fine[0].clock.slot_s
    while True:
        finer = _kinds(supplies, scene, slot_s // 2) if slot_s >= 2 * FINEST_S and left.more() else []
        offer = bundle.settle(proof, offer, left, proved, SOON if finer else LAST)
        if not finer or not left.more():
            return
        proof, slot_s = Market(relaxed, finer, scene, workers), slot_s // 2


def _fine(supplies: list[Supply], scene: Scene) -> list[Kind]:
    """The kinds by the first clock that can be proved with; none where there is no such."""
    return next((made for slot_s in FINE_S if (made := _kinds(supplies, scene, slot_s))), [])


def _kinds(supplies: list[Supply], scene: Scene, slot_s: int) -> list[Kind]:
    """The kinds by such slots; none where these will not do."""
    made = kinds(supplies, scene, Clock(slot_s=slot_s, rough=False))
    do = sum(len(each.order) ** 2 for each in made) <= WIDE and all(each.ready() for each in made)
    return made if do else []


def first_offer(market: Market, prices: Prices, teams: int) -> Offer:
    """What orders cost apart from the way, at these prices; nothing is asked for room in trips."""
    found, orders = market.ways, market.orders
    opened, picking, _, entry = orders.costs(prices)
    whole = opened[0] + picking + np.bincount(found.item, weights=entry, minlength=len(found.order))
    own, _ = orders.least(np.where(found.whole & (found.team >= 0), whole, np.inf))
    own = own + orders.one_fee
    known = np.isfinite(own)
    worth = np.where(known, own, float(own[known].mean()) if known.any() else 0.0)
    none = np.zeros(len(market.shortage.need))
    load = np.zeros((teams, len(LOADS)))
    line = np.zeros(len(market.parted.row))
    return Offer(worth=worth, line=line, short=none, shared=prices, load=load, trip=np.zeros(teams))


def level(market: Market, offer: Offer, left: Effort) -> Offer:
    """The offer, raised for everyone by the amount that is best among a few."""
    visit = float(np.mean(market.visit)) if len(market.visit) else 0.0
    top, found = -np.inf, offer
    for times in (0.0, 1.0, 2.0, 3.0, 4.0, 6.0):
        if left.spend() is None:
            break
        more = times * visit
        tried = replace(offer, worth=offer.worth + more, line=offer.line + more * market.parted.weight)
        answer = market.at(tried, left.going_on)
        if answer is None or answer.bound < top:
            break
        top, found = answer.bound, answer.offer
    return found


def climb(
    market: Market, offer: Offer, how: Climb, left: Effort, told: Callable[[Answer], None], spare: float = 0.0
) -> Offer:
    """The best offer found from this one on. spare: how many steps' time is to be left over."""
    top = market.at(offer, left.going_on)
    if top is None:
        return offer
    told(top)
    value, aim, idle, pace = top, how.aim, 0, paces(offer)
    free = len(offer.worth)
    course, took_s = top.excess.flat(), 0.0
    for _ in range(how.steps):
        left_s, began = left.spend(), monotonic()
        if aim < how.enough or left_s is None or left_s < spare * took_s:
            break
        at = (top if how.steady else value).offer.flat()
        stuck = (at <= 0) & (course < 0)
        stuck[:free] = False
        direction = np.where(stuck, 0.0, course)
        length = float(direction @ (pace * direction))
        if length <= 0:
            break
        at = at + aim * max(1.0, abs(top.bound)) / length * pace * direction
        at[free:] = np.maximum(0.0, at[free:])
        tried = market.at(offer.shaped(at), left.going_on)
        took_s = monotonic() - began
        if tried is None:
            if not left.going_on():
                break
            value, aim, course = top, aim / 4, top.excess.flat()
            continue
        value = tried
        slope = value.excess.flat()
        course = how.keep * course + (1 - how.keep) * slope
        idle += 1
        if value.bound > top.bound:
            told(value)
            top, idle = value, 0
            if how.steady and float(slope @ (pace * direction)) > 0:
                aim *= QUICKER
        elif idle >= how.patience:
            aim, idle, value = aim * SLOWER, 0, top
    return top.offer


def paces(offer: Offer) -> Floats:
    """The pace of each price, in the shape of ``Offer.flat``."""
    shared = offer.shared
    sizes = {
        "bring": offer.line.size,
        "short": offer.short.size,
        "unit": shared.unit.size,
        "line": shared.line.size,
        "place": shared.place.size,
        "none": shared.span.size + shared.trip.size,
        "load": offer.load.size,
        "trip": offer.trip.size,
    }
    parts = [np.full(size, PACE.get(name, 0.0)) for name, size in sizes.items()]
    return np.concatenate([np.ones(len(offer.worth)), *parts])
