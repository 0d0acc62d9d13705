"""What docs/client.md shows runs as it stands there, against a service that was started as it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.cli.test_serve import WITHIN_S, serving

PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
CURL = Path(__file__).with_name("curl.py")
"""The options of curl that the page uses, for machines that have no curl; it is tried on all."""


def shown(language: str) -> str:
    """The one block of the page that is written in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    return str(found)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A service with the demo, and the folder that it was started in, with the files of the page."""

    address: str
    folder: Path

    def run(self, *command: str, path: str) -> str:
        """What a command printed; ``path``: where it looks for programs. It must end well."""
        done = subprocess.run(
            command, cwd=self.folder, env={"PATH": path}, capture_output=True, text=True, timeout=WITHIN_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "drop.json").write_text(shown("json"))
    (folder / "orders.ndjson").write_text(shown("ndjson"))
    with serving(folder, "--demo") as (_, _, address):
        yield Demo(address=address, folder=folder)


def ran(said: str, drop: str) -> None:
    """The job that plans the drop was followed to its end."""
    assert "event: end" in said
    assert '"state":"done"' in said
    assert f'"subject":"drop/{drop}"' in said


@pytest.mark.parametrize("curl", ["curl", "stand-in"])
def test_the_lines_of_curl_lead_to_a_released_plan(demo: Demo, curl: str, tmp_path: Path) -> None:
    script, path = shown("sh").replace("http://localhost:8000", demo.address), os.environ["PATH"]
    if curl == "stand-in" or shutil.which("curl") is None:
        (tmp_path / "curl").write_text(f"#!{sys.executable}\n{CURL.read_text()}")
        (tmp_path / "curl").chmod(0o755)
        path = f"{tmp_path}:{path}"
    name = f"saturday-{curl}"
    (demo.folder / f"{curl}.json").write_text(shown("json").replace('"saturday"', f'"{name}"'))
    script = script.replace("/saturday", f"/{name}").replace("@drop.json", f"@{curl}.json")
    said = demo.run("sh", "-e", "-c", script, path=path)
    ran(said, name)
    released = json.loads(said.strip().splitlines()[-1])
    assert (released["drop"], released["state"], released["orders"]) == (name, "released", 3)
    assert released["unserved"] == 0


def test_the_client_of_ten_lines_leads_to_a_released_plan(demo: Demo) -> None:
    client = shown("python").replace("http://localhost:8000", demo.address)
    said = demo.run(sys.executable, "-c", client, path=os.environ["PATH"])
    ran(said, "sunday")
    assert re.fullmatch(r"sunday is released and costs [0-9]+\.[0-9]{2} EUR", said.strip().splitlines()[-1])


def test_the_client_has_ten_lines_beside_what_it_imports_and_where_it_asks() -> None:
    lines = [line for line in shown("python").splitlines() if line.strip()]
    assert len([line for line in lines if not line.startswith(("import", "from", "API"))]) == 10
