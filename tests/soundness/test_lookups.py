# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Lookups, exchange rates and as-of never add, lose or misdate a row, or they fail by name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.company import Currency, Rates
from metrics.catalog.dataset import Column, ColumnType, Lookup, Validity
from metrics.errors import ComputationError
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.aggregate.options import Options
from tests.soundness.served import Engine, drawn
from tests.soundness.world import (
    E,
    World,
    at,
    by_cell,
    columns,
    dimensions,
    entities,
    metric,
    table,
    until_now,
)

NOW = at("2024-06-01T00:00")
MONTH = (Grain.MONTH, date(2024, 1, 1), ())


def read(world: World, text: str, dataset: str = "deals") -> list[Any]:
    """Return an expression's values in the order of the ids."""
    with world.rows(dataset, NOW) as (rows, source):
        columns_ = {"k": rows.value(E("id").node).sql, "v": rows.value(E(text).node).sql}
        return list(source.fetch(rows.select(columns_).order_by("k"))["v"])


def total(text: str, **more: Any) -> Any:
    return metric("m", "aggregate", Options("deals", parse_measure(text)), grains=(Grain.MONTH,), **more)


DEALS = {"id": "text", "account": "text", "owner": "text", "region": "text", "t": "naive"}
JAN = datetime(2024, 1, 10, 12)


def deals(*rows: tuple[Any, ...]) -> Any:
    return table(DEALS, rows)


def with_lookups(tables: dict[str, Any], datasets: dict[str, Any], **lookups: Lookup) -> World:
    own = {"key": ("id",), "time": E("t"), "lookups": lookups, "entities": entities(account="account"),
           "complete_through": until_now()}  # fmt: skip
    return World(tables, {"deals": own, **datasets})


# -- many to one --------------------------------------------------------------------------------------


def test_many_to_one_and_chained() -> None:
    world = with_lookups(
        {"deals": deals(("1", "a", None, None, JAN), ("2", "a", None, None, JAN), ("3", "x", None, None, JAN),
                        ("4", None, None, None, JAN)),
         "accounts": table({"id": "text", "plan": "text"}, [("a", "p1"), ("b", "p2"), (None, "p1")]),
         "plans": table({"id": "text", "name": "text"}, [("p1", "gold"), ("p2", "tin")])},
        {"accounts": {"key": ("id",), "lookups": {"plan_of": Lookup("plans", (E("plan"),))}},
        "plans": {"key": ("id",)}},
        acc=Lookup("accounts", (E("account"),)),
    )  # fmt: skip
    assert read(world, "acc.plan") == ["p1", "p1", None, None]
    assert read(world, "acc.plan_of.name") == ["gold", "gold", None, None]
    assert by_cell(world.compute(total("count"), NOW))[MONTH].value == 4.0


def test_several_columns_and_an_expression() -> None:
    world = with_lookups(
        {"deals": deals(("1", "EUR", None, "n", JAN), ("2", "eur", None, "s", JAN), ("3", "USD", None, "n", JAN)),
         "prices": table({"cur": "text", "region": "text", "v": "integer"},
                         [("EUR", "n", 1), ("EUR", "s", 2), ("USD", "s", 3)])},
        {"prices": {"key": ("cur", "region")}},
        price=Lookup("prices", (E("upper(account)"), E("region"))),
    )  # fmt: skip
    assert read(world, "price.v") == [1, 2, None]


def test_a_lookup_that_would_fan_out_fails_the_metric() -> None:
    world = with_lookups(
        {"deals": deals(("1", "a", None, None, JAN)),
         "accounts": table({"id": "text", "v": "integer"}, [("a", 1), ("a", 2), ("b", 3), ("b", 4), (None, 1),
         (None, 2)])},
        {"accounts": {"key": ("id",)}},
        acc=Lookup("accounts", (E("account"),)),
    )  # fmt: skip
    with pytest.raises(ComputationError) as error:
        world.compute(total("sum(acc.v)"), NOW)
    assert str(error.value) == (
        "metric 'm': 2 keys of 'accounts' (id) stand on more than one row, so a lookup would fan out"
    )
    # What does not read the lookup is not held back by it.
    assert by_cell(world.compute(total("count"), NOW))[MONTH].value == 1.0


