"""What another version of a contract, or a draft of one, would have changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from api import judging, what_if
from api.contracting import ContractText
from api.deps import Marketplace, Now, Store
from api.routing import Body, Router, sends
from api.what_if import WhatIf
from sla import codec

router = Router(prefix="/v1/sla/what-if", tags=["contracts"])

Version = Annotated[int, Path(ge=1, le=10**9)]


@router.get("/{contract}/{version}", summary="What another version would have changed")
def compare_versions(
    who: Marketplace,
    contract: str,
    version: Version,
    other: Annotated[int, Query(ge=1, le=10**9, description="The version to compare it with.")],
    store: Store,
    now: Now,
) -> WhatIf:
    """Breaches and money by party and clause, and what each party owes, under both; as of now."""
    with store.read() as db:
        one, two = (judging.law(db, who.tenant, contract, each) for each in (version, other))
    return what_if.difference(store, who.tenant, one, two, now)


@router.post(
    "/{contract}/{version}", summary="What a draft would have changed", repeatable=False, **sends(ContractText)
)
def compare_with_draft(
    who: Marketplace, contract: str, version: Version, given: Body, store: Store, now: Now
) -> WhatIf:
    """A contract in YAML or JSON, bound and not published; nothing of it is published."""
    with store.read() as db:
        one = judging.law(db, who.tenant, contract, version)
    two, kept = what_if.draft(codec.read_contract(given, bound=True))
    return what_if.difference(store, who.tenant, one, two, now, as_of=kept)
