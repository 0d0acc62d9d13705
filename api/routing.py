"""Routes that read and write records as the codec does, and answer a repeated POST as they did the first time.

A body is read by ``router.codec``, so that all its faults come back at once, each with a JSON pointer: NaN, doubled
keys, lone surrogates and numbers beyond 2^53 among them. An answer is spelt by the codec too, and the OpenAPI
description is made of the same records.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, get_args, get_origin

from fastapi import APIRouter, Depends, Header, Request
from fastapi.params import Depends as Wanted
from sqlalchemy import Connection
from starlette.responses import Response

from api.db import audit, idempotency
from api.deps import SAFE, Now, Read, Signed, Store, Write
from api.paging import Page
from api.principal import Principal
from router import codec
from router.errors import DropwrightError

_Record = TypeVar("_Record")
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[_Record]):
    """A record with what stands in the head of an answer. ``revision`` becomes its ETag."""

    record: _Record
    revision: int | None = None
    location: str | None = None
    status: int | None = None


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""What forms of web pages send, also to the service of somebody who only looks at the page."""


class NoForms(DropwrightError):
    """A body says that it comes from a form; none that a route reads does."""

    code, title = "no-forms", "The body is of another kind"

    def __init__(self) -> None:
        super().__init__("say what the body is: Content-Type: application/json")


async def _body(request: Request) -> bytes:
    data = await request.body()
    if data and request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORMS:
        raise NoForms
    return data


class Reader(Generic[_Record]):
    """A dependency that reads the body as a record of ``kind``; ``what`` names it in the error.

    ``absent`` is what an empty body stands for, ``None`` where there must be one.
    """

    def __init__(self, kind: type[_Record], what: str, absent: _Record | None = None) -> None:
        self.kind, self.what, self.absent = kind, what, absent

    async def __call__(self, request: Request) -> _Record:
        data = await _body(request)
        return self.absent if self.absent is not None and not data else codec.read_as(self.kind, data, self.what)


def reads(kind: type[Any], what: str, absent: Any = None) -> Any:
    """``Annotated[Hub, reads(Hub, "hub")]``: the parameter is the body. Raises ``Faulty`` with every fault."""
    return Depends(Reader(kind, what, absent))


Body: TypeAlias = Annotated[bytes, Depends(_body)]
"""The body as it came, for a route that reads it with the database at hand; it says what it is with ``sends``."""


def sends(kind: type[Any]) -> dict[str, Any]:
    """The option of a route whose ``Body`` is read as a record of ``kind``: ``@router.post("/x", **sends(X))``."""
    return {
        "openapi_extra": {"requestBody": {"required": True, "content": {"application/json": {"schema": ref(kind)}}}}
    }


async def _hash(request: Request) -> str:
    """Of what is asked: method, address and body."""
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(asked + await request.body()).hexdigest()


Asked: TypeAlias = Annotated[str, Depends(_hash)]
Key: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Your own id of this request: sent again with it, it does nothing twice and answers the same.",
    ),
]


class Router(APIRouter):
    """An ``APIRouter`` whose routes return records, ``Reply`` or ``Page`` of them, ``None`` (204), or a response.

    A POST may be repeated with the same ``Idempotency-Key``, unless ``repeatable=False``: the route then answers for
    that itself. Give it where a route streams its body or has no principal. ``also``: other statuses with which the
    same record is answered. What a route asks for as ``Read`` or ``Write`` is begun when all else is at hand, and ended
    in the same thread before the answer is sent; what ``Write`` did is in the audit log, in the same transaction.
    """

    def post(self, path: str, **options: Any) -> Callable[[_Endpoint], _Endpoint]:
        """A POST route; takes ``repeatable`` besides FastAPI's own options."""

        def added(endpoint: _Endpoint) -> _Endpoint:
            self.add_api_route(path, endpoint, methods=["POST"], **options)
            return endpoint

        return added

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        repeatable = options.pop("repeatable", True) and "POST" in (options.get("methods") or ())
        also = options.pop("also", ())
        signature = inspect.signature(endpoint, eval_str=True)
        extra = dict(options.pop("openapi_extra", None) or {})
        answered = _answered(signature.return_annotation)
        status = options.get("status_code") or (204 if signature.return_annotation is None else 200)
        read = body_of(endpoint)
        if read is not None and "requestBody" not in extra:
            content = {"application/json": {"schema": ref(read.kind)}}
            extra["requestBody"] = {"required": read.absent is None, "content": content}
        if answered is not None:
            content = {"application/json": {"schema": answered}}
            shown = {each: {"description": HTTPStatus(each).phrase, "content": content} for each in (status, *also)}
            options["responses"] = shown | (options.get("responses") or {})
        options |= {"status_code": status, "openapi_extra": extra, "response_model": None}
        if repeatable:
            wrapped = _repeating(endpoint, signature, status)
        elif (
            not SAFE.issuperset(options.get("methods") or SAFE) and Write in _transactions(endpoint, signature).values()
        ):
            wrapped = _audited(endpoint, signature, status)
        else:
            wrapped = _spelling(endpoint, signature, status)
        super().add_api_route(path, wrapped, **options)


def body_of(endpoint: Callable[..., Any]) -> Reader[Any] | None:
    """What reads the body of an endpoint as a record."""
    for parameter in inspect.signature(endpoint, eval_str=True).parameters.values():
        for said in getattr(parameter.annotation, "__metadata__", ()):
            if isinstance(said, Wanted) and isinstance(said.dependency, Reader):
                return said.dependency
    return None


