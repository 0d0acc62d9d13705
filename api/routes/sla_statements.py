"""Statements of partners and windows, and the settlement of a window."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from api import judging, statements
from api.cases import party_of
from api.db.stored import File
from api.deps import Now, Store, Write, new_id
from api.documents.report_files import FORMS
from api.downloads import IfNoneMatch, download
from api.pleading import Recorded
from api.routes.sla_cases import Anyone, Deciding, Version
from api.routing import Router, reads
from api.statements import NoStatement, Settling

router = Router(prefix="/v1/sla", tags=["contracts"])


@router.get(
    "/statements/{contract}.{ending}",
    summary="What a party owes for a window",
    response_class=Response,
    responses={
        200: {
            "description": "The statement; each figure with its definition.",
            "content": {form.media_type.partition(";")[0]: {"schema": {}} for form in FORMS.values()},
        },
        304: {"description": "You have it already."},
    },
)
def read_statement(
    who: Anyone,
    contract: str,
    ending: Literal["json", "csv", "xlsx"],
    window: Annotated[date, Query(description="The first day of the window.", examples=["2026-11-01"])],
    store: Store,
    now: Now,
    party: Annotated[str | None, Query(min_length=1, max_length=420, description="Such as hub/northdock.")] = None,
    version: Version = None,
    known: IfNoneMatch = None,
) -> Response:
    """Line by line: breaches, ratios, what caps took, what was earned back, adjustments; the last line is the sum.

    A partner's own party need not be named; it gets no other.
    """
    own = party_of(who)
    asked = party or own
    form = FORMS[ending]
    with judging.judged(store, who.tenant, contract, version, now=now) as judged:
        if asked is None or own not in (None, asked):
            raise NoStatement
        made = statements.statement(judged, asked, window)
    content = form.render(made)
    file = File(
        words=("statement", contract, asked, window.isoformat()),
        ending=ending,
        media_type=form.media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )
    return download(file, known)


@router.post("/windows/{contract}/settle", status_code=201, summary="Settle a window")
def settle_window(
    who: Deciding,
    contract: str,
    asked: Annotated[Settling, reads(Settling, "window")],
    db: Write,
    now: Now,
    version: Version = None,
) -> Recorded:
    """From then on the window's statement stays; what becomes known later is an adjustment in a later window."""
    return statements.settle(db, who, judging.law(db, who.tenant, contract, version), asked, new_id(), now)
