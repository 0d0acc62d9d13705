"""A backup of every table as one file, and a database made of it again, on either kind of database.

The file is a ZIP: ``manifest.json``, and ``tables/NAME.ndjson`` with a JSON array a row. It is one snapshot: nothing
that is committed while it is written is half in it. Both ways, some hundred rows are in memory at once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, MetaData, Table, insert, select
from sqlalchemy.exc import CompileError, DataError, IntegrityError

from api import files
from api.db import migrate
from api.db.connect import Database
from api.db.outage import told
from api.db.tables import metadata
from router.errors import Conflict, Invalid

FORMAT = "dropwright.backup/1"
MANIFEST = "manifest.json"
ROWS_AT_ONCE = 500
_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError)
"""What reading an archive raises where a byte of it is not what it was."""


class BadBackup(Invalid):
    """The file is no backup, is damaged, or is of a newer version; nothing was written."""

    code, title = "bad-backup", "The backup cannot be restored"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


class NotEmpty(Conflict):
    """A backup is to be restored into a database that has rows already."""

    code, title = "database-not-empty", "The database is not empty"

    def __init__(self, table: str) -> None:
        super().__init__(f"the database has rows already, in {table} for one; restore into a new one")


class OtherTables(Conflict):
    """A backup is to be made of a database that has not the tables of this version."""

    code, title = "other-tables", "The tables are of another version"

    def __init__(self, found: str | None) -> None:
        super().__init__(f"the database is at revision {found}, not at {migrate.newest()}: dropwright migrate first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table in the backup. ``sha256``: of its lines."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds. ``revision``: of the tables; ``tables``: those that others refer to come first."""

    format: str
    revision: str
    made_at: str
    tables: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """In all tables together."""
        return sum(each.rows for each in self.tables)


_READ = TypeAdapter(Manifest)


def save(database: Database, path: Path, now: datetime) -> Manifest:
    """Writes a backup of the database as it is at one instant; others go on writing meanwhile.

    Raises ``OtherTables``, ``FileUnwritable``.
    """
    with (
        _snapshot(database) as db,
        files.growing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        if not migrate.is_current(db):
            raise OtherTables(migrate.revision_of(db))
        parts = tuple(_save(db, archive, table) for table in metadata.sorted_tables)
        made = Manifest(format=FORMAT, revision=migrate.newest(), made_at=now.astimezone(UTC).isoformat(), tables=parts)
        archive.writestr(MANIFEST, json.dumps(asdict(made), indent=2))
    return made


def restore(database: Database, path: Path) -> Manifest:
    """Fills a new database with a backup, and brings it to the newest tables: wholly, or it stays without a row.

    Raises ``BadBackup``, ``NotEmpty``, ``UnknownTables``, ``FileMissing``, ``FileUnreadable``.
    """
    with _opened(path) as archive:
        kept = _manifest(path, archive)
        for part in kept.tables:
            for _ in _rows(path, archive, part):
                pass  # everything is looked at before anything is written
        with database.read() as db:
            _check_empty(db)
        migrate.move(database, kept.revision)
        with database.write() as db:
            _check_empty(db)
            tables = MetaData()
            tables.reflect(db)
            for part in kept.tables:
                if part.name not in tables.tables:
                    raise BadBackup(path, f"{part.name} is no table of revision {kept.revision}")
                try:
                    _fill(db, tables.tables[part.name], part, _rows(path, archive, part))
                except (IntegrityError, DataError, CompileError) as error:
                    raise BadBackup(path, f"{part.name} has rows that the tables refuse") from error
    migrate.upgrade(database)
    return kept


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A transaction that sees one state all along; SQLite's do by themselves."""
    engine = database.reading
    if not database.is_sqlite:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with told(), engine.begin() as db:
        yield db


def _save(db: Connection, archive: zipfile.ZipFile, table: Table) -> Part:
    digest, count = hashlib.sha256(), 0
    wanted = select(table).order_by(*table.primary_key)
    with archive.open(f"tables/{table.name}.ndjson", "w", force_zip64=True) as member:
        for row in db.execute(wanted, execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE}):
            line = json.dumps([_spelt(value) for value in row], ensure_ascii=False, separators=(",", ":")) + "\n"
            digest.update(line.encode())
            member.write(line.encode())
            count += 1
    return Part(name=table.name, columns=tuple(table.c.keys()), rows=count, sha256=digest.hexdigest())


def _spelt(value: Any) -> Any:
    """A value as JSON that says what it is."""
    if isinstance(value, datetime):
        return {"time": value.astimezone(UTC).isoformat()}
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


_MEANT: Mapping[str, Callable[[str], Any]] = {"time": datetime.fromisoformat, "base64": base64.b64decode}


def _meant(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _MEANT[kind](text)
    return value


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        file: IO[bytes] = path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise files.FileMissing(f"{path}: there is no such file") from error
    except OSError as error:
        raise files.FileUnreadable(f"{path}: {error.strerror}") from error
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGED as error:
            raise BadBackup(path, "is no backup, or not the whole of one") from error
        with archive:
            yield archive


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        kept = _READ.validate_json(archive.read(MANIFEST))
    except (KeyError, ValidationError, *_DAMAGED) as error:
        raise BadBackup(path, f"has no {MANIFEST} that can be read") from error
    if kept.format != FORMAT:
        raise BadBackup(path, f"is of format {kept.format!r}, not {FORMAT!r}: restore it with the version that made it")
    if kept.revision not in migrate.revisions():
        raise BadBackup(path, f"has tables of revision {kept.revision}: install the newer Dropwright that made it")
    return kept


def _rows(path: Path, archive: zipfile.ZipFile, part: Part) -> Iterator[list[Any]]:
    """The rows of a table; at their end it is known whether they are those that were saved. Raises ``BadBackup``."""
    digest, count = hashlib.sha256(), 0
    try:
        with archive.open(f"tables/{part.name}.ndjson") as member:
            for line in member:
                digest.update(line)
                count += 1
                row = [_meant(value) for value in json.loads(line)]
                if len(row) != len(part.columns):
                    raise BadBackup(path, f"row {count} of {part.name} has {len(row)} values, not {len(part.columns)}")
                yield row
    except (KeyError, ValueError, TypeError, AttributeError, *_DAMAGED) as error:
        raise BadBackup(path, f"{part.name} is damaged after {count} rows, or is not there") from error
    if (count, digest.hexdigest()) != (part.rows, part.sha256):
        raise BadBackup(path, f"{part.name} is not what was saved: {count} rows of {part.rows}, or other ones")


def _check_empty(db: Connection) -> None:
    """Raises ``NotEmpty`` where a table has rows, whatever tables there are."""
    tables = MetaData()
    tables.reflect(db, only=lambda name, _metadata: name != migrate.VERSION_TABLE)
    for table in tables.sorted_tables:
        if db.execute(select(*table.primary_key).limit(1)).first():
            raise NotEmpty(table.name)


def _fill(db: Connection, table: Table, part: Part, rows: Iterator[Sequence[Any]]) -> None:
    while some := list(islice(rows, ROWS_AT_ONCE)):
        db.execute(insert(table), [dict(zip(part.columns, row, strict=True)) for row in some])
