"""``dropwright sla …`` for events: replay, evidence, verify, keygen, what-if."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from api import files
from api.interrupt import interruptible
from api.sla_cli import app as app
from api.sla_cli import contract_in
from router.errors import Invalid

CONTRADICTED = 1

EventsFile = Annotated[Path, typer.Argument(metavar="EVENTS", help="The events, JSON Lines.")]
ContractFile = Annotated[Path, typer.Argument(metavar="CONTRACT", help="A bound contract, YAML or JSON.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="INSTANT", help="When it is judged; the latest event if not given.")
]


class InstantUnreadable(Invalid):
    """``--at`` is no instant."""

    code, title = "instant-unreadable", "That is no instant"


@app.command()
def replay(
    events: EventsFile,
    contract: ContractFile,
    at: At = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Processes for large logs.")] = 2,
) -> None:
    """Judge every clock, ratio and window of EVENTS under CONTRACT, as JSON Lines on standard output."""
    from api.replay.run import replayed
    from sla.event import EventContradicted

    with interruptible():
        bound, at_us = contract_in(contract, bound=True), _instant_us(at)
        try:
            with replayed(events, bound, at_us, workers=workers) as done:
                done.write(sys.stdout.buffer)
                sys.stdout.flush()
        except EventContradicted as error:
            typer.echo(f"dropwright: {error}", err=True)
            raise typer.Exit(CONTRADICTED) from None


@app.command()
def evidence(
    events: EventsFile,
    contract: ContractFile,
    case: Annotated[str, typer.Option(metavar="TERM:order/ID", help="The clock whose timeline it is.")],
    key: Annotated[Path, typer.Option(metavar="PRIV", help="The private key (PEM) that signs it.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where it goes; beside it FILE.sig.")],
    at: At = None,
) -> None:
    """Write the events that decided a case, chained by hashes, and sign the file."""
    from api.replay.timeline import evidence_of
    from sla.evidence import head, sign

    with interruptible():
        made = evidence_of(events, contract_in(contract, bound=True), case, _instant_us(at))
        files.write_all({output: made, _beside(output): sign(made, files.read(key))})
        typer.echo(f"head {head(made)}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The evidence.")],
    key: Annotated[Path, typer.Option(metavar="PUB", help="The public key (PEM) of the one who signed.")],
    head: Annotated[str | None, typer.Option(metavar="HASH", help="The head that is known from elsewhere.")] = None,
    signature: Annotated[
        Path | None, typer.Option(metavar="SIG", help="The signature, where it is not FILE.sig.")
    ] = None,
) -> None:
    """Check that FILE is whole, in order, and signed. Status 1 and the reason where it is not."""
    from sla.evidence import EvidenceBroken
    from sla.evidence import verify as verified

    try:
        found = verified(files.read(file), files.read(signature or _beside(file)), files.read(key), head)
    except EvidenceBroken as error:
        typer.echo(f"dropwright: {error}", err=True)
        raise typer.Exit(CONTRADICTED) from None
    typer.echo(f"valid, head {found}")


@app.command()
def keygen(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The private key; FILE.pub too.")],
) -> None:
    """Make a pair of keys that sign and verify evidence."""
    import secrets

    from sla.evidence import key_pair

    private, public = key_pair(secrets.token_bytes(32))
    files.write_all({output: private, output.with_name(output.name + ".pub"): public})
    output.chmod(0o600)


@app.command(name="what-if")
def what_if(
    events: EventsFile,
    contract: ContractFile,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="Another version of it, bound.")],
    at: At = None,
) -> None:
    """Print what OTHER would have changed, by party and clause, as JSON Lines."""
    from api.replay.timeline import read_all
    from sla.rules import prepared
    from sla.whatif import compare

    with interruptible():
        change = compare(
            prepared(contract_in(contract, bound=True)),
            prepared(contract_in(other, bound=True)),
            list(read_all(events).values()),
            _instant_us(at),
        )
    for row in change.clauses:
        typer.echo(
            json.dumps(
                {
                    "party": row.party,
                    "term": row.term,
                    "breaches": [row.before.breaches, row.after.breaches],
                    "amount": [row.before.amount, row.after.amount],
                },
                ensure_ascii=False,
            )
        )
    for party, before, after in change.due:
        typer.echo(json.dumps({"party": party, "due": [before, after]}, ensure_ascii=False))


def _instant_us(text: str | None) -> int | None:
    from sla.event import instant_us

    if text is None:
        return None
    try:
        return instant_us(text)
    except (ValueError, OverflowError):
        raise InstantUnreadable(f"--at {text!r} is not an instant such as 2026-11-20T18:15:00+02:00") from None


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".sig")
