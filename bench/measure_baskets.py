"""Measures, on real invoices and orders, every figure that ``dropwright make-drop`` draws from.

    python bench/measure_baskets.py ONLINE_RETAIL_CSV [--olist FOLDER]

ONLINE_RETAIL_CSV is the Online Retail set (UCI; CC0) with the columns InvoiceNo, StockCode, Quantity,
InvoiceDate, UnitPrice, CustomerID; gzip is fine. FOLDER holds Olist's orders, order_items and products
as .csv.gz. Prints what was measured beside the constant in use; exit status 1 where the two differ by more
than rounding. docs/demand.md explains.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from router.generate import figures

GOODS = re.compile(r"\d{5}[A-Z]{0,2}")
CONSUMER_MONEY, CONSUMER_UNITS = 40, 10
SMALL_GOODS = frozenset(
    (
        *("perfumaria", "beleza_saude", "papelaria", "artes", "relogios_presentes", "artigos_de_natal"),
        *("fashion_bolsas_e_acessorios", "fashion_calcados", "fashion_underwear_e_moda_praia"),
        *("fashion_roupa_masculina", "fashion_roupa_feminina"),
        *("alimentos", "bebidas", "alimentos_bebidas", "la_cuisine"),
    )
)

Basket = dict[str, tuple[int, float]]
"""Units and money of each SKU on an invoice."""


def rows(path: Path) -> Iterable[dict[str, str]]:
    """Records of a CSV file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def invoices(path: Path) -> tuple[dict[str, Basket], dict[str, datetime], dict[str, str]]:
    """Baskets, times and buyers (empty if unknown) by invoice: goods only, no cancellation or return."""
    baskets: dict[str, Basket] = defaultdict(dict)
    when: dict[str, datetime] = {}
    buyer: dict[str, str] = {}
    for row in rows(path):
        sku, units, price = row["StockCode"].upper(), float(row["Quantity"]), float(row["UnitPrice"])
        if row["InvoiceNo"].startswith("C") or units <= 0 or price <= 0 or not GOODS.fullmatch(sku):
            continue
        had, paid = baskets[row["InvoiceNo"]].get(sku, (0, 0.0))
        baskets[row["InvoiceNo"]][sku] = (had + round(units), paid + units * price)
        when.setdefault(row["InvoiceNo"], datetime.fromisoformat(row["InvoiceDate"]))
        buyer.setdefault(row["InvoiceNo"], row["CustomerID"])
    return dict(baskets), when, buyer


def consumer_like(baskets: dict[str, Basket], money: float, units: int) -> list[Basket]:
    """The invoices that a private buyer might have: at most this much money and this many units."""
    return [
        basket
        for basket in baskets.values()
        if sum(m for _, m in basket.values()) <= money and sum(u for u, _ in basket.values()) <= units
    ]


def series_theta(sizes: list[int]) -> float:
    """Maximum-likelihood parameter of a logarithmic series: its mean is the sample's."""
    mean = statistics.fmean(sizes)
    return float(brentq(lambda t: -t / ((1 - t) * math.log1p(-t)) - mean, 1e-6, 1 - 1e-9))


def series_shares(theta: float, longest: int) -> list[float]:
    """Shares of 1 … longest under the logarithmic series."""
    raw = [theta**k / k for k in range(1, longest + 1)]
    return [part / sum(raw) for part in raw]


def mandelbrot(counts: list[int], exponent: float) -> tuple[float, float]:
    """Best relative offset for this exponent, and the Kolmogorov distance of the fit (maximum likelihood)."""
    asked = np.sort(np.asarray(counts, dtype=float))[::-1]
    rank = (np.arange(len(asked)) + 0.5) / len(asked)

    def surprise(log_offset: float) -> float:
        weight = -exponent * np.log(rank + math.exp(log_offset))
        return float(-(asked * (weight - np.logaddexp.reduce(weight))).sum())

    offset = math.exp(minimize_scalar(surprise, bounds=(-16, 3), method="bounded").x)
    return offset, distance(asked, (rank + offset) ** -exponent)


def zipf(counts: list[int]) -> tuple[float, float]:
    """Exponent of a plain Zipf law and the Kolmogorov distance of the fit."""
    asked = np.sort(np.asarray(counts, dtype=float))[::-1]
    rank = np.log(np.arange(1, len(asked) + 1))

    def surprise(exponent: float) -> float:
        return float(-(asked * (-exponent * rank - np.logaddexp.reduce(-exponent * rank))).sum())

    exponent = float(minimize_scalar(surprise, bounds=(0.01, 4), method="bounded").x)
    return exponent, distance(asked, np.exp(-exponent * rank))


