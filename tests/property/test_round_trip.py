"""What is written is read back equal, and equal records have one hash however their documents are spelt."""

from __future__ import annotations

import dataclasses
import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from router import codec
from router.errors import Faulty
from router.generate import make_drop
from router.model import BY_TIER, LARGEST, Drop, Parcel, ParcelLine, Stop, Trip
from router.plan import Certificate, Cost, Plan, Unserved
from tests.drops import base_drop, base_plan, replan_drop

PLAN_SCHEMA = jsonschema.Draft202012Validator(codec.schema(Plan))
WHOLE_SECONDS = st.datetimes(
    datetime(1, 1, 2),
    datetime(9999, 12, 30),
    timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
).map(lambda at: at.replace(microsecond=0))
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
LABELS = st.text(st.characters(exclude_categories=["Cs"]))
AMOUNTS = st.integers(0, LARGEST)
MAYBE_ID = st.none() | IDS


@settings(max_examples=25)
@given(
    orders=st.integers(1, 60),
    hubs=st.integers(1, 4),
    seed=st.integers(0, 10**6),
    tight=st.booleans(),
    travel=st.sampled_from(["great_circle", "matrix"]),
)
def test_a_generated_drop_is_read_back_equal_and_keeps_its_hash(orders, hubs, seed, tight, travel):
    drop = make_drop(orders=orders, hubs=hubs, seed=seed, tight=tight, travel=travel)
    again = codec.read_drop(codec.write(drop))
    assert again == drop
    assert codec.write(again) == codec.write(drop)
    assert codec.sha256(again) == codec.sha256(drop)


PARCELS = st.builds(
    Parcel,
    id=IDS,
    order=IDS,
    hub=IDS,
    wave=IDS,
    lines=st.lists(
        st.builds(ParcelLine, sku=IDS, quantity=st.integers(1, LARGEST), contingency=AMOUNTS), max_size=3
    ).map(tuple),
    trip=MAYBE_ID,
    collection=MAYBE_ID,
    ready_at=WHOLE_SECONDS,
    shipped_at=WHOLE_SECONDS,
    delivered_at=WHOLE_SECONDS,
)
STOPS = st.builds(
    Stop,
    order=IDS,
    parcels=st.lists(IDS, max_size=3).map(tuple),
    arrive_at=WHOLE_SECONDS,
    start_at=WHOLE_SECONDS,
    leave_at=WHOLE_SECONDS,
)
TRIPS = st.builds(
    Trip,
    id=IDS,
    courier=IDS,
    hub=IDS,
    load_at=WHOLE_SECONDS,
    depart_at=WHOLE_SECONDS,
    stops=st.lists(STOPS, max_size=2).map(tuple),
    return_to=IDS,
    return_at=WHOLE_SECONDS,
    metres=AMOUNTS,
)
PLANS = st.builds(
    Plan,
    format=st.just("dropwright.plan/1"),
    drop=IDS,
    cost=st.builds(Cost, **{part.name: AMOUNTS for part in dataclasses.fields(Cost)}),
    lower_bound=st.none() | st.integers(-LARGEST, LARGEST),
    parcels=st.lists(PARCELS, max_size=3, unique_by=lambda parcel: parcel.id).map(tuple),
    trips=st.lists(TRIPS, max_size=2, unique_by=lambda trip: trip.id).map(tuple),
    unserved=st.lists(
        st.builds(Unserved, order=IDS, reason=st.sampled_from(["no-stock", "no-wave"]), detail=st.none() | LABELS),
        max_size=2,
    ).map(tuple),
    certificate=st.none()
    | st.builds(
        Certificate,
        drop_sha256=LABELS,
        engine=LABELS,
        version=LABELS,
        seed=st.integers(),
        effort=st.dictionaries(
            IDS.filter(lambda name: not name.startswith("x-")),
            st.integers() | LABELS | st.floats(0, allow_infinity=False),
        ),
        seconds=st.none() | st.floats(0, 1e9),
    ),
)


@given(plan=PLANS)
def test_any_plan_is_read_back_equal_and_keeps_its_hash(plan):
    again = codec.read_plan(codec.write(plan))
    assert again == plan
    assert codec.sha256(again) == codec.sha256(plan)
    assert not list(PLAN_SCHEMA.iter_errors(codec.plain(plan)))


