"""Olist's funnel and orders equal the reference values, which were computed apart from this project."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from metrics.grain import Grain
from metrics.observation import NONE_VALUE, State

from .conftest import Case

pytestmark = pytest.mark.real_data

Expected = Callable[[str], list[dict[str, str]]]
# The references are printed with six decimals.
PRINTED = 1e-6


@pytest.fixture(scope="module")
def olist(run_case: Callable[[str, datetime], Case]) -> Case:
    return run_case("olist", datetime(2018, 11, 15, tzinfo=UTC))


def test_cohorts_within_90_days_and_their_states(olist: Case, expected: Expected) -> None:
    values = olist.values("lead_to_deal", Grain.MONTH)
    lines = expected("olist_mql_90d_cohorts_asof_2018-11-15.csv")
    assert len(lines) == 12
    for line in lines:
        seen = values[line["cohort_month"], ()]
        assert (seen.denominator, seen.numerator) == (int(line["leads"]), int(line["deals_90d_seen"]))
        assert seen.value == pytest.approx(float(line["conv_90d"]), abs=PRINTED)
        assert line["mature"] == "true"
        assert (seen.state, seen.maturity) == (State.FINAL, 1.0)


def test_cohorts_by_origin(olist: Case, expected: Expected) -> None:
    within = olist.values("lead_to_deal", Grain.ALL, "origin")
    ever = olist.values("lead_to_deal_ever", Grain.ALL, "origin")
    lines = expected("olist_lead_to_deal_by_origin.csv")
    assert len(within) == len(lines) == 11
    for line in lines:
        origin = NONE_VALUE if line["origin"] == "(blank)" else line["origin"]
        key = ("all", (("origin", origin),))
        assert (within[key].denominator, within[key].numerator) == (
            int(line["leads"]),
            int(line["deals_90d"]),
        )
        assert within[key].value == pytest.approx(float(line["conv_90d"]), abs=PRINTED)
        assert ever[key].numerator == int(line["deals_ever"])
        assert ever[key].value == pytest.approx(float(line["conv_ever"]), abs=PRINTED)


def test_the_deal_that_was_won_before_its_lead_is_outside_the_window(olist: Case, expected: Expected) -> None:
    checks = expected("olist_funnel_checks.csv")[0]
    within = olist.values("lead_to_deal", Grain.ALL)["all", ()]
    ever = olist.values("lead_to_deal_ever", Grain.ALL)["all", ()]
    assert within.denominator == int(checks["leads"]) == 8000
    assert within.numerator == int(checks["won_within_90d"]) == 690
    assert ever.numerator == int(checks["won"]) == 842


def test_deals_of_a_month_over_leads_of_the_month(olist: Case, expected: Expected) -> None:
    values = olist.values("lead_to_deal_flow", Grain.MONTH)
    for line in expected("olist_lead_to_deal_period_by_month.csv"):
        seen = values[line["month"], ()]
        assert (seen.denominator, seen.numerator) == (int(line["leads"]), int(line["deals"]))
        wanted = float(line["period_ratio"]) if line["period_ratio"] else None
        assert seen.value == (pytest.approx(wanted, abs=PRINTED) if wanted is not None else None)


def test_csat(olist: Case, expected: Expected) -> None:
    values = olist.values("csat", Grain.MONTH)
    for line in expected("olist_sample20k_csat_monthly.csv"):
        seen = values[line["month"], ()]
        assert (seen.sample_size, seen.numerator) == (int(line["n"]), int(line["top2"]))
        assert seen.value == pytest.approx(float(line["csat_t2b"]), abs=PRINTED)
    total = expected("olist_sample20k_csat_total.csv")[0]
    seen = olist.values("csat", Grain.ALL)["all", ()]
    assert (seen.sample_size, seen.numerator) == (int(total["n"]), int(total["top2"]))
    assert seen.value == pytest.approx(float(total["csat_t2b"]), abs=PRINTED)
    every = olist.values("csat_every_answer", Grain.ALL)["all", ()]
    assert every.sample_size == int(total["review_rows"])
    assert every.value == pytest.approx(float(total["csat_t2b_all_rows"]), abs=PRINTED)


def test_kept_promises_and_the_delivery_gap(olist: Case, expected: Expected) -> None:
    kept = olist.values("kept_promises", Grain.MONTH)
    gap = olist.values("delivery_gap", Grain.MONTH)
    for line in expected("olist_sample20k_delivery_monthly.csv"):
        seen = kept[line["month"], ()]
        assert (seen.sample_size, seen.numerator) == (int(line["delivered"]), int(line["on_time"]))
        assert seen.value == pytest.approx(float(line["on_time_rate"]), abs=PRINTED)
        assert gap[line["month"], ()].value == pytest.approx(
            float(line["promise_gap_mean_days"]), abs=PRINTED
        )
    total = expected("olist_sample20k_delivery_total.csv")[0]
    seen = kept_all = olist.values("kept_promises", Grain.ALL)["all", ()]
    assert (kept_all.sample_size, seen.numerator) == (int(total["delivered"]), int(total["on_time"]))
    assert seen.value == pytest.approx(float(total["on_time_rate"]), abs=PRINTED)
    mean = olist.values("delivery_gap", Grain.ALL)["all", ()]
    assert mean.value == pytest.approx(float(total["promise_gap_mean_days"]), abs=PRINTED)
