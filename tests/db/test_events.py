"""The feed has no gaps, shows each partner its own, and forgets only what nobody waits for any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from api.db import accounts, events, migrate
from api.db.connect import Database, connect
from api.db.events import AheadOfFeed, Event, EventsForgotten
from api.db.tables.webhooks import deliveries, webhooks
from tests.architecture.sources import sources

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    store = connect(database, pool_size=10)
    migrate.upgrade(store)
    with store.write() as db:
        for tenant in ("pop-up", "elsewhere"):
            accounts.add_tenant(db, tenant, name=tenant, now=NOW)
    yield store
    store.close()


def tell(store: Database, *ids: str, tenant: str = "pop-up", at: datetime = NOW, partner: str | None = None) -> None:
    with store.write() as db:
        events.emit(
            db,
            tenant,
            [
                Event(id=each, type="hub.changed", subject=f"hub/{each}", time=at, data={"n": each}, partner=partner)
                for each in ids
            ],
        )


def shown(store: Database, after: int | None = None, limit: int = 100, **by: str) -> tuple[list[str], int]:
    with store.read() as db:
        page = events.page(db, "pop-up", after=after, limit=limit, **by)
    return [each.id for each in page.items], page.next


def hook(store: Database, *, sent_through: int, enabled: bool = True, waiting: int | None = None) -> None:
    """A webhook as it stands in the table."""
    with store.write() as db:
        db.execute(
            insert(webhooks).values(
                tenant="pop-up",
                id="h",
                url="https://hooks.example/",
                enabled=enabled,
                disabled_reason=None if enabled else "by-hand",
                revision=1,
                created_at=NOW,
                updated_at=NOW,
                sent_through=sent_through,
                failures=0,
                token=0,
            )
        )
        if waiting is not None:
            db.execute(
                insert(deliveries).values(
                    tenant="pop-up",
                    webhook="h",
                    position=waiting,
                    event="x",
                    type="hub.changed",
                    state="waiting",
                    attempts=1,
                    first_at=NOW,
                    last_at=NOW,
                    next_at=NOW,
                )
            )


def test_positions_have_no_gaps_and_none_is_missed_by_a_reader_beside_many_writers(store: Database) -> None:
    def write(writer: int) -> None:
        for number in range(20):
            tell(store, f"{writer}-{number}-a", f"{writer}-{number}-b")

    read: list[str] = []
    with ThreadPoolExecutor() as pool:
        writing = [pool.submit(write, writer) for writer in range(4)]
        after = 0
        while len(read) < 160:
            over = all(each.done() for each in writing)
            ids, after = shown(store, after, limit=7)
            read += ids
            assert ids or not over, f"{len(read)} of 160 events were read"
        for each in writing:
            each.result()
    assert len(set(read)) == 160
    assert after == 160
    with store.read() as db:
        assert [each.position for each in events.page(db, "pop-up", after=0, limit=500).items] == [*range(1, 161)]


def test_the_next_of_the_last_page_goes_on_with_what_comes_later(store: Database) -> None:
    tell(store, "a", "b", "c")
    assert shown(store, limit=2) == (["a", "b"], 2)
    assert shown(store, 2) == (["c"], 3)
    assert shown(store, 3) == ([], 3)
    tell(store, "d")
    assert shown(store, 3) == (["d"], 4)


def test_events_of_others_are_passed_over(store: Database) -> None:
    tell(store, "a")
    tell(store, "mine", partner="northdock")
    tell(store, "b", partner="southdock")
    tell(store, "x", tenant="elsewhere", partner="northdock")
    assert shown(store, partner="northdock") == (["mine"], 3)


def test_a_position_that_there_is_not_yet_is_refused(store: Database) -> None:
    tell(store, "a")
    with pytest.raises(AheadOfFeed):
        shown(store, 2)


def test_what_is_old_is_forgotten_from_the_beginning_of_the_feed_alone(store: Database) -> None:
    tell(store, "old", at=NOW - timedelta(days=40))
    tell(store, "young")
    tell(store, "late", at=NOW - timedelta(days=40))
    with store.write() as db:
        assert events.forget(db, NOW - timedelta(days=30)) == 1
    assert shown(store) == (["young", "late"], 3)
    assert shown(store, 1) == (["young", "late"], 3)
    with pytest.raises(EventsForgotten) as caught:
        shown(store, 0)
    assert caught.value.context == {"oldest": 2}


def test_where_everything_was_forgotten_a_reader_is_told_what_it_missed(store: Database) -> None:
    tell(store, "a", "b")
    with store.write() as db:
        assert events.forget(db, NOW + timedelta(days=1)) == 2
    assert shown(store) == ([], 2)
    assert shown(store, 2) == ([], 2)
    with pytest.raises(EventsForgotten):
        shown(store, 1)


@pytest.mark.parametrize(
    ("sent_through", "enabled", "waiting", "left"),
    [(2, True, None, ["c"]), (3, True, 2, ["b", "c"]), (0, True, None, ["a", "b", "c"]), (0, False, None, [])],
    ids=["sent", "to be sent again", "not sent", "disabled"],
)
def test_what_is_still_to_be_sent_is_kept(
    store: Database, sent_through: int, enabled: bool, waiting: int | None, left: list[str]
) -> None:
    tell(store, "a", "b", "c")
    hook(store, sent_through=sent_through, enabled=enabled, waiting=waiting)
    with store.write() as db:
        events.forget(db, NOW + timedelta(days=1))
    assert shown(store)[0] == left


def test_an_event_of_a_type_that_no_page_explains_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="no type"):
        Event(id="a", type="hub.exploded", subject="hub/a", time=NOW, data={})


def test_events_are_made_by_the_record_that_checks_their_type() -> None:
    """Nobody writes to the table but ``emit``."""
    writers = {
        path.name
        for path in sources("api")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "insert"
        and [ast.unparse(each) for each in node.args] == ["events"]
    }
    assert writers == {"events.py"}
