"""The command ``dropwright``: files in, files out. Says what is wrong in a sentence and in the exit status.

0 done; 1 the plan that was checked is not valid; 2 what was given cannot be used, or a file not be read or
written; 3 a bug: the referee refused Dropwright's own plan; 130 interrupted. See docs/command-line.md.
"""

from __future__ import annotations

import math
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import accounts_cli, audit_cli, data_cli, elapsed, files, service_cli, sla_replay_cli
from api.interrupt import STATUS, Interrupt, Interrupted, interruptible
from api.wording import count, seen
from router.errors import DropwrightError, Faulty

if TYPE_CHECKING:
    from router.check import Finding

INVALID, UNUSABLE, BUG = 1, 2, 3

app = typer.Typer(
    name="dropwright",
    help="Plans a live-commerce drop: which hub picks what in which wave, who carries it when, at what cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(service_cli.serve)
app.command()(service_cli.worker)
app.add_typer(sla_replay_cli.app, name="sla")  # the app of sla_cli, with the commands for events
app.add_typer(accounts_cli.tenants, name="tenants")
app.add_typer(accounts_cli.keys, name="keys")
app.add_typer(accounts_cli.people, name="people")
app.add_typer(audit_cli.app, name="audit")
app.command()(data_cli.migrate)
app.command()(data_cli.backup)
app.command()(data_cli.restore)
app.command()(data_cli.purge)

_STARTED = elapsed.started()


class Document(StrEnum):
    """The two formats."""

    DROP = "drop"
    PLAN = "plan"


def _finite(value: float | None) -> float | None:
    if value is not None and not (1 <= value <= 1e6 and math.isfinite(value)):
        raise typer.BadParameter("give at least 1 and at most 1000000 seconds")
    return value


DropFile = Annotated[Path, typer.Argument(metavar="DROP", help="The drop, a JSON file.")]
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan of it, a JSON file.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where it goes; - is standard output.")]
Folder = Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where they go.")]
Seconds = Annotated[
    float | None,
    typer.Option(metavar="N", callback=_finite, help="End within N seconds, from the start of the command."),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, max=2**31 - 1, help="Equal seeds and steps give equal plans.")]
Roads = Annotated[
    str,
    typer.Option(metavar="ROADS", help="Who measures a road drop: built-in, osrm, or the address of an OSRM server."),
]
Workers = Annotated[int, typer.Option(metavar="N", min=1, max=256, help="Cores to use.")]


