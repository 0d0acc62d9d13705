"""Random bound contracts: every field of the format comes up, most values near those that the events make up."""

from datetime import date, timedelta
from random import Random
from typing import Any

HUBS = ("kallio", "pasila", "harbour")
COURIERS = ("bike-1", "bike-2", "van-1")
TIERS = ("express-2h", "same-day")
PARTIES = {"hub": "northdock", "courier": "pedal", "marketplace": "popup", "seller": "brand"}
ZONES = (
    "Europe/Helsinki",
    "Europe/Helsinki",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Santiago",
    "Africa/Casablanca",
    "UTC",
)
HOURS = (
    {"mon-fri": ["08:00-20:00"], "sat": ["10:00-16:00"]},
    {"mon-sun": ["00:00-24:00"]},
    {"mon-sun": ["02:00-03:30"]},
    {"mon-fri": ["06:00-11:30", "12:00-18:00"], "sun": ["22:00-24:00"]},
    {"mon-thu": ["20:00-24:00"], "tue-fri": ["00:00-04:00"], "sat": ["00:30-03:15", "23:00-24:00"]},
)
SPANS = (
    ("order.placed", "order.cleared", "marketplace"),
    ("order.cleared", "plan.released", "marketplace"),
    ("order.cleared", "parcel.handed_over", "hub"),
    ("plan.released", "parcel.packed", "hub"),
    (["order.cleared", "plan.released"], "parcel.handed_over", "hub"),
    ("order.cleared", "parcel.delivered", "courier"),
    ("parcel.handed_over", ["parcel.delivered", "parcel.attempt_failed"], "courier"),
    ("order.placed", "parcel.delivered", "seller"),
    ("parcel.packed", ["parcel.handed_over"], "hub"),
)
TARGETS = ("PT15M", "PT30M", "PT1H", "PT1H", "PT2H", "PT24H", "P1D", "PT90M", "PT3600S")
STAGES = (
    ("review", "order.placed", "order.cleared", "PT15M", "marketplace"),
    ("release", "order.cleared", "plan.released", "PT10M", "marketplace"),
    ("pick", "plan.released", "parcel.packed", "PT40M", "hub"),
    ("handover", "parcel.packed", "parcel.handed_over", "PT10M", "hub"),
    ("door", "parcel.handed_over", "parcel.delivered", "PT45M", "courier"),
)


def contract(random: Random, first: date) -> dict[str, Any]:
    """A bound contract of clock terms t0, t1, … and ratio terms r0, r1, … over them; the log begins on ``first``."""
    made: dict[str, Any] = {
        "format": "dropwright.contract/1",
        "id": "made-up",
        "version": 1,
        "currency": "EUR",
        "timezone": random.choice(ZONES),
        "parameters": dict(PARTIES),
        "calendars": [_calendar(random, "dock"), _calendar(random, "desk")],
        "tiers": [{"id": tier} for tier in TIERS],
    }
    if random.random() < 0.25:
        made["hubs"] = random.sample(HUBS, random.randrange(1, 3))
    if random.random() < 0.25:
        made["couriers"] = random.sample(COURIERS, random.randrange(1, 3))
    if random.random() < 0.5:
        made["from"] = str(first - timedelta(days=random.choice((0, -1, 2, 30))))
    if random.random() < 0.2:
        made["to"] = str(first + timedelta(days=random.choice((3, 10, 40))))
    clocks = [_clock_term(random, f"t{number}") for number in range(random.randrange(3, 7))]
    ratios = [_ratio_term(random, f"r{number}", random.choice(clocks)) for number in range(random.choice((0, 1, 1, 2)))]
    made["terms"] = [*clocks, *ratios]
    if random.random() < 0.8:
        names = ("id", "from", "to", "budget", "party")
        made["stages"] = [dict(zip(names, stage, strict=True)) for stage in STAGES]
    if random.random() < 0.9 or any((term.get("remedy") or {}).get("basis") == "pool" for term in ratios):
        made["settlement"] = _settlement(random, ratios)
    if random.random() < 0.8:
        made["fees"] = [
            {"party": party, "from": f"2026-{month:02}-01", "to": _first_after(month), "amount": amount}
            for party in PARTIES
            for month in range(3, 13)
            if random.random() < 0.7
            for amount in (random.choice((1_010, 1_020, 99_999, 10_000_000)),)
        ]
    return made


def _first_after(month: int) -> str:
    return "2027-01-01" if month == 12 else f"2026-{month + 1:02}-01"


