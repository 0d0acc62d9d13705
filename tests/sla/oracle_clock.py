"""One clock from the facts of its order: when it started, what it is now, how late, and what that costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.sla.oracle_log import Fact, anothers, of_partner
from tests.sla.oracle_time import SECOND, Hours, Run, duration, local, named, nested

Term = Mapping[str, Any]
OWN = {"hub": "hubs", "courier": "couriers"}  # role → the list of the contract that says whose they are


@dataclass
class Clock:
    """A clock as it is printed, and what money needs of it. Instants are microseconds, durations seconds."""

    term: str
    order: str
    state: str
    started: int | None = None
    due: int | None = None
    at_risk: int | None = None
    stopped: int | None = None
    elapsed_s: int = 0
    paused_s: int = 0
    late_s: int = 0
    excluded: str | None = None
    party: str = ""
    amount: int = 0
    waived: bool = False
    uncapped: int = 0
    attributed_to: str | None = None
    parcels: set[str] = field(default_factory=set)


def listed(value: Any) -> list[str]:
    """One type or a list of types."""
    return [value] if isinstance(value, str) else list(value or ())


def in_scope(term: Term, facts: Sequence[Fact]) -> bool:
    """Do the tier and the hubs of the order fall under the term?"""
    scope = term.get("scope") or {}
    tiers, hubs = scope.get("tiers", "all"), scope.get("hubs", "all")
    told = [fact.data["tier"] for fact in facts if "tier" in fact.data]
    if tiers != "all" and not any(tier in tiers for tier in told):
        return False
    return hubs == "all" or any(fact.data.get("hub") in hubs for fact in facts)


def view(contract: Mapping[str, Any], term: Term, facts: Sequence[Fact]) -> list[Fact]:
    """The facts of an order that concern the party of a term."""
    role = term["obligated"]
    return of_partner(facts, role, contract.get(OWN[role])) if role in OWN else list(facts)


def begun(spec: Mapping[str, Any], facts: Sequence[Fact], hours: Hours) -> tuple[bool, int | None]:
    """Has any start event come, and the start once all have."""
    firsts = [next((fact.at for fact in facts if fact.type == kind), None) for kind in listed(spec["start"])]
    came = [at for at in firsts if at is not None]
    if not came or len(came) < len(firsts):
        return bool(came), None
    started = max(came)
    cutoff = spec.get("cutoff")
    if cutoff and local(started, hours.zone).time() > time.fromisoformat(cutoff["local_time"]):
        return True, hours.opening_after_day_of(started)
    return True, started


def parcels(spec: Mapping[str, Any], facts: Sequence[Fact], not_ours: set[str]) -> set[str]:
    """The parcels that a clock waits for: those that its start events list, else all that are seen."""
    starts = [fact for fact in facts if fact.type in listed(spec["start"])]
    given = {parcel for fact in starts for parcel in fact.data.get("parcels", ())}
    returned = {fact.parcel for fact in facts if fact.type == "parcel.returned"}
    return (given or {fact.parcel for fact in facts if fact.parcel}) - returned - not_ours


def last_stop(facts: Sequence[Fact], kinds: Sequence[str], wanted: set[str]) -> int | None:
    """Per parcel the first stop event, its own or its whole order's; the clock stops with the last parcel."""
    stops = [fact for fact in facts if fact.type in kinds]
    whole = [fact.at for fact in stops if fact.parcel is None]
    if not wanted:
        return min(whole, default=None)
    firsts = [min([fact.at for fact in stops if fact.parcel == parcel] + whole, default=None) for parcel in wanted]
    return None if None in firsts else max(at for at in firsts if at is not None)


def of_places(facts: Sequence[Fact], general: Sequence[Fact]) -> list[Fact]:
    """The facts about hubs and couriers themselves that handled an order."""
    places = {f"{role}/{fact.data[role]}" for fact in facts for role in ("hub", "courier") if role in fact.data}
    return [fact for fact in general if fact.subject in places]


