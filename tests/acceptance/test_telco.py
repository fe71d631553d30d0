"""Churn and gross revenue retention of customers without a date equal SQL written for these tests alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from metrics.grain import Grain

from .conftest import Case

pytestmark = pytest.mark.real_data

Sql = Callable[[str], list[tuple[object, ...]]]

CUSTOMERS = """
    (select "customerID", "Contract" as contract, "InternetService" as internet, "PaymentMethod" as payment,
            "Churn" = 'Yes' as gone, "MonthlyCharges"::decimal(18, 6) as monthly
     from read_csv('{data}/telco_churn/Telco-Customer-Churn.csv.gz', all_varchar = true))
"""
DIMENSIONS = ([], ["contract"], ["internet"], ["payment"])


@pytest.fixture(scope="module")
def telco(run_case: Callable[[str, datetime], Case]) -> Case:
    return run_case("telco", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("by", [*DIMENSIONS, ["contract", "internet"]], ids=str)
def test_churn(telco: Case, sql: Sql, by: list[str]) -> None:
    names = "".join(f"{name}, " for name in by)
    lines = sql(f"select {names} count(*) filter (where gone), count(*) from {CUSTOMERS} group by all")
    cells = telco.values("churn", Grain.ALL, *by)
    assert len(cells) == len(lines) > 0
    for *segment, gone, customers in lines:
        seen = cells["all", tuple(zip(by, map(str, segment), strict=True))]
        assert (seen.numerator, seen.denominator) == (gone, customers)
        assert seen.value == int(str(gone)) / int(str(customers))
    if not by:
        assert lines == [(1869, 7043)]


@pytest.mark.parametrize("by", DIMENSIONS, ids=str)
def test_gross_monthly_revenue_retention(telco: Case, sql: Sql, by: list[str]) -> None:
    names = "".join(f"{name}, " for name in by)
    lines = sql(
        f"select {names} sum(monthly) filter (where not gone), sum(monthly) from {CUSTOMERS} group by all"
    )
    cells = telco.values("gross_retention", Grain.ALL, *by)
    assert len(cells) == len(lines) > 0
    for *segment, kept, charged in lines:
        seen = cells["all", tuple(zip(by, map(str, segment), strict=True))]
        assert seen.numerator == pytest.approx(float(str(kept)), rel=1e-12)
        assert seen.denominator == pytest.approx(float(str(charged)), rel=1e-12)
        assert seen.value == pytest.approx(float(str(kept)) / float(str(charged)), rel=1e-9)
        assert seen.lower < seen.value < seen.upper  # type: ignore[operator]
