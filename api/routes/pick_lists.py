"""Pick lists: what a hub picks in a wave, as a list and as files."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.responses import Response

from api.db import pick_lists
from api.db.pick_lists import FORMATS, PickListEntry
from api.deps import Read, allow
from api.documents.picking import PickList
from api.downloads import IfNoneMatch, described, download
from api.paging import Page, Paging
from api.parameters import Named, Time, instant
from api.principal import Principal, Role
from api.routes.events import GONE
from api.routing import Router, ref

router = Router(prefix="/v1/pick-lists", tags=["partners"])

Picker: TypeAlias = Annotated[Principal, Depends(allow(Role.HUB, Role.ENGINEER, Role.MANAGER, Role.AUDITOR))]


@router.get("", summary="List pick lists, most urgent first")
def list_pick_lists(
    who: Picker,
    db: Read,
    page: Paging,
    due_after: Time = None,
    drop: Named = None,
    hub: Named = None,
    wave: Named = None,
) -> Page[PickListEntry]:
    """Lists that hold, by when they must be picked. A hub operator sees those of its partner's hubs."""
    return pick_lists.page(db, who, page, drop=drop, hub=hub, wave=wave, due_after=instant("due_after", due_after))


@router.get(
    "/{pick_list}.csv",
    summary="A pick list for a spreadsheet",
    response_class=Response,
    responses=described(FORMATS["csv"].media_type, {"type": "string"}) | GONE,
)
def pick_list_csv(who: Picker, db: Read, pick_list: str, known: IfNoneMatch = None) -> Response:
    """A row a line, in the order of the walk."""
    return download(pick_lists.file(db, who, pick_list, "csv"), known)


@router.get(
    "/{pick_list}.json",
    summary="A pick list as JSON",
    response_class=Response,
    responses=described(FORMATS["json"].media_type, ref(PickList)) | GONE,
)
def pick_list_json(who: Picker, db: Read, pick_list: str, known: IfNoneMatch = None) -> Response:
    """The lines in the order of the walk."""
    return download(pick_lists.file(db, who, pick_list, "json"), known)


@router.get("/{pick_list}", summary="One pick list")
def read_pick_list(who: Picker, db: Read, pick_list: str) -> PickListEntry:
    """Where, when and how much; add .csv or .json for the lines."""
    return pick_lists.entry(db, who, pick_list)
