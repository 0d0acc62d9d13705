"""The commands of contracts: ``dropwright sla …``. Files in, rows out; no server, no clock but the file's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import files
from api.wording import count, seen

if TYPE_CHECKING:
    from sla.contract import Contract

app = typer.Typer(
    help="Contracts: what they say, and what they come to.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ContractFile = Annotated[Path, typer.Argument(metavar="CONTRACT", help="A contract, YAML or JSON.")]

Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where it goes; - is standard output.")]


@app.command()
def check(contract: ContractFile) -> None:
    """Tell every fault of CONTRACT, each with its line."""
    found = contract_in(contract, bound=False)
    typer.echo(f"{found.id} version {found.version}: {len(found.terms)} terms, no faults")


@app.command()
def templates(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one to print; none lists them.")] = None,
) -> None:
    """List the contract templates, or print one, to be edited and published."""
    from sla import template

    if name is None:
        for each in template.names():
            typer.echo(each)
    else:
        typer.echo(template.text(name).decode(), nl=False)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="A version, YAML or JSON.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Another one.")],
    json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
) -> None:
    """Tell field by field how two versions differ, clause by clause."""
    import json as spelling

    from router import codec
    from sla.compare import changes

    found = changes(contract_in(before, bound=False), contract_in(after, bound=False))
    if json:
        typer.echo(spelling.dumps([codec.plain(each) for each in found], indent=2, ensure_ascii=False))
        return
    for each in found:
        part = f" ({each.part})" if each.part else ""
        values = " -> ".join(
            spelling.dumps(value, ensure_ascii=False)
            for kind, value in (("added", each.before), ("removed", each.after))
            if each.kind != kind
        )
        typer.echo(seen(f"{each.kind} {each.pointer}{part}: {values}"))
    typer.echo(count(len(found), "difference") if found else "no difference")


@app.command()
def publish(
    draft: ContractFile,
    output: Output,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="From when on, where the draft does not say.")] = None,
) -> None:
    """Make a version of a draft that never changes: holidays as dates, one spelling, a hash."""
    from sla import codec, versions

    made = versions.publish(contract_in(draft, bound=False), on=_date(on))
    files.write(output, codec.canonical(made) + b"\n")
    typer.echo(f"{made.id} version {made.version}: sha256 {versions.sha256(made)}", err=output == files.STANDARD_OUTPUT)


@app.command()
def bind(
    contract: ContractFile,
    binding: Annotated[Path, typer.Argument(metavar="BINDING", help="parameters, hubs, from …, YAML or JSON.")],
    output: Output,
) -> None:
    """Bind a version to partners, hubs, couriers and dates, with what is agreed otherwise."""
    from sla import codec, versions

    version = contract_in(contract, bound=False)
    with _told(binding):
        made = versions.bind(version, versions.read_binding(files.read(binding)))
    files.write(output, codec.write(made))
    typer.echo(f"{made.id} version {made.version} from {made.from_}", err=output == files.STANDARD_OUTPUT)


@app.command()
def clone(contract: ContractFile, output: Output) -> None:
    """Make a draft of a version, to be edited: the next number, and holidays by country again."""
    from sla import codec, versions

    made = versions.clone(contract_in(contract, bound=False))
    files.write(output, codec.write(made))
    typer.echo(f"{made.id} version {made.version}, a draft", err=output == files.STANDARD_OUTPUT)


@app.command()
def succeed(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="A bound contract, YAML or JSON.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="A later version of it, bound.")],
    on: Annotated[str, typer.Option(metavar="DATE", help="The first day of AFTER; BEFORE ends as it begins.")],
    ended: Annotated[Path, typer.Option("--ended", metavar="FILE", help="Where BEFORE goes, with its end.")],
    output: Output,
) -> None:
    """Let AFTER take the place of BEFORE on a day, without a gap: both are written with that date."""
    from sla import codec, versions

    day = _date(on)
    if day is None:
        raise typer.BadParameter("give a date, such as 2026-12-01", param_hint="--on")
    old, new = versions.succeed(contract_in(before, bound=True), contract_in(after, bound=True), on=day)
    files.write_all({ended: codec.write(old), output: codec.write(new)})
    typer.echo(f"{new.id} version {new.version} follows version {old.version} on {day}")


@app.command("compile")
def compile_drop(
    documents: Annotated[list[Path], typer.Argument(metavar="CONTRACT… DROP", help="Bound contracts, then the drop.")],
    output: Output,
) -> None:
    """Give DROP the due times and penalties of the contracts in force; tell what it cannot express, and why."""
    from api import flows
    from router import codec
    from sla.compile import compiled

    *contracts, drop = documents
    if not contracts:
        raise typer.BadParameter("name at least one contract before the drop", param_hint="CONTRACT… DROP")
    made = compiled(flows.read_drop(drop), [contract_in(each, bound=True) for each in contracts])
    files.write(output, codec.write(made.drop))
    for each in made.not_compiled:
        where = f" in {each.tier}" if each.tier else ""
        typer.echo(seen(f"not compiled: {each.contract} {each.version}, {each.term}{where}: {each.reason}"), err=True)


@app.command()
def forecast(
    drop: Annotated[Path, typer.Argument(metavar="DROP", help="The drop, a JSON file.")],
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A valid plan of it, a JSON file.")],
    contract: ContractFile,
) -> None:
    """Judge the times that PLAN foresees as a replay judges events: one JSON line a clock, ratio and window."""
    from api import flows
    from sla.forecast import planned_events
    from sla.replay import replay
    from sla.rules import prepared

    law = contract_in(contract, bound=True)
    asked = flows.read_drop(drop)
    for line in replay(prepared(law), planned_events(asked, flows.fitting_plan(asked, plan))):
        typer.echo(line)


def _date(given: str | None) -> date | None:
    try:
        return None if given is None else date.fromisoformat(given)
    except ValueError:
        raise typer.BadParameter("give a date, such as 2026-12-01", param_hint="--on") from None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Faults of a document are told with the file that it stands in."""
    from router.errors import Faulty

    try:
        yield
    except Faulty as faulty:
        faulty.context["path"] = str(path)
        raise


def contract_in(path: Path, *, bound: bool) -> Contract:
    """The contract in a file. Raises ``Faulty``, which then knows the path, and the errors of ``api.files``."""
    from sla.codec import read_contract

    with _told(path):
        return read_contract(files.read(path), bound=bound)
