"""What a person decided beside the solver: an order comes from one hub, a courier does not drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Len
from sqlalchemy import Connection, Row, Select, delete, insert, select

from api.db.stored import named
from api.db.tables.plans import overrides
from router.errors import Fault, Faulty, NotFound
from router.model import Courier, Drop, Id, Record, Trip

Kind: TypeAlias = Literal["pin-order", "forbid-courier"]

_NEEDS: dict[str, tuple[str, ...]] = {"pin-order": ("order", "hub"), "forbid-courier": ("courier",)}
"""The fields of each kind."""


class NoOverride(NotFound):
    """The drop has no override of that id."""

    code, title = "no-override", "There is no such override"

    def __init__(self, drop: str) -> None:
        super().__init__(f"drop {drop!r} has no override of that id")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride(Record):
    """``pin-order``: ``order`` comes from ``hub`` alone. ``forbid-courier``: ``courier`` does not drive."""

    kind: Kind
    order: Id | None = None
    hub: Id | None = None
    courier: Id | None = None
    reason: Annotated[str, Len(1, 500)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A decision that holds for every plan made from now on, until it is taken back."""

    id: str
    kind: Kind
    order: str | None
    hub: str | None
    courier: str | None
    reason: str | None
    created_by: str
    created_at: datetime


def check(new: NewOverride) -> None:
    """Raises ``Faulty`` where fields are missing, or stand beside a kind that has none such."""
    faults = []
    for name in ("courier", "hub", "order"):
        given, wanted = getattr(new, name) is not None, name in _NEEDS[new.kind]
        if wanted and not given:
            faults.append(Fault(pointer=f"/{name}", code="missing-field", message="is required and absent"))
        elif given and not wanted:
            message = f"means nothing for {new.kind}; leave it out"
            faults.append(Fault(pointer=f"/{name}", code="bad-value", message=message))
    if faults:
        raise Faulty("override", tuple(faults))


def add(
    db: Connection, tenant: str, drop: str, override: str, new: NewOverride, *, actor: str, now: datetime
) -> Override:
    """A new override of a drop; whether the drop has what it names is for the caller."""
    row = {name: getattr(new, name) for name in ("kind", "order", "hub", "courier", "reason")}
    row |= {"tenant": tenant, "drop": drop, "id": override, "created_by": actor, "created_at": now}
    db.execute(insert(overrides).values(row))
    found = db.execute(listed(tenant, drop).where(overrides.c.id == override)).one()
    return override_of(found)


def listed(tenant: str, drop: str) -> Select[Any]:
    """The overrides of a drop, for ``override_of``; order them by ``created_at`` and id."""
    return select(overrides).where(overrides.c.tenant == tenant, overrides.c.drop == drop)


def override_of(row: Row[Any]) -> Override:
    """A row of ``listed`` as a record."""
    return Override(**{name: row._mapping[name] for name in Override.__slots__})


def remove(db: Connection, tenant: str, drop: str, override: str) -> None:
    """Takes an override back. Raises ``NoOverride``."""
    mine = (overrides.c.tenant == tenant, overrides.c.drop == drop, named(overrides.c.id, override))
    if not db.execute(delete(overrides).where(*mine)).rowcount:
        raise NoOverride(drop)


def every(db: Connection, tenant: str, drop: str) -> tuple[Override, ...]:
    """All of them, the oldest first."""
    rows = listed(tenant, drop).order_by(overrides.c.created_at, overrides.c.id)
    return tuple(override_of(row) for row in db.execute(rows))


def applied(drop: Drop, decided: Sequence[Override]) -> Drop:
    """The drop under these decisions: of two pins of one order the later one holds.

    A courier with trips under way keeps these and gets no more, but for one home where the last ends elsewhere. Pure.
    """
    pins = {each.order: each.hub for each in decided if each.kind == "pin-order" and each.hub is not None}
    out = {each.courier for each in decided if each.kind == "forbid-courier"}
    under_way: dict[str, list[Trip]] = {}
    for trip in sorted(drop.committed.trips, key=lambda trip: trip.load_at):
        under_way.setdefault(trip.courier, []).append(trip)
    return replace(
        drop,
        orders=tuple(replace(order, hubs=(pins[order.id],)) if order.id in pins else order for order in drop.orders),
        couriers=tuple(
            _finishing(courier, under_way[courier.id]) if courier.id in out else courier
            for courier in drop.couriers
            if courier.id not in out or courier.id in under_way
        ),
    )


def _finishing(courier: Courier, trips: Sequence[Trip]) -> Courier:
    """A courier who does not drive any more once home; ``trips``: those under way, in order."""
    return replace(courier, max_trips=len(trips) + (trips[-1].return_to != courier.home))
