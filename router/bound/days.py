"""Couriers' days: who may do the same at the same times, in which lanes their trips lie, and their cheapest day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from router import _bound
from router.bound.fees import Floats
from router.bound.legs import Legs, doors
from router.bound.stocks import Stocks
from router.bound.teams import Supply, Team
from router.bound.wants import NEVER_S, Flags, Wants
from router.bound.ways import Ways
from router.model import Drop

Cells = npt.NDArray[np.int32]

LANES = 16
"""Most lanes of a hub; of more waves, some count as one."""

FAR_SLOTS = 1 << 29
"""More slots than any day has."""

CELLS = 6_000_000
"""Most slots times doors times lanes of a day, 130 bytes each."""

BRIEF = 20
"""Most legs of less than a slot, on average over the doors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Trips that load at a hub from ``from_s`` to ``to_s``, both included, with waves aboard that end by ``wave_s``."""

    hub: int
    team: int
    from_s: int
    to_s: int
    wave_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How finely time is told. rough: legs take the nearest number of slots, one at least, and nothing is proved."""

    slot_s: int
    rough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that days are made of. between: door to door, by profile. scale: whole cost units of a minor unit."""

    drop: Drop
    asked: Wants
    held: Stocks
    teams: list[Team]
    found: Ways
    legs: dict[str, Legs]
    between: dict[str, Floats]
    scale: float

    @staticmethod
    def of(drop: Drop, asked: Wants, held: Stocks, teams: list[Team], found: Ways, legs: dict[str, Legs]) -> Scene:
        """The scene of a drop; door to door is measured here."""
        everyone = np.arange(len(drop.orders))
        between = {name: doors(drop, name, everyone) for name in legs}
        day = max((each.per_s * each.duty_s for each in teams), default=0.0)
        scale = 2.0 ** min(4, int(np.floor(20 - np.log2(1 + max(day, _typical(asked))))))
        return Scene(
            drop=drop, asked=asked, held=held, teams=teams, found=found, legs=legs, between=between, scale=scale
        )


def _typical(asked: Wants) -> float:
    some = asked.leaving[np.isfinite(asked.leaving)]
    return float(np.median(some)) * 8 if len(some) else 0.0


def lanes(scene: Scene, teams: tuple[int, ...], opens_s: int, closes_s: int) -> list[Lane]:
    """Lanes of couriers who work from ``opens_s`` to ``closes_s``: one for each wave that may be the last aboard."""
    made, held = list[Lane](), scene.held
    for team in teams:
        h = scene.teams[team].hub
        ends = {*held.wave_to_s[h][held.wave_to_s[h] < NEVER_S].tolist(), int(min(held.ready_s[h], NEVER_S))}
        begun = [each for each in ends if each <= opens_s]
        marks = sorted(each for each in ends if opens_s < each <= closes_s)
        marks = [max(begun), *marks] if begun else marks
        step = max(1, -(-len(marks) // LANES))
        for at in range(0, len(marks), step):
            after = at + step
            made.append(
                Lane(
                    hub=h,
                    team=team,
                    from_s=max(opens_s, marks[at]),
                    to_s=marks[after] - 1 if after < len(marks) else closes_s,
                    wave_s=marks[min(after, len(marks)) - 1],
                )
            )
    return made


class Kind:
    """Couriers that may do the same at the same times, but for when they must be back. Nodes are orders that they may
    visit, ``order``. By node and lane: ``item``, the way (−1: none), ``ships``, the fee of shipping then, ``waves``,
    which may be aboard (the last column: picked already), ``whole`` and ``part``, whether all or some of it may go. By
    node: ``latest``, the most that being late costs."""

    def __init__(self, members: list[Supply], scene: Scene, clock: Clock) -> None:
        found, asked, one = scene.found, scene.asked, members[0]
        self.members, self.scale, self.clock = members, scene.scale, clock
        self.team = scene.teams[one.teams[0]]
        last_s = max(each.closes_s for each in members)
        self.lanes = lanes(scene, one.teams, one.opens_s, last_s)
        self.begin_s = min((each.from_s for each in self.lanes), default=last_s)
        self.slots = max(1, (last_s - self.begin_s) // clock.slot_s + 1)
        item = np.full((len(asked.leaving), len(scene.teams)), -1, dtype=np.int64)
        own = np.isin(found.team, one.teams)
        item[found.order[own], found.team[own]] = np.flatnonzero(own)
        self.order = np.flatnonzero((item[:, list(one.teams)] >= 0).any(axis=1))
        self.home_team = next((each for each in one.teams if scene.teams[each].hub == one.home), one.teams[0])
        self.hub = np.array([each.hub for each in self.lanes], dtype=np.int64)
        shape = len(self.order), len(self.lanes)
        self.item, self.ships = np.zeros(shape, dtype=np.int64), np.zeros(shape)
        self.waves: Flags = np.zeros((*shape, found.late.shape[1]), dtype=np.bool_)
        for number, lane in enumerate(self.lanes):
            self.item[:, number] = item[self.order, lane.team]
            ships_s = np.full(len(self.order), lane.from_s + scene.teams[lane.team].load_s)
            self.ships[:, number] = asked.late(self.order, ships_s, np.full(len(self.order), -NEVER_S))
            ends_s = np.append(scene.held.wave_to_s[lane.hub], -NEVER_S)
            self.waves[:, number] = (ends_s <= lane.wave_s) & np.isfinite(found.late[self.item[:, number]])
        self.waves &= (self.item >= 0)[:, :, None]
        end_s = np.full(len(self.order), last_s + self.team.load_s)
        self.latest = asked.late(self.order, end_s, end_s)
        self.part: Flags = np.asarray(self.waves.any(axis=2), dtype=np.bool_)
        self.whole: Flags = np.asarray(self.part & found.whole[self.item], dtype=np.bool_)
        self.legs = self._legs(scene, one)

    def _legs(self, scene: Scene, one: Supply) -> dict[str, Cells]:
        """What ``_bound.Days`` is made of: whole slots, at most what legs take, and costs, at most what they cost."""
        order, way = self.order, scene.legs[self.team.profile]
        hubs = list(
            dict.fromkeys([*(scene.teams[each].hub for each in one.teams), *([one.home] if one.home >= 0 else [])])
        )
        self.hubs, self.home = hubs, hubs.index(one.home) if one.home >= 0 else -1
        service = np.stack([np.zeros(len(order)), scene.asked.service_s[order].astype(np.float64)])
        hop = scene.between[self.team.profile][:, order[:, None], order[None, :]] + service[:, :, None]
        out = way.to[:, hubs][:, :, order] + np.array([0.0, self.team.load_s])[:, None, None]
        back = way.fro[:, hubs][:, :, order] + service[:, None, :]
        made = {}
        for name, legs in (("hop", hop), ("out", out), ("back", back)):
            made[f"{name}_slots"], made[f"{name}_cost"] = self._slots(legs[1]), self._cost(legs)
        at_s = self.begin_s + self.clock.slot_s * np.arange(self.slots, dtype=np.int64)
        many = len(order) * self.slots
        late = scene.asked.late(np.repeat(order, self.slots), np.full(many, -NEVER_S), np.tile(at_s, len(order)))
        made["late"] = self._units(late).reshape(len(order), self.slots)
        made["opens"] = np.clip((scene.asked.opens_s[order] - self.begin_s) // self.clock.slot_s, 0, self.slots).astype(
            np.int32
        )
        return made

    def ready(self) -> bool:
        """Whether the day can be priced: it fits in memory, no trip is shorter than a slot, and few legs are."""
        brief = [bool((self.legs[f"{name}_slots"] < 1).any()) for name in ("out", "back")]
        at_once = int((self.legs["hop_slots"] < 1).sum())
        cells = self.slots * len(self.order) * (len(self.lanes) + 7)
        return cells <= CELLS and not all(brief) and at_once <= BRIEF * max(1, len(self.order))

    @property
    def work(self) -> int:
        """Legs times slots: how long it takes to price the day."""
        return len(self.order) ** 2 * self.slots * -(-len(self.lanes) // 8)

    def days(self) -> _bound.Days:
        """The day's program, laid out; once, for the legs are given away."""
        spans = [(self.hubs.index(each.hub), self.slot(each.from_s), self.slot(each.to_s)) for each in self.lanes]
        legs, self.legs = self.legs, {}
        return _bound.Days(start=self.slot(self.members[0].opens_s), home=self.home, lanes=spans, **legs)

    def slot(self, at_s: int) -> int:
        """The slot of an instant, 0 for any before the first; −1 for a day that is over before it begins."""
        return max(0, (at_s - self.begin_s) // self.clock.slot_s)

    def _slots(self, seconds: Floats) -> Cells:
        known = np.isfinite(seconds)
        slots = np.where(known, seconds, 0.0) / self.clock.slot_s
        slots = np.maximum(1.0, np.round(slots)) if self.clock.rough else np.floor(slots)
        return np.ascontiguousarray(np.where(known, np.minimum(slots, FAR_SLOTS), _bound.NO_WAY).astype(np.int32))

    def _cost(self, legs: Floats) -> Cells:
        known = np.isfinite(legs[1])
        way, seconds = (np.where(known, each, 0.0) for each in legs)
        return self._units((self.team.per_m * way + self.team.per_s * seconds) * (1 - 1e-12))

    def _units(self, money: Floats) -> Cells:
        found: Cells = np.minimum(np.floor(money * self.scale), _bound.DEEP).astype(np.int32)
        return np.ascontiguousarray(found)


def kinds(supplies: list[Supply], scene: Scene, clock: Clock) -> list[Kind]:
    """The supplies by kind: before anything can be ready nobody loads, so those who are there earlier begin then."""
    grouped: dict[tuple[tuple[int, ...], int, int], list[Supply]] = defaultdict(list)
    for each in supplies:
        first_s = min(min(scene.held.ready_s[scene.teams[team].hub] for team in each.teams), NEVER_S)
        grouped[each.teams, each.home, max(each.opens_s, int(first_s))].append(each)
    return [
        Kind([replace(each, opens_s=opens_s) for each in members], scene, clock)
        for (_, _, opens_s), members in grouped.items()
    ]
