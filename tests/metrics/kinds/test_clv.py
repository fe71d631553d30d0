"""Lifetime values: examples by hand, what models are fitted to, and what is refused with its reason."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from metrics.catalog.dataset import Column, Dataset
from metrics.catalog.definition_hash import definition_hash
from metrics.catalog.metric import Metric
from metrics.describe.units import unit_of
from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.errors import ComputationError
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import Subscription
from metrics.kinds.clv.kind import KIND
from metrics.kinds.clv.options import Margin, Model, Options, Orders, TimeUnit
from metrics.kinds.clv.resampling import Lines, resampled
from metrics.kinds.clv.simple import simple_value
from metrics.observation import Estimate
from metrics.statistics.fitting import draws
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

ORDERS = {"id": "text", "who": "text", "day": "date", "amount": "decimal", "ch": "text"}
PLANS = {"id": "text", "who": "text", "since": "date", "until": "date", "mrr": "decimal"}
Order = tuple[str, date, float, str]


def shop(rows: list[Order]) -> World:
    lines = [(f"{index:06d}", *row) for index, row in enumerate(rows)]
    return World(
        {"orders": table(ORDERS, [(i, who, day, _money(amount), ch) for i, who, day, amount, ch in lines])},
        {"orders": {"key": ("id",), "time": E("day"), "entities": entities(customer="who"),
                    "dimensions": dimensions(ch="ch"), "complete_through": until_now()}},
    )  # fmt: skip


def _money(amount: float) -> Any:
    return Decimal(str(round(amount, 2)))


def valued(model: Model, **more: Any) -> Metric:
    settings = {
        "margin": Margin(rate=0.5), "horizon": Span.parse("12 months"), "discount_rate": 0.0,
        "orders": Orders("orders", E("amount")), **more,
    }  # fmt: skip
    common = {name: settings.pop(name) for name in ("dimensions", "grains", "min_sample") if name in settings}
    options = Options("customer", model=model, **settings)
    return metric("m", "clv", options, **{"grains": (Grain.MONTH,), "min_sample": 1, **common})


def month(outcome: Outcome, text: str = "2024-01", **segment: str) -> Estimate:
    assert outcome.error is None, outcome.error
    start = date.fromisoformat(f"{text}-01")
    return by_cell(outcome)[Grain.MONTH, start, tuple(sorted(segment.items()))]


# -- historic ---------------------------------------------------------------------------------------


def test_historic_counts_what_came_within_the_horizon() -> None:
    rows = [
        ("a", date(2024, 1, 10), 100.0, "paid"), ("a", date(2024, 12, 31), 60.0, "web"),
        ("a", date(2025, 1, 10), 500.0, "paid"), ("b", date(2024, 1, 31), 40.0, "web"),
    ]  # fmt: skip
    one = valued(Model.HISTORIC, dimensions=("ch",))
    outcome = shop(rows).compute(one, at("2025-02-01T00:00"))
    january = month(outcome)
    # The order on the very day on which the year is over lies behind the horizon.
    assert (january.value, january.numerator, january.denominator) == (50.0, 100.0, 2.0)
    assert (january.state.value, january.maturity, january.sample_size) == ("final", 1.0, 2)
    # A customer belongs to the segment of its first purchase.
    assert month(outcome, ch="paid").value == 80.0
    assert month(outcome, ch="web").value == 20.0


def test_an_open_horizon_never_deflates_a_value() -> None:
    rows = [("a", date(2024, 1, 10), 100.0, "paid"), ("b", date(2024, 1, 31), 40.0, "web")]
    found = month(shop(rows).compute(valued(Model.HISTORIC), at("2025-01-30T00:00")))
    assert (found.value, found.state.value, found.maturity) == (50.0, "provisional", 0.5)
    assert (found.numerator, found.denominator, found.sample_size) == (50.0, 1.0, 1)
    # Two customers are wanted, and the horizon of one has passed.
    found = month(shop(rows).compute(valued(Model.HISTORIC, min_sample=2), at("2025-01-30T00:00")))
    assert (found.value, found.state.value, found.numerator, found.denominator) == (
        None,
        "provisional",
        50.0,
        1.0,
    )


def test_value_is_discounted_to_the_first_purchase() -> None:
    rows = [("a", date(2023, 1, 1), 100.0, "p"), ("a", date(2024, 1, 1), 100.0, "p")]
    one = valued(Model.HISTORIC, discount_rate=0.1, horizon=Span.parse("2 years"), margin=Margin(rate=1.0))
    found = month(shop(rows).compute(one, at("2025-06-01T00:00")), "2023-01")
    assert found.value == pytest.approx(100 + 100 * 1.1 ** (-365 / 365.25), rel=1e-9)


def test_margin_may_be_a_column_of_the_row() -> None:
    rows = [("a", date(2024, 1, 1), 100.0, "p"), ("b", date(2024, 1, 1), 50.0, "p")]
    one = valued(Model.HISTORIC, margin=Margin(column=E("amount - 30")))
    assert month(shop(rows).compute(one, at("2025-06-01T00:00"))).value == 45.0


def test_the_interval_resamples_customers() -> None:
    rows = [(f"c{number}", date(2024, 1, 1), float(number % 7), "p") for number in range(200)]
    found = month(shop(rows).compute(valued(Model.HISTORIC), at("2025-06-01T00:00")))
    spread = np.std([number % 7 / 2 for number in range(200)]) / np.sqrt(200)
    assert found.value is not None
    assert found.lower == pytest.approx(found.value - 1.96 * spread, rel=0.02)
    assert found.upper == pytest.approx(found.value + 1.96 * spread, rel=0.02)
    assert found.draws is not None
    assert float(np.mean(found.draws(1))) == pytest.approx(found.value, rel=0.01)


# -- simple -----------------------------------------------------------------------------------------


def test_simple_is_margin_over_churn_and_never_infinite() -> None:
    assert simple_value(10.0, 0.25, 10_000, 0.0) == pytest.approx(10.0 / 0.25)
    assert simple_value(10.0, 0.0, 24, 0.0) == 240.0
    assert simple_value(10.0, 1.0, 24, 0.0) == 10.0
    assert simple_value(10.0, 0.5, 1.5, 0.0) == 10.0 * (1 + 0.5 * 0.5)


def test_simple_by_hand() -> None:
    """Active months: a in 1, 2, 3; b in 1. Of 3 followed by a whole month (a 1, a 2, b 1) one was the last."""
    rows = [
        ("a", date(2024, 1, 10), 100.0, "p"), ("a", date(2024, 2, 10), 100.0, "p"),
        ("a", date(2024, 3, 10), 200.0, "p"), ("b", date(2024, 1, 20), 100.0, "p"),
    ]  # fmt: skip
    found = month(shop(rows).compute(valued(Model.SIMPLE), at("2024-04-15T00:00")))
    # 4 active months with 250 of margin; a in March has no whole month after it yet.
    margin, churn = 250 / 4, 1 / 3
    assert found.value == pytest.approx(margin * (1 - (1 - churn) ** 12) / churn, rel=1e-9)
    assert (found.denominator, found.state.value) == (2.0, "final")


# -- models of repeat buying --------------------------------------------------------------------------


def buyers(seed: int = 1, size: int = 800) -> list[Order]:
    """Simulate customers of January 2023 who buy and leave at random, for 18 months."""
    rng = random.Random(seed)
    rows: list[Order] = []
    for number in range(size):
        rate, leaves = rng.gammavariate(0.6, 1 / 8), rng.betavariate(0.8, 2.5)
        scale = 1 / rng.gammavariate(4.0, 1 / 60)
        day = date(2023, 1, 1) + timedelta(days=rng.randrange(28))
        moment, end = 0.0, 78.0
        channel = "paid" if number % 3 == 0 else "web"
        rows.append((f"c{number:04d}", day, 0.01 + rng.gammavariate(6.0, scale), channel))
        while rate > 0:
            moment += rng.expovariate(rate)
            if moment > end:
                break
            amount = 0.01 + rng.gammavariate(6.0, scale)
            rows.append((f"c{number:04d}", day + timedelta(days=max(1, int(moment * 7))), amount, channel))
            if rng.random() < leaves:
                break
    return rows


WEEKLY: dict[str, Any] = {
    "time_unit": TimeUnit.WEEK, "discount_rate": 0.1, "horizon": Span.parse("18 months"), "max_correlation": 1.0,
    "dimensions": ("ch",), "grains": (Grain.MONTH, Grain.ALL),
}  # fmt: skip


@pytest.fixture(scope="module")
def bought() -> list[Order]:
    return buyers()


@pytest.mark.parametrize("model", [Model.BG_NBD, Model.PARETO_NBD])
def test_a_forecast_holds_what_came_later(bought: list[Order], model: Model) -> None:
    world = shop(bought)
    early = month(world.compute(valued(model, **WEEKLY), at("2023-10-01T00:00")), "2023-01")
    late = month(world.compute(valued(Model.HISTORIC, **WEEKLY), at("2024-09-01T00:00")), "2023-01")
    assert early.state.value == late.state.value == "final"
    assert (early.maturity, late.maturity) == (0.0, 1.0)
    assert early.lower is not None
    assert early.upper is not None
    assert late.value is not None
    assert early.lower < late.value < early.upper


def test_once_the_horizon_has_passed_a_model_says_what_came(bought: list[Order]) -> None:
    world, now = shop(bought), at("2024-09-01T00:00")
    counted = by_cell(world.compute(valued(Model.HISTORIC, **WEEKLY), now))
    fitted = by_cell(world.compute(valued(Model.BG_NBD, **WEEKLY), now))
    assert counted.keys() == fitted.keys()
    assert any(each.value is not None for each in fitted.values())
    for cell, each in fitted.items():
        if each.value is None:
            assert counted[cell].value is None
        else:
            assert each.value == pytest.approx(counted[cell].value, rel=1e-9)
            assert each.lower == pytest.approx(counted[cell].lower, rel=0.03)
            assert each.upper == pytest.approx(counted[cell].upper, rel=0.03)


@pytest.mark.parametrize("model", [Model.BG_NBD, Model.PARETO_NBD])
@pytest.mark.parametrize(("later", "days"), [(0, 365), (59, 366)], ids=["January", "March before a leap day"])
def test_what_is_expected_ends_with_the_horizon_by_the_calendar(
    bought: list[Order], model: Model, later: int, days: int
) -> None:
    moved = [(who, day + timedelta(days=later), amount, channel) for who, day, amount, channel in bought]
    first = min(day for _, day, *_ in moved)
    found = {}
    for horizon in ("12 months", "1 year", "365 days", "366 days"):
        one = valued(model, **{**WEEKLY, "horizon": Span.parse(horizon)})
        now = at("2023-10-01T00:00") + timedelta(days=later)
        found[horizon] = month(shop(moved).compute(one, now), f"{first:%Y-%m}").value
    assert found["12 months"] == found["1 year"] == found[f"{days} days"]
    assert found["365 days"] != found["366 days"]


def test_a_holdout_is_as_long_as_the_horizon_by_the_calendar(bought: list[Order]) -> None:
    one = valued(Model.BG_NBD, **{**WEEKLY, "horizon": Span.parse("1 month")})
    said = shop(bought).compute(one, at("2024-03-01T00:00")).diagnostics["holdout"]
    assert (said["from"], said["until"]) == ("2024-01-30", "2024-03-01")


def test_the_total_is_the_mean_of_its_segments(bought: list[Order]) -> None:
    found = by_cell(shop(bought).compute(valued(Model.BG_NBD, **WEEKLY), at("2023-10-01T00:00")))
    total = found[Grain.ALL, None, ()]
    parts = [found[Grain.ALL, None, (("ch", name),)] for name in ("paid", "web")]
    assert total.numerator == pytest.approx(sum(part.numerator or 0 for part in parts), rel=1e-9)
    assert total.denominator == sum(part.denominator or 0 for part in parts) == 800
    january = found[Grain.MONTH, date(2023, 1, 1), ()]
    assert (january.value, january.denominator) == (pytest.approx(total.value, rel=1e-9), total.denominator)


def test_a_margin_of_half_is_worth_half(bought: list[Order]) -> None:
    world, now = shop(bought), at("2023-10-01T00:00")
    half, whole = (
        month(world.compute(valued(Model.BG_NBD, **WEEKLY, margin=Margin(rate=rate)), now), "2023-01")
        for rate in (0.25, 0.5)
    )
    for name in ("value", "numerator", "lower", "upper"):
        assert getattr(whole, name) == pytest.approx(2 * getattr(half, name), rel=1e-9)


def test_the_fit_is_published_with_what_judges_it(bought: list[Order]) -> None:
    said = shop(bought).compute(valued(Model.BG_NBD, **WEEKLY), at("2024-07-01T00:00")).diagnostics
    assert list(said["fit"]) == ["bg_nbd", "gamma_gamma"]
    assert list(said["fit"]["bg_nbd"]) == ["r", "alpha", "a", "b", "log_likelihood", "customers"]
    assert list(said["fit"]["gamma_gamma"]) == ["p", "q", "gamma", "log_likelihood", "customers"]
    repeated = {who for who, *_ in bought}
    days = {(who, day) for who, day, *_ in bought if day < date(2024, 7, 1)}
    repeats = len(days) - len(repeated)
    assert said["fitted_at"] == "2024-07-01T00:00:00+00:00"
    assert said["fit"]["bg_nbd"]["customers"] == 800 == sum(said["frequency"]["observed"])
    assert sum(said["frequency"]["expected"]) == pytest.approx(800)
    track = said["observed_expected"]
    assert track["observed_cumulative"][-1] == sum(track["observed"]) == repeats
    assert track["expected_cumulative"][-1] == pytest.approx(repeats, rel=0.1)
    assert track["ends"][0] == "2023-01-07"
    assert track["ends"][-1] == "2024-06-30"
    holdout = said["holdout"]
    # A third of 547 days, which is less than the horizon.
    assert (holdout["from"], holdout["until"]) == ("2024-01-01", "2024-07-01")
    assert holdout["observed"] == sum(1 for _, day in days if day >= date(2024, 1, 1))
    assert holdout["conditional"] == pytest.approx(holdout["observed"], rel=0.25)
    assert sum(holdout["by_frequency"]["expected"]) == pytest.approx(holdout["conditional"])
    for way in ("conditional", "unconditional"):
        assert holdout[f"{way}_error"] == pytest.approx(holdout[way] / holdout["observed"] - 1)
    # The trial's curve follows the days of the other, and another fit.
    assert len(holdout["expected_cumulative"]) == len(track["ends"])
    assert holdout["expected_cumulative"] != track["expected_cumulative"]
    assert said["max_correlation"] == WEEKLY["max_correlation"]
    assert -1 <= said["correlation"] <= 1
    assert said["without_spend"] == 0


def test_rows_in_any_order_give_the_same_numbers(bought: list[Order]) -> None:
    mixed = sorted(bought, key=lambda row: random.Random(f"{row}").random())
    one, now = valued(Model.BG_NBD, **WEEKLY), at("2023-10-01T00:00")
    first, second = (month(shop(rows).compute(one, now), "2023-01") for rows in (bought, mixed))
    for name in ("value", "lower", "upper"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-9)


def refused(rows: list[Order], **more: Any) -> str:
    settings = {**WEEKLY, **more}
    with pytest.raises(ComputationError) as caught:
        shop(rows).compute(valued(settings.pop("model", Model.BG_NBD), **settings), at("2024-07-01T00:00"))
    return str(caught.value)


def test_a_model_without_enough_customers_is_refused(bought: list[Order]) -> None:
    once = list({who: (who, day, amount, ch) for who, day, amount, ch in reversed(bought)}.values())
    assert refused(once) == (
        "metric 'm': its model is not fitted: "
        "BG/NBD: 0 customers who bought again are fewer than the 30 that a fit needs"
    )
    assert refused(once, model=Model.PARETO_NBD) == (
        "metric 'm': its model is not fitted: "
        "Pareto/NBD: 0 customers who bought again are fewer than the 30 that a fit needs"
    )


def test_purchases_without_spend_are_refused(bought: list[Order]) -> None:
    free = [(who, day, 0.0, ch) for who, day, _, ch in bought]
    assert refused(free) == (
        "metric 'm': its model is not fitted: "
        "Gamma-Gamma: 0 customers who bought again are fewer than the 30 that a fit needs"
    )


def test_spend_that_goes_with_frequency_is_refused(bought: list[Order]) -> None:
    times: dict[str, int] = {}
    for who, *_ in bought:
        times[who] = times.get(who, 0) + 1
    tied = [(who, day, float(times[who] + number % 2), ch) for number, (who, day, _, ch) in enumerate(bought)]
    message = refused(tied, max_correlation=0.2)
    assert message.startswith(
        "metric 'm': its model is not fitted: Gamma-Gamma: the correlation of frequency and"
    )
    assert message.endswith("lies beyond the limit of 0.2")


def test_customers_who_tell_no_parameter_are_refused() -> None:
    """Everybody buys at one and the same rate: the spread of rates goes to nothing, r to infinity."""
    start = date(2023, 1, 1)
    rows = [
        (f"c{number}", start + timedelta(days=7 * week + (number * week) % 3), 10.0 + number % 3, "p")
        for number in range(60)
        for week in range(0, 70, 7)
    ]
    message = refused(rows)
    assert message.startswith("metric 'm': its model is not fitted: BG/NBD: the likelihood rises as ")
    assert message.endswith("these customers do not tell it")


# -- contracts --------------------------------------------------------------------------------------


def contracts(rows: list[tuple[str, date, date | None, float]]) -> World:
    lines = [(f"{n:05d}", who, since, until, _money(mrr)) for n, (who, since, until, mrr) in enumerate(rows)]
    return World(
        {"plans": table(PLANS, lines)},
        {"plans": {"key": ("id",), "time": E("since"), "entities": entities(customer="who"),
                   "complete_through": until_now()}},
    )  # fmt: skip


HELD = Subscription("plans", E("since"), E("until"), E("mrr"))


def high_end() -> list[tuple[str, date, date | None, float]]:
    """Fader and Hardie's "High End": of 1,000 customers 869, 743, 653, 593, 551, 517 and 491 renew."""
    left = [1000, 869, 743, 653, 593, 551, 517, 491]
    rows: list[tuple[str, date, date | None, float]] = []
    for renewal, (before, after) in enumerate(itertools.pairwise(left), start=1):
        for _ in range(before - after):
            rows.append((f"c{len(rows)}", date(2023, 1, 1), date(2023, renewal + 1, 1), 10.0))
    return rows + [(f"c{len(rows) + n}", date(2023, 1, 1), None, 10.0) for n in range(left[-1])]