@given(
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    factor=st.floats(1e-300, 1e6),
    at=WHOLE_SECONDS,
    due=st.none() | st.just(BY_TIER) | WHOLE_SECONDS,
    label=LABELS,
    amount=AMOUNTS,
)
def test_the_numbers_times_and_words_of_a_drop_come_back_as_they_were(lat, lon, factor, at, due, label, amount):
    drop = base_drop()
    profile = replace(drop.travel.profiles["bike"], detour=factor, metres_per_second=factor)
    order = replace(
        drop.orders[0],
        location=replace(drop.orders[0].location, lat=lat, lon=lon),
        placed_at=at,
        not_before=at,
        ship_by=due,
        deliver_by=due,
    )
    drop = replace(
        drop,
        plan_at=at,
        travel=replace(drop.travel, profiles={"bike": profile}),
        catalog=(replace(drop.catalog[0], seller=label), *drop.catalog[1:]),
        orders=(order, *drop.orders[1:]),
        split_cost=amount,
    )
    assert codec.read_drop(codec.write(drop)) == drop


def respelt(value: Any, dice: random.Random) -> Any:
    """The same document in another spelling: keys shuffled, times at another offset, x- fields strewn in."""
    if isinstance(value, list):
        return [respelt(each, dice) for each in value]
    if isinstance(value, str) and value.endswith("Z") and value[:2] == "20":
        offset = timezone(timedelta(minutes=dice.randrange(-1439, 1440)))
        at = datetime.fromisoformat(value).astimezone(offset)
        return dice.choice([value, value.lower(), value[:-1] + ".000Z", at.isoformat()])
    if isinstance(value, float):
        return int(value) if value.is_integer() and dice.random() < 0.5 else value
    if not isinstance(value, dict):
        return value
    pairs = [(key, respelt(each, dice)) for key, each in value.items()]
    if dice.random() < 0.3 and "bike" not in value:
        pairs.append(("x-note", dice.choice([None, [1.5], {"id": None}])))
    dice.shuffle(pairs)
    return dict(pairs)


def with_defaults(record: Any) -> Any:
    """A record as JSON values with every default spelt out that can be."""
    if isinstance(record, datetime):
        return record.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(record, tuple):
        return [with_defaults(each) for each in record]
    if isinstance(record, dict):
        return {name: with_defaults(each) for name, each in record.items()}
    if not dataclasses.is_dataclass(record):
        return record
    never_null = {"lat", "lon", "place", "hubs", "places", "extract", "detail", "metres", "seconds", "costing"}
    never_null |= {"detour", "metres_per_second", "certificate"}
    given = {part.name: getattr(record, part.name) for part in dataclasses.fields(record)}
    return {
        name: with_defaults(value)
        for name, value in given.items()
        if value != BY_TIER and not (value is None and name in never_null)
    }


@given(
    record=st.sampled_from([base_drop(), base_drop("matrix"), replan_drop(), base_plan()]),
    defaults=st.booleans(),
    ascii_only=st.booleans(),
    dice=st.randoms(use_true_random=False),
)
def test_equal_records_have_one_hash_however_their_documents_are_spelt(record, defaults, ascii_only, dice):
    spelt = respelt(with_defaults(record) if defaults else codec.plain(record), dice)
    read = codec.read_drop if isinstance(record, Drop) else codec.read_plan
    again = read(json.dumps(spelt, ensure_ascii=ascii_only, indent=dice.choice([None, 3])).encode())
    assert again == record
    assert codec.canonical(again) == codec.canonical(record)


@given(dice=st.randoms(use_true_random=False))
def test_records_that_differ_have_different_hashes(dice):
    text = codec.write(replan_drop()).decode()
    number = dice.choice(list(re.finditer(r": (\d+)[,}]", text)))
    other = f"{text[: number.start(1)]}{int(number[1]) + 1}{text[number.end(1) :]}"
    try:
        again = codec.read_drop(other.encode())
    except Faulty:
        return  # such as the second of two tariff steps with one weight
    assert codec.sha256(again) != codec.sha256(replan_drop())
