"""The map as a user sees it: opened as a file, in a browser, with no network."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import cos, hypot, radians
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from api import flows
from api.documents import map as map_page
from router import solve
from router.effort import Effort
from router.model import Drop
from router.plan import Plan
from tests.architecture.sources import ROOT
from tests.drops import base_drop, base_plan

CENTRE = ROOT / "fixtures" / "centre" / "drop.json"
WINDOW = {"width": 1280, "height": 860}
INK, PAPER, LATE, GROUND = "#1d2433", "#ffffff", "#e3002b", "#e9ebee"

# Counts the pixels of each colour of a picture, in the browser, which can read pictures.
COUNT = """async (picture) => {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data, counts = {};
  const hex = (part) => part.toString(16).padStart(2, "0");
  for (let at = 0; at < data.length; at += 4) {
    const colour = `#${hex(data[at])}${hex(data[at + 1])}${hex(data[at + 2])}`;
    counts[colour] = (counts[colour] || 0) + 1;
  }
  return counts;
}"""

# Where the dot of an order is on the screen.
DOT = """(order) => {
  const map = document.getElementById("map"), box = map.getBoundingClientRect();
  const { xaxis, yaxis } = map._fullLayout;
  for (const trace of map.data.filter((each) => each.meta === "orders")) {
    const at = trace.hovertext.findIndex((text) => text.startsWith(`<b>${order}</b>`));
    if (at >= 0) return { x: box.left + xaxis.c2p(trace.x[at]), y: box.top + yaxis.c2p(trace.y[at]) };
  }
}"""
HUB = """() => {
  const map = document.getElementById("map"), box = map.getBoundingClientRect();
  const { xaxis, yaxis } = map._fullLayout;
  const hubs = map.data.find((each) => each.meta === "hubs");
  return { x: box.left + xaxis.c2p(hubs.x[0]), y: box.top + yaxis.c2p(hubs.y[0]) };
}"""

# How many corners the routes have, and how many of them lie far from every street.
ASTRAY = """() => {
  const data = document.getElementById("map").data, street = data.find((each) => each.meta === "street");
  const near = new Set(), cell = (x, y) => `${Math.round(x / 40)},${Math.round(y / 40)}`;
  for (let at = 1; at < street.x.length; at++) {
    if (street.x[at] === null || street.x[at - 1] === null) continue;
    const east = street.x[at] - street.x[at - 1], north = street.y[at] - street.y[at - 1];
    const parts = Math.ceil(Math.hypot(east, north) / 10) + 1;
    for (let part = 0; part <= parts; part++) {
      const x = street.x[at - 1] + east * part / parts, y = street.y[at - 1] + north * part / parts;
      for (const dx of [-40, 0, 40]) for (const dy of [-40, 0, 40]) near.add(cell(x + dx, y + dy));
    }
  }
  const corners = data.filter((each) => each.meta === "route")
    .flatMap((each) => each.x.map((x, at) => [x, each.y[at]])).filter(([x]) => x !== null);
  return [corners.length, corners.filter(([x, y]) => !near.has(cell(x, y))).length];
}"""


class Opened:
    """A page with everything it asked for and complained of."""

    def __init__(self, browser: Browser, file: Path, window: dict[str, int]) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.file = file
        size: ViewportSize = {"width": window["width"], "height": window["height"]}
        self.page: Page = browser.new_page(viewport=size, offline=True)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("body[data-ready=yes]", timeout=60_000)

    def pixels(self) -> dict[str, int]:
        """How many pixels of the map have each colour."""
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(300)
        picture = base64.b64encode(self.page.locator("#map").screenshot()).decode()
        counts: dict[str, int] = self.page.evaluate(COUNT, f"data:image/png;base64,{picture}")
        return counts

    def reset(self) -> None:
        """Everything switched on and in view, as when the page was opened."""
        for box in self.page.locator("input.all").all():
            box.check()
        self.page.click("#whole")
        self.page.mouse.move(2, 2)

    def colours(self) -> dict[str, str]:
        """The colour of each courier, by name."""
        rows = self.page.locator("li:has(input.one)")
        return {
            row.locator("span").inner_text().split("\n")[0]: _hex(
                row.locator("i").evaluate("dot => getComputedStyle(dot).backgroundColor")
            )
            for row in rows.all()
        }


def _hex(colour: str) -> str:
    """``rgb(1, 2, 3)`` as ``#010203``."""
    parts = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(part):02x}" for part in parts)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> tuple[Drop, Plan, Path]:
    """The demo's drop, a real plan of it, and its map in a file."""
    asked = flows.read_drop(CENTRE)
    plan = solve.plan(flows.prepared(asked, CENTRE), engine="greedy", effort=Effort(steps=0))
    file = tmp_path_factory.mktemp("map") / "map.html"
    file.write_bytes(map_page.render(asked, plan, flows.streets(asked, CENTRE.parent)))
    return asked, plan, file


