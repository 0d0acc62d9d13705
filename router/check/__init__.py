"""The referee: every rule R0–R12 of the format, held against a drop and a plan.

It measures legs and adds up totals by itself and shares no code with whoever made the plan. Every rule is a
function of a ``Case`` that yields remarks. A rule steps over what is unknown, since R0 has reported that, and
never raises. What each finding means is in ``docs/rules.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from router.check.carriage import capacity, collected, loading, times, way_out
from router.check.case import Case, Remark, open_case
from router.check.form import committed, cost, form, road_drop
from router.check.goods import stock, waves, whole
from router.check.movement import duty, movement
from router.errors import Fault, Faulty
from router.model import Drop
from router.plan import Plan

__all__ = ["RULES", "Finding", "findings", "from_faults"]

RULES: dict[str, Callable[[Case], Iterator[Remark]]] = {
    "R0": form,
    "R1": whole,
    "R2": stock,
    "R3": waves,
    "R4": way_out,
    "R5": loading,
    "R6": capacity,
    "R7": movement,
    "R8": duty,
    "R9": collected,
    "R10": times,
    "R11": cost,
    "R12": committed,
}

_OUT_OF_RANGE = (
    (re.compile(r"/parcels/\d+/lines/\d+/quantity"), "R1"),
    (re.compile(r"/parcels/\d+/lines/\d+/contingency"), "R2"),
    (re.compile(r"/trips/\d+/metres"), "R7"),
    (re.compile(r"/cost/\w+"), "R11"),
)
"""Figures that no record can hold, such as a quantity of 0: which rule they break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One way in which a plan is invalid: the rule, where (a JSON pointer into the plan), and a sentence."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule} {self.where or '/'}: {self.message}"


def findings(drop: Drop, plan: Plan) -> tuple[Finding, ...]:
    """Everything that makes ``plan`` invalid for ``drop``, by rule and then by place; empty for a valid plan.

    A drop with road travel has no distances of its own: the one finding then says so. O(both documents).
    """
    if drop.travel.kind == "road":
        where, message = road_drop(drop, plan)
        return (Finding(rule="R0", where=where, message=message),)
    case = open_case(drop, plan)
    return tuple(
        Finding(rule=name, where=where, message=message)
        for name, rule in RULES.items()
        for where, message in rule(case)
    )


def from_faults(faulty: Faulty) -> tuple[Finding, ...]:
    """Findings for a plan that could not be read: R0, or the rule that an impossible figure breaks."""
    return tuple(
        Finding(rule=_broken_by(fault), where=fault.pointer, message=f"{fault.message} [{fault.code}]")
        for fault in faulty.faults
    )


def _broken_by(fault: Fault) -> str:
    if fault.code == "out-of-range":
        return next((rule for place, rule in _OUT_OF_RANGE if place.fullmatch(fault.pointer)), "R0")
    return "R0"
