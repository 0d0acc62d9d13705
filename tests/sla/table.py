"""The cases worked out by hand, read from ``cases`` (its README says how they are written)."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent / "cases"
DAY = "2026-11-20"
LISTS = {"evidence", "parcels"}
NUMBERS = {"orders"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A contract, what happened, when it is judged, and the rows that must come out. ``none``: kinds without a row."""

    name: str
    contract: dict[str, Any]
    events: tuple[dict[str, Any], ...]
    at: str | None
    rows: tuple[dict[str, Any], ...]
    none: tuple[str, ...]

    def kinds(self) -> set[str]:
        """The kinds of rows that the case is about."""
        return {row["kind"] for row in self.rows} or {"clock"}


def cases() -> list[Case]:
    """Every case of every file."""
    base = _read(HERE / "contract.yaml")
    return [
        _case(base, entry)
        for path in sorted(HERE.glob("*.yaml"))
        if path.name != "contract.yaml"
        for entry in _read(path)
    ]


def _read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text())


def _case(base: Mapping[str, Any], entry: Mapping[str, Any]) -> Case:
    unknown = set(entry) - {"case", "why", "contract", "term", "clock", "remedy", "at", "events", "rows", "none"}
    if unknown or not entry["why"]:
        raise ValueError(f"{entry['case']}: unknown {unknown}, or no why")
    contract = _over(deepcopy(dict(base)), entry.get("contract") or {})
    over = {"clock": entry.get("clock") or {}, "remedy": entry.get("remedy") or {}}
    if entry.get("term") or entry.get("clock") or entry.get("remedy"):
        contract["terms"][0] = _over(contract["terms"][0], {**(entry.get("term") or {}), **over})
    return Case(
        name=entry["case"],
        contract=contract,
        events=tuple(_event(text, number) for number, text in enumerate(entry["events"], 1)),
        at=_time(entry["at"]) if "at" in entry else None,
        rows=tuple(_row(row) for row in entry["rows"]),
        none=tuple(entry.get("none", ())),
    )


def _over(below: Any, above: Any) -> Any:
    """Fields merge, lists and values replace, null removes."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return deepcopy(above)
    made = dict(below)
    for key, value in above.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = _over(made.get(key), value)
    return made


def _time(text: str) -> str:
    """``10:00``, ``10:00:30.5``, ``11-21T10:00`` or ``2025-11-21T10:00`` as an instant in UTC."""
    day, _, clock = text.rpartition("T")
    day = DAY if not day else day if len(day) == 10 else f"2026-{day}"
    return f"{day}T{clock if clock.count(':') == 2 else clock + ':00'}Z"


def _event(text: str, number: int) -> dict[str, Any]:
    time, kind, about, *fields = text.split()
    data: dict[str, Any] = {}
    subject = about
    order, _, parcel = about.partition("/")
    if order.startswith("o"):
        data["order"] = order
        subject = f"parcel/{parcel}" if parcel else f"order/{order}"
    for field in fields:
        name, _, value = field.partition("=")
        data[name] = _value(name, value)
    return {
        "specversion": "1.0",
        "id": data.pop("id", f"e{number}"),
        "source": "shop",
        "type": kind,
        "time": _time(time),
        "subject": subject,
        "data": data,
    }


def _value(name: str, value: str) -> Any:
    if name == "corrects":
        return {"source": "shop", "id": value}
    if name == "window":
        return {"from": value}
    if name in LISTS:
        parts: Sequence[str] = value.split("+")
        return [{"kind": part} for part in parts] if name == "evidence" else parts
    return int(value) if name in NUMBERS else value


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {key: _time(value) for key, value in row.items() if key.endswith("_at") and value is not None}
    return {"kind": "clock", **row, **times}
