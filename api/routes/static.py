"""What pages are dressed with."""

from __future__ import annotations

from starlette.responses import Response

from api.pages import page
from api.routing import Router

router = Router(tags=["pages"], include_in_schema=False)


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """A stylesheet or picture; anybody may see it."""
    return page.static(name)
