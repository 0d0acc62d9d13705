"""Commands that look after the service's data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT

WITHIN_S = 120
COMMAND = (sys.executable, "-c", "from api.cli import main; main()")


def run(folder: Path, *words: str, database: str = "sqlite:///data.db") -> subprocess.CompletedProcess[str]:
    """The command in a folder, over the database of that name there."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DROPWRIGHT_DATABASE": database}
    return subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=WITHIN_S
    )


def test_a_database_goes_to_the_newest_revision_and_back_by_command(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").stdout.startswith("the tables are of revision 0")
    assert run(tmp_path, "migrate", "--to", "base").returncode == 0
    refused = run(tmp_path, "migrate", "--to", "42")
    assert refused.returncode == 2
    assert refused.stderr.startswith("dropwright: there is no revision '42'; there are base, 0001")


def test_what_was_saved_by_command_is_restored_by_command(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    assert run(tmp_path, "backup", "kept").stdout.startswith("0 rows of ")
    restored = run(tmp_path, "restore", "kept", database="sqlite:///other.db")
    assert restored.stdout.endswith("were restored from kept\n")
    assert run(tmp_path, "restore", "nowhere").stderr == "dropwright: nowhere: there is no such file\n"


def test_a_purge_by_command_tells_what_it_deleted(tmp_path: Path) -> None:
    assert run(tmp_path, "purge", "--before", "2026-12-01").stdout.startswith("deleted 0 recipients, 0 manifests, ")
    assert run(tmp_path, "purge", "--before", "tomorrow").returncode == 2
