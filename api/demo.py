"""The demo: central Helsinki, planned twice, with all that people take in hand. Only a composition."""

from __future__ import annotations

from functools import partial
from importlib.resources import files as resources
from pathlib import Path

import typer

from api import files, flows, summary
from api.documents import map as map_page
from api.documents import pick_list
from api.interrupt import Interrupt
from api.tables import show
from api.wording import count
from router import codec
from router.effort import Effort
from router.errors import NotFound


class DemoMissing(NotFound):
    """The installation came without the drop of the demo."""

    code, title = "demo-missing", "The demo's drop is not installed"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not there: the installation is not whole; install Dropwright anew")


def demo(out: Path, *, seconds: float, seed: int, workers: int, roads: str, interrupt: Interrupt) -> None:
    """Plans the centre drop and leaves drop, plan, pick lists and map in ``out``, all of them or none.

    ``roads``: who measures its streets, as in ``router.travel.prepare``. The map shows the built-in ones.
    """
    flows.known_roads(roads)
    path = Path(str(resources("fixtures").joinpath("centre", "drop.json")))
    if not path.is_file():
        raise DemoMissing(path)
    files.check_writable(out / "plan.json")
    asked = flows.read_drop(path)
    sizes = f"{count(len(asked.orders), 'order')}, {count(len(asked.hubs), 'hub')}"
    typer.echo(f"{asked.id}: {sizes}; measuring the streets")
    drop = flows.prepared(asked, path, roads)
    solve = partial(flows.solve, drop, seed=seed, workers=workers, interrupt=interrupt)
    greedy = solve(engine="greedy", effort=Effort(budget_s=seconds), bound=False)
    best = solve(engine="joint", effort=Effort(budget_s=seconds))
    lists = pick_list.render(drop, best)
    flows.leave_pick_lists(
        out / "pick-lists",
        lists,
        beside={
            out / "map.html": map_page.render(asked, best, flows.streets(asked, path.parent)),
            out / "drop.json": codec.write(drop),
            out / "plan.json": codec.write(best),
        },
    )
    show(summary.tables(drop, best, beside=greedy))
    typer.echo("")
    typer.echo("\n".join(summary.short(drop, best)))
    typer.echo(
        f"{out / 'plan.json'} is a plan of {out / 'drop.json'}; "
        f"{count(len(lists), 'pick list')} in {out / 'pick-lists'}"
    )
    typer.echo(f"open {out / 'map.html'} in a browser")