# -- as it was then -----------------------------------------------------------------------------------

TEAM = {"who": "text", "start": "naive", "end": "naive", "team": "text"}


def history(*rows: tuple[Any, ...], to: bool, at_: str = "t") -> World:
    when = [JAN, JAN - timedelta(microseconds=1), datetime(2023, 1, 1), datetime(2024, 3, 1)]
    return with_lookups(
        {
            "deals": deals(*((str(index), None, "u", None, t) for index, t in enumerate(when))),
            "users": table(TEAM, rows),
        },
        {"users": {"key": ("who", "start"), "valid": Validity(E("start"), E('"end"') if to else None)}},
        was=Lookup("users", (E("owner"),), valid_at=E(at_)),
    )


def test_valid_at_is_half_open() -> None:
    rows = [
        ("u", datetime(2023, 6, 1), JAN, "old"),
        ("u", JAN, datetime(2024, 2, 1), "new"),
        ("v", JAN, None, "other"),
    ]
    assert read(history(*rows, to=True), "was.team") == ["new", "old", None, None]


def test_without_an_end_the_next_row_ends_it() -> None:
    rows = [
        ("u", datetime(2023, 6, 1), None, "old"),
        ("u", JAN, None, "new"),
        ("v", datetime(2024, 2, 1), None, "other"),
    ]
    assert read(history(*rows, to=False), "was.team") == ["new", "old", None, "new"]


def test_a_day_is_compared_with_a_time_as_a_day() -> None:
    rows = [("u", datetime(2023, 6, 1), None, "old"), ("u", JAN, None, "new")]
    assert read(history(*rows, to=False, at_="date(t)"), "was.team") == ["new", "new", None, "new"]


@pytest.mark.parametrize(
    "rows",
    [
        [("u", datetime(2023, 6, 1), datetime(2024, 1, 11), "old"), ("u", JAN, None, "new")],
        [("u", datetime(2023, 6, 1), None, "old"), ("u", JAN, None, "new")],
        [("u", JAN, datetime(2024, 2, 1), "a"), ("u", JAN, datetime(2024, 2, 1), "b")],
    ],
    ids=["overlap", "open", "twice"],
)
def test_two_rows_valid_at_once_fail_the_metric(rows: list[tuple[Any, ...]]) -> None:
    with pytest.raises(ComputationError) as error:
        history(*rows, to=True).compute(total("count_distinct(was.team)"), NOW)
    assert str(error.value) == (
        "metric 'm': 1 rows of 'users' (who) are valid at the same time, so a lookup would fan out"
    )


def test_a_snapshot_holds_until_the_next() -> None:
    world = with_lookups(
        {"deals": deals(("1", "a", None, None, JAN), ("2", "a", None, None, datetime(2024, 2, 1)),
                        ("3", "a", None, None, datetime(2023, 12, 31, 23))),
         "accounts": table({"id": "text", "day": "date", "seg": "text"},
                           [("a", date(2024, 1, 1), "small"), ("a", date(2024, 2, 1), "big")])},
        {"accounts": {"key": ("id", "day"), "valid": Validity(snapshot=E("day"))}},
        acc=Lookup("accounts", (E("account"),), valid_at=E("t")),
    )  # fmt: skip
    assert read(world, "acc.seg") == ["small", "big", None]


moments = st.integers(0, 6).map(lambda hour: datetime(2024, 1, 10, hour))


@drawn(st.lists(st.tuples(st.sampled_from("uv"), moments, moments), max_size=8),
       st.lists(st.tuples(st.sampled_from(("u", "v", "w", None)), moments), max_size=6), st.booleans())  # fmt: skip
