"""Who made a clock late: a walk through the stages of the chain, each with a budget of its own.

Stages are measured in plain seconds between the events that begin and end them; how late the input of one came is told
from the clock's start. What several parcels go through has begun, or is done, with the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sla.clock import Clock
from sla.event import SECOND_US
from sla.order_log import OrderLog, last_of_firsts


class StageRule(NamedTuple):
    """One stage, made ready: event types at both ends, a budget in seconds, the party that has it."""

    id: str
    begin: str
    end: str
    budget_s: int
    party: str


class Step(NamedTuple):
    """One stage of a walk. ``allowed_s`` is how late its input may have come, ``came_s`` how late it did."""

    stage: str
    party: str
    came_s: int
    allowed_s: int
    took_s: int
    budget_s: int

    @property
    def is_cause(self) -> bool:
        """Whether the stage overran although its input came in time."""
        return self.took_s > self.budget_s and self.came_s <= self.allowed_s


def walk(stages: Sequence[StageRule], log: OrderLog, clock: Clock) -> list[Step]:
    """The stages that a started clock spans, in order: those that had begun before its end and were not over at its
    start. One that is not over yet has taken the time up to the clock's end.
    """
    started_us, end_us = clock.started_us, clock.end_us
    if started_us is None:
        return []
    steps: list[Step] = []
    allowed_s = 0
    over_us, over = None, ""
    for stage in stages:
        begun_us = over_us if stage.begin == over else _at(stage.begin, log, clock)
        over_us, over = _at(stage.end, log, clock), stage.end
        if begun_us is None or begun_us >= end_us:
            continue
        left_us = end_us if over_us is None else over_us
        if left_us <= started_us:
            continue
        came_s, took_s = (begun_us - started_us) // SECOND_US, (left_us - begun_us) // SECOND_US
        steps.append(Step(stage.id, stage.party, came_s, allowed_s, took_s, stage.budget_s))
        allowed_s += stage.budget_s
    return steps


def cause(steps: Sequence[Step], obligated: str) -> str:
    """The party of the first stage that overran in spite of timely input; the obligated one where none did."""
    return next((step.party for step in steps if step.is_cause), obligated)


def _at(kind: str, log: OrderLog, clock: Clock) -> int | None:
    event = last_of_firsts(log.firsts((kind,)), clock.parcels)
    return event.at_us if event else None
