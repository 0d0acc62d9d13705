"""Stored files as answers: with a name that every system takes, a hash as ETag, and never kept by anyone between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from fastapi import Header
from starlette.responses import Response

from api.db.stored import File
from api.documents.names import file_names

IfNoneMatch: TypeAlias = Annotated[
    str | None, Header(alias="If-None-Match", max_length=1000, description="ETags of what you have: 304 if it is one.")
]


def download(file: File, known: str | None) -> Response:
    """The file as an attachment; 304 without it where ``known``, an If-None-Match, names it."""
    etag = f'"{file.sha256}"'
    names = file_names([file.words], f".{file.ending}")
    headers = {
        "ETag": etag,
        "Content-Disposition": f'attachment; filename="{names[file.words]}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if known is not None and {etag, "*"} & {each.strip().removeprefix("W/") for each in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(file.content, 200, headers, file.media_type)


def described(media_type: str, schema: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of such an answer."""
    etag = {"description": "SHA-256 of the file.", "schema": {"type": "string"}}
    return {
        200: {
            "description": "The file.",
            "headers": {"ETag": etag},
            "content": {media_type.partition(";")[0]: {"schema": dict(schema)}},
        },
        304: {"description": "You have it already."},
    }
