"""Writes the next revision of the tables: ``python -m api.db.revise "why"``, for whoever changed ``api.db.tables``.

What changed is found by comparing the tables with those that the history makes, on an SQLite of its own; it is written
in words that both databases understand. Read it before you commit it: a renamed column is one that was dropped and one
that was added, and a new column without a default has no value for the rows that are there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import (
    AddConstraintOp,
    CreateIndexOp,
    CreateTableOp,
    DowngradeOps,
    DropConstraintOp,
    DropIndexOp,
    MigrationScript,
    ModifyTableOps,
    UpgradeOps,
)
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect
from sqlalchemy.sql.schema import SchemaItem

from api.db import migrate
from api.db.connect import connect
from api.db.schema import Instant
from api.db.tables import metadata

PLUGINS = ("alembic.autogenerate.*", "alembic.ext.checkconstraint_byname")

_TEMPLATE = '''"""{why}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {after}


def upgrade() -> None:
{up}


def downgrade() -> None:
{down}
'''


def revise(why: str, *, history: Path = migrate.HISTORY) -> Path | None:
    """Writes the revision after the newest one and gives its file; ``None`` where nothing has changed."""
    known = migrate.revisions(history)
    with TemporaryDirectory() as folder:
        database = connect(f"sqlite:///{folder}/history.db")
        migrate.move(database, known[-1] if known else migrate.EMPTY, history=history)
        with database.read() as db:
            found = changes(db)
        database.close()
    up, down = found.upgrade_ops, found.downgrade_ops
    if up is None or down is None or up.is_empty():
        return None
    number = f"{len(known) + 1:04}"
    words = re.sub(r"[^a-z0-9]+", "_", why.lower()).strip("_")[:40]
    file = history / "versions" / f"{number}_{words}.py"
    after = f'"{known[-1]}"' if known else None
    file.write_text(
        _TEMPLATE.format(why=why, revision=number, after=after, up=_code(up), down=_code(down)), encoding="utf-8"
    )
    return file


def changes(db: Connection) -> MigrationScript:
    """What would bring the database to the tables of this program; texts of CHECKs are compared on SQLite alone."""
    options = {"autogenerate_plugins": list(PLUGINS)}
    found = produce_migrations(MigrationContext.configure(db, opts=options), metadata)
    if db.dialect.name == "sqlite" and found.upgrade_ops is not None and found.downgrade_ops is not None:
        for up, down in _changed_checks(db):
            found.upgrade_ops.ops.append(up)
            found.downgrade_ops.ops.append(down)
    return found


def _changed_checks(db: Connection) -> list[tuple[ModifyTableOps, ModifyTableOps]]:
    """CHECKs that kept their name and say something else now, which Alembic does not look for."""
    seen, found = inspect(db), []
    for table in metadata.sorted_tables:
        if not seen.has_table(table.name):
            continue
        before = {each["name"]: each["sqltext"] for each in seen.get_check_constraints(table.name)}
        for check in sorted(
            (each for each in table.constraints if isinstance(each, CheckConstraint)), key=lambda each: str(each.name)
        ):
            name = f"ck_{table.name}_{check.name}"
            if name in before and before[name] != str(check.sqltext):
                old = CheckConstraint(before[name], name=check.name)
                table_of_old = table.to_metadata(type(metadata)(naming_convention=metadata.naming_convention))
                table_of_old.append_constraint(old)
                found.append((_exchange(table.name, old, check), _exchange(table.name, check, old)))
    return found


def _exchange(table: str, old: CheckConstraint, new: CheckConstraint) -> ModifyTableOps:
    return ModifyTableOps(table, [DropConstraintOp.from_constraint(old), AddConstraintOp.from_constraint(new)])


def _code(found: UpgradeOps | DowngradeOps) -> str:
    """The statements, indented. Indexes need no table to be rebuilt; other changes do on SQLite."""
    lines = []
    for each in found.ops:
        if isinstance(each, CreateTableOp):
            each.info = {}  # written below as what it does
        alone = isinstance(each, ModifyTableOps) and all(
            isinstance(change, CreateIndexOp | DropIndexOp) for change in each.ops
        )
        said = render_python_code(
            UpgradeOps([each]),
            sqlalchemy_module_prefix="sa.",
            alembic_module_prefix="op.",
            render_as_batch=not alone,
            render_item=_plain,
        )
        lines += [line for line in said.splitlines() if not line.strip().startswith("#")]
        if isinstance(each, CreateTableOp):
            lines += _guarded(each.table_name)
    return "\n".join(lines)


def _guarded(table: str) -> list[str]:
    """The statements of ``info["guards"]``, by dialect: triggers, which belong to a table and Alembic does not know."""
    guards = metadata.tables[table].info.get("guards")
    if not guards:
        return []
    return [
        f"    guards = {dict(guards)!r}",
        "    for each in guards[op.get_bind().dialect.name]:",
        "        op.get_bind().exec_driver_sql(each)",
    ]


def _plain(kind: str, item: SchemaItem | Any, _context: Any) -> str | Literal[False]:
    """Our own types as those that the database knows: a revision depends on nothing that may change."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


if __name__ == "__main__":
    written = revise(" ".join(sys.argv[1:]) or sys.exit('say why: python -m api.db.revise "Keep the plans of a drop"'))
    sys.stdout.write(f"{written}\n" if written else "nothing has changed\n")
