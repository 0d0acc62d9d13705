"""What a generated drop is drawn from: measured figures, and assumptions named as such.

docs/demand.md says how each figure was measured and what was assumed for want of data;
``bench/measure_baskets.py`` measures the first part again and compares it with the constants here.
"""

from __future__ import annotations

# ---- measured on the Online Retail invoices (CC0), 1 December 2010 to 31 January 2011 ----

BASKET_THETA = 0.744
"""Lines of a consumer-like invoice follow a logarithmic series with this parameter (mean 2.13 lines)."""

LONGEST_BASKET = 10
"""No consumer-like invoice has more lines, since it has at most 10 units."""

UNITS_OF_A_LINE = ((1, 0.678), (2, 0.179), (3, 0.076), (4, 0.025), (5, 0.011), (6, 0.031))
"""Units of a line on a consumer-like invoice, and their shares among lines of at most 6 units."""

SKU_EXPONENT = 2.0
SKU_OFFSET = 0.187
"""Zipf-Mandelbrot in relative rank: the SKU of rank r of n is asked for in proportion to
``((r - 1/2) / n + offset) ** -exponent``, so the share of the best tenth does not depend on n."""

REPEAT_BUYERS = 0.074
"""Share of invoices of a known buyer who already had one in the 15 minutes before: two orders, one door."""

# ---- measured on Olist orders, items and products ----

SELLER_LOYALTY = 0.73
"""Share of the orders with several products that stay with one seller."""

GRAMS_MEDIAN, GRAMS_SIGMA = 465, 1.15
MILLILITRES_MEDIAN, MILLILITRES_SIGMA = 3680, 1.25
MASS_TO_VOLUME = 0.68
"""Log-normal mass and boxed volume of small brand goods, and the correlation of their logarithms."""

REVIEW_QUANTILES = (
    (0.0, 120),
    (0.05, 372),
    (0.25, 623),
    (0.5, 770),
    (0.75, 980),
    (0.9, 1324),
    (0.95, 2125),
    (1.0, 3600),
)
"""Seconds from order to approval, where approval came within the hour: (share, seconds), linear between."""

# ---- assumed: nothing public says it of a live drop ----

OPENING_RUSH, OPENING_MEAN_S, LAST_CALL, LAST_CALL_S = 0.40, 150, 0.15, 120
"""Arrivals: a share decays from the opening with this mean, a share in the last seconds, the rest evenly.
The invoices show no burst at all: a shop that is always open has none."""

HELD_FOR_REVIEW = 0.15
PACKED = 0.5
"""Article volume as a share of the box it is sold in: several articles share a parcel."""

BUNDLE_LINES = 0.06
CHILLED_SELLERS = 0.10
TIER_SHARES = (("express", 0.30), ("evening", 0.45), ("day", 0.25))
LATE_NOT_BEFORE = 0.06
TIED_TO_HUBS = 0.03
MOVED_DUE = 0.10
SERVICE_SECONDS = (60, 90, 120, 120, 150, 180, 240)
