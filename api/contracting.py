"""Publishes contracts, and hands them out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from api.db import contracts
from api.db.contracts import ContractEntry
from api.db.stored import File
from api.principal import Principal
from api.routing import Reply
from router.model import Id
from sla import codec, versions
from sla.versions import VersionGap


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractText:
    """A contract: the fields of docs/contracts.md."""

    format: str
    id: Id
    version: int
    currency: str
    timezone: str
    terms: tuple[dict[str, Any], ...]


def publish(db: Connection, who: Principal, data: bytes, now: datetime) -> Reply[ContractEntry]:
    """Keeps a version. Raises ``Faulty`` with every fault and its line, ``ContractPublished``."""
    contract = codec.read_contract(data, bound=True)
    found, is_new = contracts.publish(db, who.tenant, contract, actor=who.actor, now=now)
    where = f"/v1/contracts/{quote(found.id, safe='')}/{found.version}"
    return Reply(record=found, location=where, status=201 if is_new else 200)


def succeed(
    db: Connection, who: Principal, contract: str, version: int, data: bytes, now: datetime
) -> Reply[ContractEntry]:
    """Publishes what follows a version, from the day on which that ends.

    Raises ``NoContract``, ``Faulty`` with every fault and its line, ``VersionGap``, ``ContractPublished``.
    """
    before = contracts.read(db, who.tenant, contract, version)
    if before.to is None:
        told = f"{before.id} {before.version} has no end, and a published version never changes"
        raise VersionGap(f"{told}; publish one that ends first")
    _, made = versions.succeed(before, codec.read_contract(data, bound=True), on=before.to)
    return publish(db, who, codec.canonical(made), now)


def clone(db: Connection, who: Principal, contract: str, version: int) -> File:
    """A draft to edit: the next number, and holidays by country again. Raises ``NoContract``."""
    made = versions.clone(contracts.read(db, who.tenant, contract, version))
    return _file(("contract", contract, f"draft-{made.version}"), codec.canonical(made))


def file(db: Connection, who: Principal, contract: str, version: int) -> File:
    """A version as a file. Raises ``NoContract``."""
    content = contracts.document(db, who.tenant, contract, version).encode()
    return _file(("contract", contract, f"v{version}"), content)


def _file(words: tuple[str, ...], content: bytes) -> File:
    return File(
        words=words,
        ending="json",
        media_type="application/json",
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )
