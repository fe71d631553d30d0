import re
from functools import cache
from math import log

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import customers
from metrics.errors import FitError, FitReason
from metrics.statistics.bg_nbd import BgNbd, Likelihood, fit
from metrics.statistics.histories import Histories
from tests.metrics.statistics import cdnow
from tests.metrics.statistics.likelihoods import assert_derivatives

PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4, 2357, ())
ONE = Histories.of([2], [30.43], [38.86])
NEW = Histories.of([0], [0], [0])

parameter = st.floats(0.05, 20)


def simulated(seed: int = 7, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ages = np.random.default_rng(seed).uniform(20, 40, n)
    return customers.bg_nbd(seed, (0.6, 4.0, 0.8, 2.5), ages)


@cache
def simulated_fit(seed: int = 7) -> BgNbd:
    return fit(Histories.of(*simulated(seed)))


def assert_alike(one: BgNbd, other: BgNbd, rel: float = 1e-7) -> None:
    assert one.parameters == pytest.approx(other.parameters, rel=rel)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)
    assert np.array(one.covariance) == pytest.approx(np.array(other.covariance), rel=1e-5)
    assert one.customers == other.customers


@pytest.mark.real_data
def test_cdnow_reproduces_the_paper() -> None:
    found = fit(cdnow.load().histories())
    assert [round(value, 3) for value in found.parameters.values()] == [0.243, 4.414, 0.793, 2.426]
    assert found.log_likelihood == pytest.approx(-9582.43, abs=5e-3)
    times = [0.1429, 1, 3, 31.8571, 32, 78]
    expected = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.858]
    assert found.expected_purchases(times) == pytest.approx(expected, abs=5e-5)
    assert found.expected_purchases(78) == pytest.approx(1.858, abs=5e-4)


@pytest.mark.real_data
def test_cdnow_with_two_decimals_as_published() -> None:
    customers = cdnow.load()
    rounded = (np.round(column, 2) for column in (customers.recency, customers.age))
    found = fit(Histories.of(customers.frequency, *rounded))
    assert found.log_likelihood == pytest.approx(-9582.426, abs=5e-4)
    assert found.conditional_purchases(ONE, 39) == pytest.approx(1.226, abs=5e-4)
    assert found.probability_alive(ONE) == pytest.approx(0.7266, abs=5e-5)


@pytest.mark.real_data
def test_cdnow_expects_the_holdout() -> None:
    histories = cdnow.load().histories()
    found = fit(histories)
    later, now = (found.expected_purchases(histories.age + more) for more in (cdnow.HOLDOUT_WEEKS, 0))
    assert histories.count @ (later - now) == pytest.approx(1666.7, abs=0.1)
    given = found.conditional_purchases(histories, cdnow.HOLDOUT_WEEKS)
    assert histories.count @ given == pytest.approx(1653.4, abs=0.1)


def test_the_parameters_of_the_paper_give_its_expectations() -> None:
    assert PUBLISHED.conditional_purchases(ONE, 39) == pytest.approx(1.226, abs=5e-4)
    assert PUBLISHED.probability_alive(ONE) == pytest.approx(0.7266, abs=5e-4)
    assert PUBLISHED.expected_purchases([1, 32, 78]) == pytest.approx([0.0532, 1.0437, 1.858], abs=3e-3)


def by_hand(model: BgNbd, x: int, recency: float, age: float) -> float:
    """The likelihood of one customer as equation 6 of the paper has it, in 30 digits."""
    r, alpha, a, b = map(mpmath.mpf, model.parameters.values())
    gone = mpmath.beta(a + 1, b + x - 1) / mpmath.beta(a, b) / (alpha + recency) ** (r + x) if x else 0
    active = mpmath.beta(a, b + x) / mpmath.beta(a, b) / (alpha + age) ** (r + x)
    return float(mpmath.log(mpmath.gamma(r + x) * alpha**r / mpmath.gamma(r) * (active + gone)))


