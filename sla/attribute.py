"""Who made a clock late: a walk through the stages of the chain, each with a budget of its own.

A clock spans the stages from the one that begins with one of its start events to the one that ends with one of its stop
events. Stages are measured in plain time between those events; what several parcels go through has begun, or is done,
with the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sla.clock import Clock, ClockRule
from sla.order_log import OrderLog, last_of_firsts


class StageRule(NamedTuple):
    """One stage, made ready: event types at both ends, a budget in microseconds, the party that has it."""

    name: str
    begin: str
    end: str
    budget_us: int
    party: str


class Step(NamedTuple):
    """One stage of a walk, in microseconds.

    ``came_us``: how long after the first stage began its input came, ``allowed_us``: how long it might have taken.
    """

    stage: str
    party: str
    came_us: int
    allowed_us: int
    took_us: int
    budget_us: int

    @property
    def is_cause(self) -> bool:
        """Whether the stage overran although its input came in time."""
        return self.took_us > self.budget_us and self.came_us <= self.allowed_us


def walk(stages: Sequence[StageRule], rule: ClockRule, log: OrderLog, clock: Clock) -> list[Step]:
    """The stages that a clock spans and that have begun, in order; none where it does not span several.

    A stage that is not over yet has taken the time up to the clock's end.
    """
    first = next((place for place, stage in enumerate(stages) if stage.begin in rule.starts), len(stages))
    last = next((place for place, stage in enumerate(stages) if stage.end in rule.stops), -1)
    steps: list[Step] = []
    if last <= first:
        return steps
    base_us = _at(stages[first].begin, log, clock)
    allowed_us = 0
    for stage in stages[first : last + 1]:
        came_us = _at(stage.begin, log, clock)
        left_us = _at(stage.end, log, clock)
        if came_us is not None and base_us is not None:
            took_us = (clock.end_us if left_us is None else left_us) - came_us
            steps.append(Step(stage.name, stage.party, came_us - base_us, allowed_us, took_us, stage.budget_us))
        allowed_us += stage.budget_us
    return steps


def cause(steps: Sequence[Step], obligated: str) -> str:
    """The party of the first stage that overran in spite of timely input; the obligated one where none did."""
    return next((step.party for step in steps if step.is_cause), obligated)


def _at(kind: str, log: OrderLog, clock: Clock) -> int | None:
    event = last_of_firsts(log.firsts((kind,)), clock.parcels)
    return event.at_us if event else None
