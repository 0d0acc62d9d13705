"""Which roles each route lets in, as the pages of the documentation promise it. A route that is not here fails a test.

A line is method and path, as the description spells it. What fills the path comes from ``tests.web.world``.
"""

from __future__ import annotations

from api.principal import Role

NOBODY_ASKED: tuple[Role, ...] | None = None
"""Open to all, without a key."""

ENGINEER = (Role.ENGINEER,)
HOUSE = (Role.ENGINEER, Role.MANAGER, Role.AUDITOR)
OVERSEERS = (Role.ENGINEER, Role.AUDITOR)
AUDITOR = (Role.AUDITOR,)
HOOKED = (Role.ENGINEER, Role.HUB, Role.COURIER)
ALL = tuple(Role)
HUB_SIDE = (*HOUSE, Role.HUB)
COURIER_SIDE = (*HOUSE, Role.COURIER)

ROUTES: dict[str, tuple[Role, ...] | None] = {
    # for machines
    "GET /healthz": NOBODY_ASKED,
    "GET /readyz": NOBODY_ASKED,
    "GET /metrics": NOBODY_ASKED,
    "GET /problems/{code}": NOBODY_ASKED,
    "GET /static/{name}": NOBODY_ASKED,
    # for people
    "GET /": NOBODY_ASKED,
    "GET /sign-in": NOBODY_ASKED,
    "POST /sign-in": NOBODY_ASKED,
    "POST /sign-out": NOBODY_ASKED,
    "GET /sign-in/openid": NOBODY_ASKED,
    "GET /sign-in/openid/callback": NOBODY_ASKED,
    # the marketplace
    "GET /v1/me": ALL,
    "GET /v1/keys": OVERSEERS,
    "POST /v1/keys": ENGINEER,
    "GET /v1/keys/{key}": OVERSEERS,
    "DELETE /v1/keys/{key}": ENGINEER,
    "GET /v1/people": OVERSEERS,
    "POST /v1/people": ENGINEER,
    "GET /v1/people/{person}": OVERSEERS,
    "PUT /v1/people/{person}/role": ENGINEER,
    "PUT /v1/people/{person}/password": ENGINEER,
    "POST /v1/people/{person}/disable": ENGINEER,
    "POST /v1/people/{person}/enable": ENGINEER,
    "GET /v1/audit": AUDITOR,
    "GET /v1/audit/head": AUDITOR,
    # the registry
    "GET /v1/skus": HOUSE,
    "POST /v1/skus": ENGINEER,
    "POST /v1/skus/bulk": ENGINEER,
    "GET /v1/skus/{sku}": HOUSE,
    "PUT /v1/skus/{sku}": ENGINEER,
    "DELETE /v1/skus/{sku}": ENGINEER,
    "GET /v1/bundles": HOUSE,
    "POST /v1/bundles": ENGINEER,
    "POST /v1/bundles/bulk": ENGINEER,
    "GET /v1/bundles/{bundle}": HOUSE,
    "PUT /v1/bundles/{bundle}": ENGINEER,
    "DELETE /v1/bundles/{bundle}": ENGINEER,
    "GET /v1/hubs": HUB_SIDE,
    "POST /v1/hubs": ENGINEER,
    "POST /v1/hubs/bulk": ENGINEER,
    "GET /v1/hubs/{hub}": HUB_SIDE,
    "PUT /v1/hubs/{hub}": ENGINEER,
    "DELETE /v1/hubs/{hub}": ENGINEER,
    "GET /v1/couriers": COURIER_SIDE,
    "POST /v1/couriers": ENGINEER,
    "POST /v1/couriers/bulk": ENGINEER,
    "GET /v1/couriers/{courier}": COURIER_SIDE,
    "PUT /v1/couriers/{courier}": ENGINEER,
    "DELETE /v1/couriers/{courier}": ENGINEER,
    "GET /v1/carriers": HOUSE,
    "POST /v1/carriers": ENGINEER,
    "POST /v1/carriers/bulk": ENGINEER,
    "GET /v1/carriers/{carrier}": HOUSE,
    "PUT /v1/carriers/{carrier}": ENGINEER,
    "DELETE /v1/carriers/{carrier}": ENGINEER,
    # stock
    "GET /v1/stock": HUB_SIDE,
    "POST /v1/stock/bulk": ENGINEER,
    "GET /v1/stock/movements": HUB_SIDE,
    "POST /v1/stock/movements": (Role.ENGINEER, Role.HUB),
    "GET /v1/holds": HOUSE,
    "POST /v1/holds": ENGINEER,
    "GET /v1/holds/{hold}": HOUSE,
    "POST /v1/holds/{hold}/extend": ENGINEER,
    "POST /v1/holds/{hold}/release": ENGINEER,
    "GET /v1/loans": HOUSE,
    "POST /v1/loans": ENGINEER,
    "GET /v1/loans/{loan}": HOUSE,
    "PUT /v1/loans/{loan}": ENGINEER,
    "GET /v1/loans/{loan}/entries": HOUSE,
    "POST /v1/loans/{loan}/lend": ENGINEER,
    "POST /v1/loans/{loan}/return": ENGINEER,
    # drops and orders
    "GET /v1/drops": HOUSE,
    "POST /v1/drops": ENGINEER,
    "GET /v1/drops/{drop}": HOUSE,
    "PUT /v1/drops/{drop}": ENGINEER,
    "POST /v1/drops/{drop}/close": ENGINEER,
    "POST /v1/drops/{drop}/cancel": ENGINEER,
    "GET /v1/drops/{drop}/orders": HOUSE,
    "POST /v1/drops/{drop}/orders": ENGINEER,
    "POST /v1/drops/{drop}/orders/bulk": ENGINEER,
    "GET /v1/drops/{drop}/orders/{order}": HOUSE,
    "PUT /v1/drops/{drop}/orders/{order}": ENGINEER,
    "POST /v1/drops/{drop}/orders/{order}/hold": ENGINEER,
    "POST /v1/drops/{drop}/orders/{order}/release": ENGINEER,
    "POST /v1/drops/{drop}/orders/{order}/cancel": ENGINEER,
    "POST /v1/promises": ENGINEER,
    # plans and jobs
    "GET /v1/drops/{drop}/overrides": HOUSE,
    "POST /v1/drops/{drop}/overrides": ENGINEER,
    "DELETE /v1/drops/{drop}/overrides/{override}": ENGINEER,
    "GET /v1/drops/{drop}/plans": HOUSE,
    "POST /v1/drops/{drop}/plans": ENGINEER,
    "GET /v1/drops/{drop}/plans/{version}": HOUSE,
    "GET /v1/drops/{drop}/plans/{version}/plan.json": HOUSE,
    "GET /v1/drops/{drop}/plans/{version}/drop.json": HOUSE,
    "POST /v1/drops/{drop}/plans/{version}/release": ENGINEER,
    "GET /v1/jobs": HOUSE,
    "GET /v1/jobs/{job}": HOUSE,
    "GET /v1/jobs/{job}/progress": HOUSE,
    "POST /v1/jobs/{job}/cancel": ENGINEER,
    "POST /v1/jobs/{job}/retry": ENGINEER,
    "GET /jobs": HOUSE,
    "POST /jobs/{job}/cancel": ENGINEER,
    "POST /jobs/{job}/retry": ENGINEER,
    # events
    "GET /v1/events": ALL,
    "GET /v1/webhooks": ALL,
    "POST /v1/webhooks": HOOKED,
    "GET /v1/webhooks/{webhook}": ALL,
    "PUT /v1/webhooks/{webhook}": HOOKED,
    "DELETE /v1/webhooks/{webhook}": HOOKED,
    "POST /v1/webhooks/{webhook}/rotate": HOOKED,
    "POST /v1/webhooks/{webhook}/test": HOOKED,
    "GET /v1/webhooks/{webhook}/deliveries": ALL,
    "POST /v1/webhooks/{webhook}/deliveries/{position}/retry": HOOKED,
    # for partners
    "GET /v1/pick-lists": HUB_SIDE,
    "GET /v1/pick-lists/{pick_list}": HUB_SIDE,
    "GET /v1/pick-lists/{pick_list}.csv": HUB_SIDE,
    "GET /v1/pick-lists/{pick_list}.json": HUB_SIDE,
    "GET /v1/trips": COURIER_SIDE,
    "GET /v1/trips/{trip}": COURIER_SIDE,
    "GET /v1/trips/{trip}/manifest.csv": COURIER_SIDE,
    "GET /v1/trips/{trip}/manifest.json": COURIER_SIDE,
    "GET /v1/trips/{trip}/manifest.geojson": COURIER_SIDE,
    # contracts
    "POST /v1/events": (Role.ENGINEER, Role.HUB, Role.COURIER),
    "POST /v1/events/{service}": ENGINEER,
    "GET /v1/log": HOUSE,
    "POST /v1/contracts": ENGINEER,
    "GET /v1/contracts": HOUSE,
    "GET /v1/contracts/{contract}/{version}": HOUSE,
    "GET /v1/sla/reports/{report}.{ending}": HOUSE,
    "GET /sla/breaches": HOUSE,
    "GET /sla/breaches/{contract}/{term}/{order}": HOUSE,
}
