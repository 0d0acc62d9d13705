"""Faults of a drop that its form does not show: times, references, doubles, and fields that fit the travel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from router.errors import Fault
from router.faults.records import committed
from router.faults.scan import Known, Scan, known, rows, shown, texts, word
from router.faults.travel import Ground, location, travel

_NOT_ZONES = re.compile(r"(posix|right)/.*|localtime|posixrules|Factory", re.DOTALL)
"""Files that lie beside the zones of the IANA list on some machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What an order may name, and the travel that its location has to fit."""

    hubs: Known
    tiers: Known
    sold: Known
    ground: Ground


def of_drop(tree: dict[str, Any]) -> list[Fault]:
    """Every fault of a drop that its form does not show, given as JSON values. Never raises."""
    return Scan().run(_drop, tree)


def _drop(scan: Scan, tree: dict[str, Any]) -> None:
    scan.at(tree, "", "plan_at")
    zone_and_currency(scan, tree)
    ground = travel(scan, tree.get("travel"))
    catalog, hubs, tiers = known(tree, "catalog", "sku"), known(tree, "hubs"), known(tree, "tiers")
    bundles = known(tree, "bundles", "sku", optional=True)
    scan.ids(rows(tree, "", "catalog"), "SKU", "sku")
    _bundles(scan, tree, catalog, bundles)
    scan.ids(rows(tree, "", "tiers"), "tier")
    for pointer, tier in rows(tree, "", "tiers"):
        _steps(scan, tier, pointer)
    scan.ids(rows(tree, "", "hubs"), "hub")
    for pointer, hub in rows(tree, "", "hubs"):
        location(scan, hub, pointer, ground)
        scan.ids(rows(hub, pointer, "waves"), "wave")
        for inner, wave in rows(hub, pointer, "waves"):
            scan.span(wave, inner, "start", "end", "wave")
    _stock(scan, tree, hubs, catalog, bundles)
    _couriers(scan, tree, hubs, ground)
    _carriers(scan, tree, hubs)
    sold = None if catalog is None or bundles is None else catalog | bundles
    names = Names(hubs=hubs, tiers=tiers, sold=sold, ground=ground)
    scan.ids(rows(tree, "", "orders"), "order")
    for pointer, order in rows(tree, "", "orders"):
        _order(scan, order, pointer, names)
    committed(scan, tree, hubs)


def names_of(tree: dict[str, Any]) -> Names:
    """What an order of a drop, given as JSON values, may name; which SKUs there are is left open."""
    return Names(hubs=known(tree, "hubs"), tiers=known(tree, "tiers"), sold=None, ground=travel(Scan(), tree["travel"]))


def of_order(tree: dict[str, Any], names: Names) -> list[Fault]:
    """Every fault of one order, given as JSON values without its drop, that its form does not show. Never raises."""
    return Scan().run(lambda scan, order: _order(scan, order, "", names), tree)


def _order(scan: Scan, order: dict[str, Any], pointer: str, names: Names) -> None:
    location(scan, order, pointer, names.ground)
    scan.knows(names.tiers, order.get("tier"), f"{pointer}/tier", "unknown-tier")
    for place, name in texts(order, pointer, "hubs"):
        scan.knows(names.hubs, name, place, "unknown-hub")
    for name in ("placed_at", "cleared_at", "not_before", "ship_by", "deliver_by"):
        scan.at(order, pointer, name)
    for inner, line in rows(order, pointer, "lines"):
        scan.knows(names.sold, line.get("sku"), f"{inner}/sku", "unknown-sku")


def zone_and_currency(scan: Scan, tree: dict[str, Any]) -> None:
    """Faults of the fields ``timezone`` and ``currency``, which drops and contracts both have."""
    currency = tree.get("currency")
    if isinstance(currency, str) and len(currency) == 3 and not re.fullmatch("[A-Z]{3}", currency):
        scan.fault("/currency", "bad-currency", f"{shown(currency)} is not a code of ISO 4217, such as EUR")
    name = tree.get("timezone")
    if isinstance(name, str):
        try:
            listed = not _NOT_ZONES.fullmatch(name) and bool(ZoneInfo(name))
        except (KeyError, ValueError, OSError):
            listed = False
        if not listed:
            message = f"{shown(name)} is not a zone of the IANA list, such as Europe/Helsinki"
            scan.fault("/timezone", "unknown-timezone", message)


def _bundles(scan: Scan, tree: dict[str, Any], catalog: Known, bundles: Known) -> None:
    scan.ids(rows(tree, "", "bundles"), "bundle", "sku")
    for pointer, bundle in rows(tree, "", "bundles"):
        sku = word(bundle, "sku")
        if sku is not None and sku in (catalog or ()):
            message = f"{shown(sku)} is a SKU of the catalog too; rename one"
            scan.fault(f"{pointer}/sku", "duplicate-id", message)
        for inner, part in rows(bundle, pointer, "components"):
            _component(scan, part, inner, catalog, bundles, "nested-bundle")


def _component(
    scan: Scan, row: dict[str, Any], pointer: str, catalog: Known, bundles: Known, code_of_bundles: str
) -> None:
    """Faults where the SKU of a row is not one of the catalog."""
    sku = word(row, "sku")
    if sku is not None and sku in (bundles or ()) and sku not in (catalog or ()):
        scan.fault(f"{pointer}/sku", code_of_bundles, f"{shown(sku)} is a bundle; name its components instead")
    else:
        scan.knows(catalog, sku, f"{pointer}/sku", "unknown-sku")


def _steps(scan: Scan, tier: dict[str, Any], pointer: str) -> None:
    for name in ("late_shipping", "late_delivery"):
        seen: set[int] = set()
        for inner, step in rows(tier.get(name), f"{pointer}/{name}", "steps"):
            after = step.get("after")
            if type(after) is int:
                if after in seen:
                    message = f"two steps begin after {after} seconds; keep one"
                    scan.fault(f"{inner}/after", "duplicate-step", message)
                seen.add(after)


def _stock(scan: Scan, tree: dict[str, Any], hubs: Known, catalog: Known, bundles: Known) -> None:
    seen: dict[tuple[str, str], str] = {}
    for pointer, row in rows(tree, "", "stock"):
        hub, sku = word(row, "hub"), word(row, "sku")
        scan.knows(hubs, hub, f"{pointer}/hub", "unknown-hub")
        _component(scan, row, pointer, catalog, bundles, "bundle-in-stock")
        if hub is not None and sku is not None:
            if (hub, sku) in seen:
                message = f"stock of {shown(sku)} at {shown(hub)} stands already at {seen[hub, sku]}; add them up"
                scan.fault(pointer, "duplicate-id", message)
            else:
                seen[hub, sku] = pointer


def _couriers(scan: Scan, tree: dict[str, Any], hubs: Known, ground: Ground) -> None:
    scan.ids(rows(tree, "", "couriers"), "courier")
    for pointer, courier in rows(tree, "", "couriers"):
        scan.knows(hubs, courier.get("home"), f"{pointer}/home", "unknown-hub")
        scan.knows(ground.profiles, courier.get("profile"), f"{pointer}/profile", "unknown-profile")
        for place, hub in texts(courier, pointer, "hubs"):
            scan.knows(hubs, hub, place, "unknown-hub")
        shift = courier.get("shift")
        if isinstance(shift, dict):
            scan.span(shift, f"{pointer}/shift", "start", "end", "shift")


def _carriers(scan: Scan, tree: dict[str, Any], hubs: Known) -> None:
    scan.ids(rows(tree, "", "carriers"), "carrier")
    scan.ids(
        (each for where, row in rows(tree, "", "carriers") for each in rows(row, where, "collections")),
        "collection",
    )
    for pointer, carrier in rows(tree, "", "carriers"):
        for inner, collection in rows(carrier, pointer, "collections"):
            scan.knows(hubs, collection.get("hub"), f"{inner}/hub", "unknown-hub")
            scan.span(collection, inner, "at", "delivered_at", "carriage")
        last = -1
        for inner, step in rows(carrier, pointer, "tariff"):
            grams = step.get("up_to_grams")
            if type(grams) is int:
                if grams <= last:
                    message = f"is not above the {last} g of an earlier step; order the steps by weight"
                    scan.fault(f"{inner}/up_to_grams", "not-ascending", message)
                last = max(last, grams)
