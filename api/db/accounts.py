"""Marketplaces and the keys to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, insert, literal, or_, select, update

from api.db.schema import Instant
from api.db.tables.accounts import api_keys, tenants
from api.keys import NewKey, parts, same
from api.principal import Principal, Role, RoleName
from router.errors import Conflict, NotFound


class NoTenant(NotFound):
    """No marketplace of that id."""

    code, title = "no-tenant", "There is no such marketplace"


class NoKey(NotFound):
    """No API key of that id in this marketplace."""

    code, title = "no-key", "There is no such API key"


class TenantExists(Conflict):
    """A marketplace of that id is there already."""

    code, title = "tenant-exists", "The marketplace is there already"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret; ``prefix`` is what its text begins with, after ``dw_``."""

    id: str
    name: str
    prefix: str
    role: RoleName
    partner: str | None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A marketplace."""

    id: str
    name: str
    created_at: datetime


def add_tenant(db: Connection, tenant: str, *, name: str, now: datetime) -> None:
    """A new marketplace with nothing in it. Raises ``TenantExists``."""
    if db.execute(select(tenants.c.id).where(tenants.c.id == tenant)).one_or_none() is not None:
        raise TenantExists(f"there is a marketplace {tenant!r} already")
    db.execute(insert(tenants).values(id=tenant, name=name, created_at=now))


def tenant(db: Connection, tenant: str) -> Tenant:
    """The marketplace of that id. Raises ``NoTenant``."""
    wanted = select(tenants.c.id, tenants.c.name, tenants.c.created_at).where(tenants.c.id == tenant)
    row = db.execute(wanted).mappings().one_or_none()
    if row is None:
        raise NoTenant(f"there is no marketplace {tenant!r}")
    return Tenant(**row)


def tenant_ids(db: Connection) -> tuple[str, ...]:
    """Every marketplace of the database, in order."""
    return tuple(db.execute(select(tenants.c.id).order_by(tenants.c.id)).scalars())


def add_key(
    db: Connection,
    tenant: str,
    key: NewKey,
    *,
    key_id: str,
    name: str,
    role: Role,
    partner: str | None,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Keeps a new key of a marketplace; its text is not kept."""
    db.execute(
        insert(api_keys).values(
            tenant=tenant,
            id=key_id,
            prefix=key.prefix,
            secret_sha256=key.secret_sha256,
            name=name,
            role=str(role),
            partner=partner,
            created_at=now,
            expires_at=expires_at,
        )
    )


def listed_keys(tenant: str) -> Select[Any]:
    """The keys of a marketplace."""
    return select(api_keys).where(api_keys.c.tenant == tenant)


def key_of(row: Row[Any]) -> ApiKey:
    """A row as a record."""
    return ApiKey(**{name: getattr(row, name) for name in ApiKey.__dataclass_fields__})


def key(db: Connection, tenant: str, key_id: str) -> ApiKey:
    """One key of a marketplace. Raises ``NoKey``."""
    row = db.execute(listed_keys(tenant).where(api_keys.c.id == key_id)).one_or_none()
    if row is None:
        raise NoKey(f"there is no API key {key_id!r}")
    return key_of(row)


def revoke(db: Connection, tenant: str, key_id: str, now: datetime) -> None:
    """From now on the key lets nobody in; once is enough. Raises ``NoKey``."""
    mine = (api_keys.c.tenant == tenant, api_keys.c.id == key_id)
    done = db.execute(
        update(api_keys).where(*mine).values(revoked_at=func.coalesce(api_keys.c.revoked_at, literal(now, Instant())))
    )
    if done.rowcount == 0:
        raise NoKey(f"there is no API key {key_id!r}")


_HOLDER = (
    select(api_keys.c.secret_sha256, api_keys.c.tenant, api_keys.c.id, api_keys.c.role, api_keys.c.partner)
    # A row in any case, so that a prefix that nobody has takes as long as one that somebody has.
    .select_from(
        select(literal(1).label("one"))
        .subquery()
        .outerjoin(
            api_keys,
            and_(
                api_keys.c.prefix == bindparam("shown_prefix"),
                api_keys.c.revoked_at.is_(None),
                or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("at")),
            ),
        )
    )
)


def holder(db: Connection, key: str, now: datetime) -> Principal | None:
    """Who a key lets in, ``None`` where it is none, is revoked, or expired at or before ``now``."""
    found = parts(key)
    if found is None:
        return None
    prefix, secret = found
    row = db.execute(_HOLDER, {"shown_prefix": prefix, "at": now}).one()
    if not same(secret, row.secret_sha256):
        return None
    return Principal(tenant=row.tenant, role=Role(row.role), partner=row.partner, actor=f"key/{row.id}")
