"""Answers by Idempotency-Key. The key is taken first, so that of two equal requests at once the second one waits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from api.db.connect import inserting
from api.db.tables.idempotency import idempotency
from router.errors import Invalid


class KeyReused(Invalid):
    """The same Idempotency-Key came with another request."""

    code, title = "idempotency-key-reused", "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key came with another request before; give each request its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def take(db: Connection, tenant: str, actor: str, key: str, *, request_sha256: str, now: datetime) -> Kept | None:
    """The answer kept under the key; ``None`` takes the key for this request. Raises ``KeyReused``."""
    row = {"tenant": tenant, "actor": actor, "key": key, "request_sha256": request_sha256, "created_at": now}
    new = inserting(db)(idempotency).values(row).on_conflict_do_nothing().returning(idempotency.c.key)
    if db.execute(new).one_or_none() is not None:
        return None
    return kept_under(db, tenant, actor, key, request_sha256=request_sha256)


def kept_under(db: Connection, tenant: str, actor: str, key: str, *, request_sha256: str) -> Kept | None:
    """The answer kept under the key, ``None`` where the key is new. Raises ``KeyReused``."""
    kept = db.execute(select(idempotency).where(_of(tenant, actor, key))).one_or_none()
    if kept is None:
        return None
    if kept.request_sha256 != request_sha256:
        raise KeyReused
    return Kept(status=kept.status, headers=json.loads(kept.headers), body=kept.body)


def keep(db: Connection, tenant: str, actor: str, key: str, answer: Kept) -> None:
    """Keeps the answer under the key that was taken in this transaction."""
    values = {"status": answer.status, "headers": json.dumps(dict(answer.headers)), "body": answer.body}
    db.execute(update(idempotency).where(_of(tenant, actor, key)).values(values))


def forget(db: Connection, before: datetime) -> int:
    """Deletes answers to requests that came strictly before; gives how many."""
    return db.execute(delete(idempotency).where(idempotency.c.created_at < before)).rowcount


def _of(tenant: str, actor: str, key: str) -> ColumnElement[bool]:
    return and_(idempotency.c.tenant == tenant, idempotency.c.actor == actor, idempotency.c.key == key)
