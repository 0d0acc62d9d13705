"""On a terminal: a bar with the cost while it plans, ruled tables afterwards, and every id as plain text."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from dataclasses import replace
from pathlib import Path

from router import codec
from tests.cli.command import DROPWRIGHT, environment
from tests.drops import base_drop


def on_a_terminal(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and everything printed, of the command run on a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [DROPWRIGHT, *arguments],
        cwd=folder,
        env=environment() | {"TERM": "xterm-256color", "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the terminal is gone with its last user
            break
        if not part:
            break
        said += part
    os.close(ours)
    return process.wait(timeout=60), said.decode()


def test_a_terminal_gets_a_bar_that_is_gone_in_the_end(tmp_path: Path) -> None:
    (tmp_path / "drop.json").write_bytes(codec.write(base_drop()))
    status, said = on_a_terminal(tmp_path, "plan", "drop.json", "-o", "plan.json", "--seconds", "3")
    assert status == 0, said
    assert re.search(r"meridian \(joint\).*0:00:0\d.*cost \d+\.\d\d EUR", said)
    assert "\x1b[2K" in said
    assert "of 4 orders served" in said


def test_an_id_cannot_steer_the_terminal(tmp_path: Path) -> None:
    bad = "x\x1b[2J\x1b]0;title\x07[red]"
    drop = replace(base_drop(), id=bad)
    (tmp_path / "drop.json").write_bytes(codec.write(drop))
    status, said = on_a_terminal(tmp_path, "plan", "drop.json", "-o", "plan.json", "--steps", "5")
    assert status == 0, said
    assert "\x1b[2J" not in said
    assert "\x1b]0;" not in said
    assert "x\\u001b[2J" in said
    assert "[red]" in said
