"""Pick lists of released plans. The scope stands in each query: what belongs to others is not found, like what is not.

Whoever works for the marketplace sees all of its lists, a hub operator those of its partner's hubs, a courier operator
none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, and_, false, insert, select

from api.db import stored
from api.db.stored import File, Format
from api.db.tables.releases import pick_list_files, pick_lists
from api.documents import pick_list_csv, pick_list_json
from api.documents.picking import PickList
from api.paging import Page, Paged
from api.principal import Principal, Role
from router.errors import NotFound

FORMATS: Mapping[str, Format[PickList]] = MappingProxyType(
    {
        "csv": Format(media_type=pick_list_csv.MEDIA_TYPE, render=pick_list_csv.render),
        "json": Format(media_type=pick_list_json.MEDIA_TYPE, render=pick_list_json.render),
    }
)


class NoPickList(NotFound):
    """No pick list of that id, or none that whoever asks may see."""

    code, title = "no-pick-list", "There is no such pick list"

    def __init__(self) -> None:
        super().__init__("there is no pick list of that id")


@dataclass(frozen=True, slots=True, kw_only=True)
class PickListEntry:
    """What one hub picks in one wave. ``due_at``: picked by then; ``leaves_at``: when its first parcel leaves.

    ``lines`` and ``units`` count what is picked. ``superseded_at``: when it was withdrawn.
    """

    id: str
    drop: str
    plan_version: int
    hub: str
    partner: str
    wave: str
    start_at: datetime
    due_at: datetime
    leaves_at: datetime
    lines: int
    units: int
    released_at: datetime
    superseded_at: datetime | None


_SHOWN = tuple(pick_lists.c[field.name] for field in fields(PickListEntry))


def add(db: Connection, tenant: str, lists: Mapping[str, PickList], *, drop: str, version: int, now: datetime) -> None:
    """Stores lists by their ids, in every format."""
    rows = [
        {
            "tenant": tenant,
            "id": name,
            "drop": drop,
            "plan_version": version,
            "hub": each.hub,
            "partner": each.partner,
            "wave": each.wave,
            "start_at": each.start_at,
            "due_at": each.end_at,
            "leaves_at": each.leaves_at,
            "lines": len(each.lines),
            "units": each.units,
            "released_at": now,
        }
        for name, each in lists.items()
    ]
    if rows:
        db.execute(insert(pick_lists), rows)
    stored.add(db, pick_list_files, tenant, lists, FORMATS)


def page(
    db: Connection,
    who: Principal,
    paged: Paged,
    *,
    drop: str | None = None,
    hub: str | None = None,
    wave: str | None = None,
    due_after: datetime | None = None,
) -> Page[PickListEntry]:
    """Lists that hold: due first, then leaving first, then by id. ``due_after`` is strict. Raises ``BadCursor``."""
    held = pick_lists.c
    rows = select(*_SHOWN).where(_seen(who), held.superseded_at.is_(None))
    for column, wanted in ((held.drop, drop), (held.hub, hub), (held.wave, wave)):
        if wanted is not None:
            rows = rows.where(stored.named(column, wanted))
    if due_after is not None:
        rows = rows.where(held.due_at > due_after)
    by = (held.due_at, held.leaves_at, held.id)
    return paged.page(db, rows, by, lambda row: PickListEntry(**row._mapping))


def held(db: Connection, tenant: str, drop: str, version: int) -> dict[tuple[str, str], str]:
    """The ids of the lists of one version that were not withdrawn, by hub and wave."""
    return {
        (each.hub, each.wave): each.id for each in released(db, tenant, drop, version) if each.superseded_at is None
    }


def withdraw(db: Connection, tenant: str, names: Sequence[str], now: datetime) -> tuple[PickListEntry, ...]:
    """Takes lists back, and gives them: for whoever tells the hubs."""
    stored.withdraw(db, pick_lists, tenant, names, now)
    wanted = select(*_SHOWN).where(pick_lists.c.tenant == tenant, pick_lists.c.id.in_(names)).order_by(pick_lists.c.id)
    return tuple(PickListEntry(**row) for row in db.execute(wanted).mappings())


def released(db: Connection, tenant: str, drop: str, version: int) -> tuple[PickListEntry, ...]:
    """The lists of one version of a drop's plan, in the order of ``page``: for whoever tells the hubs."""
    held = pick_lists.c
    wanted = (
        select(*_SHOWN)
        .where(held.tenant == tenant, held.drop == drop, held.plan_version == version)
        .order_by(held.due_at, held.leaves_at, held.id)
    )
    return tuple(PickListEntry(**row) for row in db.execute(wanted).mappings())


def entry(db: Connection, who: Principal, pick_list: str) -> PickListEntry:
    """The list of that id, withdrawn or not. Raises ``NoPickList``."""
    row = db.execute(select(*_SHOWN).where(_one(who, pick_list))).mappings().one_or_none()
    if row is None:
        raise NoPickList
    return PickListEntry(**row)


def file(db: Connection, who: Principal, pick_list: str, ending: str) -> File:
    """The list of that id in one of ``FORMATS``. Raises ``NoPickList``, ``Withdrawn``, ``FileDamaged``."""
    row = stored.find(db, pick_lists, pick_list_files, _one(who, pick_list), ending)
    if row is None:
        raise NoPickList
    return File(
        words=("pick-list", row.drop, f"v{row.plan_version}", row.hub, row.wave),
        ending=ending,
        media_type=FORMATS[ending].media_type,
        sha256=row.sha256,
        content=row.content,
    )


def _seen(who: Principal) -> ColumnElement[bool]:
    """What whoever asks may see."""
    if who.role is Role.COURIER:
        return false()
    mine = pick_lists.c.tenant == who.tenant
    return mine if who.hub_partner is None else and_(mine, pick_lists.c.partner == who.hub_partner)


def _one(who: Principal, pick_list: str) -> ColumnElement[bool]:
    return and_(_seen(who), stored.named(pick_lists.c.id, pick_list))
