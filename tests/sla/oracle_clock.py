"""One clock from the facts of its order: when it started, what it is now, how late, and what that costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.sla.oracle_log import Fact, of_partner
from tests.sla.oracle_time import SECOND, Hours, Run, duration, local, nested

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
    uncapped: int = 0
    attributed_to: str | None = None


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


def last_stop(facts: Sequence[Fact], kinds: Sequence[str], starts: Sequence[str]) -> int | None:
    """Per parcel the first stop event, of the parcel itself or of its whole order; the clock stops with the last parcel."""
    stops = [fact for fact in facts if fact.type in kinds]
    given = [parcel for fact in facts if fact.type in starts for parcel in fact.data.get("parcels", ())]
    others = {fact.parcel for fact in facts if fact.parcel}
    returned = {fact.parcel for fact in facts if fact.type == "parcel.returned"}
    whole = [fact.at for fact in stops if fact.parcel is None]
    wanted = (set(given) or others) - returned
    if not (set(given) or others):
        return min(whole, default=None)
    firsts = [min([fact.at for fact in stops if fact.parcel == parcel] + whole, default=None) for parcel in wanted]
    return None if not firsts or None in firsts else max(at for at in firsts if at is not None)


def pauses(
    spec: Mapping[str, Any], facts: Sequence[Fact], everything: Sequence[Fact], last: int
) -> list[tuple[int, int]]:
    """The pauses that concern an order, by subject, pause entry and ``data.pause``; none later than ``last``."""
    places = {f"{role}/{fact.data[role]}" for fact in facts for role in ("hub", "courier") if role in fact.data}
    heard = list(facts) + [fact for fact in everything if fact.order is None and fact.subject in places]
    found = []
    for entry in spec.get("pause", ()):
        marks = [fact for fact in heard if fact.type in (entry["from"], entry["to"]) and fact.at <= last]
        for group in {(fact.subject, fact.data.get("pause")) for fact in marks}:
            own = [fact for fact in marks if (fact.subject, fact.data.get("pause")) == group]
            begins = [fact.at for fact in own if fact.type == entry["from"]]
            ends = [fact.at for fact in own if fact.type == entry["to"]]
            found += nested(begins, ends, last + 1)  # one still open covers ``last`` itself
    return found


def fold(
    contract: Mapping[str, Any], term: Term, order: str, facts: Sequence[Fact], everything: Sequence[Fact], hours: Hours, at: int
) -> Clock | None:
    """The clock of one term for one order at the instant of judgement, or None where there is none."""
    facts = view(contract, term, facts)
    spec = term["clock"]
    if not in_scope(term, facts):
        return None
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
    stop = last_stop(facts, listed(spec["stop"]), listed(spec["start"]))
    cancel = next((fact.at for fact in facts if fact.type in listed(spec.get("cancel"))), None)
    cancelled = cancel is not None and (stop is None or cancel <= stop)
    end = cancel if cancelled else stop
    until = at if end is None else end
    run = Run(started, hours, pauses(spec, facts, everything, until))
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
    if clock.state != "breached" or clock.excluded or remedy.get("basis") != "fixed" or clock.late_s <= grace:
        return
    steps = [step for step in remedy.get("steps", ()) if clock.late_s > duration(step["after"]) // SECOND]
    highest = max(steps, key=lambda step: duration(step["after"]), default=None)
    clock.uncapped = (highest["amount"] if highest else 0) + remedy.get("per_minute", 0) * -(-clock.late_s // 60)
    cap = remedy.get("cap_per_event")
    clock.amount = clock.uncapped if cap is None else min(cap, clock.uncapped)


def excuse(term: Term, facts: Sequence[Fact]) -> str | None:
    """The code that excludes the breach: by evidence, or by the last decision on a proposal."""
    shown = {item["kind"] for fact in facts for item in fact.data.get("evidence", ())}
    for fact in facts:
        if fact.type != "excuse.proposed" or fact.data.get("term", term["id"]) != term["id"]:
            continue
        rule = next((rule for rule in term.get("excluded_when", ()) if rule["code"] == fact.data["code"]), None)
        kinds = (rule or {}).get("evidence") or []
        holds = bool(kinds) and set(kinds) <= shown
        for decision in facts:
            if decision.type in ("excuse.accepted", "excuse.rejected") and decision.data.get("excuse") == fact.id:
                holds = decision.type == "excuse.accepted"
        if holds:
            return str(fact.data["code"])
    return None


def qualified(term: Term, facts: Sequence[Fact], everything: Sequence[Fact]) -> bool:
    """Was the drop of the order no bigger than the forecast allows?"""
    rule = term.get("qualifies_when")
    if not rule:
        return True
    drop = next((fact.data["drop"] for fact in facts if "drop" in fact.data), None)
    orders = {fact.order for fact in everything if fact.order is not None and fact.data.get("drop") == drop}
    forecast = None
    for fact in everything:
        if fact.type == "drop.forecast" and fact.subject == f"drop/{drop}":
            forecast = fact.data["orders"]
    if drop is None or forecast is None:
        return False
    percent = Fraction(str(rule["orders_in_drop_at_most_percent_of_forecast"]))
    return len(orders) * 100 <= forecast * percent


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
    base = passed(facts, stages[first]["from"])
    spent = 0
    for stage in stages[first : final + 1]:
        came, left, budget = passed(facts, stage["from"]), passed(facts, stage["to"]), duration(stage["budget"])
        if base is not None and came is not None and came - base <= spent:
            if (left if left is not None else end) - came > budget:
                return party(contract, stage["party"])
        spent += budget
    return clock.party


def passed(facts: Sequence[Fact], kind: str) -> int | None:
    """When the order passed a milestone: with its last parcel where the milestone is a parcel's."""
    return last_stop(facts, [kind], ())


def party(contract: Mapping[str, Any], role: str) -> str:
    """The partner whom a parameter of the contract names, as it is printed."""
    return f"{role}/{contract['parameters'][role]}"