@pytest.fixture(scope="module")
def opened_once(browser: Browser, centre: tuple[Drop, Plan, Path]) -> Opened:
    return Opened(browser, centre[2], WINDOW)


@pytest.fixture
def opened(opened_once: Opened) -> Opened:
    """The map of the centre drop, all of it."""
    opened_once.reset()
    return opened_once


def test_the_map_opens_without_a_network_and_without_a_complaint(opened: Opened) -> None:
    assert opened.requests == [opened.file.as_uri()]
    assert opened.complaints == []


def test_streets_routes_and_stops_of_every_courier_can_be_seen(opened: Opened, centre: tuple[Drop, Plan, Path]) -> None:
    drawn, colours = opened.pixels(), opened.colours()
    busy = {trip.courier for trip in centre[1].trips}
    assert busy <= set(colours)
    assert len({colours[courier] for courier in busy}) == len(busy)
    assert {courier: colour for courier, colour in colours.items() if drawn.get(colour, 0) < 30} == {}
    assert drawn[GROUND] > 100_000
    assert drawn[PAPER] > 30_000
    stops = sum(len(trip.stops) for trip in centre[1].trips)
    carried = {parcel.order for parcel in centre[1].parcels if parcel.collection}
    points = opened.page.locator("#map .scatterlayer path.point").count()
    assert points == stops + len(carried) + len(centre[1].unserved) + len(centre[0].hubs)


def test_routes_lie_on_the_streets(opened: Opened) -> None:
    corners, astray = opened.page.evaluate(ASTRAY)
    assert corners > 3000
    assert astray < 0.01 * corners


def test_the_attribution_is_in_sight(opened: Opened) -> None:
    shown = opened.page.locator(".attribution")
    assert "© OpenStreetMap contributors, ODbL" in shown.inner_text()
    box = shown.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= WINDOW["width"]
    assert box["y"] + box["height"] <= WINDOW["height"]
    hit = opened.page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.attribution') !== null",
        [box["x"] + 9, box["y"] + 9],
    )
    assert hit


def test_a_courier_can_be_switched_off_and_on_and_shown_alone(opened: Opened, centre: tuple[Drop, Plan, Path]) -> None:
    busy = {trip.courier for trip in centre[1].trips}
    colours = {name: colour for name, colour in opened.colours().items() if name in busy}

    def visible() -> set[str]:
        drawn = opened.pixels()
        return {name for name, colour in colours.items() if drawn.get(colour, 0)}

    name = next(iter(colours))
    row = opened.page.locator("li", has_text=name).first
    row.locator("input").uncheck()
    assert visible() == busy - {name}
    row.locator("input").check()
    assert visible() == busy
    row.hover()
    row.locator("button.only").click()
    assert visible() == {name}
    row.hover()
    row.locator("button.only").click()
    assert visible() == busy


def test_the_heading_of_a_hub_switches_its_couriers(opened: Opened) -> None:
    section = opened.page.locator("nav section").first
    section.locator("input.all").uncheck()
    off = {row.locator("span").inner_text().split("\n")[0] for row in section.locator("li").all()}
    drawn, colours = opened.pixels(), opened.colours()
    assert off
    assert {name for name in off if drawn.get(colours[name], 0)} == set()
    first = section.locator("input.one").first
    first.check()
    assert section.locator("input.all").evaluate("box => box.indeterminate")


def alone(order: str, drop: Drop) -> float:
    """How far the next order is, in degrees of latitude: what lies close together covers each other's dot."""
    places = {each.id: each.location for each in drop.orders}
    here = places[order]
    assert here.lat is not None and here.lon is not None
    apart = []
    for each, there in places.items():
        assert there.lat is not None and there.lon is not None
        if each != order:
            apart.append(hypot(there.lat - here.lat, (there.lon - here.lon) * cos(radians(here.lat))))
    return min(apart)


