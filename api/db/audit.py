"""The audit log: who did what, when, to what, and how it ended. It can be added to, and that is all.

Each entry carries the hash of itself and of the hash before it, so an entry that is changed, taken out or moved no
longer fits the next. What is cut off at the end is missed by nobody but whoever knows how long the log was: the
marketplace's own row does, and so does every head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from api.db.accounts import NoTenant
from api.db.tables.accounts import tenants
from api.db.tables.audit import audit
from api.principal import Principal
from router import codec
from router.errors import Conflict

LONGEST = 1000
"""Characters of a subject that are kept."""

_AT_A_TIME = 1000


class AuditBroken(Conflict):
    """The audit log is not as it was written."""

    code, title = "audit-broken", "The audit log was changed"

    def __init__(self, tenant: str, number: int, why: str) -> None:
        super().__init__(f"the audit log of {tenant!r} is broken at entry {number}: {why}", number=number)
        self.number = number


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One request that was to change something. ``number`` counts the marketplace's entries from 1, without gaps.

    ``action``: method and template of the route, or the command. ``subject``: what was made or changed; ``None`` where
    the request was refused. ``status``: how it was answered. ``sha256``: of the hash before it, a line feed, and the
    entry itself as canonical JSON without this field.
    """

    number: int
    at: datetime
    actor: str
    action: str
    subject: str | None = None
    request: str | None = None
    status: int
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """How far the log has come: so many entries, and the hash of the last. Whoever keeps it notices every change."""

    count: int
    sha256: str


_MINE = tenants.c.id == bindparam("of")
_COUNT = update(tenants).where(_MINE).values(audited=tenants.c.audited + 1)
_COUNT = _COUNT.returning(tenants.c.audited, tenants.c.audit_sha256)
_ADD = insert(audit)
_KEEP_HASH = update(tenants).where(_MINE).values(audit_sha256=bindparam("last_sha256"))


def append(
    db: Connection,
    tenant: str,
    *,
    actor: str,
    action: str,
    subject: str | None,
    status: int,
    at: datetime,
    request: str | None = None,
) -> AuditHead:
    """Adds an entry. The marketplace's row stays locked until the transaction ends, so add last."""
    number, before = db.execute(_COUNT, {"of": tenant}).one()
    entry = AuditEntry(
        number=number,
        at=at.replace(microsecond=0),
        actor=actor,
        action=action,
        subject=None if subject is None else subject[:LONGEST],
        request=request,
        status=status,
    )
    sha256 = hashed(entry, before or first_hash(tenant))
    row = {name: getattr(entry, name) for name in ("number", "at", "actor", "action", "subject", "request", "status")}
    db.execute(_ADD, row | {"tenant": tenant, "sha256": sha256})
    db.execute(_KEEP_HASH, {"of": tenant, "last_sha256": sha256})
    return AuditHead(count=number, sha256=sha256)


def did(db: Connection, who: Principal, *, status: int, made: str | None, at: datetime) -> None:
    """Adds what a request did. ``made``: the path of what it made, else it did it to what its own path names."""
    deed = who.deed
    append(
        db,
        who.tenant,
        actor=who.actor,
        action=deed.action,
        subject=(made or deed.path) if status < 400 else None,
        request=deed.request,
        status=status,
        at=at,
    )


def first_hash(tenant: str) -> str:
    """What stands for the hash before the first entry: of the marketplace's id, so that no log fits another's place."""
    return hashlib.sha256(tenant.encode()).hexdigest()


def hashed(entry: AuditEntry, before: str) -> str:
    """The hash of an entry that follows the hash ``before``."""
    return hashlib.sha256(before.encode() + b"\n" + codec.canonical(replace(entry, sha256=""))).hexdigest()


def listed(tenant: str) -> Select[Any]:
    """The entries of a marketplace."""
    return select(audit).where(audit.c.tenant == tenant)


def entry_of(row: Row[Any]) -> AuditEntry:
    """A row as a record."""
    return AuditEntry(**{name: value for name, value in row._mapping.items() if name != "tenant"})


def head(db: Connection, tenant: str) -> AuditHead:
    """How far the log has come. Raises ``NoTenant``."""
    row = db.execute(select(tenants.c.audited, tenants.c.audit_sha256).where(tenants.c.id == tenant)).one_or_none()
    if row is None:
        raise NoTenant(f"there is no marketplace {tenant!r}")
    return AuditHead(count=row.audited, sha256=row.audit_sha256 or first_hash(tenant))


def verify(db: Connection, tenant: str, known: AuditHead | None = None) -> AuditHead:
    """Reads the whole log and gives its head; ``known`` is one that was kept elsewhere.

    Raises ``AuditBroken`` for the first entry that is not as it was written, ``NoTenant``.
    """
    stated = head(db, tenant)
    if known is not None and known.count > stated.count:
        raise AuditBroken(tenant, stated.count + 1, f"it had {known.count} entries once and has {stated.count}")
    number, sha256 = 0, first_hash(tenant)
    _same(tenant, number, sha256, known)
    wanted = listed(tenant).order_by(audit.c.number)
    rows = db.execute(wanted, execution_options={"yield_per": _AT_A_TIME})
    for entry in map(entry_of, rows):
        number += 1
        if entry.number != number:
            raise AuditBroken(tenant, number, "it is missing")
        if hashed(entry, sha256) != entry.sha256:
            raise AuditBroken(tenant, number, "its hash is another")
        sha256 = entry.sha256
        _same(tenant, number, sha256, known)
    if (number, sha256) != (stated.count, stated.sha256):
        raise AuditBroken(tenant, number + 1, f"it had {stated.count} entries and has {number}")
    return stated


def _same(tenant: str, number: int, sha256: str, known: AuditHead | None) -> None:
    if known is not None and known.count == number and known.sha256 != sha256:
        raise AuditBroken(tenant, number, "its hash is not the one that was kept")
