"""One tiny instance in each published way of writing, with own numbers, and a solution worked out by hand.

Customers lie on multiples of the 3-4-5 triangle, so that distances are whole except where rounding is at stake.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.published.instance import Family, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text, its file and family, routes that solve it, and what these cost in minor units."""

    file: str
    family: Family
    text: str
    routes: tuple[Route, ...]
    cost: int


def route(*trips: tuple[int, ...], fleet: int = 0) -> Route:
    """A vehicle's trips, customers counted from 0."""
    return Route(fleet=fleet, trips=trips)


# Legs 0-1 5, 1-2 5, 2-0 10, 0-3 5: 20 and 10, in thousandths.
GEHRING = Sample(
    file="g1.txt",
    family="vrptw",
    text="""g1

VEHICLE
NUMBER     CAPACITY
  2          10

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0   0    0   0   100   0
    1      3   4    4   0    50   2
    2      6   8    6   20   30   2
    3      0  -5    7   0   100   0
""",
    routes=(route((0, 1)), route((2,))),
    cost=30_000,
)

# Tenths, cut off: 0-1 is √2 = 1.414…, so 14; 1-2 is 1.0, so 10; 2-0 is √5 = 2.236…, so 22.
VRPTW = Sample(
    file="tenths.vrp",
    family="vrptw",
    text="""NAME : tenths
TYPE : VRPTW
DIMENSION : 3
VEHICLES : 2
CAPACITY : 9
SERVICE_TIME : 3
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 1 2
DEMAND_SECTION
1 0
2 4
3 5
TIME_WINDOW_SECTION
1 0 40
2 0 30
3 10 20
DEPOT_SECTION
1
-1
EOF
""",
    routes=(route((0, 1)),),
    cost=14 + 10 + 22,
)

# Leaving at 0 the vehicle of depot 1 would wait for the window at 60 and be out for 70; leaving at 55 it is out 12.
# Thousandths: depot 1 there and back 10, depot 2 at (0, 20) there and back 2 × 15.
MDVRPTW = Sample(
    file="depots.vrp",
    family="mdvrptw",
    text="""NAME: depots
COMMENT: own numbers
TYPE: MDVRPTW
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 4
VEHICLES: 2
CAPACITY: 9
VEHICLES_MAX_DURATION: 32
NODE_COORD_SECTION
1 0 0
2 0 20
3 3 4
4 9 8
DEMAND_SECTION
1 0
2 0
3 4
4 5
SERVICE_TIME_SECTION
1 0
2 0
3 2
4 1.5
TIME_WINDOW_SECTION
1 0 100
2 0 100
3 60 70
4 0 100
VEHICLES_DEPOT_SECTION
1 1
2 2
DEPOT_SECTION
1
2
-1
EOF
""",
    routes=(route((0,)), route((1,), fleet=1)),
    cost=40_000,
)

# One vehicle, two trips: customer 1 goes first, customers 2 and 3 are released at 12 and leave together.
MULTI_TRIP = Sample(
    file="trips.vrp",
    family="mtvrptwr",
    text="""NAME: trips
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 4
VEHICLES: 1
CAPACITY: 9
SERVICE_TIME: 1
NODE_COORD_SECTION
1 0 0
2 3 4
3 -3 -4
4 -6 -8
DEMAND_SECTION
1 0
2 8
3 4
4 5
TIME_WINDOW_SECTION
1 0 60
2 0 60
3 0 17
4 0 60
RELEASE_TIME_SECTION
1 0
2 0
3 12
4 3
VEHICLES_RELOAD_DEPOT_SECTION
1 1
DEPOT_SECTION
1
EOF
""",
    routes=(route((0,), (1, 2)),),
    cost=100 + 200,
)

# A small vehicle at 0.77 for one of distance and 1.50 fixed, a large one at 1.20 and 2.00: 1.5 + 7.7 and 2 + 24.
HETEROGENEOUS = Sample(
    file="mixed.vrp",
    family="hfvrp",
    text="""NAME: mixed
TYPE: HFVRP
DIMENSION: 4
VEHICLES: 5
EDGE_WEIGHT_TYPE: EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 -3 -4
4 -6 -8
DEMAND_SECTION
1 0
2 3
3 4
4 5
CAPACITY_SECTION
1 5
2 5
3 12
4 12
5 12
VEHICLES_FIXED_COST_SECTION
1 150
2 150
3 200
4 200
5 200
VEHICLES_UNIT_DISTANCE_COST_SECTION
1 77
2 77
3 120
4 120
5 120
DEPOT_SECTION
1
EOF
""",
    routes=(route((0,)), route((1, 2), fleet=1)),
    cost=920_000 + 2_600_000,
)

# Depot 1 there and back 2 × 5, depot 2 2 × 15; each route may last 32, service included.
CORDEAU = Sample(
    file="c01.txt",
    family="mdvrp",
    text="""2 1 2 2
32 9
32 0
1 3 4 2 4 1 2 1 2
2 9 8 1.5 5 1 2 1 2
3 0 0 0 0 0 0
4 0 20 0 0 0 0
""",
    routes=(route((0,)), route((1,), fleet=1)),
    cost=40_000,
)

# 0-1 100, 1-2 30, 2-0 400; the other way round it would be 50 + 70 + 200.
SAME_DAY = Sample(
    file="city.txt",
    family="same-day",
    text="""NAME : city
COMMENT : own numbers
TYPE : VRPTW
DIMENSION : 3
EDGE_WEIGHT_TYPE : EXPLICIT
VEHICLES : 1
EDGE_WEIGHT_FORMAT : FULL_MATRIX
CAPACITY : 9
EDGE_WEIGHT_SECTION
0\t100\t50
200\t0\t30
400\t70\t0
NODE_COORD_SECTION
1\t1\t1
2\t2\t2
3\t3\t3
DEMAND_SECTION
1\t0
2\t0
3\t5
DEPOT_SECTION
1
-1
SERVICE_TIME_SECTION
1\t0
2\t60
3\t60
TIME_WINDOW_SECTION
1\t0\t3600
2\t0\t600
3\t150\t900
EOF
""",
    routes=(route((0, 1)),),
    cost=530,
)

SAMPLES = (GEHRING, VRPTW, MDVRPTW, MULTI_TRIP, HETEROGENEOUS, CORDEAU, SAME_DAY)
