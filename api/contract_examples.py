"""What the story of ``api.examples`` says about a contract: events, the contract itself, and where its case is."""

from __future__ import annotations

import json

PACKED = {
    "specversion": "1.0",
    "id": "scan-1",
    "source": "partner/northdock",
    "type": "parcel.packed",
    "time": "2026-11-20T18:40:00+02:00",
    "subject": "parcel/p1",
    "data": {"order": "o-1", "hub": "kallio"},
}
DELIVERED = {
    "msg": {
        "tracking_number": "1Z0001",
        "order_id": "o-2",
        "checkpoints": [{"tag": "Delivered", "checkpoint_time": "2026-11-20T19:30:00+02:00"}],
    }
}
CONTRACT = {
    "format": "dropwright.contract/1",
    "id": "northdock-2026",
    "version": 1,
    "currency": "EUR",
    "timezone": "Europe/Helsinki",
    "parameters": {"hub": "northdock", "courier": "pedal"},
    "hubs": ["kallio"],
    "from": "2026-01-01",
    "terms": [
        {
            "id": "pick",
            "clause": "4.1",
            "obligated": "hub",
            "clock": {"start": "plan.released", "stop": "parcel.packed", "target": "PT40M"},
            "remedy": {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 100}]},
        },
        {
            "id": "door",
            "clause": "5.1",
            "obligated": "courier",
            "clock": {"start": "parcel.packed", "stop": "parcel.delivered", "target": "PT1H"},
            "remedy": {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 300}], "cap_per_event": 250},
        },
    ],
    "settlement": {"window": "P1M"},
}
RELEASED = {
    "specversion": "1.0",
    "id": "release-1",
    "source": "shop",
    "type": "plan.released",
    "time": "2026-11-20T17:30:00+02:00",
    "subject": "order/o-1",
    "data": {"order": "o-1"},
}
CASE = "/v1/sla/cases/{contract}/{term}/{order}"
YEAR = CONTRACT | {"id": "northdock-year", "to": "2027-01-01"}
SUCCESSOR = CONTRACT | {"id": "northdock-year", "version": 2, "from": "2027-01-01"}
STRICTER = json.loads(json.dumps(CONTRACT).replace("PT40M", "PT30M"))