def test_the_row_that_was_valid_or_a_refusal(
    engine: Engine,
    stays: list[tuple[str, datetime, datetime]],
    asked: list[tuple[str | None, datetime]],
    to: bool,
) -> None:
    stays = [(who, *sorted(pair)) for who, *pair in stays]  # type: ignore[misc]
    rows = [(who, start, end, f"{index}") for index, (who, start, end) in enumerate(stays)]
    world = engine.holding(with_lookups(
        {"deals": deals(*((f"{index:02d}", None, who, None, t) for index, (who, t) in enumerate(asked))),
         "users": table(TEAM, rows)},
        {"users": {"key": ("who", "start"), "valid": Validity(E("start"), E('"end"') if to else None)}},
        was=Lookup("users", (E("owner"),), valid_at=E("t")),
    ))  # fmt: skip

    def holds(row: tuple[str, datetime, datetime, str], t: datetime) -> bool:
        following = [other[1] for other in rows if other[0] == row[0] and other[1] > row[1]]
        end = row[2] if to else min(following, default=None)
        return row[1] <= t and (end is None or t < end)

    hours = [datetime(2024, 1, 10, hour) + timedelta(minutes=half) for hour in range(8) for half in (0, 30)]
    clash = any(sum(holds(row, hour) for row in rows if row[0] == who) > 1 for hour in hours for who in "uv")
    outcome = world.outcomes(total("count_distinct(was.team)"), now=NOW)["m"]
    if outcome.error is not None:
        # A guard may also refuse two rows that start together, of which one is valid for no time at all.
        starts = [(who, start) for who, start, _, _ in rows]
        empty = any(start == end for _, start, end, _ in rows)
        assert clash or len(set(starts)) < len(starts) or (to and empty)
        return
    assert not clash
    found = read(world, "was.team")
    wanted = [next((row[3] for row in rows if row[0] == who and holds(row, t)), None) for who, t in asked]
    assert found == wanted


# -- first and last -----------------------------------------------------------------------------------


@drawn(
    st.lists(st.tuples(st.sampled_from(("a", "b", None)), moments), max_size=8),
    st.lists(st.tuples(st.sampled_from(("a", "b", "c", None)), st.none() | moments), max_size=5),
    st.sampled_from(("first", "last")), st.sampled_from((None, "before", "after")), st.sampled_from((None, 2)),
)  # fmt: skip
def test_pick(engine: Engine, touches: list[tuple[str | None, datetime]],
              asked: list[tuple[str | None, datetime | None]], pick: str, side: str | None,
              within: int | None) -> None:  # fmt: skip
    rows = [(f"t{index}", who, t, f"ch{index}") for index, (who, t) in enumerate(touches)]
    bound = {side: E("t")} if side else {}
    world = engine.holding(with_lookups(
        {"deals": deals(*((f"{index:02d}", who, None, None, t) for index, (who, t) in enumerate(asked))),
         "touches": table({"id": "text", "who": "text", "t": "naive", "ch": "text"}, rows)},
        {"touches": {"key": ("id",), "time": E("t"), "entities": entities(account="who")}},
        touch=Lookup("touches", by="account", pick=pick,
        within=Span.parse(f"{within} hours") if within and side else None,
                     **bound),
    ))  # fmt: skip
    length = timedelta(hours=within or 99)

    def fits(touch: datetime, t: datetime | None) -> bool:
        if side is None:
            return True
        if t is None:
            return False
        return t - length <= touch < t if side == "before" else t <= touch < t + length

    def wanted(who: str | None, t: datetime | None) -> str | None:
        mine = sorted(
            (row[2], row[0], row[3]) for row in rows if who is not None and row[1] == who and fits(row[2], t)
        )
        return None if not mine else mine[0 if pick == "first" else -1][2]

    assert read(world, "touch.ch") == [wanted(who, t) for who, t in asked]


def test_a_pick_needs_a_key_to_come_back_to() -> None:
    world = World(
        {"deals": deals(("1", "a", None, None, JAN), ("2", "b", None, None, JAN)),
         "touches": table({"who": "text", "t": "naive", "v": "integer"}, [("a", JAN, 1), ("b", JAN, 2)])},
        {"deals": {"time": E("t"), "entities": entities(account="account"), "complete_through": until_now(),
                   "lookups": {"touch": Lookup("touches", by="account", pick="first")}},
         "touches": {"time": E("t"), "entities": entities(account="who")}},
    )  # fmt: skip
    outcome = world.outcomes(total("sum(touch.v)"), now=NOW)["m"]
    assert outcome.error is None or isinstance(outcome.error, ComputationError)
    assert outcome.error is not None or by_cell(outcome)[MONTH].value == 3.0