def test_each_row_may_have_a_horizon_of_its_own() -> None:
    rows = Histories.of([0, 2, 2], [0, 30, 20], [39, 39, 39])
    horizons = [5.0, 52.0, 0.0]
    alone = [Histories.of([x], [recency], [39]) for x, recency in ((0, 0), (2, 20), (2, 30))]
    for found, expect in (
        (PUBLISHED.conditional_purchases(rows, horizons), PUBLISHED.conditional_purchases),
        (
            PUBLISHED.discounted_purchases(rows, horizons, 0.01),
            lambda one, ahead: PUBLISHED.discounted_purchases(one, ahead, 0.01),
        ),
    ):
        separately = [expect(one, ahead)[0] for one, ahead in zip(alone, horizons, strict=True)]
        assert found == pytest.approx(separately, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(parameter, parameter, parameter, parameter, st.integers(0, 80), st.floats(0.01, 1), st.floats(0.5, 90))
def test_the_likelihood_of_one_customer(
    r: float, alpha: float, a: float, b: float, x: int, part: float, age: float
) -> None:
    recency = part * age if x else 0.0
    with mpmath.workdps(30):
        expected = by_hand(BgNbd(r, alpha, a, b, 0, 0, ()), x, recency, age)
    found = Likelihood(Histories.of([x], [recency], [age], [3]))(np.array([r, alpha, a, b]))
    assert found.value == pytest.approx(3 * expected, rel=1e-10, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(parameter, parameter, parameter, parameter)
def test_derivatives_equal_numeric_ones(r: float, alpha: float, a: float, b: float) -> None:
    columns = [column[:60] for column in simulated()]
    assert_derivatives(Likelihood(Histories.of(*columns), unit=5.0), [r, alpha, a, b])


def conditional_by_hand(model: BgNbd, x: int, age: float, t: float) -> float:
    """The purchases within t of an active customer, as equation 10 of the paper has them."""
    r, alpha, a, b, age, t = map(mpmath.mpf, (*model.parameters.values(), age, t))
    waited = (alpha + age) / (alpha + age + t)
    series = mpmath.hyp2f1(r + x, b + x, a + b + x - 1, 1 - waited)
    return float((a + b + x - 1) / (a - 1) * (1 - waited ** (r + x) * series))


@settings(max_examples=40, deadline=None)
@given(
    parameter, parameter, parameter, parameter,
    st.sampled_from([0, 1, 3, 20, 100, 300]), st.floats(0, 90), st.floats(0.01, 500),
)  # fmt: skip
def test_conditional_purchases_equal_the_hypergeometric_function(
    r: float, alpha: float, a: float, b: float, x: int, age: float, t: float
) -> None:
    age = max(age, 0.5) if x else age
    model = BgNbd(r, alpha, a + 1e-7 if a == 1 else a, b, 0, 0, ())
    histories = Histories.of([x], [age if x else 0.0], [age])
    with mpmath.workdps(60):
        expected = conditional_by_hand(model, x, age, t)
    alive = model.probability_alive(histories)[0]
    assert model.conditional_purchases(histories, t)[0] == pytest.approx(alive * expected, rel=1e-8)


@pytest.mark.parametrize("a", [0.001, 0.02, 1.0, 400.0, 9000.0])
def test_conditional_purchases_at_the_ends_of_the_parameters(a: float) -> None:
    model = BgNbd(0.7, 3.0, a, 5.0, 0, 0, ())
    with mpmath.workdps(60):
        # At a = 1 the formula is 0 / 0; its limit is as good as the value next to it.
        near = BgNbd(0.7, 3.0, a * (1 + 1e-11), 5.0, 0, 0, ())
        expected = conditional_by_hand(near, 4, 50, 30)
    histories = Histories.of([4], [50], [50])
    alive = model.probability_alive(histories)[0]
    assert model.conditional_purchases(histories, 30)[0] == pytest.approx(alive * expected, rel=1e-8)


def test_no_horizon_and_no_purchase() -> None:
    assert PUBLISHED.expected_purchases([0.0]).tolist() == [0.0]
    assert PUBLISHED.expected_purchases(0.0).shape == ()
    assert PUBLISHED.conditional_purchases(ONE, 0.0).tolist() == [0.0]
    assert PUBLISHED.discounted_purchases(ONE, 0.0, 0.1).tolist() == [0.0]


def test_a_new_customer_is_expected_to_buy_what_a_history_of_nothing_is() -> None:
    assert PUBLISHED.conditional_purchases(NEW, 39) == pytest.approx(PUBLISHED.expected_purchases([39]))


def test_everybody_who_bought_once_is_active() -> None:
    once = Histories.of([0, 0], [0, 0], [1, 400])
    assert PUBLISHED.probability_alive(once).tolist() == [1.0, 1.0]


def test_a_long_silence_of_a_frequent_buyer_overflows_nothing() -> None:
    silent = Histories.of([5000], [1.0], [1e6])
    assert PUBLISHED.probability_alive(silent).tolist() == [0.0]
    assert PUBLISHED.conditional_purchases(silent, 39).tolist() == [0.0]


def test_purchases_without_discount_are_those_expected() -> None:
    found = PUBLISHED.discounted_purchases(ONE, 39, 0.0)
    assert found == pytest.approx(PUBLISHED.conditional_purchases(ONE, 39), rel=1e-14)


@pytest.mark.parametrize(("horizon", "rate"), [(39, 0.0027), (500, 0.02), (2, 1.0)])
@pytest.mark.parametrize("histories", [ONE, NEW, Histories.of([40], [30], [32])])
def test_discounted_purchases_equal_a_sum_over_short_spells(
    histories: Histories, horizon: float, rate: float
) -> None:
    ends = np.linspace(0, horizon, 201)
    bought = np.diff([PUBLISHED.conditional_purchases(histories, t)[0] for t in ends])
    summed = float(bought @ (1 + rate) ** -((ends[1:] + ends[:-1]) / 2))
    assert PUBLISHED.discounted_purchases(histories, horizon, rate)[0] == pytest.approx(summed, rel=3e-3)
    by_hand = with_derivative(PUBLISHED, histories, horizon, rate)
    assert PUBLISHED.discounted_purchases(histories, horizon, rate)[0] == pytest.approx(by_hand, rel=1e-8)


def with_derivative(model: BgNbd, histories: Histories, horizon: float, rate: float) -> float:
    """The integral of the discounted rate of purchases: the derivative of equation 10."""
    r, alpha, a, b = map(mpmath.mpf, model.parameters.values())
    x, end = int(histories.frequency[0]), alpha + mpmath.mpf(histories.age[0])

    def rate_after(u: mpmath.mpf) -> mpmath.mpf:
        series = mpmath.hyp2f1(r + x + 1, a, a + b + x, -u / end)
        return (r + x) / end * series * mpmath.mpf(1 + rate) ** -u

    whole = mpmath.quad(rate_after, [0, horizon / 64, horizon / 16, horizon / 4, horizon])
    return float(whole) * float(model.probability_alive(histories)[0])


@pytest.mark.parametrize(
    ("horizon", "rate", "message"),
    [
        (float("inf"), 0.1, "a horizon of inf is not a finite time of 0 or more"),
        (-1.0, 0.1, "a horizon of -1 is not a finite time of 0 or more"),
        (1.0, -0.1, "a discount rate of -0.1 is not a number of 0 or more"),
        (1.0, float("nan"), "a discount rate of nan is not a number of 0 or more"),
    ],
)
def test_horizons_and_rates_that_make_no_sense(horizon: float, rate: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        PUBLISHED.discounted_purchases(ONE, horizon, rate)


def test_lifetime_is_infinite_unless_slow_buyers_and_stayers_are_rare() -> None:
    assert PUBLISHED.expected_lifetime() is None
    assert BgNbd(3, 4, 0.5, 2, 0, 0, ()).expected_lifetime() is None
    # E[1 / lambda] = 4 / 2 and E[1 / p] = (1.5 + 2 - 1) / 0.5.
    assert BgNbd(3, 4, 1.5, 2, 0, 0, ()).expected_lifetime() == pytest.approx(10)


def test_frequencies_add_up_to_one_and_to_what_is_expected() -> None:
    found = PUBLISHED.frequencies(39, 400)
    assert found.sum() == pytest.approx(1, rel=1e-6)
    assert found @ np.arange(401) == pytest.approx(float(PUBLISHED.expected_purchases(39)), rel=1e-4)


def test_frequencies_of_simulated_customers() -> None:
    x, _, _ = customers.bg_nbd(3, (0.6, 4.0, 0.8, 2.5), np.full(40_000, 30.0))
    found = BgNbd(0.6, 4.0, 0.8, 2.5, 0, 0, ()).frequencies(30, 4)
    seen = np.array([(x == number).mean() for number in range(5)])
    assert found == pytest.approx(seen, abs=4 * np.sqrt(0.25 / 40_000))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_permutation_and_split_leave_the_fit_unchanged(seed: int) -> None:
    x, recency, age = simulated()
    count = np.random.default_rng(3).integers(1, 4, len(x))
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(x)), count))
    one = fit(Histories.of(x, recency, age, count))
    assert fit(Histories.of(x[order], recency[order], age[order])) == one


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([7.0, 1 / 7, 1 / 365.25, 86_400.0]), st.integers(1, 4))
def test_another_time_unit_changes_alpha_and_the_density_alone(unit: float, seed: int) -> None:
    x, recency, age = simulated(seed)
    one, other = simulated_fit(seed), fit(Histories.of(x, recency * unit, age * unit))
    assert other.alpha == pytest.approx(one.alpha * unit, rel=1e-7)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - x.sum() * log(unit), rel=1e-11)
    back = BgNbd(other.r, other.alpha / unit, other.a, other.b, one.log_likelihood, 400, other.covariance)
    assert_alike(back, one)
    histories = Histories.of(x, recency, age)
    scaled = Histories.of(x, recency * unit, age * unit)
    ours = one.discounted_purchases(histories, 10, 0.03)
    theirs = other.discounted_purchases(scaled, 10 * unit, 1.03 ** (1 / unit) - 1)
    assert theirs == pytest.approx(ours, rel=1e-6)


