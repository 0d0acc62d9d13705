"""Promises at checkout."""

from __future__ import annotations

from fastapi import Response

from api.deps import Engineer, Now, Store
from api.promising import CartAsked, Promises, promises
from api.routing import Asked, Body, Key, Router, answer, ref, repeated, sends

router = Router(prefix="/v1/promises", tags=["promises"])
TOLD = {200: {"description": "OK", "content": {"application/json": {"schema": ref(Promises)}}}}


@router.post("", summary="What can be promised to a cart?", repeatable=False, responses=TOLD, **sends(CartAsked))
def make_promises(who: Engineer, given: Body, store: Store, now: Now, asked: Asked, key: Key = None) -> Response:
    """Tier by tier whether stock, waves and couriers still allow what it promises, and why not; with a hold if asked.

    Nothing is promised to anybody else for it: without a hold this only reads.
    """
    only_reads = key is None and b"hold" not in given and rb"\u" not in given
    if only_reads:
        with store.read() as db:
            return answer(promises(db, who.tenant, given, now), 200)
    with store.write() as db:
        return repeated(db, who, key, asked, now, lambda: answer(promises(db, who.tenant, given, now), 200))
