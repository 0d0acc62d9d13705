"""Pages about problems: the ``type`` of each problem leads to one."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from api import problem_pages
from api.routing import Router

router = Router(prefix="/problems", tags=["operations"], include_in_schema=False)

HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


@router.get(
    "/{code}",
    summary="What does a problem mean?",
    response_class=HTMLResponse,
    responses={200: {"description": "A page", "content": {"text/html": {"schema": {"type": "string"}}}}},
)
def read_problem(code: str) -> HTMLResponse:
    """What a code of an error or fault means, and what to do; open to all."""
    return HTMLResponse(problem_pages.page(code), headers=HEADERS)