def test_contracts_reproduce_the_published_renewals() -> None:
    one = valued(
        Model.SBG, orders=None, subscription=HELD, margin=Margin(rate=1.0), horizon=Span.parse("12 months")
    )
    outcome = contracts(high_end()).compute(one, at("2023-08-02T00:00"))
    fit = outcome.diagnostics["fit"]["sbg"]
    assert {name: round(fit[name], 3) for name in ("a", "b")} == {"a": 0.668, "b": 3.806}
    assert round(fit["log_likelihood"], 2) == -1611.16
    assert outcome.diagnostics["renewals"]["due"] == [1000, 869, 743, 653, 593, 551, 517]
    # The units that have begun: 1000 + 869 + .. + 491; then S(8) .. S(11) of the survivors of seven renewals.
    begun = 1000 + 869 + 743 + 653 + 593 + 551 + 517 + 491
    a, b = fit["a"], fit["b"]
    renewed, rest = 491.0, 0.0
    for renewal in range(8, 12):
        renewed *= (b + renewal - 1) / (a + b + renewal - 1)
        rest += renewed
    found = month(outcome, "2023-01")
    assert found.value == pytest.approx((begun + rest) * 10 / 1000, rel=1e-9)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < found.value < found.upper  # type: ignore[operator]


def test_tenure_is_discounted_unit_by_unit() -> None:
    one = valued(
        Model.SBG, orders=None, subscription=HELD, margin=Margin(rate=0.5), horizon=Span.parse("3 months"),
        discount_rate=0.2,
    )  # fmt: skip
    found = month(contracts(high_end()).compute(one, at("2023-08-02T00:00")), "2023-01")
    month_rate = 1.2 ** (1 / 12)
    assert found.value == pytest.approx(5 * (1 + 0.869 / month_rate + 0.743 / month_rate**2), rel=1e-9)
    assert found.maturity == 1.0


