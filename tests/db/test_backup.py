"""A backup holds one state of every table, and becomes a database again, wholly or not at all."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import insert

from api.db import accounts, migrate
from api.db.backup import MANIFEST, BadBackup, NotEmpty, OtherTables, restore, save
from api.db.connect import Database, connect
from api.db.tables import metadata
from tests.db.filling import contents, fill

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    found = connect(database)
    yield found
    found.close()


@pytest.fixture
def empty(empty_database: str) -> Iterator[Database]:
    """A database without tables."""
    found = connect(empty_database)
    yield found
    found.close()


@pytest.fixture
def saved(sqlite_tables: Path, tmp_path: Path) -> tuple[Path, dict[str, list[dict[str, object]]]]:
    """A backup of tables full of rows, and what is in them."""
    copy = tmp_path / "full.db"
    copy.write_bytes(sqlite_tables.read_bytes())
    store = connect(f"sqlite:///{copy}")
    with store.write() as db:
        fill(db)
        before = contents(db)
    save(store, tmp_path / "backup", NOW)
    store.close()
    return tmp_path / "backup", before


def rows_of(store: Database) -> dict[str, list[dict[str, object]]]:
    with store.read() as db:
        return contents(db)


def test_every_row_of_every_table_comes_back_on_either_database(
    store: Database, empty: Database, tmp_path: Path
) -> None:
    with store.write() as db:
        fill(db)
    made = save(store, tmp_path / "backup", NOW)
    assert made.rows == 2 * len(metadata.tables)
    assert restore(empty, tmp_path / "backup") == made
    assert rows_of(empty) == rows_of(store)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_one_state_though_others_go_on_writing(store: Database, empty: Database, tmp_path: Path) -> None:
    """Each transaction writes two marketplaces: a backup has both of a pair or neither."""
    started, over = Event(), Event()

    def write() -> None:
        for number in range(500):
            with store.write() as db:
                accounts.add_tenant(db, f"a{number}", name="a", now=NOW)
                accounts.add_tenant(db, f"z{number}", name="z", now=NOW)
            started.set()
            if over.is_set():
                break

    writer = Thread(target=write)
    writer.start()
    started.wait(60)
    try:
        save(store, tmp_path / "backup", NOW)
    finally:
        over.set()
        writer.join()
    restore(empty, tmp_path / "backup")
    names = {str(row["id"]) for row in rows_of(empty)["tenants"]}
    assert len(names) >= 2
    assert {name[1:] for name in names if name[0] == "a"} == {name[1:] for name in names if name[0] == "z"}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path, part: int, parts: int) -> None:
    """Turns a bit of the byte that lies so many parts of the file from its beginning."""
    whole = bytearray(path.read_bytes())
    whole[len(whole) * part // parts] ^= 1 << part % 8
    path.write_bytes(whole)


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def fewer(parts: dict[str, bytes]) -> None:
    parts["tables/loan_entries.ndjson"] = b""


def other_row(parts: dict[str, bytes]) -> None:
    parts["tables/tenants.ndjson"] = parts["tables/tenants.ndjson"].replace(b'"n1"', b'"n9"')


def no_table(parts: dict[str, bytes]) -> None:
    del parts["tables/tenants.ndjson"]


def no_json(parts: dict[str, bytes]) -> None:
    parts["tables/tenants.ndjson"] = b"[1, 2\n"


def newer(parts: dict[str, bytes]) -> None:
    parts[MANIFEST] = json.dumps(json.loads(parts[MANIFEST]) | {"revision": "9999"}).encode()


def other_format(parts: dict[str, bytes]) -> None:
    parts[MANIFEST] = json.dumps(json.loads(parts[MANIFEST]) | {"format": "else/2"}).encode()


def no_manifest(parts: dict[str, bytes]) -> None:
    del parts[MANIFEST]


SPOILT = [(cut, "not the whole")] + [
    ((lambda path, change=change: rewritten(path, change)), told)
    for change, told in (
        (fewer, "loan_entries is not what was saved"),
        (other_row, "tenants is not what was saved"),
        (no_table, "tenants is damaged"),
        (no_json, "tenants is damaged"),
        (newer, "revision 9999"),
        (other_format, "else/2"),
        (no_manifest, "no manifest"),
    )
]


@pytest.mark.parametrize(("spoil", "told"), SPOILT, ids=["cut", *(told.replace(" ", "-") for _, told in SPOILT[1:])])
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_written(
    saved: tuple[Path, object], spoil: Callable[[Path], None], told: str, tmp_path: Path
) -> None:
    path, _ = saved
    spoil(path)
    target = connect(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(BadBackup) as refused:
        restore(target, path)
    assert told in str(refused.value)
    migrate.upgrade(target)
    assert not any(rows_of(target).values())
    target.close()


@pytest.mark.parametrize("part", range(12))
def test_a_backup_with_one_bit_turned_is_refused_or_was_as_good(
    saved: tuple[Path, dict[str, list[dict[str, object]]]], part: int, tmp_path: Path
) -> None:
    """Few bits of the archive say nothing, such as those of a file's date."""
    path, before = saved
    flip(path, part, 12)
    target = connect(f"sqlite:///{tmp_path / 'new.db'}")
    try:
        restore(target, path)
    except BadBackup:
        migrate.upgrade(target)
        assert not any(rows_of(target).values())
    else:
        assert rows_of(target) == before
    target.close()


def test_a_row_that_the_tables_refuse_leaves_none_behind(empty: Database, saved: tuple[Path, object]) -> None:
    """A manifest that was edited to fit what was edited passes the sums; the database still refuses it."""
    path, _ = saved

    def orphaned(parts: dict[str, bytes]) -> None:
        whole = json.loads(parts[MANIFEST])
        whole["tables"] = [each for each in whole["tables"] if each["name"] != "loans"]
        parts[MANIFEST] = json.dumps(whole).encode()

    rewritten(path, orphaned)
    with pytest.raises(BadBackup, match="loan_entries"):
        restore(empty, path)
    migrate.upgrade(empty)
    assert not any(rows_of(empty).values())


def test_a_database_with_rows_is_left_as_it_is(store: Database, saved: tuple[Path, object]) -> None:
    with store.write() as db:
        db.execute(insert(metadata.tables["tenants"]).values(id="mine", name="Mine", created_at=NOW))
    with pytest.raises(NotEmpty, match="tenants"):
        restore(store, saved[0])
    assert [row["id"] for row in rows_of(store)["tenants"]] == ["mine"]


def test_tables_of_another_version_are_not_saved_as_if_they_were_of_this_one(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(OtherTables, match="migrate"):
        save(empty, tmp_path / "backup", NOW)
    assert list(tmp_path.glob("*backup*")) == []
