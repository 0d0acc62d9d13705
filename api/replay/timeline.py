"""One case out of an event file: its verdict, and the events that decided it, as evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from api import files
from router.errors import Fault, Faulty, Invalid, NotFound
from sla import event
from sla.case import decisive
from sla.codec import canonical
from sla.contract import Contract
from sla.event import Event, EventContradicted, FaultyEvent
from sla.evidence import timeline
from sla.judge import judge
from sla.order_log import Identity
from sla.replay import gathered
from sla.rows import clock_line
from sla.rules import prepared


class CaseMissing(NotFound):
    """The replay has no such clock."""

    code, title = "case-missing", "There is no such case"


class CaseUnreadable(Invalid):
    """A case is not named as a term and an order."""

    code, title = "case-unreadable", "That names no case"


def read_all(path: Path) -> dict[Identity, Event]:
    """Every event of a file, each once. Raises ``Faulty`` with all faults, and ``EventContradicted``."""
    return {made.identity: made for made, _ in _read(path)}


def evidence_of(path: Path, contract: Contract, case: str, at_us: int | None) -> bytes:
    """The evidence of a case (``handover:order/o1``) out of an event file.

    Raises ``CaseUnreadable``, ``CaseMissing``, and what reading raises.
    """
    term, mark, order = case.partition(":order/")
    if not mark or not term or not order:
        raise CaseUnreadable(f"{case!r} names no case; write its term and order, such as handover:order/o1")
    lines = {made.identity: line for made, line in _read(path)}
    events = [event.read(line) for line in lines.values()]
    rules = prepared(contract)
    log = gathered(rules, events, at_us)
    wanted = [rule for rule in rules.terms if rule.term == term]
    if log is not None and order in log.by_order:
        own, known = log.order(order), log.known[-1]
        for verdict in judge(wanted, rules.stages, own, known.around, known.at_us):
            stages = [kind for stage in rules.stages for kind in (stage.begin, stage.end)]
            about = {
                "contract": {"id": contract.id, "version": contract.version, "sha256": _sha256(contract)},
                "verdict": json.loads(clock_line(verdict, order)),
                "walk": [step._asdict() | {"is_cause": step.is_cause} for step in verdict.steps],
            }
            decided = decisive(verdict, own, known.around, stages)
            return timeline(about, [json.loads(lines[made.identity]) for made in decided])
    raise CaseMissing(f"the replay has no clock {case!r}; is the order in the events, and the term about it?")


def _sha256(contract: Contract) -> str:
    return hashlib.sha256(canonical(contract)).hexdigest()


def _read(path: Path) -> Iterator[tuple[Event, bytes]]:
    met: dict[Identity, bytes] = {}
    faults: list[Fault] = []
    for number, line in enumerate(files.read(path).splitlines(keepends=True), start=1):
        if line.isspace():
            continue
        try:
            made = event.read(line)
        except FaultyEvent as error:
            faults += [
                Fault(pointer=f"line {number}: {each.pointer or '/'}", code=each.code, message=each.message)
                for each in error.faults
            ]
            continue
        before = met.setdefault(made.identity, line)
        if before is line:
            yield made, line
        elif event.content(before) != event.content(line):
            raise EventContradicted(made.source, made.id, before.decode().strip(), line.decode().strip())
    if faults:
        refused = Faulty("event file", tuple(faults))
        refused.context["path"] = str(path)
        raise refused