def pauses(spec: Mapping[str, Any], heard: Sequence[Fact], last: int) -> list[tuple[int, int]]:
    """The pauses that concern an order, by subject, pause entry and ``data.pause``; none later than ``last``."""
    found = []
    for entry in spec.get("pause", ()):
        marks = [fact for fact in heard if fact.type in (entry["from"], entry["to"]) and fact.at <= last]
        for group in {(fact.subject, fact.data.get("pause")) for fact in marks}:
            own = [fact for fact in marks if (fact.subject, fact.data.get("pause")) == group]
            begins = [fact.at for fact in own if fact.type == entry["from"]]
            ends = [fact.at for fact in own if fact.type == entry["to"]]
            pair = nested if group[1] is None else named
            found += pair(begins, ends, last + 1)  # one still open covers ``last`` itself
    return found


def fold(
    contract: Mapping[str, Any],
    term: Term,
    order: str,
    facts: Sequence[Fact],
    general: Sequence[Fact],
    hours: Hours,
    at: int,
) -> Clock | None:
    """The clock of one term for one order at the instant of judgement, or None where there is none."""
    spec = term["clock"]
    if not in_scope(term, facts):
        return None
    places = of_places(facts, general)
    own = view(contract, term, facts)
    not_ours, facts = anothers(facts, own), own
    any_start, started = begun(spec, facts, hours)
    if not any_start:
        return None
    if started is not None and not in_force(contract, started, hours.zone):
        return None
    clock = Clock(term["id"], order, "scheduled", started)
    target = duration(spec["target"])
    if started is None or started > at:
        if started is not None:
            clock.due = Run(started, hours, ()).reaches(target)
        return clock
    clock.parcels = parcels(spec, facts, not_ours)
    running_then = [fact for fact in places if fact.at >= started]
    stop = earliest(last_stop(facts, listed(spec["stop"]), clock.parcels), running_then, listed(spec["stop"]))
    cancels = listed(spec.get("cancel"))
    cancel = earliest(next((fact.at for fact in facts if fact.type in cancels), None), running_then, cancels)
    cancelled = cancel is not None and (stop is None or cancel <= stop)
    end = cancel if cancelled else stop
    until = at if end is None else end
    run = Run(started, hours, pauses(spec, [*facts, *places], until))
    running, paused = run.spent(until)
    clock.stopped, clock.elapsed_s, clock.paused_s = end, running // SECOND, paused // SECOND
    clock.late_s = max(0, clock.elapsed_s - target // SECOND)
    is_paused = any(begins <= at < ends for begins, ends in run.pauses)
    if clock.late_s:
        clock.state = "breached"
    elif end is None:
        clock.state = "paused" if is_paused else "running"
    else:
        clock.state = "cancelled" if cancelled else "met"
    after = Run(started, hours, [(begins, min(ends, until)) for begins, ends in run.pauses if begins < until])
    clock.due = None if clock.state == "paused" else after.reaches(target)
    clock.at_risk = at_risk(spec, run, target, until)
    return clock


def earliest(at: int | None, facts: Sequence[Fact], kinds: Sequence[str]) -> int | None:
    """The earlier of an instant and the first fact of some types."""
    found = [fact.at for fact in facts if fact.type in kinds] + ([] if at is None else [at])
    return min(found, default=None)


def in_force(contract: Mapping[str, Any], started: int, zone: ZoneInfo) -> bool:
    """Does the clock start under this contract: from its first day to before its last?"""
    day = local(started, zone).date().isoformat()
    begins, ends = contract.get("from"), contract.get("to")
    return (begins is None or str(begins) <= day) and (ends is None or day < str(ends))


def at_risk(spec: Mapping[str, Any], run: Run, target: int, until: int) -> int | None:
    """When the clock reached the share of its target at which it is at risk, if it did by ``until``."""
    rule = spec.get("at_risk")
    if not rule:
        return None
    if "before" in rule:
        wanted = target - duration(rule["before"])
    else:
        wanted = -int(-Fraction(str(rule["percent"])) * target // 100)
    reached = run.reaches(wanted)
    return reached if reached is not None and reached <= until else None


def charge(term: Term, clock: Clock) -> None:
    """The remedy of a breached clock, before and after the cap on one event."""
    remedy = term.get("remedy") or {}
    grace = duration((term["clock"]).get("grace") or "PT0S") // SECOND
    if (
        clock.state != "breached"
        or clock.excluded
        or clock.waived
        or remedy.get("basis") != "fixed"
        or clock.late_s <= grace
    ):
        return
    steps = [step for step in remedy.get("steps", ()) if clock.late_s > duration(step["after"]) // SECOND]
    highest = max(steps, key=lambda step: duration(step["after"]), default=None)
    clock.uncapped = (highest["amount"] if highest else 0) + remedy.get("per_minute", 0) * -(-clock.late_s // 60)
    cap = remedy.get("cap_per_event")
    clock.amount = clock.uncapped if cap is None else min(cap, clock.uncapped)


def excuse(term: Term, facts: Sequence[Fact], general: Sequence[Fact]) -> str | None:
    """The code that excludes the breach: by evidence, or by the last decision on a proposal."""
    decisions = [fact for fact in [*facts, *general] if fact.type in ("excuse.accepted", "excuse.rejected")]
    decisions.sort(key=lambda fact: (fact.at, fact.source, fact.id))
    shown = {item["kind"] for fact in facts for item in fact.data.get("evidence", ())}
    for fact in facts:
        if fact.type != "excuse.proposed" or fact.data.get("term", term["id"]) != term["id"]:
            continue
        rule = next((rule for rule in term.get("excluded_when", ()) if rule["code"] == fact.data["code"]), None)
        kinds = (rule or {}).get("evidence") or []
        holds = bool(kinds) and set(kinds) <= shown
        for decision in decisions:
            if decision.data.get("excuse") == fact.id:
                holds = decision.type == "excuse.accepted"
        if holds:
            return str(fact.data["code"])
    return None


def waived(term: Term, facts: Sequence[Fact]) -> bool:
    """Was the case given up, or every case of the order?"""
    return any(fact.type == "case.waived" and fact.data.get("term", term["id"]) == term["id"] for fact in facts)


def qualified(term: Term, facts: Sequence[Fact], general: Sequence[Fact], drops: Mapping[str, set[str]]) -> bool:
    """Was the drop of the order no bigger than the forecast allows? ``drops``: the orders of each."""
    rule = term.get("qualifies_when")
    if not rule:
        return True
    drop = drop_of(facts, general)
    forecasts = [
        fact.data["orders"] for fact in general if fact.type == "drop.forecast" and fact.subject == f"drop/{drop}"
    ]
    if drop is None or not forecasts:
        return False
    percent = Fraction(str(rule["orders_in_drop_at_most_percent_of_forecast"]))
    return len(drops[drop]) * 100 <= forecasts[-1] * percent


def drop_of(facts: Sequence[Fact], general: Sequence[Fact]) -> str | None:
    """The drop that the facts of an order name; where they name none, the only one with a forecast."""
    forecast = {fact.subject.removeprefix("drop/") for fact in general if fact.type == "drop.forecast"}
    only = forecast.pop() if len(forecast) == 1 else None
    return next((fact.data["drop"] for fact in facts if "drop" in fact.data), only)


def attribute(contract: Mapping[str, Any], term: Term, clock: Clock, facts: Sequence[Fact], at: int) -> str | None:
    """The party of the first stage that overran its budget although its input came in time."""
    if clock.state != "breached":
        return None
    spec, stages = term["clock"], contract.get("stages", ())
    first = next((n for n, stage in enumerate(stages) if stage["from"] in listed(spec["start"])), None)
    final = next((n for n, stage in enumerate(stages) if stage["to"] in listed(spec["stop"])), None)
    if first is None or final is None or final <= first:
        return clock.party
    end = clock.stopped if clock.stopped is not None else at

    def passed(kind: str) -> int | None:
        """When the order passed a milestone: with its last parcel where the milestone is a parcel's."""
        return last_stop(facts, [kind], clock.parcels)

    base = passed(stages[first]["from"])
    spent = 0
    for stage in stages[first : final + 1]:
        came, left, budget = passed(stage["from"]), passed(stage["to"]), duration(stage["budget"])
        in_time = base is not None and came is not None and came - base <= spent
        if in_time and came is not None and (end if left is None else left) - came > budget:
            return party(contract, stage["party"])
        spent += budget
    return clock.party


def party(contract: Mapping[str, Any], role: str) -> str:
    """The partner whom a parameter of the contract names, as it is printed."""
    return f"{role}/{contract['parameters'][role]}"