@pytest.mark.parametrize(
    ("horizon", "months"),
    [("89 days", 2), ("90 days", 3), ("1 year", 12), ("366 days", 12), ("53 weeks", 12)],
)
def test_contracts_have_the_whole_units_that_the_calendar_has(horizon: str, months: int) -> None:
    """From 1 January 2023 it is 90 days to 1 April, and 365 to the next 1 January."""
    values = []
    for span in (horizon, f"{months} months"):
        one = valued(Model.SBG, orders=None, subscription=HELD, horizon=Span.parse(span))
        values.append(month(contracts(high_end()).compute(one, at("2023-08-02T00:00")), "2023-01").value)
    assert values[0] == values[1]


def test_a_gap_is_bridged_and_a_later_contract_is_no_tenure() -> None:
    """At the second renewal 126 are lost, and one whose gap is not bridged: a week is, two months are not."""
    rows = high_end()
    rows[-1] = (rows[-1][0], date(2023, 1, 1), date(2023, 3, 1), 10.0)
    bridged = [*rows, (rows[-1][0], date(2023, 3, 8), None, 10.0)]
    later = [*rows, (rows[-1][0], date(2023, 5, 1), None, 10.0)]
    held = replace(HELD, gap=Span.parse("10 days"))
    one = valued(Model.SBG, orders=None, subscription=held)
    lost = [
        contracts(each).compute(one, at("2023-08-12T00:00")).diagnostics["renewals"]["lost"][1]
        for each in (rows, bridged, later)
    ]
    assert lost == [127, 126, 127]


