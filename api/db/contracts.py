"""Published versions of contracts. They are added, and never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, select

from api.db.stored import named
from api.db.tables.sla import contracts as rows
from router.errors import Conflict, NotFound
from sla import codec
from sla.contract import Contract


class NoContract(NotFound):
    """The marketplace has no contract of that id and version."""

    code, title = "no-contract", "There is no such contract"

    def __init__(self) -> None:
        super().__init__("there is no contract of that id and version")


class ContractPublished(Conflict):
    """A version is to be published that is there with other content, or is not newer than the newest one."""

    code, title = "contract-published", "That version is published already"

    def __init__(self, contract: str, version: int, newest: int) -> None:
        told = f"version {version} of {contract!r} cannot be published: {newest} is; a change is a new version"
        super().__init__(told, version=version, newest=newest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractEntry:
    """One published version. ``from_on``: its first day, ``to_on``: the day after its last."""

    id: str
    version: int
    title: str | None
    from_on: str | None
    to_on: str | None
    sha256: str
    published_by: str
    published_at: datetime


def publish(
    db: Connection, tenant: str, contract: Contract, *, actor: str, now: datetime
) -> tuple[ContractEntry, bool]:
    """Keeps a version, and says whether it is new. Raises ``ContractPublished``."""
    content = codec.canonical(contract)
    sha256 = hashlib.sha256(content).hexdigest()
    same = and_(rows.c.tenant == tenant, rows.c.id == contract.id)
    found = db.execute(select(rows).where(same, rows.c.version == contract.version)).one_or_none()
    if found is not None and found.sha256 == sha256:
        return entry_of(found), False
    newest = db.execute(select(func.max(rows.c.version)).where(same)).scalar_one() or 0
    if contract.version <= newest:
        raise ContractPublished(contract.id, contract.version, newest)
    row = {
        "tenant": tenant,
        "id": contract.id,
        "version": contract.version,
        "title": contract.title,
        "from_on": None if contract.from_ is None else contract.from_.isoformat(),
        "to_on": None if contract.to is None else contract.to.isoformat(),
        "sha256": sha256,
        "document": content.decode(),
        "published_by": actor,
        "published_at": now,
    }
    db.execute(insert(rows).values(row))
    return entry_of(db.execute(select(rows).where(same, rows.c.version == contract.version)).one()), True


def listed(tenant: str, *, contract: str | None = None) -> Select[Any]:
    """Published versions, for ``entry_of``; order them by id and version."""
    found = select(rows).where(rows.c.tenant == tenant)
    return found if contract is None else found.where(named(rows.c.id, contract))


def entry_of(row: Row[Any]) -> ContractEntry:
    """A row of ``listed`` as a record."""
    return ContractEntry(**{name: row._mapping[name] for name in ContractEntry.__slots__})


def document(db: Connection, tenant: str, contract: str, version: int | None = None) -> str:
    """A version as canonical JSON, the newest where none is named. Raises ``NoContract``."""
    wanted = select(rows.c.document).where(rows.c.tenant == tenant, named(rows.c.id, contract))
    if version is not None:
        wanted = wanted.where(rows.c.version == version)
    found: str | None = db.execute(wanted.order_by(rows.c.version.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NoContract
    return found


def read(db: Connection, tenant: str, contract: str, version: int | None = None) -> Contract:
    """A version as a record. Raises ``NoContract``."""
    return codec.read_contract(document(db, tenant, contract, version).encode())