def distance(seen: np.ndarray, law: np.ndarray) -> float:
    """The largest gap between two cumulative shares."""
    return float(np.abs(np.cumsum(seen) / seen.sum() - np.cumsum(law) / law.sum()).max())


class Table:
    """Prints one figure a line and remembers which constants no longer match what was measured."""

    def __init__(self) -> None:
        self.stale: list[str] = []

    def say(self, what: str, measured: object) -> None:
        print(f"  {what:<66} {measured}")

    def used(self, name: str, measured: float, rounding: float) -> None:
        constant = getattr(figures, name)
        self.check(name, constant, measured, rounding)

    def check(self, name: str, constant: float, measured: float, rounding: float) -> None:
        stale = abs(constant - measured) > rounding
        print(f"  {name:<66} {measured:.4g}   in use: {constant:g}{'   DIFFERS' if stale else ''}")
        if stale:
            self.stale.append(name)


def shares_of(values: Iterable[int], upto: int) -> str:
    count = Counter(values)
    return "  ".join(f"{k}: {count[k] / count.total():.3f}" for k in range(1, upto + 1))


def measure_baskets(table: Table, baskets: dict[str, Basket]) -> None:
    print("Lines and units")
    sizes = sorted(len(basket) for basket in baskets.values())
    table.say("invoices with goods", len(sizes))
    table.say("lines an invoice: mean; quartiles", f"{statistics.fmean(sizes):.1f}; {statistics.quantiles(sizes)}")
    for money, units in ((30, 8), (CONSUMER_MONEY, CONSUMER_UNITS), (60, 12), (100, 20)):
        lines = [len(basket) for basket in consumer_like(baskets, money, units)]
        table.say(
            f"at most {money} pounds and {units} units: invoices; mean lines; theta",
            f"{len(lines)}; {statistics.fmean(lines):.2f}; {series_theta(lines):.3f}",
        )
    small = consumer_like(baskets, CONSUMER_MONEY, CONSUMER_UNITS)
    lines = [len(basket) for basket in small]
    table.say("lines of a consumer-like invoice", shares_of(lines, 6))
    theta = series_theta(lines)
    table.say(
        "   the logarithmic series",
        "  ".join(f"{k}: {s:.3f}" for k, s in enumerate(series_shares(theta, 6), 1)),
    )
    table.used("BASKET_THETA", theta, 0.001)
    table.used("LONGEST_BASKET", max(lines), 0)
    units = [u for basket in small for u, _ in basket.values()]
    table.say(
        "units of a line: mean; share above 6",
        f"{statistics.fmean(units):.2f}; {np.mean([u > 6 for u in units]):.3f}",
    )
    few = Counter(u for u in units if u <= 6)
    for count, share in figures.UNITS_OF_A_LINE:
        table.check(f"UNITS_OF_A_LINE[{count}]", share, few[count] / few.total(), 0.001)


def measure_popularity(table: Table, baskets: dict[str, Basket]) -> None:
    print("Popularity")
    asked = sorted(Counter(sku for basket in baskets.values() for sku in basket).values(), reverse=True)
    table.say("SKUs; lines", f"{len(asked)}; {sum(asked)}")
    for top in (0.01, 0.1, 0.2, 0.5):
        table.say(
            f"share of lines of the best {top:.0%} of SKUs",
            f"{sum(asked[: int(len(asked) * top)]) / sum(asked):.3f}",
        )
    table.say("plain Zipf over all ranks: exponent; distance", "{:.2f}; {:.3f}".format(*zipf(asked)))
    table.say("plain Zipf over the best 500: exponent; distance", "{:.2f}; {:.3f}".format(*zipf(asked[:500])))
    for exponent in (1.0, 1.5, figures.SKU_EXPONENT, 3.0):
        offset, gap = mandelbrot(asked, exponent)
        table.say(f"Zipf-Mandelbrot, exponent {exponent:g}: relative offset; distance", f"{offset:.3f}; {gap:.3f}")
    table.used("SKU_OFFSET", mandelbrot(asked, figures.SKU_EXPONENT)[0], 0.001)


def measure_pairs(table: Table, baskets: dict[str, Basket]) -> None:
    print("SKUs that share baskets (not drawn from; it is why bundles exist)")
    several = [sorted(basket) for basket in baskets.values() if 2 <= len(basket) <= 50]
    alone = Counter(sku for basket in several for sku in basket)
    both = Counter((a, b) for basket in several for i, a in enumerate(basket) for b in basket[i + 1 :])
    (first, second), times = both.most_common(1)[0]
    lift = times * len(several) / (alone[first] * alone[second])
    table.say(
        "the commonest pair: share of invoices of 2 to 50 lines; lift",
        f"{times / len(several):.3f}; {lift:.1f}",
    )


