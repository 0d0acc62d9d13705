"""Which instances lie in a folder, and reading one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.published import cordeau, gehring, vrplib
from bench.published.best import best_known
from bench.published.instance import FAMILIES, Family, Instance
from bench.published.text import Text
from router.errors import NotFound

SUFFIXES = (".vrp", ".txt")
LOOK_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that holds an instance, and of which family."""

    path: Path
    family: Family


def family_of(path: Path) -> Family | None:
    """The family, from the first lines; ``None`` for a published solution. Raises ``Faulty`` for anything else."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        head = [line.split() for _, line in zip(range(LOOK_LINES), file, strict=False)]
    if any(words[:1] == ["Instance"] and "".join(words).startswith("Instancename:") for words in head):
        return None
    if any(words == ["VEHICLE"] for words in head):
        return "vrptw"
    if path.suffix == ".txt" and any(head) and len(next(filter(None, head))) == 4:
        return "mdvrp"
    fields = {key.strip(): value.strip() for key, _, value in (" ".join(words).partition(":") for words in head)}
    family = vrplib.TYPES.get(fields.get("TYPE", ""), (None,))[0]
    if family is None:
        Text(path).refuse(1, "no TYPE that is read, no VEHICLE, no four numbers: this is no instance of a known family")
    return "same-day" if fields.get("EDGE_WEIGHT_TYPE") == "EXPLICIT" else family


def found_in(folder: Path, families: Sequence[str], names: Sequence[str]) -> Iterator[Found]:
    """The instances below ``folder`` by family and name; ``families`` and ``names`` empty mean all.

    Raises ``NotFound`` where the folder or one of the names is missing, ``Faulty`` for a file that is no instance.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    wanted = {name.lower() for name in names}
    paths = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if wanted:
        paths = [path for path in paths if path.stem.lower() in wanted]
    missing = wanted - {path.stem.lower() for path in paths}
    if missing:
        raise NotFound(f"there is no instance {', '.join(sorted(missing))} below {folder}")
    known = [Found(path=path, family=family) for path in paths if (family := family_of(path)) is not None]
    chosen = [each for each in known if not families or each.family in families]
    if not chosen:
        raise NotFound(f"there is no instance of {', '.join(families) or 'any family'} below {folder}")
    yield from sorted(chosen, key=lambda each: (FAMILIES.index(each.family), each.path.stem))


def read(found: Found) -> Instance:
    """The instance with the best cost known of it. Raises ``Faulty`` with every line that cannot be meant."""
    if found.family == "mdvrp":
        made = cordeau.read(found.path)
    elif found.family == "vrptw" and found.path.suffix == ".txt":
        made = gehring.read(found.path)
    else:
        made = vrplib.read(found.path)
    return replace(made, best=best_known(found.path, found.family))