def test_a_lookup_on_more_columns_than_the_key_is_refused_by_name() -> None:
    world = with_lookups(
        {
            "deals": deals(("1", "a", None, "n", JAN)),
            "accounts": table({"id": "text", "v": "integer"}, [("a", 1)]),
        },
        {"accounts": {"key": ("id",)}},
        acc=Lookup("accounts", (E("account"), E("region"))),
    )
    assert isinstance(world.outcomes(total("sum(acc.v)"), now=NOW)["m"].error, ComputationError)


# -- exchange rates -----------------------------------------------------------------------------------

ORDERS = {"id": "text", "t": "naive", "amount": "decimal", "cur": "text"}
RATES = {"base": "text", "quote": "text", "day": "date", "rate": "decimal"}


def money(orders: list[tuple[Any, ...]], rates: list[tuple[Any, ...]], **more: Any) -> World:
    lines = [(a, b, c, Decimal(d)) for a, b, c, d in rates]
    currency = Currency("GBP", Rates("fx", E("base"), E("quote"), E("day"), E("rate"), Span.parse("4 days")))
    return World(
        {"deals": table(ORDERS, [(a, b, None if c is None else Decimal(c), d) for a, b, c, d in orders]),
         "fx": table(RATES, lines)},
        {"deals": {"key": ("id",), "time": E("t"), "columns": {"money": Column(E("amount"), E("cur"))},
                   "complete_through": until_now()}, "fx": {}},
        zone="Europe/London", currency=currency, **more,
    )  # fmt: skip


def test_money_is_converted_at_the_rows_own_day() -> None:
    world = money(
        [("1", datetime(2024, 1, 5, 10), "10", "EUR"), ("2", datetime(2024, 1, 6, 10), "10", "eur"),
         ("3", datetime(2024, 1, 8, 10), "10", "EUR"), ("4", datetime(2024, 1, 9), "7.5", "GBP"),
         ("5", datetime(2024, 1, 9), None, "XXX"), ("6", datetime(2024, 1, 9), "1", "USD")],
        [("EUR", "GBP", date(2024, 1, 5), "0.8"), ("EUR", "GBP", date(2024, 1, 6), "0.9"),
         ("EUR", "USD", date(2024, 1, 6), "5"), ("usd", "gbp", date(2024, 1, 9), "0.123456")],
    )  # fmt: skip
    assert read(world, "money") == [Decimal(text) for text in ("8", "9", "9", "7.5")] + [
        None,
        Decimal("0.123456"),
    ]
    assert by_cell(world.compute(total("sum(money)"), NOW))[MONTH].value == 33.623456


@pytest.mark.parametrize(
    "order",
    [("1", datetime(2024, 1, 11), "10", "EUR"), ("1", datetime(2024, 1, 4), "10", "EUR"),
     ("1", datetime(2024, 1, 5), "10", "CHF"), ("1", datetime(2024, 1, 5), "10", None)],
    ids=["too old", "before the first", "no such rate", "no currency"],
)  # fmt: skip
def test_a_missing_rate_fails_the_metric(order: tuple[Any, ...]) -> None:
    world = money([order, ("2", datetime(2024, 1, 5), "1", "GBP")], [("EUR", "GBP", date(2024, 1, 5), "0.8")])
    with pytest.raises(ComputationError) as error:
        world.compute(total("sum(money)"), NOW)
    assert str(error.value) == "metric 'm': 1 rows of 'deals' have no exchange rate to GBP for column 'money'"


def test_a_missing_rate_behind_a_lookup_fails_the_metric_too() -> None:
    world = money([("1", datetime(2024, 1, 5), "10", "CHF"), ("2", datetime(2024, 1, 5), "1", "GBP")], [])
    world.tables = {
        **world.tables,
        "refunds": table({"order": "text", "t": "naive"}, [("1", JAN), ("2", JAN)]),
    }
    world.datasets = {**world.datasets, "refunds": {
        "time": E("t"), "lookups": {"order_of": Lookup("deals", (E('"order"'),))},
        "complete_through": until_now()}}  # fmt: skip
    one = metric(
        "m", "aggregate", Options("refunds", parse_measure("sum(order_of.money)")), grains=(Grain.MONTH,)
    )
    with pytest.raises(ComputationError) as error:
        world.compute(one, NOW)
    assert str(error.value) == "metric 'm': 1 rows of 'deals' have no exchange rate to GBP for column 'money'"


