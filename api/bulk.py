"""Bulk requests: a body of any length, read row by row, kept whole or row by row, and safe to send again.

The body is put by in a file as it comes, so that a slow sender holds no transaction open, and no more of it than a
batch is in memory. A row that is wrong is told with its line; by default then nothing is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, TypeAlias, TypeVar, cast

from fastapi import Depends, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.db import audit, idempotency, sla_log
from api.db.connect import Database
from api.db.events import Event
from api.db.sla_log import LogEntry, Touched
from api.deps import Now, Signed, Store
from api.json_rows import array
from api.principal import Principal
from api.routing import Key, answer, ref
from api.rows import ARRAY, CSV, NDJSON, NotRows, Read, Row, RowFault, csv_rows, ndjson
from router import codec
from router.errors import Faulty

BATCH = 500
"""Rows that are kept at a time."""

CLOUD_EVENTS = {"application/cloudevents+json": ARRAY, "application/cloudevents-batch+json": ARRAY}
"""Media types of events, which are JSON."""

MOST_TOLD = 1000
"""Faults that one answer lists."""

IN_MEMORY = 2**20
"""Bytes of a body that need no file."""

_Record = TypeVar("_Record")


class FaultyRows(Faulty):
    """Rows with faults, and nothing was kept. ``faults`` has the first ones, each with its line."""

    code, title = "faulty-rows", "Some rows have faults, and nothing was kept"

    def __init__(self, faults: Sequence[RowFault], refused: int) -> None:
        super().__init__("request", tuple(faults))
        self.args = (f"{refused} rows have faults; nothing was kept",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """One thing wrong with a row that was left out. ``pointer`` leads from the row, ``line`` is where it begins."""

    line: int
    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of the rows. ``outcomes``: how many rows of each fate; ``errors``: the first 1 000."""

    rows: int
    kept: int
    refused: int
    outcomes: dict[str, int] = field(default_factory=dict)
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a batch: the fates of its rows, the faults of those that were left out, and what happened.

    ``told``: what it appended to the log of events.
    """

    outcomes: Mapping[str, int]
    faults: Sequence[RowFault] = ()
    happened: Sequence[Event] = ()
    told: Sequence[LogEntry] = ()


Keep: TypeAlias = Callable[[Connection, Sequence[Row[_Record]]], Kept]
"""Keeps the rows of a batch that can be kept, and tells the faults of the others. Emits nothing itself."""


class _Tally:
    """What is known by now of all rows."""

    def __init__(self) -> None:
        self.rows = self.bad = 0
        self.faults: list[RowFault] = []
        self.outcomes: dict[str, int] = {}

    def tell(self, faults: Sequence[RowFault]) -> None:
        """Faults of rows of which none were told before."""
        self.bad += len({each.line for each in faults})
        self.faults += faults[: MOST_TOLD - len(self.faults)]

    def loaded(self) -> Loaded:
        told = sorted(self.faults, key=lambda fault: fault.line)
        return Loaded(
            rows=self.rows,
            kept=self.rows - self.bad,
            refused=self.bad,
            outcomes=dict(sorted(self.outcomes.items())),
            errors=tuple(
                RowError(line=each.line, pointer=each.pointer, code=each.code, detail=each.message) for each in told
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A bulk request: its body, who sent it, and whether good rows are kept beside bad ones."""

    file: BinaryIO = field(repr=False)
    asked_sha256: str
    media: str
    partial: bool
    key: str | None
    who: Principal
    store: Database
    now: datetime

    def load(
        self,
        kind: type[_Record],
        what: str,
        keep: Keep[_Record],
        *,
        read: Read[_Record] | None = None,
        batch: int = BATCH,
    ) -> Response:
        """Keeps the rows, records of class ``kind`` (``what`` to the reader of a fault), and says what became of them.

        All in one transaction, or with ``partial`` a batch in each. ``read`` makes a record of a row where the codec
        alone does not. Raises ``FaultyRows``, ``KeyReused``, and what ``keep`` raises of the request as a whole.
        """
        reader = read or (lambda data: codec.read_as(kind, data, what))
        if self.media == CSV:
            given = csv_rows(self.file, kind, reader)
        else:
            given = (array if self.media == ARRAY else ndjson)(self.file, reader)
        return self._in_batches(given, keep, batch) if self.partial else self._whole(given, keep, batch)

    def _whole(self, given: Iterator[Any], keep: Keep[_Record], batch: int) -> Response:
        tally = _Tally()
        with self.store.write() as db:
            kept = self._again(db)
            if kept is not None:
                return kept
            happened: list[Event] = []
            about = Touched()
            for rows in _batches(given, batch, tally):
                done = self._keep(db, rows, keep, tally)
                happened += done.happened
                about.note(done.told)
            if tally.bad:
                raise FaultyRows(sorted(tally.faults, key=lambda fault: fault.line), tally.bad)
            made = self._answered(db, tally)
            sla_log.touch(db, self.who.tenant, about)
            if happened:
                sla_log.tell(db, self.who.tenant, happened, self.now)
            self._audit(db)
        return made

    def _in_batches(self, given: Iterator[Any], keep: Keep[_Record], batch: int) -> Response:
        tally = _Tally()
        if self.key is not None:
            with self.store.read() as db:
                who = (self.who.tenant, self.who.actor, self.key)
                kept = idempotency.kept_under(db, *who, request_sha256=self.asked_sha256)
            if kept is not None:
                return _replayed(kept)
        for rows in _batches(given, batch, tally):
            with self.store.write() as db:
                done = self._keep(db, rows, keep, tally)
                about = Touched()
                about.note(done.told)
                sla_log.touch(db, self.who.tenant, about)
                if done.happened:
                    sla_log.tell(db, self.who.tenant, done.happened, self.now)
                self._audit(db)
        with self.store.write() as db:
            return self._again(db) or self._answered(db, tally)

    def _audit(self, db: Connection) -> None:
        audit.did(db, self.who, status=200, made=None, at=self.now)

    def _keep(self, db: Connection, rows: Sequence[Row[_Record]], keep: Keep[_Record], tally: _Tally) -> Kept:
        done = keep(db, rows)
        tally.tell(done.faults)
        for fate, count in done.outcomes.items():
            tally.outcomes[fate] = tally.outcomes.get(fate, 0) + count
        return done

    def _again(self, db: Connection) -> Response | None:
        """The answer that was given to this request before; ``None`` takes its key."""
        if self.key is None:
            return None
        who = (self.who.tenant, self.who.actor, self.key)
        kept = idempotency.take(db, *who, request_sha256=self.asked_sha256, now=self.now)
        return None if kept is None else _replayed(kept)

    def _answered(self, db: Connection, tally: _Tally) -> Response:
        made = answer(tally.loaded(), 200)
        if self.key is not None:
            headers = {"content-type": made.headers["content-type"]}
            kept = idempotency.Kept(status=200, headers=headers, body=bytes(made.body))
            idempotency.keep(db, self.who.tenant, self.who.actor, self.key, kept)
        return made


