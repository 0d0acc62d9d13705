"""Forbidden turns: junctions that have some are taken apart, so that a shortest path cannot make them.

Every way into such a junction then ends at a node of its own, every way out begins at one, and joins of no
length lead from the one to the other where the turn is allowed. All other junctions stay one node. The idea
is that of the edge-expanded graph, kept to the few junctions that need it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from router.streets.extract import Ban, Int64, Stretches


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """Where each stretch begins and ends once the junctions with forbidden turns are taken apart."""

    nodes: int
    forward: Int64
    """Node left and node reached from tail to head; shape (E, 2)."""
    backward: Int64
    """The same from head to tail."""
    joins: Int64
    """Nodes that lead on to another without metres or seconds; shape (J, 2)."""
    arrival: Int64
    """Where a way *to* the junction ends; shape (stretches.nodes,). A way *from* it begins at itself."""


def arms(stretches: Stretches) -> Arms:
    """The graph's nodes with every ban of ``stretches`` built in. Pure; O(stretches + bans)."""
    forward = np.stack((stretches.tail, stretches.head), axis=1)
    backward = forward[:, ::-1].copy()
    arrival = np.arange(stretches.nodes)
    joins: list[tuple[int, int]] = []
    nodes = stretches.nodes
    banned = _by_junction(stretches)
    arms_in = _arms_at(banned, stretches.head, stretches.tail, stretches)
    arms_out = _arms_at(banned, stretches.tail, stretches.head, stretches)
    for junction, bans in banned.items():
        into, out_of = arms_in[junction], arms_out[junction]
        forbidden = {turn for ban in bans for turn in _forbidden(stretches, ban, into, out_of)}
        if not forbidden:
            continue
        arrival[junction] = nodes
        begins = {arm: nodes + 1 + i for i, arm in enumerate(out_of)}
        ends = {arm: nodes + 1 + len(out_of) + i for i, arm in enumerate(into)}
        nodes += 1 + len(out_of) + len(into)
        for arm, node in begins.items():
            _ends_of(arm, forward, backward)[arm[0], 0] = node
            joins.append((junction, node))
        for arm, node in ends.items():
            _ends_of(arm, forward, backward)[arm[0], 1] = node
            joins.append((node, int(arrival[junction])))
            joins.extend((node, begins[to]) for to in out_of if (arm, to) not in forbidden)
        joins.append((junction, int(arrival[junction])))
    return Arms(
        nodes=nodes,
        forward=forward,
        backward=backward,
        joins=np.array(joins, dtype=np.int64).reshape(-1, 2),
        arrival=arrival,
    )


_Arm = tuple[int, bool]
"""A stretch and whether it is travelled forward."""


def _by_junction(stretches: Stretches) -> dict[int, list[Ban]]:
    found: dict[int, list[Ban]] = {}
    for ban in stretches.bans:
        if ban.via in stretches.junction:
            found.setdefault(stretches.junction[ban.via], []).append(ban)
    return found


def _arms_at(
    junctions: Iterable[int], forward_end: Int64, backward_end: Int64, stretches: Stretches
) -> dict[int, list[_Arm]]:
    """Open arms by junction, where the two arrays say at which junction each stretch has that end."""
    found: dict[int, list[_Arm]] = {junction: [] for junction in junctions}
    wanted = np.array(list(found), dtype=np.int64)
    for forward, end, ms in (
        (True, forward_end, stretches.forward_ms),
        (False, backward_end, stretches.backward_ms),
    ):
        for stretch in np.flatnonzero(np.isin(end, wanted) & (ms >= 0)):
            found[int(end[stretch])].append((int(stretch), forward))
    return found


def _forbidden(stretches: Stretches, ban: Ban, into: list[_Arm], out_of: list[_Arm]) -> list[tuple[_Arm, _Arm]]:
    come = [arm for arm in into if stretches.way[arm[0]] in ban.from_ways]
    named = [arm for arm in out_of if stretches.way[arm[0]] in ban.to_ways]
    if ban.only:
        # Where the one way that is left is not in the graph, obeying would close the street altogether.
        return [(arm, to) for arm in come for to in out_of if to not in named] if named else []
    if ban.turns_back and set(ban.from_ways) & set(ban.to_ways):
        return [(arm, to) for arm in come for to in named if to[0] == arm[0]]
    return [(arm, to) for arm in come for to in named]


def _ends_of(arm: _Arm, forward: Int64, backward: Int64) -> Int64:
    return forward if arm[1] else backward