def main() -> None:
    """Runs the command line and ends the process with its status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except DropwrightError as error:
        _tell(error)
        sys.exit(BUG if error.code == "plan-refused" else UNUSABLE)
    except MemoryError:
        typer.echo("dropwright: there is not enough memory for this", err=True)
        sys.exit(UNUSABLE)
    except Interrupted:
        typer.echo("dropwright: interrupted, nothing was written", err=True)
        sys.exit(STATUS)


@app.callback(invoke_without_command=True)
def _dropwright(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from router.solve import installed_version

        typer.echo(f"dropwright {installed_version()}")
        raise typer.Exit


@app.command()
def plan(
    drop: DropFile,
    output: Output,
    seconds: Seconds = None,
    steps: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Do N steps instead: repeatable, takes what it takes."),
    ] = None,
    seed: Seed = 1,
    workers: Workers = 2,
    engine: Annotated[str, typer.Option(metavar="NAME", help="Which solver; a wrong name lists them.")] = "joint",
    roads: Roads = "built-in",
    start: Annotated[
        Path | None, typer.Option("--from", metavar="OLD", help="Go on from this plan of DROP; may be FILE itself.")
    ] = None,
    bound: Annotated[bool, typer.Option(help="Prove beside the search how little any plan could cost.")] = True,
) -> None:
    """Plan DROP and write the plan, refereed. Default: 30 seconds. Ctrl-C writes the best plan so far."""
    from api import flows, summary
    from router import codec
    from router.effort import Effort

    if seconds is not None and steps is not None:
        raise typer.BadParameter("give one of them, not both", param_hint="--seconds and --steps")
    with interruptible() as interrupt:
        flows.known_engine(engine, warm=start is not None)
        flows.known_roads(roads)
        asked = flows.read_drop(drop)
        files.check_writable(output, drop)
        kept = flows.kept_beside(asked, output, drop, *([start] if start else []))
        whole = flows.prepared(asked, drop, roads)
        old = flows.fitting_plan(whole, start) if start else None
        beside = {kept: codec.write(whole)} if kept else {}
        if steps is None:
            effort = Effort(budget_s=flows.TimeLimit(seconds=seconds or 30.0, started=_STARTED).left_s(whole))
        else:
            effort = Effort(steps=steps)
        made = flows.solve(
            whole,
            engine=engine,
            seed=seed,
            workers=workers,
            effort=effort,
            interrupt=interrupt,
            start=old,
            bound=bound,
        )
        if output == files.STANDARD_OUTPUT:
            files.write(output, codec.write(made))
        else:
            files.write_all({**beside, output: codec.write(made)})
        aside = output == files.STANDARD_OUTPUT
        typer.echo("\n".join(summary.short(whole, made)), err=aside)
        if kept:
            typer.echo(
                f"{output} is a plan of {kept}, the matrix drop made of {drop}; check it against that",
                err=aside,
            )
        elif not aside:
            typer.echo(f"{output} is a plan of {drop}", err=aside)
        _end(interrupt)


@app.command("bound")
def lower_bound(
    drop: DropFile,
    plan: Annotated[Path | None, typer.Option(metavar="PLAN", help="A plan of it, to tell the gap.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write PLAN with the bound; may be PLAN.")
    ] = None,
    seconds: Seconds = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Do N steps instead: repeatable, takes what it takes.")
    ] = None,
    workers: Workers = 2,
    roads: Roads = "built-in",
) -> None:
    """Prove how little any plan of DROP could cost. Default: 60 seconds. Ctrl-C keeps the bound so far."""
    from api import flows, summary
    from router import codec

    if seconds is not None and steps is not None:
        raise typer.BadParameter("give one of them, not both", param_hint="--seconds and --steps")
    if output is not None and plan is None:
        raise typer.BadParameter("give --plan too: it is the plan that is written with its bound", param_hint="-o")
    with interruptible() as interrupt:
        flows.known_roads(roads)
        asked = flows.read_drop(drop)
        if output is not None:
            files.check_writable(output, drop)
        whole = flows.prepared(asked, drop, roads)
        old = flows.fitting_plan(whole, plan) if plan else None
        until = None if steps is not None else _STARTED + (seconds or 60.0)
        found = flows.bounded(whole, plan=old, until=until, steps=steps, workers=workers, interrupt=interrupt)
        raised = flows.with_bound(whole, old, found) if old else None
        if output is not None and raised is not None:
            files.write(output, codec.write(raised))
        typer.echo(f"{seen(whole.id)}: {summary.bounded(whole, found, old)}", err=output == files.STANDARD_OUTPUT)
        if raised is not None and (raised.lower_bound or 0) > found:
            typer.echo(
                f"the bound that {plan} has is higher: {summary.bounded(whole, raised.lower_bound or 0, raised)}",
                err=output == files.STANDARD_OUTPUT,
            )
        _end(interrupt, "bound")


@app.command()
def check(
    drop: DropFile,
    plan: PlanFile,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Referee PLAN against DROP: every rule and every figure. Exit status 0 if it is valid, 1 if not."""
    from api import flows

    asked = flows.read_drop(drop)
    found = flows.referee(asked, plan)
    _findings(found, json)
    raise typer.Exit(INVALID if found else 0)


@app.command()
def explain(
    drop: DropFile,
    plan: PlanFile,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The id of an order of the drop.")],
    json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON.")] = False,
) -> None:
    """Explain why ORDER goes as it does in PLAN: what else there was, and what would have cured it."""
    import json as text

    from api import explain as words
    from api import flows, tables
    from router import codec
    from router.explain import explain as explained

    asked = flows.read_drop(drop)
    if found := flows.referee(asked, plan):
        _findings(found, json)
        raise typer.Exit(INVALID)
    told = explained(asked, flows.read_plan(plan), order)
    if json:
        typer.echo(text.dumps(codec.plain(told), indent=2, ensure_ascii=False))
        return
    typer.echo("\n".join(words.decided(asked, told)))
    tables.show((words.elsewhere(asked, told),))
    if cure := words.cured(asked, told):
        typer.echo("\n" + "\n".join(cure))


