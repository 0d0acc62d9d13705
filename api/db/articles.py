"""What order lines name: SKUs as they are, and bundles taken apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from sqlalchemy import Connection, and_, bindparam, select

from api.db.tables.registry import articles, components
from router.model import Component

MOST_AT_ONCE = 500
"""Names in one statement."""

Parts: TypeAlias = dict[str, dict[str, int]]
"""Units of each SKU in one unit of an article."""


def known(db: Connection, tenant: str) -> frozenset[str]:
    """Every SKU and bundle of a marketplace."""
    return frozenset(db.execute(select(articles.c.id).where(articles.c.tenant == tenant)).scalars())


_PARTS = (
    select(articles.c.id, articles.c.kind, components.c.sku, components.c.quantity)
    .outerjoin_from(
        articles,
        components,
        and_(components.c.tenant == articles.c.tenant, components.c.bundle == articles.c.id),
    )
    .where(articles.c.tenant == bindparam("of"), articles.c.id.in_(bindparam("names", expanding=True)))
)


def parts(db: Connection, tenant: str, names: Collection[str]) -> Parts:
    """Those of the names that are SKUs or bundles, with what they are made of."""
    found: Parts = {}
    wanted = sorted(names)
    for start in range(0, len(wanted), MOST_AT_ONCE):
        for row in db.execute(_PARTS, {"of": tenant, "names": wanted[start : start + MOST_AT_ONCE]}):
            if row.kind == "sku":
                found[row.id] = {row.id: 1}
            else:
                units = found.setdefault(row.id, {})
                units[row.sku] = units.get(row.sku, 0) + row.quantity
    return found


def wants(lines: Iterable[Component], made_of: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Units of each SKU that lines ask for, bundles taken apart, equal SKUs added up."""
    wanted: dict[str, int] = {}
    for line in lines:
        for sku, units in made_of[line.sku].items():
            wanted[sku] = wanted.get(sku, 0) + units * line.quantity
    return wanted
