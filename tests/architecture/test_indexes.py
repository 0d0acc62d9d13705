"""Packages come from where pip was told, though it is uv that fetches them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture.sources import ROOT


@pytest.fixture(scope="module")
def launcher() -> ModuleType:
    loader = SourceFileLoader("launcher", str(ROOT / ".ci" / "uv"))
    spec = spec_from_loader("launcher", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_what_pip_reads_from_its_file_reaches_uv(launcher: ModuleType, tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror.example/simple\nextra-index-url =\n    https://a.example/simple\n"
        "    https://b.example/simple\nfind-links = /one /two\ntrusted-host = a.example\ncert = /ca.pem\n"
        "[install]\nindex-url = https://nearer.example/simple\n",
        encoding="utf-8",
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env={
            **environment,
            "PIP_CONFIG_FILE": str(config),
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    settings = launcher.uv_settings(launcher.pip_settings(listing))
    assert settings["UV_DEFAULT_INDEX"] == "https://nearer.example/simple"
    assert settings["UV_INDEX"] == "https://a.example/simple https://b.example/simple"
    assert settings["UV_FIND_LINKS"] == "/one,/two"
    assert settings["UV_INSECURE_HOST"] == "a.example"
    assert settings["SSL_CERT_FILE"] == "/ca.pem"


def test_the_environment_wins_over_pips_file(launcher: ModuleType) -> None:
    listing = ":env:.index-url='https://env.example/simple'\nglobal.index-url='https://file.example/simple'\n"
    settings = launcher.uv_settings(launcher.pip_settings(listing))
    assert settings["UV_DEFAULT_INDEX"] == "https://env.example/simple"


def test_uv_is_told_to_look_nowhere_when_pip_is(tmp_path: Path) -> None:
    told = subprocess.run(
        [ROOT / ".ci" / "uv", "pip", "install", "--dry-run", "--target", tmp_path, "dropwright-is-nowhere"],
        env={**os.environ, "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "provided package locations" in " ".join(told.stderr.split())