def measure_buyers(table: Table, when: dict[str, datetime], buyer: dict[str, str]) -> None:
    print("Buyers")
    times: dict[str, list[datetime]] = defaultdict(list)
    for invoice, moment in when.items():
        if buyer[invoice]:
            times[buyer[invoice]].append(moment)
    known = sum(map(len, times.values()))
    table.say("invoices of known buyers; buyers", f"{known}; {len(times)}")
    table.say("buyers with more than one invoice", f"{np.mean([len(own) > 1 for own in times.values()]):.3f}")
    for minutes in (60, 1440, 15):
        again = sum(
            later - earlier <= timedelta(minutes=minutes)
            for own in times.values()
            for earlier, later in zip(sorted(own), sorted(own)[1:], strict=False)
        )
        table.say(f"share within {minutes} minutes of the buyer's last", f"{again / known:.3f}")
    table.used("REPEAT_BUYERS", again / known, 0.001)


def measure_arrivals(table: Table, when: dict[str, datetime]) -> None:
    print("Arrivals")
    hours = Counter(moment.replace(minute=0, second=0) for moment in when.values())
    minutes = Counter(moment.replace(second=0) for moment in when.values())
    busy = [hour for hour, _ in sorted(hours.items(), key=lambda item: (-item[1], item[0]))[:20]]
    grid = np.array([[minutes[hour + timedelta(minutes=m)] for m in range(60)] for hour in busy])
    table.say(
        "the 20 busiest hours: invoices an hour; the busiest",
        f"{grid.sum() / 20:.1f}; {grid.sum(axis=1).max()}",
    )
    spread = (grid.var(axis=1, ddof=1) / grid.mean(axis=1)).mean()
    table.say("   variance / mean of invoices a minute (1 = Poisson, no burst)", f"{spread:.2f}")
    table.say("   invoices by quarter of the hour", grid.reshape(20, 4, 15).sum(axis=(0, 2)).tolist())


def measure_olist(table: Table, folder: Path) -> None:
    print("Olist: sellers, goods, approval")
    sold: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(folder / "order_items.csv.gz"):
        sold[row["order_id"]][row["product_id"]] = row["seller_id"]
    several = [set(goods.values()) for goods in sold.values() if len(goods) > 1]
    table.say("orders with several products", len(several))
    table.used("SELLER_LOYALTY", float(np.mean([len(sellers) == 1 for sellers in several])), 0.005)
    grams, volume = [], []
    for row in rows(folder / "products.csv.gz"):
        sides = [row[f"product_{side}_cm"] for side in ("length", "height", "width")]
        if row["product_category_name"] in SMALL_GOODS and row["product_weight_g"] and all(sides):
            mass, box = float(row["product_weight_g"]), math.prod(map(float, sides))
            if mass > 0 and box > 0:
                grams.append(math.log(mass))
                volume.append(math.log(box))
    table.say("products of small brand goods", len(grams))
    table.used("GRAMS_MEDIAN", math.exp(statistics.fmean(grams)), 1)
    table.used("GRAMS_SIGMA", statistics.stdev(grams), 0.01)
    table.used("MILLILITRES_MEDIAN", math.exp(statistics.fmean(volume)), 10)
    table.used("MILLILITRES_SIGMA", statistics.stdev(volume), 0.01)
    table.used("MASS_TO_VOLUME", statistics.correlation(grams, volume), 0.005)
    waits = []
    for row in rows(folder / "orders.csv.gz"):
        if row["order_approved_at"]:
            placed, approved = row["order_purchase_timestamp"], row["order_approved_at"]
            waits.append((datetime.fromisoformat(approved) - datetime.fromisoformat(placed)).total_seconds())
    quick = [wait for wait in waits if wait <= 3600]
    table.say("orders approved; share within the hour", f"{len(waits)}; {len(quick) / len(waits):.3f}")
    for share, seconds in figures.REVIEW_QUANTILES[1:-1]:
        table.check(f"REVIEW_QUANTILES[{share:g}]", seconds, float(np.quantile(quick, share)), 1)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("online_retail", type=Path, metavar="ONLINE_RETAIL_CSV")
    ask.add_argument("--olist", type=Path, metavar="FOLDER")
    given = ask.parse_args()
    if not given.online_retail.is_file():
        ask.error(f"there is no file {given.online_retail}")
    baskets, when, buyer = invoices(given.online_retail)
    table = Table()
    measure_baskets(table, baskets)
    measure_popularity(table, baskets)
    measure_pairs(table, baskets)
    measure_buyers(table, when, buyer)
    measure_arrivals(table, when)
    if given.olist:
        measure_olist(table, given.olist)
    return 1 if table.stale else 0


if __name__ == "__main__":
    sys.exit(main())