def test_contracts_without_a_loss_are_refused() -> None:
    rows = [(f"c{number}", date(2023, 1, 1), None, 10.0) for number in range(40)]
    one = valued(Model.SBG, orders=None, subscription=HELD)
    with pytest.raises(ComputationError) as caught:
        contracts(rows).compute(one, at("2023-08-02T00:00"))
    assert str(caught.value).startswith("metric 'm': its model is not fitted: sBG: ")


# -- draws ------------------------------------------------------------------------------------------


def test_rows_of_several_customers_are_drawn_as_customers_are() -> None:
    rng = np.random.default_rng(3)
    worth = rng.gamma(1.0, 10.0, size=600)
    each = Lines(np.ones(600, dtype=np.int64), worth, worth**2)
    parts = worth.reshape(60, 10)
    merged = Lines(np.full(60, 10), parts.sum(axis=1), (parts**2).sum(axis=1))
    many = Lines(np.ones(1200, dtype=np.int64), np.tile(worth, 2), np.tile(worth, 2) ** 2)
    spread = np.sqrt((worth**2).mean() - worth.mean() ** 2)
    for lines in (each, merged, many):
        found = resampled(lines, 7, 4000)
        assert found.mean() == pytest.approx(worth.mean(), rel=0.01)
        assert found.std() == pytest.approx(spread / np.sqrt(lines.customers), rel=0.05)
    assert len(resampled(Lines(np.array([1]), np.array([5.0]), np.array([25.0])), 7)) == 0