def test_known_parameters_lie_within_four_standard_errors() -> None:
    truth = (0.6, 4.0, 0.8, 2.5)
    ages = np.random.default_rng(1).uniform(20, 60, 20_000)
    found = fit(Histories.of(*customers.bg_nbd(1, truth, ages)))
    distances = [abs(log(value / true)) for value, true in zip(found.parameters.values(), truth, strict=True)]
    assert np.all(distances < 4 * np.sqrt(np.diag(found.covariance)))
    assert max(distances) < 0.25


@pytest.mark.parametrize("unit", [1.0, 1000.0])
@pytest.mark.parametrize(
    "truth", [(0.3, 0.02, 0.1, 0.5), (8.0, 1.0, 2.0, 20.0), (1.5, 0.5, 0.3, 30.0), (0.15, 20.0, 1.5, 1.5)]
)
def test_very_frequent_and_very_rare_buyers(truth: tuple[float, ...], unit: float) -> None:
    ages = np.random.default_rng(2).uniform(30, 60, 3_000)
    x, recency, age = customers.bg_nbd(2, truth, ages)
    histories = Histories.of(x, recency * unit, age * unit)
    found = fit(histories)
    scaled = np.array([truth[0], truth[1] * unit, *truth[2:]])
    assert found.log_likelihood >= Likelihood(histories)(scaled).value
    assert found.log_likelihood == pytest.approx(
        Likelihood(histories)(np.array(list(found.parameters.values()))).value, rel=1e-11
    )


