"""What would become of an order at each hub: the rule in its way, or what it would cost more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from router import _core
from router.explain.desk import Desk, Question
from router.explain.records import Binding, HubAnswer, Placed, Shortage, placed
from router.explain.room import waves_for
from router.instance import NEVER
from router.leftover import astray
from router.model import Carrier, Courier, Drop, Hub, Order
from router.taken import held, taken_by_draft


def answers(desk: Desk, but: str | None) -> tuple[HubAnswer, ...]:
    """One for every hub of the drop but that one, in the drop's order."""
    return tuple(_answer(desk, hub) for hub in desk.drop.hubs if hub.id != but)


def _answer(desk: Desk, hub: Hub) -> HubAnswer:
    order, drop = desk.order, desk.drop
    if order.hubs is not None and hub.id not in order.hubs:
        return _bound(hub, "not-allowed", "the order may come from " + (", ".join(order.hubs) or "nowhere"))
    taken, there = taken_by_draft(drop, desk.rest), held(drop)
    short = tuple(
        Shortage(sku=sku, ordered=ordered, left=ever - taken.units[hub.id, sku], held=ever)
        for sku, ordered in drop.wants(order).items()
        for ever in (there.get((hub.id, sku), 0),)
        if ever - taken.units[hub.id, sku] < ordered
    )
    if short:
        never = any(each.held < each.ordered for each in short)
        return _bound(hub, "no-stock" if never else "stock-taken", "; ".join(map(_spelt, short)), short)
    lines, waves = len(drop.wants(order)), waves_for(drop, order, hub)
    if not waves:
        return _bound(hub, "no-wave", "no wave begins after clearance")
    if (all_ := sum(wave.lines for wave in waves)) < lines:
        return _bound(hub, "no-wave", f"{lines} lines to pick, {all_} in all waves after clearance")
    if (free := sum(max(0, wave.lines - taken.lines[hub.id, wave.id]) for wave in waves)) < lines:
        return _bound(hub, "waves-full", f"{lines} lines to pick, {free} left in the waves after clearance")
    question = desk.question(drop, hubs=(hub.id,))
    made = desk.put(question, drop)
    if made is None:
        return _bound(hub, *_no_way(desk, question, hub))
    return HubAnswer(
        hub=hub.id,
        binding=None,
        detail=None,
        shortages=(),
        extra=made.cost.total - desk.now.cost.total,
        parcels=placed(drop, made, order.id),
    )


def _bound(hub: Hub, binding: Binding, detail: str, shortages: tuple[Shortage, ...] = ()) -> HubAnswer:
    none: tuple[Placed, ...] = ()
    return HubAnswer(hub=hub.id, binding=binding, detail=detail, shortages=shortages, extra=None, parcels=none)


def _spelt(short: Shortage) -> str:
    left = "" if short.left == short.held else f"{max(0, short.left)} left of "
    return f"{short.ordered} x {short.sku} ordered, {left}{short.held} ever held"


def _no_way(desk: Desk, question: Question, hub: Hub) -> tuple[Binding, str]:
    """Goods and lines are there, and yet nobody takes them: is that so of the drop, or of this plan?"""
    idle = _core.Search(question.instance.problem, 0)
    if idle.cheapest(0) == NEVER:
        return "no-way-out", nobody(desk.drop, desk.order, hub.id)
    if gone := astray(desk.drop, desk.rest):
        return "couriers-full", f"the order takes {', '.join(gone)} home from begun work"
    idle.imagine(question.search, True, True)
    if idle.cheapest(0) == NEVER:
        return "waves-full", "the waves with lines left end too late for every courier and collection there"
    return "couriers-full", "no courier or collection there has room and time left in this plan"


def nobody(drop: Drop, order: Order, hub: str) -> str:
    """Why no courier or collection at a hub takes the order, even if it were the only one: counted by what bars it."""
    couriers = [courier for courier in drop.couriers if hub in courier.loads_at]
    carriers = [carrier for carrier in drop.carriers for each in carrier.collections if each.hub == hub]
    if not couriers and not carriers:
        return "nobody loads there, and no carrier collects there"
    told = []
    if couriers:
        told.append(_counted("courier", (_too_much(drop, order, courier, hub) for courier in couriers)))
    if carriers:
        told.append(_counted("collection", (_not_carried(drop, order, carrier) for carrier in carriers)))
    return "; ".join(told)


def _counted(what: str, why: Iterable[str]) -> str:
    return "; ".join(f"{number} {what if number == 1 else what + 's'}: {fact}" for fact, number in Counter(why).items())


def _too_much(drop: Drop, order: Order, courier: Courier, hub: str) -> str:
    limits = courier.capacity
    for sku in drop.catalog:
        if sku.sku not in drop.wants(order):
            continue
        if lacking := set(sku.handling) - set(courier.handling):
            return f"cannot handle {', '.join(sorted(lacking))}"
        if limits.grams is not None and sku.grams > limits.grams:
            return f"one {sku.sku} of {sku.grams} g is above {limits.grams} g"
        if limits.millilitres is not None and sku.millilitres > limits.millilitres:
            return f"one {sku.sku} of {sku.millilitres} ml is above {limits.millilitres} ml"
    if limits.parcels == 0 or courier.max_trips == 0:
        return "may carry nothing"
    return "too far or too late for the shift" if courier.home == hub else "cannot come there and back in the shift"


def _not_carried(drop: Drop, order: Order, carrier: Carrier) -> str:
    most = max(step.up_to_grams for step in carrier.tariff)
    for sku in drop.catalog:
        if sku.sku not in drop.wants(order):
            continue
        if lacking := set(sku.handling) - set(carrier.handling):
            return f"{carrier.id} cannot handle {', '.join(sorted(lacking))}"
        if sku.grams > most:
            return f"one {sku.sku} of {sku.grams} g is above {most} g for {carrier.id}"
    return "before any wave is ready, or without places"
