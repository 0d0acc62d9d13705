"""Whether an order that a plan leaves over could be put into it for less than the penalty of leaving it.

    python -m bench.leftovers DROP PLAN

Brute force, sharing no code with any engine: for each order left over, every hub (or two, or three) with the
goods left, every collection, every position in every trip of every courier and a new trip in every gap of
each day, the whole day re-timed. What looks cheaper is written out as a plan, priced and refereed before it
is reported. Exit status 1 where an order could be inserted, 2 where a document cannot be read or the plan is
not valid.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from pathlib import Path

from bench import explained
from bench.courier_day import Day, Run, Visit, best, insertions
from bench.insertion import Offer, Ride, with_order
from bench.plan_days import Days, Standing
from bench.remainder import Load, Remainder
from router import codec
from router.check import findings
from router.errors import DropwrightError, Invalid
from router.model import Drop, named
from router.plan import Plan
from router.price import tariff

CHEAPEST = 5
"""Offers a load that are tried together with those of the order's other loads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """An order left over although ``plan``, which serves it too, is valid and costs ``saving`` less."""

    order: str
    saving: int
    way: str
    plan: Plan

    def __str__(self) -> str:
        return f"{self.order}: {self.way}: would save {self.saving}"


def insertable(drop: Drop, plan: Plan) -> tuple[Insertion, ...]:
    """For each order left over that could be served for less, the cheapest way found, in the plan's order.

    Each is inserted into the plan as given, alone. Raises ``Invalid`` where the referee rejects the plan, or
    one that this search proposes. O(orders left × couriers × stops × stops of a day).
    """
    wrong = findings(drop, plan)
    if wrong:
        raise Invalid(f"the plan breaks a rule: {wrong[0]} ({len(wrong)} in all)", findings=len(wrong))
    search = _Search(drop, plan)
    for courier in drop.couriers:
        search.ask(search.days.standing(courier, tuple(search.cuts)))
    return tuple(found for order in search.cuts if (found := search.cheapest(order)) is not None)


