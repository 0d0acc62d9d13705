"""Reports on contracts, as files."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from api import judging, reports
from api.db.stored import File
from api.deps import Marketplace, Now, Store
from api.documents.report_files import FORMS
from api.downloads import IfNoneMatch, download
from api.parameters import Time, instant
from api.routing import Router

router = Router(prefix="/v1/sla/reports", tags=["contracts"])

Contract = Annotated[str, Query(min_length=1, max_length=200, description="The contract to judge by.")]
Version = Annotated[int | None, Query(ge=1, le=10**9, description="The newest where none is given.")]


@router.get(
    "/{report}.{ending}",
    summary="A report on a contract",
    response_class=Response,
    responses={
        200: {
            "description": "The report; each figure with its definition.",
            "content": {form.media_type.partition(";")[0]: {"schema": {}} for form in FORMS.values()},
        },
        304: {"description": "You have it already."},
    },
)
def read_report(
    who: Marketplace,
    report: Literal["attainment", "breaches", "credits", "cases"],
    ending: Literal["json", "csv", "xlsx"],
    contract: Contract,
    store: Store,
    now: Now,
    version: Version = None,
    by: Annotated[str, Query(max_length=200, description="What figures are told apart by.")] = "party,clause,term",
    at: Time = None,
    known: IfNoneMatch = None,
) -> Response:
    """Attainment, breaches, credits or open cases of a contract, as of now or of `at`."""
    names = tuple(name.strip() for name in by.split(",") if name.strip()) or ("party",)
    form = FORMS[ending]
    with judging.judged(store, who.tenant, contract, version, now=now, at=instant("at", at)) as judged:
        made = reports.REPORTS[report](judged, names)
    content = form.render(made)
    file = File(
        words=(report, contract),
        ending=ending,
        media_type=form.media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )
    return download(file, known)
