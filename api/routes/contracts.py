"""Contracts: published versions, and what they say."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from api import contracting
from api.contracting import ContractText
from api.db import contracts
from api.db.contracts import ContractEntry
from api.db.tables.sla import contracts as rows
from api.deps import Engineer, Marketplace, Now, Read, Write
from api.downloads import IfNoneMatch, described, download
from api.paging import Page, Paging
from api.routing import Body, Reply, Router, sends

router = Router(prefix="/v1/contracts", tags=["contracts"])

Version = Annotated[int, Path(ge=1, le=10**9)]


@router.post("", status_code=201, also=(200,), summary="Publish a version of a contract", **sends(ContractText))
def publish_contract(who: Engineer, given: Body, db: Write, now: Now) -> Reply[ContractEntry]:
    """A contract in YAML or JSON (docs/contracts.md). A published version never changes: 200 where it is there."""
    return contracting.publish(db, who, given, now)


@router.get("", summary="Published versions, by id and version")
def list_contracts(who: Marketplace, db: Read, paged: Paging) -> Page[ContractEntry]:
    """Every version of every contract."""
    return paged.page(db, contracts.listed(who.tenant), [rows.c.id, rows.c.version], contracts.entry_of)


@router.get(
    "/{contract}/{version}",
    summary="One version",
    response_class=Response,
    responses=described("application/json", {"type": "object"}),
)
def read_contract(who: Marketplace, contract: str, version: Version, db: Read, known: IfNoneMatch = None) -> Response:
    """The contract as canonical JSON, whose SHA-256 is its ETag."""
    return download(contracting.file(db, who, contract, version), known)


@router.get(
    "/{contract}/{version}/clone",
    summary="A draft of a version",
    response_class=Response,
    responses=described("application/json", {"type": "object"}),
)
def clone_contract(who: Marketplace, contract: str, version: Version, db: Read, known: IfNoneMatch = None) -> Response:
    """The version with the next number and holidays by country again, to be edited. Nothing is kept."""
    return download(contracting.clone(db, who, contract, version), known)


@router.post(
    "/{contract}/{version}/succeed",
    status_code=201,
    also=(200,),
    summary="Publish what follows a version",
    **sends(ContractText),
)
def succeed_contract(
    who: Engineer, contract: str, version: Version, given: Body, db: Write, now: Now
) -> Reply[ContractEntry]:
    """A contract in YAML or JSON; it begins on the day on which this version ends, so `from` need not be given."""
    return contracting.succeed(db, who, contract, version, given, now)
