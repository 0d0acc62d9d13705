"""The drops in ``fixtures/`` are what their scripts make, without a fault, and what their READMEs say."""

from __future__ import annotations

import csv
import json
import re
import runpy
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from router.codec import read_drop
from router.model import Drop

FIXTURES = Path(__file__).parents[2] / "fixtures"
NAMES = ("small", "city", "centre")
HELSINKI = ZoneInfo("Europe/Helsinki")


def stored(name: str) -> bytes:
    return (FIXTURES / name / "drop.json").read_bytes()


def table(name: str, first_column: str) -> list[dict[str, str]]:
    """The rows of the README's table whose heading starts with this column."""
    lines = (FIXTURES / name / "README.md").read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    heads = cells(lines[at])
    rows = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(heads, cells(line), strict=True)))
    return rows


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def counted(text: str) -> dict[str, int]:
    """``2 MUG, 1 TEA`` as units by SKU."""
    return {sku: int(units) for units, sku in re.findall(r"(\d+) ([A-Z]{3,})", text)}


def clock(at: datetime) -> str:
    """Local time of day, +1 before it on the day after the drop."""
    local = at.astimezone(HELSINKI)
    return ("+1 " if local.day == 21 else "") + local.strftime("%H:%M")


@pytest.fixture(scope="module")
def small() -> Drop:
    return read_drop(stored("small"))


@pytest.fixture(scope="module")
def centre() -> Drop:
    return read_drop(stored("centre"))


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_is_made_again_byte_for_byte(name):
    assert runpy.run_path(str(FIXTURES / name / "make.py"))["drop_json"]() == stored(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_stays_small_and_has_one_record_a_line(name):
    data = stored(name)
    assert len(data) < 400_000
    orders = json.loads(data)["orders"]
    lines = [line for line in data.decode().splitlines() if line.startswith('    {"id": "o')]
    assert [json.loads(line.rstrip(","))["id"] for line in lines] == [order["id"] for order in orders]


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_says_where_it_comes_from_and_its_licence(name):
    text = (FIXTURES / name / "README.md").read_text(encoding="utf-8")
    assert "licence" in text
    assert "make.py" in text
    if name == "centre":
        assert "© OpenStreetMap contributors" in text
        assert "ODbL" in text


@pytest.mark.parametrize(("name", "orders", "hubs"), [("small", 12, 2), ("city", 600, 6), ("centre", 400, 4)])
def test_a_fixture_is_a_drop_of_a_friday_evening_in_helsinki(name, orders, hubs):
    drop = read_drop(stored(name))
    assert (len(drop.orders), len(drop.hubs)) == (orders, hubs)
    opens, closes = (datetime(2026, 11, 20, 18, minute, tzinfo=HELSINKI) for minute in (0, 15))
    assert all(opens <= order.placed_at < closes for order in drop.orders)
    assert closes <= drop.plan_at


def test_the_small_drop_is_the_one_in_its_readme(small):
    tiers = {tier.id: tier for tier in small.tiers}
    rows = table("small", "order")
    assert [row["order"] for row in rows] == [order.id for order in small.orders]
    for row, order in zip(rows, small.orders, strict=True):
        assert row["placed"] == clock(order.placed_at)
        assert row["tier"] == order.tier
        assert counted(row["lines"]) == {line.sku: line.quantity for line in order.lines}
        assert row["due"] == clock(order.deliver_due(tiers[order.tier]))
        assert (order.cleared_at is not None) == ("cleared" in row["more"])
        for at in (order.cleared_at, order.not_before):
            assert at is None or clock(at) in row["more"]


def test_the_small_town_is_the_grid_in_its_readme(small):
    rows = [*table("small", "hub"), *table("small", "order")]
    corners = [(int(row["blocks east"]), int(row["blocks north"])) for row in rows]
    assert [place.location.place for place in (*small.hubs, *small.orders)] == list(range(len(corners)))
    bike = small.travel.profiles["bike"]
    for i, (east, north) in enumerate(corners):
        for j, (other_east, other_north) in enumerate(corners):
            blocks = abs(east - other_east) + abs(north - other_north)
            assert (bike.metres[i][j], bike.seconds[i][j]) == (100 * blocks, 30 * blocks)


def test_the_small_hubs_hold_what_their_readme_says(small):
    for row, hub in zip(table("small", "hub"), small.hubs, strict=True):
        assert row["hub"] == hub.id
        here = {each.sku: each.quantity for each in small.stock if each.hub == hub.id}
        assert counted(row["stock"]) == here
        assert [row[f"wave {clock(w.start)} to {clock(w.end)}"] for w in hub.waves] == [
            f"{wave.lines} lines" for wave in hub.waves
        ]


def test_the_small_drop_forces_what_its_readme_promises(small):
    where: dict[str, dict[str, int]] = {}
    for row in small.stock:
        where.setdefault(row.sku, {})[row.hub] = row.quantity
    orders = {order.id: order for order in small.orders}
    assert not set(where["CHEESE"]) & set(where["CANDLE"])
    assert small.wants(orders["o03"]) == {"MUG": 1, "TEA": 2}
    assert sum(where["LAMP"].values()) < small.wants(orders["o12"])["LAMP"]
    wanted = sum(small.wants(order).get("TEA", 0) for order in small.orders)
    beside = sum(row.contingency for row in small.stock if row.sku == "TEA")
    assert (wanted, sum(where["TEA"].values()), beside) == (13, 11, 2)


def test_every_order_in_the_centre_goes_to_a_real_address(centre):
    with (FIXTURES / "centre" / "addresses.csv").open(encoding="utf-8", newline="") as text:
        addresses = {(round(float(row["lat"]), 5), round(float(row["lon"]), 5)) for row in csv.DictReader(text)}
    assert len(addresses) > 1_000
    assert {(order.location.lat, order.location.lon) for order in centre.orders} <= addresses


def test_the_centre_drop_travels_on_roads_that_are_there(centre):
    assert centre.travel.kind == "road"
    assert (FIXTURES / "centre" / centre.travel.extract).is_file()
    assert {name: profile.costing for name, profile in centre.travel.profiles.items()} == {
        "walker": "foot",
        "cargo-bike": "cargo_bike",
    }


@pytest.mark.parametrize("name", ["city", "centre"])
def test_a_readme_counts_what_its_drop_holds(name):
    drop = read_drop(stored(name))
    text = " ".join((FIXTURES / name / "README.md").read_text(encoding="utf-8").split())
    sellers = {sku.seller for sku in drop.catalog}
    assert f"{len(drop.catalog)} SKUs of {len(sellers)} sellers" in text
    kinds = Counter(courier.profile for courier in drop.couriers)
    plural = {"bike": "bikes", "van": "vans", "walker": "walkers", "cargo-bike": "cargo bikes"}
    assert " and ".join(f"{count} {plural[kind]}" for kind, count in kinds.items()) in text
    where: dict[str, set[str]] = {}
    held: Counter[str] = Counter()
    for row in drop.stock:
        where.setdefault(row.sku, set()).add(row.hub)
        held[row.sku] += row.quantity + row.contingency
    needs = [drop.wants(order) for order in drop.orders]
    apart = sum(not set.intersection(*(where[sku] for sku in need)) for need in needs)
    assert f"{apart} orders fit no single hub" in text
    asked = sum((Counter(need) for need in needs), Counter())
    short = sum(held[sku] < units for sku, units in asked.items())
    assert f"of {('no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven')[short]} SKUs fewer" in text