def test_a_stop_says_its_order_its_times_and_how_late_it_is(opened: Opened, centre: tuple[Drop, Plan, Path]) -> None:
    parcels = Counter(parcel.order for parcel in centre[1].parcels)
    whole = [trip for trip in centre[1].trips if parcels[trip.stops[0].order] == 1]
    trip = max(whole, key=lambda trip: alone(trip.stops[0].order, centre[0]))
    where = opened.page.evaluate(DOT, trip.stops[0].order)
    opened.page.mouse.move(where["x"], where["y"], steps=3)
    opened.page.wait_for_selector(".hoverlayer .hovertext")
    said = " ".join(opened.page.locator(".hoverlayer .hovertext").all_text_contents())
    assert trip.stops[0].order in said
    assert f"{trip.courier}, trip " in said
    assert f"stop 1 of {len(trip.stops)}" in said
    assert "delivered " in said
    assert "to spare" in said or " late" in said or "no time promised" in said


def test_the_map_can_be_brought_nearer_and_whole_again(opened: Opened) -> None:
    width = "document.getElementById('map')._fullLayout.xaxis.range.reduce((low, high) => high - low)"
    whole = opened.page.evaluate(width)
    opened.page.click("#nearer")
    nearer = opened.page.evaluate(width)
    assert nearer == pytest.approx(whole / 1.6, rel=0.01)
    assert opened.page.locator("#bar").inner_text().endswith(" m")
    opened.page.click("#whole")
    assert opened.page.evaluate(width) == pytest.approx(whole, rel=0.01)


def test_a_drop_without_streets_gets_straight_lines_and_no_attribution(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "map.html").write_bytes(map_page.render(base_drop(), base_plan()))
    opened = Opened(browser, tmp_path / "map.html", {"width": 400, "height": 800})
    drawn = opened.pixels()
    assert opened.complaints == []
    assert drawn[opened.colours()["bike-1"]] > 30
    assert "OpenStreetMap" not in opened.page.locator("body").inner_text()
    assert opened.page.locator("#map .scatterlayer path.point").count() == 3 + 1 + 1 + 2
    assert all(name in opened.page.locator("#map").inner_text() for name in ("kallio", "pasila"))
    opened.page.close()


def test_names_are_text_and_never_markup(browser: Browser, tmp_path: Path) -> None:
    bad = "<img src=x onerror=window.hacked=1></script><script>window.hacked=1</script>${1}"
    drop, plan = base_drop(), base_plan()
    hubs = {hub.id: f"{hub.id}{bad}" for hub in drop.hubs}
    orders = {order.id: f"{order.id}{bad}" for order in drop.orders}
    drop = replace(
        drop,
        id=bad,
        hubs=tuple(replace(hub, id=hubs[hub.id], partner=bad) for hub in drop.hubs),
        orders=tuple(replace(order, id=orders[order.id]) for order in drop.orders),
        couriers=tuple(replace(each, id=f"{each.id}{bad}", home=hubs[each.home]) for each in drop.couriers),
    )
    trips = tuple(
        replace(
            trip,
            courier=f"{trip.courier}{bad}",
            hub=hubs[trip.hub],
            return_to=hubs[trip.return_to],
            stops=tuple(replace(stop, order=orders[stop.order]) for stop in trip.stops),
        )
        for trip in plan.trips
    )
    parcels = tuple(replace(each, hub=hubs[each.hub], order=orders[each.order]) for each in plan.parcels)
    left = tuple(replace(each, order=orders[each.order], detail=bad) for each in plan.unserved)
    (tmp_path / "map.html").write_bytes(
        map_page.render(drop, replace(plan, trips=trips, parcels=parcels, unserved=left))
    )
    opened = Opened(browser, tmp_path / "map.html", WINDOW)
    where = opened.page.evaluate(HUB)
    opened.page.mouse.move(where["x"], where["y"], steps=3)
    opened.page.wait_for_selector(".hoverlayer .hovertext")
    assert bad in opened.page.locator("h1").inner_text()
    assert opened.page.evaluate("window.hacked") is None
    assert opened.complaints == []
    assert opened.requests == [opened.file.as_uri()]
    opened.page.close()