@app.command("make-drop")
def make_drop(
    orders: Annotated[int, typer.Option(metavar="N", help="How many orders.")],
    hubs: Annotated[int, typer.Option(metavar="H", help="How many hubs.")],
    output: Output,
    couriers: Annotated[int | None, typer.Option(metavar="N", help="How many couriers; else what fits.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal drops.")] = 1,
    tight: Annotated[bool, typer.Option("--tight", help="Less of everything but orders.")] = False,
) -> None:
    """Make up a drop of any size, with baskets and arrivals as in real shops."""
    import router.generate
    from router import codec

    made = router.generate.make_drop(orders=orders, hubs=hubs, couriers=couriers, seed=seed, tight=tight)
    files.write(output, codec.write(made))


@app.command()
def schema(document: Annotated[Document, typer.Argument(help="Which of the two formats.")]) -> None:
    """Print the JSON Schema of a format."""
    import json

    from router import codec
    from router.model import Drop
    from router.plan import Plan

    typer.echo(json.dumps(codec.schema(Drop if document is Document.DROP else Plan), indent=2, ensure_ascii=False))


@app.command("map")
def draw_map(drop: DropFile, plan: PlanFile, output: Output, roads: Roads = "built-in") -> None:
    """Draw PLAN on a map: one HTML page that needs no network. Give a road drop to see its streets."""
    from api import flows
    from api.documents import map as page

    flows.known_roads(roads)
    asked = flows.read_drop(drop)
    files.check_writable(output, drop, plan)
    fitting = flows.fitting_plan(flows.prepared(asked, drop, roads), plan)
    files.write(output, page.render(asked, fitting, flows.streets(asked, drop.parent)))


@app.command("pick-lists")
def pick_lists(drop: DropFile, plan: PlanFile, output: Folder, roads: Roads = "built-in") -> None:
    """Write one CSV for each hub and wave that has something to pick."""
    from api import flows
    from api.documents import pick_list

    flows.known_roads(roads)
    asked = flows.read_drop(drop)
    lists = pick_list.render(asked, flows.fitting_plan(flows.prepared(asked, drop, roads), plan))
    flows.leave_pick_lists(output, lists)
    typer.echo(f"{count(len(lists), 'pick list')} in {output}")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where everything goes.")] = Path("out"),
    seconds: Seconds = 20,
    seed: Seed = 1,
    workers: Workers = 2,
    roads: Roads = "built-in",
) -> None:
    """Plan a drop in central Helsinki: plan, summary, pick lists and a map."""
    from api import demo as shown

    with interruptible() as interrupt:
        shown.demo(out, seconds=seconds or 20, seed=seed, workers=workers, roads=roads, interrupt=interrupt)
        _end(interrupt)


def _findings(found: tuple[Finding, ...], json: bool) -> None:
    """What the referee found, one line a finding and the count, or as JSON."""
    if json:
        import json as text

        listed = [{"rule": each.rule, "where": each.where, "message": each.message} for each in found]
        typer.echo(text.dumps({"valid": not found, "findings": listed}, indent=2))
    else:
        for each in found:
            typer.echo(seen(str(each)))
        typer.echo(count(len(found), "finding") if found else "valid")


def _end(interrupt: Interrupt, what: str = "plan") -> None:
    if interrupt.stop.is_set():
        typer.echo(f"dropwright: interrupted, this is the best {what} found until then", err=True)
        raise typer.Exit(STATUS)


def _tell(error: DropwrightError) -> None:
    """The error on stderr: a sentence, or every fault of a document, each with its file and place."""
    context: dict[str, Any] = error.context
    if isinstance(error, Faulty):
        path = context.get("path", error.what)
        for fault in error.faults:
            typer.echo(seen(f"{path}: {fault}"), err=True)
        typer.echo(seen(f"dropwright: {error}"), err=True)
    else:
        for line in f"dropwright: {error}".splitlines():
            typer.echo(seen(line), err=True)
