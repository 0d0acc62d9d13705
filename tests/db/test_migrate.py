"""The history of the tables: up from nothing, down to nothing, from any revision with data, by several at once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from api.db import migrate
from api.db.connect import Database, connect
from api.db.migrate import NoRevision, UnknownTables
from api.db.revise import changes, revise
from api.db.tables import metadata
from tests.architecture.sources import ROOT
from tests.db.filling import contents, fill

WORDS = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'",
    "postgresql": """
        SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default)
          FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
}


def tables_of(store: Database) -> set[str]:
    with store.read() as db:
        return set(inspect(db).get_table_names()) - {migrate.VERSION_TABLE}


def said_of(store: Database) -> list[str]:
    """Every column, index and constraint in the database's own words, in whatever order they stand."""
    with store.read() as db:
        said = db.execute(text(WORDS[db.dialect.name])).scalars()
        return sorted(" ".join(sorted(re.sub(r'[",]', " ", each).split())) for each in said)


@pytest.fixture
def other_history(tmp_path: Path) -> Path:
    """The history of this program, to which a test may add."""
    copy = tmp_path / "history"
    (copy / "versions").mkdir(parents=True)
    for file in (migrate.HISTORY / "versions").glob("*.py"):
        (copy / "versions" / file.name).write_bytes(file.read_bytes())
    return copy


@pytest.fixture
def store(empty_database: str) -> Iterator[Database]:
    """A database without tables."""
    found = connect(empty_database)
    yield found
    found.close()


def test_the_history_makes_the_tables_that_the_program_knows(store: Database) -> None:
    migrate.upgrade(store)
    with store.read() as db:
        found = changes(db)
        assert migrate.is_current(db)
    assert found.upgrade_ops is not None
    assert found.upgrade_ops.as_diffs() == []


def test_the_history_makes_every_check_key_index_and_default(store: Database) -> None:
    migrate.upgrade(store)
    made = said_of(store)
    migrate.move(store, migrate.EMPTY)
    with store.write() as db:
        metadata.create_all(db)
    assert made == said_of(store)


def test_tables_full_of_rows_go_down_to_nothing_and_up_again(store: Database) -> None:
    migrate.upgrade(store)
    with store.write() as db:
        fill(db)
    migrate.move(store, migrate.EMPTY)
    assert tables_of(store) == set()
    migrate.upgrade(store)
    with store.write() as db:
        assert not any(contents(db).values())
        fill(db)


@pytest.mark.parametrize("revision", migrate.revisions())
def test_rows_that_an_older_revision_can_hold_come_back_from_it(store: Database, revision: str) -> None:
    migrate.upgrade(store)
    with store.write() as db:
        fill(db)
        before = contents(db)
    migrate.move(store, revision)
    held = tables_of(store)
    migrate.upgrade(store)
    with store.read() as db:
        after = contents(db)
    assert {name: len(after[name]) for name in held} == {name: len(before[name]) for name in held}


def test_a_changed_check_a_new_column_and_a_new_index_keep_every_row(store: Database, other_history: Path) -> None:
    """On SQLite a changed CHECK has its table rebuilt, and others have rows that refer to those of it."""
    (first,) = (other_history / "versions").glob(f"{migrate.revisions()[0]}_*.py")
    older = first.read_text()
    for now, before in (
        ("state IN ('held', 'released', 'converted')", "state IN ('held', 'released', 'converted', 'lost')"),
        ('        sa.Column("title", sa.String(length=200), nullable=True),\n', ""),
        ('    op.create_index("ix_order_lines_sku", "order_lines", ["tenant", "sku"], unique=False)\n', ""),
        ('    op.drop_index("ix_order_lines_sku", table_name="order_lines")\n', ""),
    ):
        assert older.count(now) == 1
        older = older.replace(now, before)
    first.write_text(older)
    written = revise("Say less of holds", history=other_history)
    assert written is not None
    newest = written.name[:4]
    migrate.move(store, newest, history=other_history)
    made = said_of(store)
    with store.write() as db:
        fill(db)
        before = contents(db)
    migrate.move(store, migrate.revisions()[-1], history=other_history)
    assert said_of(store) != made
    migrate.move(store, newest, history=other_history)
    assert said_of(store) == made
    with store.read() as db:
        after = contents(db)
    assert [drop.pop("title") for drop in before["drops"]] != [drop.pop("title") for drop in after["drops"]]
    assert after == before
    assert revise("Nothing", history=other_history) is None


def test_a_revision_that_fails_leaves_everything_as_it_was(store: Database, other_history: Path) -> None:
    migrate.upgrade(store)
    with store.write() as db:
        fill(db)
        before = contents(db)
    (other_history / "versions" / "9999_fails.py").write_text(
        "from alembic import op\nrevision = '9999'\n"
        f"down_revision = '{migrate.newest()}'\n"
        "def upgrade():\n    op.drop_table('loan_entries')\n    op.execute('SELECT nothing')\n"
    )
    with pytest.raises(DBAPIError):
        migrate.move(store, "9999", history=other_history)
    with store.read() as db:
        assert migrate.is_current(db)
        assert contents(db) == before


def test_processes_that_start_at_once_make_the_tables_once(store: Database, empty_database: str) -> None:
    program = (
        "import sys; from api.db import migrate; from api.db.connect import connect; sys.stdin.read(1); "
        f"migrate.upgrade(connect({empty_database!r}))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for each in started:
        assert each.stdin is not None
        each.stdin.write(b"\n")
        each.stdin.flush()
    told = [each.communicate(timeout=120)[1].decode() for each in started]
    assert [(each.returncode, error) for each, error in zip(started, told, strict=True)] == [(0, "")] * 3
    with store.read() as db:
        assert migrate.is_current(db)


def test_tables_of_a_newer_version_or_of_somebody_else_are_left_alone(store: Database) -> None:
    with store.write() as db:
        db.execute(text("CREATE TABLE notes (id integer PRIMARY KEY)"))
    with pytest.raises(UnknownTables, match="notes"):
        migrate.upgrade(store)
    with store.write() as db:
        db.execute(text("DROP TABLE notes"))
    migrate.upgrade(store)
    with store.write() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnknownTables, match="9999"):
        migrate.upgrade(store)
    with pytest.raises(NoRevision, match="base, 0001"):
        migrate.move(store, "9999")