def _calendar(random: Random, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"id": name, "hours": random.choice(HOURS)}
    closed = {}
    if random.random() < 0.4:
        closed["country"] = random.choice(("FI", "US"))
    if random.random() < 0.3:
        closed["dates"] = ["2026-03-29", "2026-10-26"]
    return made | ({"holidays": closed} if closed else {})


def _clock_term(random: Random, name: str) -> dict[str, Any]:
    start, stop, obligated = random.choice(SPANS)
    clock: dict[str, Any] = {"start": start, "stop": stop, "target": random.choice(TARGETS)}
    if random.random() < 0.5:
        clock["cancel"] = ["order.cancelled"]
    if random.random() < 0.6:
        pauses = [
            {"from": "hub.closed_by_authority", "to": "hub.reopened", "reason": "force_majeure"},
            {"from": "order.held", "to": "pick.completed"},
        ]
        clock["pause"] = random.sample(pauses, random.randrange(1, 3))
    if random.random() < 0.5:
        clock["calendar"] = random.choice(("dock", "desk"))
        if random.random() < 0.5:
            clock["cutoff"] = {"local_time": random.choice(("18:00", "03:00", "12:00")), "after": "next_opening"}
    if random.random() < 0.5:
        clock["grace"] = random.choice(("PT5M", "PT0S", "PT1M", "PT1H"))
    if random.random() < 0.6:
        risks: tuple[dict[str, Any], ...] = (
            {"percent": 80},
            {"percent": 33.3},
            {"before": "PT10M"},
            {"before": "PT3H"},
        )
        clock["at_risk"] = random.choice(risks)
    term: dict[str, Any] = {"id": name, "obligated": obligated, "clock": clock}
    if random.random() < 0.25:
        term["scope"] = {"tiers": random.sample(TIERS, 1)}
        if random.random() < 0.5:
            term["scope"]["hubs"] = random.choice((["kallio", "pasila"], ["harbour"]))
    if random.random() < 0.6:
        rules = [{"code": "stock_error_upstream", "evidence": ["photo"]}, {"code": "bad_address", "evidence": []}]
        rules += [{"code": "weather", "evidence": ["scan", "note"]}]
        term["excluded_when"] = random.sample(rules, random.randrange(1, 4))
    if random.random() < 0.15:
        percent = random.choice((100, 120, 400))
        term["qualifies_when"] = {"orders_in_drop_at_most_percent_of_forecast": percent}
    if random.random() < 0.9:
        term["remedy"] = _fixed(random)
    return term


def _fixed(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {"basis": "fixed"}
    if random.random() < 0.9:
        steps = [{"after": after, "amount": random.randrange(50, 900)} for after in ("PT0S", "PT30M", "PT2H")]
        made["steps"] = steps[: random.randrange(1, 4)]
    if random.random() < 0.4:
        made["per_minute"] = random.choice((0, 1, 7))
    if random.random() < 0.5:
        made["cap_per_event"] = random.choice((100, 500, 2_000))
    return made


def _ratio_term(random: Random, name: str, clock: dict[str, Any]) -> dict[str, Any]:
    ratio: dict[str, Any] = {
        "good": f"{clock['id']}: met",
        "of": clock["id"],
        "window": {"calendar": "P1M"},
        "target": random.choice((0.97, 0.9, 0.5)),
    }
    if random.random() < 0.5:
        ratio["at_least"] = random.choice((1, 2, 20))
    if random.random() < 0.5:
        ratio["excludes"] = ["excused"]
    ladder = [{"below": 0.97, "value": 5}, {"below": 0.9, "value": 10}, {"below": 0.4, "value": 2.5}]
    pool = {"basis": "pool", "pool": "quality", "share_percent": random.choice((40, 33.3))}
    percent = {"basis": "percent_of_fees", "ladder": ladder}
    return {
        "id": name,
        "obligated": clock["obligated"],
        "ratio": ratio,
        "remedy": random.choice((percent, percent, pool)),
    }


def _settlement(random: Random, ratios: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {"window": "P1M", "pools": [{"id": "quality", "share_percent": 50}]}
    made["at_risk_percent"] = random.choice((15, 10, 2.5))
    if random.random() < 0.5:
        made["cap_12_months"] = random.choice((300, 2_000, 500_000))
    if random.random() < 0.3:
        made["grace_period"] = random.choice(("P3D", "P30D"))
    if ratios and random.random() < 0.8:
        windows, least = random.choice((1, 1, 2)), random.choice((0.1, 0.3))
        made["earn_back"] = {"term": ratios[0]["id"], "windows": windows, "at_or_above": least}
        if random.random() < 0.3:
            made["earn_back"]["not_in"] = [4, 11]
    return made
