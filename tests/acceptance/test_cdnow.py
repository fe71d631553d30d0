"""CDNOW's orders, customers, spend and retention equal SQL that was written for these tests alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metrics.grain import Grain
from metrics.observation import State

from .conftest import Case

pytestmark = pytest.mark.real_data

Sql = Callable[[str], list[tuple[object, ...]]]

# The log as published: one row a purchase, the day as a number.
LOG = """
    with log as (
        select sampleid as customer, strptime(date::text, '%Y%m%d')::date as day,
               sales::decimal(18, 6) as spend, date_trunc('{grain}', strptime(date::text, '%Y%m%d'))::date as p
        from read_csv('{data}/cdnow/cdnow_sample_elog.csv.gz')
    )
"""


@pytest.fixture(scope="module")
def cdnow(run_case: Callable[[str, datetime], Case]) -> Case:
    return run_case("cdnow", datetime(1999, 1, 1, tzinfo=UTC))


def _log(grain: str) -> str:
    return LOG.replace("{grain}", grain)


def test_rows_and_customer_days(cdnow: Case, sql: Sql) -> None:
    rows, days, customers, spend = sql(
        _log("month") + "select count(*), count(distinct (customer, day)), count(distinct customer), "
        "sum(spend) from log"
    )[0]
    assert (rows, days, customers) == (6919, 6696, 2357)
    whole = {
        metric: cdnow.values(metric, Grain.ALL)["all", ()].value
        for metric in ("orders", "visits", "customers", "new_customers", "spend")
    }
    assert whole["orders"] == rows
    assert whole["visits"] == days
    assert whole["customers"] == whole["new_customers"] == customers
    assert Decimal(str(whole["spend"])) == spend == Decimal("244091.94")


@pytest.mark.parametrize("grain", [Grain.MONTH, Grain.QUARTER])
def test_orders_customers_and_spend(cdnow: Case, sql: Sql, grain: Grain) -> None:
    lines = sql(
        _log(grain.value)
        + "select p::text, count(*), count(distinct customer), sum(spend) from log group by p"
    )
    orders, customers = cdnow.values("orders", grain), cdnow.values("customers", grain)
    spend, each = cdnow.values("spend", grain), cdnow.values("spend_per_customer", grain)
    assert len(lines) == len(orders) == len(spend) == (18 if grain is Grain.MONTH else 6)
    for period, count, people, money in lines:
        key = str(period), ()
        assert (orders[key].value, customers[key].value) == (count, people)
        assert Decimal(str(spend[key].value)) == money
        assert (each[key].numerator, each[key].denominator) == (float(str(money)), people)
        assert each[key].value == pytest.approx(float(str(money)) / int(str(people)), rel=1e-9)
        assert each[key].state is State.FINAL
        assert each[key].lower < each[key].value < each[key].upper  # type: ignore[operator]


def test_new_customers(cdnow: Case, sql: Sql) -> None:
    lines = sql(
        _log("month")
        + "select p::text, count(*) from (select customer, min(p) as p from log group by 1) group by 1"
    )
    seen = cdnow.values("new_customers", Grain.MONTH)
    assert {period: each.value for (period, _), each in seen.items() if each.value} == dict(lines)
    # The sample is the customers of the first three months: nobody is new later on.
    assert sorted(str(period) for period, _ in lines) == ["1997-01-01", "1997-02-01", "1997-03-01"]
    assert seen["1997-04-01", ()].value == 0


@pytest.mark.parametrize("grain", [Grain.MONTH, Grain.QUARTER])
def test_customers_who_ordered_in_the_period_before_and_again(cdnow: Case, sql: Sql, grain: Grain) -> None:
    lines = sql(
        _log(grain.value)
        + f"""
        , spent as (select customer, p, sum(spend) as spend from log group by all)
        select (was.p + interval 1 {grain.value})::date::text, count(*), count(now.customer),
               sum(was.spend), sum(case when now.spend is null then 0 else least(was.spend, now.spend) end),
               sum(coalesce(now.spend, 0))
        from spent was left join spent now
          on now.customer = was.customer and now.p = was.p + interval 1 {grain.value}
        where was.p < (select max(p) from log) group by 1
        """
    )
    logo, gross, net = (cdnow.values(name, grain) for name in ("stayed", "spend_kept", "spend_kept_net"))
    assert len(lines) == (17 if grain is Grain.MONTH else 5)
    for period, customers, again, before, kept, now in lines:
        key = str(period), ()
        assert (logo[key].numerator, logo[key].denominator) == (again, customers)
        assert logo[key].value == int(str(again)) / int(str(customers))
        for seen, numerator in ((gross[key], kept), (net[key], now)):
            assert seen.denominator == pytest.approx(float(str(before)), rel=1e-12)
            assert seen.numerator == pytest.approx(float(str(numerator)), rel=1e-12)
            assert seen.value == pytest.approx(float(str(numerator)) / float(str(before)), rel=1e-9)
            assert (seen.sample_size, seen.state) == (customers, State.FINAL)
    first = logo["1997-01-01", ()]
    assert (first.value, first.state) == (None, State.NO_DATA)


@pytest.mark.parametrize("grain", [Grain.MONTH, Grain.QUARTER])
def test_cohorts_by_age(cdnow: Case, sql: Sql, grain: Grain) -> None:
    lines = sql(
        _log(grain.value)
        + f"""
        , won as (select customer, min(p) as cohort from log group by 1),
        each as (select cohort, datediff('{grain.value}', cohort, p) as age, customer, sum(spend) as spend
                 from log join won using (customer) group by all),
        sizes as (select cohort, count(*) as customers, sum(spend) as first from each where age = 0 group by 1)
        select cohort::text, age, customers, count(*), first, sum(spend)
        from each join sizes using (cohort) where age <= 12 group by all
        """
    )
    assert len({cohort for cohort, *_ in lines}) == (3 if grain is Grain.MONTH else 1)
    triangle = cdnow.values("triangle", grain, "age")
    for cohort, age, customers, active, _, _ in lines:
        seen = triangle[str(cohort), (("age", f"{age:02d}"),)]
        assert (seen.numerator, seen.denominator) == (active, customers)
        assert seen.value == int(str(active)) / int(str(customers))
        assert seen.state is State.FINAL
    if grain is Grain.MONTH:
        assert len(lines) == len(triangle) == 39
        bought = cdnow.values("spend_triangle", grain, "age")
        for cohort, age, _, _, first, spent in lines:
            seen = bought[str(cohort), (("age", f"{age:02d}"),)]
            assert seen.numerator == pytest.approx(float(str(spent)), rel=1e-12)
            assert seen.denominator == pytest.approx(float(str(first)), rel=1e-12)
