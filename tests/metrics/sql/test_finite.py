"""NaN and infinity in what is measured fail a metric, with where they are; nothing becomes 0 by them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from metrics.catalog.company import Currency, Rates
from metrics.catalog.dataset import Column, ColumnType
from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.expressions.parser import parse_measure, parse_measures
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import Activity, Subscription
from metrics.kinds.aggregate.options import Options as Aggregate
from metrics.kinds.clv.options import Margin, Model, Orders
from metrics.kinds.clv.options import Options as Clv
from metrics.kinds.duration.options import Options as Duration
from metrics.kinds.duration.options import Statistic
from metrics.kinds.payback.options import Options as Payback
from metrics.kinds.proportion.options import Options as Proportion
from metrics.kinds.ratio.options import Options as Ratio
from metrics.kinds.retention.options import Options as Retention
from metrics.kinds.retention.options import Share, Worth
from metrics.sql.finite import guard_finite
from metrics.store.store import Store
from tests.metrics.live import Live, aggregate
from tests.metrics.live import at as instant
from tests.postgres_server import PostgresServer
from tests.soundness.served import Served
from tests.soundness.world import E, World, at, by_cell, entities, metric, table, until_now

NOW = at("2024-04-01T00:00")
ORDERS = {"id": "integer", "who": "text", "day": "date", "amount": "float", "note": "text", "kind": "text"}
ADVICE = "which no number can be made of: correct them at their source, or leave them out by a condition"


def rows(*amounts: float | None) -> list[tuple[Any, ...]]:
    """Return orders 1, 2, ... of as many customers, one a day from 1 January; every third is a refund."""
    return [
        (n, f"c{n % 3}", date(2024, 1, n), amount, None if amount is None else str(amount),
         "sale" if n % 3 else "refund")
        for n, amount in enumerate(amounts, 1)
    ]  # fmt: skip


class Numerics(Served):
    """Amounts are NUMERIC: what other engines call DECIMAL may be NaN there."""

    @contextmanager
    def folder(self) -> Iterator[Path]:
        with super().folder() as root:
            with psycopg.connect(self.url, autocommit=True) as connection:
                for name in self.tables:
                    alter = sql.SQL("alter table {} alter column amount type numeric")
                    connection.execute(alter.format(sql.Identifier(self.schema, name)))
            yield root


SERVERS = {"double": Served, "numeric": Numerics}


@pytest.fixture(scope="module")
def server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    with postgres.fresh() as fresh:
        yield fresh


@pytest.fixture(params=["duckdb", *SERVERS])
def engine(request: pytest.FixtureRequest) -> Any:
    """Return what puts a company onto an engine."""
    if request.param == "duckdb":
        return lambda world: world
    url = request.getfixturevalue("server").url
    return lambda world: SERVERS[request.param].of(world, url)


def shop(lines: list[tuple[Any, ...]], **more: Any) -> World:
    shared: dict[str, Any] = {
        "key": ("id",), "time": E("day"), "entities": entities(customer="who"),
        "complete_through": until_now(), **more,
    }  # fmt: skip
    return World({"orders": table(ORDERS, lines)}, {"orders": shared})


def total(measure: str, name: str = "m", **more: Any) -> Metric:
    return metric(
        name, "aggregate", Aggregate("orders", parse_measure(measure), **more), grains=(Grain.MONTH,)
    )


def error_of(world: World, one: Metric) -> str | None:
    error = world.outcomes(one, now=NOW)[one.metric].error
    return None if error is None else str(error)


def said(count: int, first: int, what: str = "amount", dataset: str = "orders") -> str:
    found = f"{count} rows of {dataset!r} have NaN or infinity as {what}, {ADVICE}"
    return f"metric 'm': {found}; the first has id = {first}"


BAD = [math.nan, math.inf, -math.inf]


# -- every measure --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "bad"),
    [*(("sum", bad) for bad in BAD),
     *((measure, math.nan) for measure in ("avg", "median", "min", "max", "count_distinct"))],
)  # fmt: skip
def test_a_measure_of_what_is_no_number_fails(engine: Any, measure: str, bad: float) -> None:
    world = engine(shop(rows(10.0, 3780.0, bad, None, bad)))
    assert error_of(world, total(f"{measure}(amount)")) == said(2, 3)


@pytest.mark.parametrize(
    "measure", ["count", "count(amount)", "count_distinct(customer)", "count_new(customer)"]
)
def test_a_count_reads_no_number(engine: Any, measure: str) -> None:
    assert error_of(engine(shop(rows(10.0, math.nan))), total(measure)) is None


def test_finite_amounts_are_summed(engine: Any) -> None:
    outcome = engine(shop(rows(10.0, None, 3780.0))).compute(total("sum(amount)"), NOW)
    assert by_cell(outcome)[Grain.MONTH, date(2024, 1, 1), ()].value == 3790.0


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("amount * 2 - 1", "(amount * 2) - 1"),
        ("coalesce(amount, 0)", "coalesce(amount, 0)"),
        ("cast(note as double)", "cast(note as float)"),
        ("round(amount, 1)", "round(amount, 1)"),
        ("cast(amount as decimal)", "cast(amount as decimal)"),
        ("cast(amount as integer)", "cast(amount as integer)"),
        ("case when kind = 'sale' then 0 else amount end", "case when kind = 'sale' then 0 else amount end"),
        ("amount * days_between(period_start(), period_end())",
         "amount * days_between(period_start(), period_end())"),
    ],
)  # fmt: skip
def test_an_expression_is_named_as_it_could_be_written(engine: Any, expression: str, shown: str) -> None:
    assert error_of(engine(shop(rows(10.0, 20.0, math.nan))), total(f"sum({expression})")) == said(
        1, 3, shown
    )


def test_a_division_by_zero_is_nothing(engine: Any) -> None:
    outcome = engine(shop(rows(10.0, 0.0))).compute(total("sum(amount / amount)"), NOW)
    assert by_cell(outcome)[Grain.MONTH, date(2024, 1, 1), ()].value == 1.0


def test_a_branch_that_keeps_it_out_is_enough(engine: Any) -> None:
    picked = "case when kind = 'sale' then round(amount, 1) else 0 end"
    outcome = engine(shop(rows(10.0, 20.0, math.nan))).compute(total(f"sum({picked})"), NOW)
    assert by_cell(outcome)[Grain.MONTH, date(2024, 1, 1), ()].value == 30.0


def test_a_sum_that_no_double_holds_fails(server: PostgresServer) -> None:
    world = shop(rows(1.7e308, 1.7e308))
    assert error_of(world, total("sum(amount)")) == (
        "metric 'm': a result is inf, not a finite number: what is added up is too large"
    )
    assert "out of range: overflow" in (error_of(Served.of(world, server.url), total("sum(amount)")) or "")


# -- only rows that are measured ------------------------------------------------------------------------


def test_rows_that_a_condition_leaves_out_do_no_harm(engine: Any) -> None:
    world = engine(shop(rows(10.0, 20.0, math.nan)))
    sales = total("sum(amount)", "sales", where=E("kind = 'sale'"))
    refunds = total("sum(amount)", "refunds", where=E("kind = 'refund'"))
    found = world.outcomes(sales, refunds, total("count"), now=NOW)
    assert [found[name].error for name in ("sales", "m")] == [None, None]
    assert by_cell(found["sales"])[Grain.MONTH, date(2024, 1, 1), ()].value == 30.0
    assert str(found["refunds"].error) == said(1, 3).replace("'m'", "'refunds'")


def test_rows_that_the_dataset_leaves_out_do_no_harm(engine: Any) -> None:
    world = engine(shop(rows(10.0, 20.0, math.nan), exclude={"refunds": E("kind = 'refund'")}))
    assert error_of(world, total("sum(amount)")) is None


def test_a_condition_that_asks_for_a_period_counts_as_satisfied(engine: Any) -> None:
    world = engine(shop(rows(10.0, 20.0, math.nan)))
    assert error_of(world, total("sum(amount)", where=E("day < period_end() and kind = 'sale'"))) == said(
        1, 3
    )
    assert error_of(world, total("sum(amount)", over=Over.parse("trailing 2 months"))) == said(1, 3)


def test_finite_amounts_without_a_key_are_no_finding(engine: Any) -> None:
    assert error_of(engine(shop(rows(1.5, 2.25, None), key=())), total("sum(amount)")) is None


def test_a_row_without_a_key_is_counted_all_the_same(engine: Any) -> None:
    one = total("sum(amount)")
    assert error_of(engine(shop(rows(math.nan), key=())), one) == said(1, 1).partition("; the first")[0]
    assert error_of(engine(shop(rows(math.nan), key=("kind", "who"))), one) == said(1, 1).replace(
        "id = 1", "kind = 'sale', who = 'c1'"
    )


def test_the_key_of_a_private_row_stays_unsaid(engine: Any) -> None:
    one = replace(total("sum(amount)"), private="customer")
    assert error_of(engine(shop(rows(1.0, math.nan))), one) == said(1, 1).partition("; the first")[0]


# -- every kind -----------------------------------------------------------------------------------------

VALUE, JANUARY = E("amount"), (Grain.MONTH,)
BOUGHT, SPENT = Orders("orders", VALUE), Reference("orders", parse_measure("sum(amount)"))
KINDS: dict[str, tuple[str, Any]] = {
    "numerator": ("ratio", Ratio(SPENT, Reference("orders", parse_measure("count")))),
    "denominator": ("ratio", Ratio(Reference("orders", parse_measure("count")), SPENT)),
    "pairs": ("ratio", Ratio(SPENT, Reference("orders", parse_measure("count")), entity="customer")),
    "per": ("proportion", Proportion("orders", parse_measures("sum(amount) > 15"), per="customer")),
    "greatest_per": ("proportion", Proportion("orders", parse_measures("max(amount) > 15"), per="customer")),
    "retention": ("retention", Retention(Share.NRR, "customer", Activity("orders"),
                                         value=Worth(parse_measure("sum(amount)")))),
    "subscription": ("retention", Retention(Share.NRR, "customer", subscription=Subscription(
        "orders", E("day"), E("day + 60 days"), VALUE))),
    "curve": ("retention", Retention(Share.NRR, "customer", Activity("orders"), curve=True,
                                     value=Worth(parse_measure("sum(amount)")))),
    "historic": ("clv", Clv("customer", model=Model.HISTORIC, orders=BOUGHT, margin=Margin(rate=0.5),
                            horizon=Span.parse("12 months"), discount_rate=0.0)),
    "margin": ("clv", Clv("customer", model=Model.HISTORIC, orders=Orders("orders"), margin=Margin(column=VALUE),
                          horizon=Span.parse("12 months"), discount_rate=0.0)),
    "payback": ("payback", Payback("customer", BOUGHT, Margin(rate=0.5),
                                   Reference("orders", parse_measure("count")), Span.parse("12 months"))),
    "cost": ("payback", Payback("customer", Orders("orders", E("1")), Margin(rate=0.5), SPENT,
                                Span.parse("12 months"))),
    "within": ("duration", Duration("customer", Reference("orders"), Reference("orders"), Statistic.SHARE_WITHIN,
                                    Span.parse("30 days"), within=VALUE)),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_that_reads_an_amount_fails(engine: Any, name: str) -> None:
    kind, options = KINDS[name]
    one = metric("m", kind, options, grains=JANUARY, min_sample=1)
    assert error_of(engine(shop(rows(10.0, 20.0, 30.0))), one) is None
    assert error_of(engine(shop(rows(10.0, math.nan, math.nan))), one) == said(2, 2)


# -- money ----------------------------------------------------------------------------------------------

RATES = {"day": "date", "base": "text", "quote": "text", "amount": "float"}


def paid(lines: list[tuple[Any, ...]], rates: list[tuple[Any, ...]]) -> World:
    money = Column(E("amount"), currency=E("note"))
    world = shop([(*line[:4], "EUR", line[5]) for line in lines], columns={"paid": money})
    currency = Currency(
        "GBP", Rates("rates", E("base"), E("quote"), E("day"), E("amount"), Span.parse("90 days"))
    )
    tables = {**world.tables, "rates": table(RATES, rates)}
    return World(tables, {**world.datasets, "rates": {"key": ("day", "base")}}, currency=currency)


def test_money_that_is_no_number_fails_before_it_is_converted(engine: Any) -> None:
    good = (date(2024, 1, 1), "EUR", "GBP", 0.5)
    assert error_of(engine(paid(rows(10.0, 20.0), [good])), total("sum(paid)")) is None
    for bad in BAD:
        assert error_of(engine(paid(rows(10.0, bad), [good])), total("sum(paid)")) == said(1, 2, "paid")


def test_a_rate_that_is_no_number_fails(engine: Any) -> None:
    other = (date(2024, 1, 2), "EUR", "USD", math.nan)
    good, bad = ((date(2024, 1, 1), "EUR", "GBP", rate) for rate in (0.5, math.nan))
    assert error_of(engine(paid(rows(10.0), [good, other])), total("sum(paid)")) is None
    assert error_of(engine(paid(rows(10.0), [bad, other])), total("sum(paid)")) == said(
        1, 1, "amount", "rates"
    ).replace("id = 1", "day = 2024-01-01, base = 'EUR'")


def test_a_column_that_is_declared_decimal_fails(engine: Any) -> None:
    for type_ in ("decimal", "integer"):
        world = engine(shop(rows(10.0, math.nan), types={"amount": ColumnType(type_)}))
        assert error_of(world, total("sum(amount)")) == said(1, 2)


# -- what is asked --------------------------------------------------------------------------------------


def test_exact_numbers_are_not_asked_on_duckdb() -> None:
    shape = shop([])
    world = replace(shape, tables={"orders": table({**ORDERS, "amount": "decimal"}, [])})
    with world.rows("orders", NOW) as (read, _):
        guard_finite(read, E("round(amount * id, 2) + 1").node)
        assert read.scope.guards == {}


def test_one_select_asks_for_all_conditions_of_an_expression() -> None:
    world, wanted = (
        shop(rows(10.0, 20.0)),
        [total("sum(amount)", f"m{n}", where=E(f"id > {n}")) for n in range(5)],
    )
    with world.folder() as root, Session(world.catalog(*wanted), root, NOW) as session:
        outcomes = list(Planner(session).compute([request_for(each) for each in wanted]))
        assert [each.error for each in outcomes] == [None] * 5
        assert sum(" AS found" in each.sql for each in session.statements) == 1


# -- a refresh ------------------------------------------------------------------------------------------


def test_a_refresh_keeps_the_last_good_value(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    live.fill(90)
    live.only("kept_promises")
    live.define("metrics/sales/revenue.yml", aggregate("revenue", "orders", "sum(amount)"))
    live.sql("shop", "alter table orders alter amount type double")
    with Store.open(live.url) as store:
        assert live.refresh(store).failed == ()
        before = [each.value for each in store.latest("revenue")]
        live.sql("shop", "update orders set amount = 'nan' where order_id in (7, 40)")
        live.clock.now = instant("2026-04-01T06:00") + timedelta(hours=1)
        summary = live.refresh(store)
        run = store.last_run("revenue")
        assert [each.metric for each in summary.failed] == ["revenue"]
        assert run is not None
        assert run.error == (
            f"metric 'revenue': 2 rows of 'orders' have NaN or infinity as amount, {ADVICE}; the first has order_id = 7"
        )
        assert [each.value for each in store.latest("revenue")] == before
