"""The installed command as users run it: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT

DROPWRIGHT = Path(sys.executable).with_name("dropwright")
SMALL = ROOT / "fixtures" / "small" / "drop.json"
CENTRE = ROOT / "fixtures" / "centre" / "drop.json"

INVALID, UNUSABLE, INTERRUPTED = 1, 2, 130


def environment() -> dict[str, str]:
    """No colours and a width that does not depend on who looks."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FORCE_"))}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end. Whatever it was given, it must not answer with a traceback."""
    done = subprocess.run(
        [DROPWRIGHT, *map(str, arguments)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def succeed(folder: Path, *arguments: str | Path) -> str:
    """Runs the command, which must end well, and hands back what it printed."""
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def start(folder: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    """Starts the command with its standard error open for reading, in a process group of its own."""
    return subprocess.Popen(
        [DROPWRIGHT, *map(str, arguments)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        preexec_fn=_heeding,
    )


def _heeding() -> None:
    """Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