def ref(kind: type[Any]) -> dict[str, Any]:
    """Where OpenAPI describes a record; remembers that it has to."""
    described[kind.__name__] = kind
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


described: dict[str, type[Any]] = {}
"""The records that some route reads or answers with, by name."""


def _answered(annotation: Any) -> dict[str, Any] | None:
    """The JSON Schema of what a route gives back."""
    origin = get_origin(annotation)
    if origin is Reply:
        return _answered(get_args(annotation)[0])
    if origin is Page:
        items = {"type": "array", "items": ref(get_args(annotation)[0])}
        return {
            "type": "object",
            "properties": {"items": items, "next": {"type": ["string", "null"]}},
            "required": ["items", "next"],
            "additionalProperties": False,
        }
    return ref(annotation) if isinstance(annotation, type) and is_dataclass(annotation) else None


def answer(result: object, status: int) -> Response:
    """What a route gave back as the answer to send."""
    if isinstance(result, Response):
        return result
    headers = {}
    if isinstance(result, Reply):
        status = result.status or status
        if result.revision is not None:
            headers["ETag"] = f'"r{result.revision}"'
        if result.location is not None:
            headers["Location"] = result.location
        result = result.record
    if result is None:
        return Response(status_code=status, headers=headers)
    spelt = json.dumps(codec.plain(result), ensure_ascii=False, separators=(",", ":"))
    return Response(spelt.encode(), status, headers, "application/json")


def _spelling(endpoint: _Endpoint, signature: inspect.Signature, status: int) -> Callable[..., Any]:
    """The endpoint with its answer spelt, in the transaction that it asks for, if any."""
    asked = _transactions(endpoint, signature)
    if inspect.iscoroutinefunction(endpoint):

        @wraps(endpoint)
        async def later(**given: Any) -> Response:
            return answer(await endpoint(**given), status)

        return _with(later, signature)

    @wraps(endpoint)
    def spelt(**given: Any) -> Response:
        return answer(endpoint(**given), status)

    if not asked:
        return _with(spelt, signature)

    @wraps(endpoint)
    def inside(*, in_store: Store, **given: Any) -> Response:
        with in_store.write() if Write in asked.values() else in_store.read() as db:
            return spelt(**given, **dict.fromkeys(asked, db))

    return _with(inside, signature, {"in_store": Store})


def _transactions(endpoint: _Endpoint, signature: inspect.Signature) -> dict[str, Any]:
    """The parameters of an endpoint that are a transaction. Raises ``TypeError`` where it does not run in a thread."""
    asked = {name: each.annotation for name, each in signature.parameters.items() if each.annotation in (Read, Write)}
    if asked and inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__}: a transaction belongs to one thread, so not async")
    return asked


def _audited(endpoint: _Endpoint, signature: inspect.Signature, status: int) -> Callable[..., Any]:
    asked = _transactions(endpoint, signature)

    @wraps(endpoint)
    def told(*, told_store: Store, told_who: Signed, told_now: Now, **given: Any) -> Response:
        with told_store.write() as db:
            return _told(db, told_who, answer(endpoint(**given, **dict.fromkeys(asked, db)), status), told_now)

    return _with(told, signature, {"told_store": Store, "told_who": Signed, "told_now": Now})


def _repeating(endpoint: _Endpoint, signature: inspect.Signature, status: int) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__}: a POST that may be repeated runs in one transaction, so not async")
    asked = _transactions(endpoint, signature)

    @wraps(endpoint)
    def once(
        *, once_who: Signed, once_asked: Asked, once_store: Store, once_key: Key, once_now: Now, **given: Any
    ) -> Response:
        with once_store.write() as db:

            def make() -> Response:
                return answer(endpoint(**given, **dict.fromkeys(asked, db)), status)

            return repeated(db, once_who, once_key, once_asked, once_now, make)

    mine = {"once_who": Signed, "once_asked": Asked, "once_store": Store, "once_key": Key, "once_now": Now}
    return _with(once, signature, mine)


def repeated(
    db: Connection, who: Principal, key: str | None, asked: str, now: datetime, make: Callable[[], Response]
) -> Response:
    """What ``make`` answers, or what it answered under the same key before. ``asked`` is the hash of the request.

    What it does goes into the audit log; an answer that is given again did nothing. Raises ``KeyReused``.
    """
    if key is None:
        return _told(db, who, make(), now)
    mine = (who.tenant, who.actor, key)
    kept = idempotency.take(db, *mine, request_sha256=asked, now=now)
    if kept is not None:
        return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})
    made = _told(db, who, make(), now)
    names = ("etag", "location", "content-type")
    headers = {name: made.headers[name] for name in names if name in made.headers}
    idempotency.keep(db, *mine, idempotency.Kept(status=made.status_code, headers=headers, body=bytes(made.body)))
    return made


def _told(db: Connection, who: Principal, made: Response, now: datetime) -> Response:
    audit.did(db, who, status=made.status_code, made=made.headers.get("location"), at=now)
    return made


def _with(
    function: Callable[..., Any], signature: inspect.Signature, more: Mapping[str, Any] = MappingProxyType({})
) -> Callable[..., Any]:
    """The function, showing FastAPI the endpoint's parameters without its transactions, and these."""
    own = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for each in signature.parameters.values()
        if each.annotation not in (Read, Write)
    ]
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=kind,
            default=None if kind is Key else inspect.Parameter.empty,
        )
        for name, kind in more.items()
    ]
    vars(function)["__signature__"] = inspect.Signature([*own, *added])
    return function