def test_words_of_the_kind() -> None:
    assert {word for _, word in KIND.says} == {str(model) for model in Model}


def test_slopes_move_a_forecast_as_drawn_parameters_do(bought: list[Order]) -> None:
    """The interval follows parameters by slopes; drawing every model anew must spread a mean alike."""
    world, one, now = shop(bought), valued(Model.BG_NBD, **WEEKLY), at("2023-10-01T00:00")
    catalog = world.catalog(one)
    with world.folder() as root, Session(catalog, root, now) as session:
        planner = Planner(session)
        [plan] = planner.plan([request_for(one)])
        population = planner.answer(plan)["customers"]
    found, (purchases, spend) = population.valued(), population.fitted
    n, moved = found.count.sum(), found.moved
    slopes = found.slopes.sum(axis=0) / n
    # The purchase model's part alone, and the same by models that are drawn.
    linear = moved[:, :4] @ slopes[:4]
    base, per = population._spend(spend)
    worth = 0.5 * (found.count * base + per * population.counted.sums["s"])
    drawn = [
        float((worth * population.discounted(model)).sum()) / n for model in draws(purchases, 200, seed=5)
    ]
    assert float(np.mean(drawn)) == pytest.approx(float(found.expected.sum()) / n, rel=0.05)
    assert float(np.std(drawn)) == pytest.approx(float(linear.std()), rel=0.2)