class _Search:
    """The loads that each left-over order could be cut into, and the offers for each."""

    def __init__(self, drop: Drop, plan: Plan) -> None:
        self.drop, self.plan = drop, plan
        self.days = Days(drop, plan)
        self.tiers, self.orders = named(drop.tiers), named(drop.orders)
        free = Remainder(drop, plan)
        cuts = {row.order: tuple(free.cuts(self.orders[row.order])) for row in plan.unserved}
        self.cuts: dict[str, tuple[tuple[Load, ...], ...]] = {o: cut for o, cut in cuts.items() if cut}
        self.taken: dict[str | None, int] = {}
        for parcel in plan.parcels:
            self.taken[parcel.collection] = self.taken.get(parcel.collection, 0) + 1
        self.offers: dict[tuple[str, Load], list[Offer]] = {}
        for order, load in self.loads():
            self.offers[order, load] = self.collected(load)
        self.together: dict[str, list[Offer]] = {order: [] for order in self.cuts}

    def loads(self) -> dict[tuple[str, Load], None]:
        return {(order, load): None for order, cuts in self.cuts.items() for cut in cuts for load in cut}

    def penalty(self, order: str) -> int:
        return int(self.tiers[self.orders[order].tier].unserved)

    def collected(self, load: Load) -> list[Offer]:
        """Collections at the load's hub that it makes and that have room."""
        found = []
        for carrier in self.drop.carriers:
            amounts = [tariff(carrier, grams) for grams in load.grams]
            if None in amounts or not load.handling <= set(carrier.handling):
                continue
            for each in carrier.collections:
                room = each.parcels is None or self.taken.get(each.id, 0) + len(amounts) <= each.parcels
                at_s = self.days.at(each.at)
                if each.hub == load.hub and at_s >= load.ready_s and room:
                    cost = load.cost + sum(amount for amount in amounts if amount is not None)
                    there_s = self.days.at(each.delivered_at)
                    found.append(Offer(loads=(load,), cost=cost, shipped_s=at_s, delivered_s=there_s, by=each))
        return found

    def ask(self, standing: Standing) -> None:
        """Adds the courier's cheapest offer for each load, and for each two at hubs where it loads."""
        day = standing.day

        def takes(load: Load) -> bool:
            return self.days.hubs[load.hub] in day.loads_at and load.handling <= set(day.courier.handling)

        for order, load in self.loads():
            if takes(load):
                self.offers[order, load] += self.ridden(standing, order, (load,))
        for order, cuts in self.cuts.items():
            for cut in cuts:
                if len(cut) == 2 and takes(cut[0]) and takes(cut[1]):
                    self.together[order] += self.ridden(standing, order, cut)

    def ridden(self, standing: Standing, order: str, loads: tuple[Load, ...]) -> list[Offer]:
        """The cheapest way for the courier to take all the loads, if any costs less than the penalty."""
        visit = self.days.visit(order, standing.newcomers[order], set())
        handling = sum(load.cost for load in loads)
        below, chosen = standing.cost + self.penalty(order) - handling, None
        for sequence in permutations(self.run(load, visit) for load in loads):
            for day in _with_all(standing.day, sequence):
                driven = best(day, day.runs, below)
                if driven is not None:
                    below, chosen = driven.cost, driven
        if chosen is None:
            return []
        shipped_s, delivered_s = chosen.times_of(order)
        own = visit.promise.fee(shipped_s, delivered_s)
        offer = Offer(
            loads=loads,
            cost=chosen.cost - own - standing.cost + handling,
            shipped_s=shipped_s,
            delivered_s=delivered_s,
            by=Ride(courier=standing.day.courier, driven=chosen),
        )
        return [offer]

    def run(self, load: Load, visit: Visit) -> Run:
        """A trip with nothing but the load."""
        return Run(
            trip=None,
            hub=self.days.hubs[load.hub],
            ready_s=load.ready_s,
            visits=(visit,),
            grams=sum(load.grams),
            millilitres=load.millilitres,
            parcels=len(load.parcels),
        )

    def combinations(self, order: str) -> Iterator[tuple[Offer, ...]]:
        """Offers that together take the whole order, no courier in two of them."""
        yield from ((offer,) for offer in self.together[order])
        for cut in self.cuts[order]:
            lists = [sorted(self.offers[order, load], key=lambda offer: offer.cost) for load in cut]
            for offers in product(*(offered[:CHEAPEST] if len(cut) > 1 else offered for offered in lists)):
                riders = [offer.by.courier.id for offer in offers if isinstance(offer.by, Ride)]
                if len(set(riders)) == len(riders):
                    yield offers

    def cheapest(self, order: str) -> Insertion | None:
        """The cheapest combination, confirmed by price and referee."""
        promise = self.days.promise(order, set())
        below, chosen = self.penalty(order), None
        for offers in self.combinations(order):
            late = promise.fee(max(o.shipped_s for o in offers), max(o.delivered_s for o in offers))
            apart = self.drop.split_cost * (sum(len(load.parcels) for o in offers for load in o.loads) - 1)
            cost = sum(offer.cost for offer in offers) + late + apart
            if cost < below:
                below, chosen = cost, offers
        if chosen is None:
            return None
        made = with_order(self.drop, self.plan, order, chosen)
        way, saving = "; ".join(offer.way for offer in chosen), self.plan.cost.total - made.cost.total
        wrong = findings(self.drop, made)
        if wrong or saving != self.penalty(order) - below:
            what = wrong[0] if wrong else f"it would save {saving}"
            raise Invalid(f"the search proposed for {order} what does not hold: {way}: {what}")
        return Insertion(order=order, saving=saving, way=way, plan=made)


def _with_all(day: Day, runs: Sequence[Run]) -> Iterator[Day]:
    """The day with one run after the other put in, each in every way."""
    if not runs:
        yield day
        return
    for grown in insertions(day, runs[0]):
        yield from _with_all(replace(day, runs=grown), runs[1:])


def main() -> int:
    """Prints the orders that could be inserted, and how."""
    given = argparse.ArgumentParser(prog="python -m bench.leftovers", description=__doc__.splitlines()[0])
    given.add_argument("drop", type=Path)
    given.add_argument("plan", type=Path)
    asked = given.parse_args()
    try:
        drop = codec.read_drop(asked.drop.read_bytes())
        plan = codec.read_plan(asked.plan.read_bytes())
        found = insertable(drop, plan)
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    for each in found:
        print(each)
    print(f"{len(plan.unserved)} orders left over, {len(found)} of them cheaper to insert than to leave")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
