"""Promised days of real orders become tiers and terms, judged as the columns say."""

import gzip
import sys
from datetime import datetime
from pathlib import Path

import pytest

from bench import real_orders

COLUMNS = (
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
)
ROWS = """\
early,c,delivered,2026-03-01 10:00:00,2026-03-01 10:05:00,2026-03-02 09:00:00,2026-03-04 18:00:00,2026-03-05 00:00:00
same-day,c,delivered,2026-03-01 10:00:00,2026-03-01 10:05:00,2026-03-02 09:00:00,2026-03-05 18:00:00,2026-03-05 00:00:00
late,c,delivered,2026-03-01 10:00:00,2026-03-01 10:05:00,2026-03-02 09:00:00,2026-03-06 00:00:01,2026-03-05 00:00:00
at-midnight,c,delivered,2026-03-01 00:00:00,,2026-03-02 09:00:00,2026-03-05 00:00:00,2026-03-05 00:00:00
overdue,c,shipped,2026-03-01 12:00:00,2026-03-01 12:05:00,2026-03-02 09:00:00,,2026-03-04 00:00:00
open,c,processing,2026-03-05 12:00:00,2026-03-05 12:05:00,,,2026-03-20 00:00:00
gone,c,canceled,2026-03-01 12:00:00,,,,2026-03-04 00:00:00
"""


def test_each_reading_of_a_promised_day_counts_as_a_comparison_of_the_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(f"{COLUMNS}\n{ROWS}".encode()))
    monkeypatch.setattr(sys, "argv", ["real_orders", str(tmp_path), "--keep", str(tmp_path / "kept")])
    assert real_orders.main() == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "6 orders, 4 of them delivered"
    assert told[3:] == [
        "| before the day begins | 2 | 2 | 2 | 50.0% | 1 | 1 |",
        "| before the day ends | 3 | 1 | 1 | 75.0% | 1 | 1 |",
    ]


def test_a_day_begun_at_midnight_counts_whole():
    orders = {order.id: order for order in _orders()}
    assert {name: order.days for name, order in orders.items()} == {"noon": 3, "midnight": 4}


def _orders() -> list[real_orders.Order]:
    promised = datetime(2026, 3, 5)
    placed = {"noon": datetime(2026, 3, 1, 12), "midnight": datetime(2026, 3, 1)}
    return [real_orders.Order(id=name, passed={"order.placed": at}, promised=promised) for name, at in placed.items()]
