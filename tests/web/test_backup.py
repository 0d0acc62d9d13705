"""A service over a restored database answers what the other one answered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from api.db import backup
from api.db.connect import connect
from api.settings import Settings
from tests.web.registered import register
from tests.web.service import Service

PATHS = (
    "/v1/me",
    "/v1/skus",
    "/v1/bundles",
    "/v1/hubs",
    "/v1/hubs/kallio",
    "/v1/couriers",
    "/v1/carriers",
    "/v1/drops",
)


def test_a_restored_database_answers_the_same_to_the_same_keys(
    service: Service, empty_database: str, tmp_path: Path
) -> None:
    register(service)
    backup.save(service.store, tmp_path / "backup", datetime.now(UTC))
    restored = connect(empty_database)
    backup.restore(restored, tmp_path / "backup")
    with TestClient(create_app(Settings(database=empty_database, workers=0), restored)) as client:
        for path in PATHS:
            before, after = service.get(path), client.get(path, headers=service.key())
            assert (after.status_code, after.content) == (200, before.content)
            assert after.headers.get("etag") == before.headers.get("etag")
    restored.close()