def _replayed(kept: idempotency.Kept) -> Response:
    return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})


def _batches(given: Iterator[Any], size: int, tally: _Tally) -> Iterator[list[Row[Any]]]:
    """The good rows by so many; what is wrong with the others goes to the tally."""
    good: list[Row[Any]] = []
    for each in given:
        tally.rows += 1
        if isinstance(each, Row):
            good.append(each)
            if len(good) == size:
                yield good
                good = []
        else:
            tally.tell(each)
    if good:
        yield good


async def _intake(
    request: Request,
    who: Signed,
    store: Store,
    now: Now,
    key: Key = None,
    partial: Annotated[bool, Query(description="Keep the good rows where others are bad.")] = False,
) -> AsyncIterator[Intake]:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    media = CLOUD_EVENTS.get(given, given)
    if media not in (NDJSON, CSV, ARRAY):
        raise NotRows
    asked = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n{media}\n".encode())
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        async for chunk in request.stream():
            file.write(chunk)
            asked.update(chunk)
        file.seek(0)
        yield Intake(
            file=cast("BinaryIO", file),
            asked_sha256=asked.hexdigest(),
            media=media,
            partial=partial,
            key=key,
            who=who,
            store=store,
            now=now,
        )


Bulk: TypeAlias = Annotated[Intake, Depends(_intake)]
"""The body of a bulk request. Put it after whoever may send one: nobody else's is read."""


def taking(kind: type[Any]) -> dict[str, Any]:
    """What the route of a bulk request says of itself: ``@router.post("/skus/bulk", **taking(Sku))``."""
    one = {"schema": ref(kind)}
    rows = {NDJSON: one, CSV: {"schema": {"type": "string"}}, ARRAY: {"schema": {"type": "array", "items": ref(kind)}}}
    told = {"description": "What became of the rows", "content": {"application/json": {"schema": ref(Loaded)}}}
    return {
        "repeatable": False,
        "responses": {200: told},
        "openapi_extra": {"requestBody": {"required": True, "content": rows}},
    }