def test_more_rows_than_may_travel_are_refused(bought: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metrics.kinds.clv.histories.ROWS_LIMIT", 100)
    assert refused(bought) == (
        "metric 'm': more than 100 unique rows of customers: cut by fewer dimensions, or ask for fewer customers "
        "by a where"
    )


def test_the_last_good_value_stands_where_a_fit_is_refused(bought: list[Order]) -> None:
    one = valued(Model.BG_NBD, **WEEKLY)
    outcome = shop(bought[:40]).outcomes(one, now=at("2024-07-01T00:00"))["m"]
    assert isinstance(outcome.error, ComputationError)
    assert (outcome.estimates, outcome.diagnostics) == ((), {})


def test_margin_belongs_to_the_hash_and_the_unit_is_money() -> None:
    orders = Dataset(
        "orders", source="files", table="orders", time=E("day"), entities=entities(customer="who"),
        columns={"net": Column(E("amount - 3")), "other": Column(E("amount"))},
    )  # fmt: skip
    one = valued(Model.HISTORIC, margin=Margin(column=E("net")))
    catalog = replace(shop([]).catalog(one), datasets={"orders": orders})
    dearer = replace(orders, columns={**orders.columns, "net": Column(E("amount - 4"))})
    beside = replace(orders, columns={**orders.columns, "other": Column(E("amount - 4"))})
    hashes = [
        definition_hash(replace(catalog, datasets={"orders": each}), "m") for each in (orders, dearer, beside)
    ]
    assert hashes[0] != hashes[1]
    assert hashes[0] == hashes[2]
    # How a fit is judged changes no value.
    held = replace(one, options=replace(one.options, holdout=Span.parse("9 weeks")))
    assert definition_hash(replace(catalog, metrics={"m": held}), "m") == hashes[0]
    assert unit_of(one, catalog) == "gbp"
