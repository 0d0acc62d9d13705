"""Cases: breaches with what is said about them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from fastapi import Depends, Query

from api import cases, judging, pleading
from api.cases import Case, CaseStory, NamedCase, party_of
from api.db import verdict_rows
from api.db.tables.verdicts import verdicts as rows
from api.deps import Now, Read, Store, Write, allow, new_id
from api.paging import Page, Paging
from api.parameters import Named
from api.pleading import Decision, Excuse, Recorded, Resolution, Said
from api.principal import Principal, Role
from api.routing import Router, reads
from sla.excuse import ACCEPTED, REJECTED

router = Router(prefix="/v1/sla/cases", tags=["contracts"])

Anyone: TypeAlias = Annotated[Principal, Depends(allow(*Role))]
"""Partners see the cases of their own party alone."""

Pleading: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.HUB, Role.COURIER))]
"""Whoever may speak for the party that owes."""

Deciding: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.MANAGER))]
"""Whoever may decide for the marketplace."""

Version = Annotated[int | None, Query(ge=1, le=10**9, description="Of the contract; the newest where none is given.")]


async def _named(contract: str, term: str, order: str, version: Version = None) -> NamedCase:
    return NamedCase(contract=contract, version=version, term=term, order=order)


ByName: TypeAlias = Annotated[NamedCase, Depends(_named)]
"""The case that the path names."""

State = Literal["open", "excuse_proposed", "excused", "upheld", "disputed", "overturned", "waived"]


@router.get("", summary="Cases, by order and term", responses={404: {"$ref": "#/components/responses/404"}})
def list_cases(
    who: Anyone,
    store: Store,
    now: Now,
    paged: Paging,
    contract: Annotated[str, Query(min_length=1, max_length=200, description="The contract to judge by.")],
    version: Version = None,
    party: Annotated[str | None, Query(min_length=1, max_length=420, description="Such as hub/northdock.")] = None,
    term: Named = None,
    order: Named = None,
    state: State | None = None,
) -> Page[Case]:
    """Every breach, with until when it can be disputed; of a state, party, term or order."""
    with judging.judged(store, who.tenant, contract, version, now=now) as judged:
        wanted = verdict_rows.breached(judged.clocks(party=party, term=term, order=order))
        if (own := party_of(who)) is not None:
            wanted = wanted.where(rows.c.party == own)
        if state is not None:
            wanted = wanted.where(rows.c.case == state)
        return paged.page(judged.db, wanted, [rows.c.order, rows.c.term], lambda row: cases.listed(judged, row))


@router.get("/{contract}/{term}/{order:path}", summary="One case")
def read_case(who: Anyone, case: ByName, db: Read, now: Now) -> CaseStory:
    """The breach, and every step that its case took."""
    return cases.story(case.stands(db, who, now), now)


@router.post("/{contract}/{term}/{order:path}/excuse", status_code=201, summary="Propose an excuse")
def propose_excuse(
    who: Pleading,
    said: Annotated[Excuse, reads(Excuse, "excuse")],
    case: ByName,
    db: Write,
    now: Now,
) -> Recorded:
    """With a code of the clause. Where the evidence that the clause asks for is there, it excuses at once."""
    return pleading.propose(db, who, case.stands(db, who, now), said, new_id(), now)


@router.post("/{contract}/{term}/{order:path}/accept", status_code=201, summary="Accept an excuse")
def accept_excuse(
    who: Deciding,
    said: Annotated[Decision, reads(Decision, "decision")],
    case: ByName,
    db: Write,
    now: Now,
) -> Recorded:
    """The breach is excluded from its remedy. The last decision wins."""
    return pleading.decide(db, who, case.stands(db, who, now), said, ACCEPTED, new_id(), now)


@router.post("/{contract}/{term}/{order:path}/reject", status_code=201, summary="Reject an excuse")
def reject_excuse(
    who: Deciding,
    said: Annotated[Decision, reads(Decision, "decision")],
    case: ByName,
    db: Write,
    now: Now,
) -> Recorded:
    """The breach is upheld. The last decision wins."""
    return pleading.decide(db, who, case.stands(db, who, now), said, REJECTED, new_id(), now)


@router.post("/{contract}/{term}/{order:path}/dispute", status_code=201, summary="Open a dispute")
def open_dispute(
    who: Pleading,
    said: Annotated[Said, reads(Said, "dispute")],
    case: ByName,
    db: Write,
    now: Now,
) -> Recorded:
    """Until the last day that the contract gives for it."""
    return pleading.dispute(db, who, case.stands(db, who, now), said, new_id(), now)


@router.post("/{contract}/{term}/{order:path}/respond", status_code=201, summary="Respond to a dispute")
def respond_to_dispute(
    who: Deciding,
    said: Annotated[Said, reads(Said, "response")],
    case: ByName,
    db: Write,
    now: Now,
) -> Recorded:
    """The marketplace's first response."""
    return pleading.respond(db, who, case.stands(db, who, now), said, new_id(), now)


@router.post("/{contract}/{term}/{order:path}/resolve", status_code=201, summary="Resolve a dispute")
def resolve_dispute(
    who: Deciding,
    said: Annotated[Resolution, reads(Resolution, "resolution")],
    case: ByName,
    db: Write,
    now: Now,
) -> Recorded:
    """The breach is upheld, or overturned: then it costs nothing."""
    return pleading.resolve(db, who, case.stands(db, who, now), said, (new_id(), new_id()), now)


@router.post("/{contract}/{term}/{order:path}/waive", status_code=201, summary="Waive a case")
def waive_case(
    who: Deciding,
    said: Annotated[Said, reads(Said, "waiver")],
    case: ByName,
    db: Write,
    now: Now,
) -> Recorded:
    """The breach stays in every figure and costs nothing."""
    return pleading.waive(db, who, case.stands(db, who, now), said, new_id(), now)
