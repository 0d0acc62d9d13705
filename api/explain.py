"""An explanation in words: short lines on what was decided, a table of the other hubs, and what would have cured it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api.tables import Table
from api.wording import NONE, clock, count, figure, local, money, seen, span
from router.explain import Change, Explanation, HubAnswer, Placed, Remedy
from router.model import Drop, named
from router.plan import COMPONENTS

_KINDS = "units of one SKU, lines, places, room on a courier, a later shift end, or one more courier"


def decided(drop: Drop, told: Explanation) -> tuple[str, ...]:
    """What the plan does with the order, when, and what that costs."""
    return tuple(seen(line) for line in _Words(drop).decided(told))


def elsewhere(drop: Drop, told: Explanation) -> Table:
    """Every other hub: the rule in the way, or the way found and what it would cost more."""
    words = _Words(drop)
    heads = ("hub", "answer", "why, or how", f"extra, {drop.currency}")
    rows = tuple(words.answer(each) for each in told.hubs)
    several = len({each.hub for each in told.decision.parcels}) > 1
    title = "All of it from one hub" if several or not told.decision.parcels else "All of it from another hub"
    return Table(title=title, heads=heads, rows=rows, left=3)


def cured(drop: Drop, told: Explanation) -> tuple[str, ...]:
    """What would have served the order, or had it in time; no line where nothing has to be cured."""
    return tuple(seen(line) for line in _Words(drop).cured(told))


class _Words:
    """Phrases with the drop's currency and clocks."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        self.zone = ZoneInfo(drop.timezone)
        self.day = local(drop.plan_at, self.zone).date()

    def at(self, at: datetime | None) -> str:
        return NONE if at is None else clock(at, self.zone, self.day)

    def money(self, amount: int) -> str:
        return money(amount, self.drop.currency)

    def against(self, amount: int) -> str:
        """``3.00 EUR more`` or ``less``, or ``the same``."""
        return f"{self.money(abs(amount))} {'more' if amount > 0 else 'less'}" if amount else "the same"

    def decided(self, told: Explanation) -> list[str]:
        made, due = told.decision, []
        if made.ship_due is not None:
            due.append(f"to leave by {self.at(made.ship_due)}{self._late(made.ships_late_s)}")
        if made.deliver_due is not None:
            due.append(f"to arrive by {self.at(made.deliver_due)}{self._late(made.arrives_late_s)}")
        promise = f"promised {', '.join(due)}" if due else "nothing was promised"
        if made.unserved is not None:
            why = made.unserved.reason + (f", {made.unserved.detail}" if made.unserved.detail else "")
            lines = [f"{told.order} ({told.tier}): not served", why, promise]
            lines.append(f"leaving it costs {self.money(made.cost.unserved)}")
        else:
            state = "served late" if made.late else "served in time"
            if any(each.delivered_at is None for each in made.parcels):
                state = "begun"
            lines = [f"{told.order} ({told.tier}): {state}", *map(self._parcel, made.parcels), promise]
            lines += self._cost(told)
        if told.retimed:
            lines.append(
                f"timed anew, the decisions of this plan cost {self.against(told.retimed)} than it says; "
                "differences are told against that"
            )
        return [lines[0], *(f"  {line}" for line in lines[1:])]

    def _late(self, late_s: int) -> str:
        return f" ({span(late_s)} late)" if late_s else ""

    def _parcel(self, each: Placed) -> str:
        goods = ", ".join(f"{line.quantity} x {line.sku}" for line in each.lines)
        return f"{each.parcel}: {goods} from {each.hub}, {self.way(each)}"

    def way(self, each: Placed) -> str:
        """Wave, who takes it, when it leaves and arrives."""
        by = f"{each.courier} on {each.trip}" if each.courier is not None else f"{each.collection} of {each.carrier}"
        picked = f"wave {each.wave} ready {self.at(each.ready_at)}"
        return f"{picked}, {by}, leaves {self.at(each.shipped_at)}, arrives {self.at(each.delivered_at)}"

    def _cost(self, told: Explanation) -> list[str]:
        made = told.decision
        parts = [
            f"{part.replace('_', ' ')} {figure(getattr(made.cost, part), self.drop.currency)}"
            for part in COMPONENTS
            if getattr(made.cost, part)
        ]
        if made.share is None:
            why = "work on it has begun" if told.begun else "a courier needs it to come home"
            own = f" (own: {', '.join(parts)})" if parts else ""
            return [f"what the plan would cost without it cannot be told: {why}{own}"]
        rest = made.share - made.cost.total
        parts += [f"the way to it and others' delay {figure(rest, self.drop.currency)}"] if rest else []
        return [
            f"without it the plan would cost {self.against(-made.share)}" + (f" ({', '.join(parts)})" if parts else "")
        ]

    def answer(self, each: HubAnswer) -> tuple[str, ...]:
        """A row of the table."""
        if each.extra is None:
            return each.hub, each.binding or "", each.detail or "", NONE
        extra = figure(each.extra, self.drop.currency)
        return each.hub, "possible", "; ".join(map(self.way, each.parcels)), f"+{extra}" if each.extra > 0 else extra

    def cured(self, told: Explanation) -> list[str]:
        if told.sought is None:
            return []
        aim = "in time" if told.sought == "in-time" else "served"
        if told.begun:
            return ["work on the order has begun: no cure was looked for"]
        lines = []
        if told.as_it_is is not None:
            lines += [f"{aim} with the drop as it is: {self._cost_of(told.as_it_is)}", *self._ways(told.as_it_is)]
        if told.cure is not None and told.cure.change is not None:
            lines += [
                f"{aim} with {self._change(told.cure.change)}: {self._cost_of(told.cure)}",
                *self._ways(told.cure),
            ]
            lines.append("  the cheapest single change, proved by planning with it")
        else:
            less = " for less" if told.as_it_is is not None else ""
            lines.append(f"no single change has it {aim}{less} ({_KINDS})")
        if not told.exhausted:
            lines.append("  not every change could be tried, so there may be a cheaper one")
        return lines

    def _cost_of(self, found: Remedy) -> str:
        than = "than now" if found.adds else "as now"
        return f"the plan would cost {self.money(found.total)}, {self.against(found.adds)} {than}"

    def _ways(self, found: Remedy) -> list[str]:
        return [f"  from {each.hub}, {self.way(each)}" for each in found.parcels]

    def _change(self, change: Change) -> str:
        number = change.size
        if change.kind == "stock":
            return f"{number:,} more of {change.sku} at {change.hub}"
        if change.kind == "wave":
            return f"{count(number, 'more line', 'more lines')} in wave {change.wave} of {change.hub}"
        if change.kind == "collection":
            return f"{count(number, 'more place', 'more places')} at {change.collection} of {change.hub}"
        if change.kind == "capacity":
            unit = {"grams": "g", "millilitres": "ml"}.get(change.part or "", "parcel" if number == 1 else "parcels")
            return f"room for {number:,} {unit} more on a trip of {change.courier}"
        if change.shift is not None:
            until = f"from {self.at(change.shift.start)} to {self.at(change.shift.end)}"
            return f"one more courier like {change.courier} at {change.hub}, {until} ({span(number)})"
        end = named(self.drop.couriers)[change.courier or ""].shift.end
        return f"the shift of {change.courier} ending {span(number)} later than {self.at(end)}"