def test_two_rates_of_one_day_fail_the_metric() -> None:
    world = money([("1", datetime(2024, 1, 5), "10", "EUR")],
                  [("EUR", "GBP", date(2024, 1, 5), "0.8"), ("EUR", "GBP", date(2024, 1, 5), "0.9")])  # fmt: skip
    with pytest.raises(ComputationError) as error:
        world.compute(total("sum(money)"), NOW)
    assert str(error.value) == "metric 'm': 1 days of 'fx' hold more than one rate for one currency pair"


# -- as of --------------------------------------------------------------------------------------------

LOADED = {"id": "text", "t": "naive", "loaded": "naive", "closed": "naive", "due": "naive", "day": "date"}


def loaded(*rows: tuple[Any, ...]) -> World:
    return World(
        {"deals": table(LOADED, rows)},
        {"deals": {"key": ("id",), "time": E("t"), "loaded_at": E("loaded"),
                   "types": {"due": ColumnType("timestamp", planned=True)},
                   "columns": columns(open="closed is null", planned="due is not null", dated="day is not null")}},
    )  # fmt: skip


def test_as_of_hides_what_came_later() -> None:
    world = loaded(
        (
            "1",
            datetime(2024, 1, 5),
            datetime(2024, 1, 6),
            datetime(2024, 3, 1),
            datetime(2024, 9, 1),
            date(2024, 2, 9),
        ),
        ("2", datetime(2024, 1, 7), datetime(2024, 2, 10), None, None, date(2024, 2, 10)),
        ("3", datetime(2024, 1, 8), datetime(2024, 2, 9, 23, 59), None, None, date(2024, 2, 9)),
        ("4", datetime(2024, 2, 20), datetime(2024, 1, 9), None, None, None),
    )
    as_of = at("2024-02-10T00:00")
    found = {}
    for text in ("count", "sum(open)", "sum(planned)", "sum(dated)"):
        outcome = world.compute(total(text), NOW, as_of)
        found[text] = by_cell(outcome)[MONTH].value
        assert outcome.watermark == at("2024-02-09T23:59")
    assert found == {"count": 2.0, "sum(open)": 2.0, "sum(planned)": 1.0, "sum(dated)": 2.0}
    later = {text: by_cell(world.compute(total(text), NOW))[MONTH].value for text in found}
    assert later == {"count": 3.0, "sum(open)": 2.0, "sum(planned)": 1.0, "sum(dated)": 3.0}


def test_as_of_is_exclusive_and_stands_for_now() -> None:
    world = loaded(("1", datetime(2024, 1, 5), datetime(2024, 1, 6), None, None, None))
    assert world.compute(total("count"), NOW, at("2024-01-06T00:00")).estimates == ()
    one = total("sum(case when as_of() = '2024-01-07T00:00Z' then 1 else 0 end)")
    assert by_cell(world.compute(one, NOW, at("2024-01-07T00:00")))[MONTH].value == 1.0


def test_as_of_reads_lookups_as_they_were() -> None:
    world = loaded(("1", datetime(2024, 1, 5), datetime(2024, 1, 6), None, None, None))
    world.tables = {**world.tables, "accounts": table({"id": "text", "got": "naive", "seg": "text"}, [
        ("1", datetime(2024, 1, 6), "small"), ("1", datetime(2024, 3, 6), "big")])}  # fmt: skip
    world.datasets = {
        "deals": {**world.datasets["deals"], "lookups": {"acc": Lookup("accounts", (E("id"),))},
                  "dimensions": dimensions(seg="acc.seg")},
        "accounts": {"key": ("id",), "loaded_at": E("got")},
    }  # fmt: skip
    found = by_cell(world.compute(total("count", dimensions=("seg",)), NOW, at("2024-02-01T00:00")))
    assert found[Grain.MONTH, date(2024, 1, 1), (("seg", "small"),)].value == 1.0
    with pytest.raises(ComputationError):
        world.compute(total("count", dimensions=("seg",)), NOW)