def test_too_few_customers() -> None:
    with pytest.raises(FitError) as refused:
        fit(Histories.of([0, 1], [0, 3], [9, 9], [1000, 29]))
    assert refused.value.reason is FitReason.TOO_FEW_CUSTOMERS
    assert (
        str(refused.value) == "BG/NBD: 29 customers who bought again are fewer than the 30 that a fit needs"
    )
    with pytest.raises(FitError, match="0 customers who bought again"):
        fit(Histories.of([], [], []))


def test_customers_who_never_leave_put_a_parameter_on_its_bound() -> None:
    ages = np.full(500, 30.0)
    x, recency, age = customers.pareto_nbd(5, (2.0, 3.0, 1.0, 1e9), ages)
    with pytest.raises(FitError) as refused:
        fit(Histories.of(x, recency, age))
    assert refused.value.reason is FitReason.ON_A_BOUND
    ways = "(a goes to 0|b goes to infinity)"
    assert re.fullmatch(
        f"BG/NBD: the likelihood rises as {ways}: these customers do not tell it", str(refused.value)
    )


def test_it_is_frozen_and_plain() -> None:
    found = simulated_fit()
    assert found == simulated_fit.__wrapped__()
    assert [len(row) for row in found.covariance] == [4, 4, 4, 4]
    assert all(type(value) is float for value in (*found.parameters.values(), *found.covariance[0]))
