"""The second stage: offers are raised by cutting planes, roughly at first, then with proof, by ever finer clocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from router.bound.bundle import Bundle
from router.bound.days import Clock, Kind, Scene, kinds
from router.bound.effort import Best, Effort
from router.bound.offers import LOADS, Answer, Market, Offer, Workers
from router.bound.relax import Prices, Relaxation
from router.bound.teams import Supply

FINE_S, ROUGH = (30, 60, 15, 120, 240), Clock(slot_s=240, rough=True)
"""Slots to prove with, the first that will do; and to look for offers by before."""

FINEST_S = 15
"""The shortest slots that longer ones are halved to."""

WIDE = 1.6e7
"""Legs from door to door, over all days, beyond which they are not laid out: some 80 bytes each."""

SMALL = 2e7
"""Legs times slots, over all days, up to which there is no need of rough days."""

ROUGHLY = 0.5
"""Share of the time left that rough days may take."""

FEW, MINUTE_S = 12, 60
"""With fewer trials in the time left, slots of a minute prove more than shorter ones."""

FIRST, SOON, LAST = 0.035, 5e-3, 1e-5
"""What share of the bound must still be to gain: before days prove something, before time is told finer, at the end."""


def raise_offers(
    relaxed: Relaxation,
    supplies: list[Supply],
    scene: Scene,
    prices: Prices,
    best: Best,
    left: Effort,
    workers: Workers,
) -> None:
    """Raises them while that gains and there is effort left; tells ``best`` what is proved."""

    def proved(answer: Answer) -> None:
        best.found(answer.bound, answer.size)

    fine = _fine(supplies, scene)
    if not fine:
        return
    bundle, slot_s = Bundle(), fine[0].clock.slot_s
    proof = Market(relaxed, fine, scene, workers)
    offer = first_offer(proof, prices, len(scene.teams))
    if (work := _work(fine)) > SMALL:
        rough = Market(relaxed, kinds(supplies, scene, ROUGH), scene, workers)
        with left.at_most(ROUGHLY):
            offer = bundle.settle(rough, level(rough, offer, left), left, lambda _: None, FIRST)
        trials = left.trials(bundle.trial_s * work / _work(rough.kinds))
        if slot_s < MINUTE_S and trials < FEW and (longer := _kinds(supplies, scene, MINUTE_S)):
            proof, slot_s = Market(relaxed, longer, scene, workers), MINUTE_S
    else:
        offer = level(proof, offer, left)
    while True:
        finer = _kinds(supplies, scene, slot_s // 2) if slot_s >= 2 * FINEST_S and left.more() else []
        offer = bundle.settle(proof, offer, left, proved, SOON if finer else LAST)
        if not finer or not left.more():
            return
        rougher, proof, slot_s = proof, Market(relaxed, finer, scene, workers), slot_s // 2
        proof.recall(rougher)


def _work(made: list[Kind]) -> int:
    return sum(each.work for each in made)


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
    none = np.zeros(len(market.shortage.need))
    load = np.zeros((teams, len(LOADS)))
    rest = market.terms(prices, none).rest
    mean = float(own[known].mean()) if known.any() else 0.0
    worth = np.where(known, own, np.where(market.parted.orders, rest, mean))
    line = np.maximum(0.0, worth - rest)[market.parted.row] * market.parted.weight
    return Offer(worth=worth, line=line, short=none, shared=prices, load=load, trip=np.zeros(teams))


def level(market: Market, offer: Offer, left: Effort) -> Offer:
    """The offer, raised for everyone by the amount that is best among a few."""
    visit = float(np.mean(market.visit)) if len(market.visit) else 0.0
    visits = np.bincount(market.parted.row, weights=market.parted.weight, minlength=len(offer.worth))
    visits = np.where(market.parted.orders, visits, 1.0)
    top, found = -np.inf, offer
    for times in (0.0, 1.0, 2.0, 3.0, 4.0, 6.0):
        if left.spend() is None:
            break
        more = times * visit
        tried = replace(offer, worth=offer.worth + more * visits, line=offer.line + more * market.parted.weight)
        answer = market.at(tried, left.going_on)
        if answer is None or answer.bound < top:
            break
        top, found = answer.bound, answer.offer
    return found
