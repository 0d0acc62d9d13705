"""The commands of contracts: ``dropwright sla …``. Files in, rows out; no server, no clock but the file's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import files

if TYPE_CHECKING:
    from sla.contract import Contract

app = typer.Typer(
    help="Contracts: what they say, and what they come to.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ContractFile = Annotated[Path, typer.Argument(metavar="CONTRACT", help="A contract, YAML or JSON.")]


@app.command()
def check(contract: ContractFile) -> None:
    """Tell every fault of CONTRACT, each with its line."""
    found = _contract(contract, bound=False)
    typer.echo(f"{found.id} version {found.version}: {len(found.terms)} terms, no faults")


def _contract(path: Path, *, bound: bool) -> Contract:
    from router.errors import Faulty
    from sla.codec import read_contract

    try:
        return read_contract(files.read(path), bound=bound)
    except Faulty as faulty:
        faulty.context["path"] = str(path)
        raise
