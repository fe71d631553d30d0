from functools import cache
from math import log

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import customers
from metrics.errors import FitError, FitReason
from metrics.statistics.histories import Histories
from metrics.statistics.pareto_likelihood import Likelihood
from metrics.statistics.pareto_nbd import ParetoNbd, fit
from tests.metrics.statistics import cdnow
from tests.metrics.statistics.likelihoods import assert_derivatives

PUBLISHED = ParetoNbd(0.553, 10.578, 0.606, 11.669, -9595.0, 2357, ())
ONE = Histories.of([2], [30.43], [38.86])
NEW = Histories.of([0], [0], [0])

parameter = st.floats(0.05, 20)


def simulated(seed: int = 7, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ages = np.random.default_rng(seed).uniform(20, 40, n)
    return customers.pareto_nbd(seed, (0.8, 5.0, 0.9, 12.0), ages)


@cache
def simulated_fit(seed: int = 7) -> ParetoNbd:
    return fit(Histories.of(*simulated(seed)))


@pytest.mark.real_data
def test_cdnow_reproduces_what_is_published() -> None:
    found = fit(cdnow.load().histories())
    assert [round(value, 3) for value in found.parameters.values()] == [0.553, 10.578, 0.606, 11.669]
    assert found.log_likelihood == pytest.approx(-9595.0, abs=0.05)
    assert found.customers == 2357


def by_hand(model: ParetoNbd, x: int, recency: float, age: float) -> tuple[float, float]:
    """Likelihood and P(alive) of one customer by the two hypergeometric functions of the paper of 1987."""
    r, alpha, s, beta, recency, age = map(mpmath.mpf, (*model.parameters.values(), recency, age))
    whole, apart = r + s + x, abs(alpha - beta)
    least, other = (alpha, s + 1) if alpha >= beta else (beta, r + x)
    early, late = (
        mpmath.hyp2f1(whole, other, whole + 1, apart / (least + t)) / (least + t) ** whole
        for t in (recency, age)
    )
    excess = 1 + s / whole * (alpha + age) ** (r + x) * (beta + age) ** s * (early - late)
    start = mpmath.gamma(r + x) * alpha**r * beta**s / mpmath.gamma(r)
    likelihood = start * excess / ((alpha + age) ** (r + x) * (beta + age) ** s)
    return float(mpmath.log(likelihood)), float(1 / excess)


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


@settings(max_examples=60, deadline=None)
@given(
    parameter, parameter, parameter, parameter,
    st.sampled_from([0, 1, 2, 5, 20, 80, 300]), st.floats(0.01, 1), st.floats(0.5, 90), st.sampled_from([1, 30]),
)  # fmt: skip
def test_likelihood_and_p_alive_equal_both_hypergeometric_forms(
    r: float, alpha: float, s: float, beta: float, x: int, part: float, age: float, apart: int
) -> None:
    model = ParetoNbd(r, alpha * apart, s, beta / apart, 0, 0, ())
    recency = part * age if x else 0.0
    with mpmath.workdps(60):
        expected, alive = by_hand(model, x, recency, age)
    histories = Histories.of([x], [recency], [age], [3])
    found = Likelihood(histories)(np.array(list(model.parameters.values())))
    assert found.value == pytest.approx(3 * expected, rel=1e-10, abs=1e-9)
    assert model.probability_alive(histories)[0] == pytest.approx(alive, rel=1e-9, abs=1e-300)


@settings(max_examples=25, deadline=None)
@given(parameter, parameter, parameter, parameter)
def test_derivatives_equal_numeric_ones(r: float, alpha: float, s: float, beta: float) -> None:
    columns = [column[:60] for column in simulated()]
    assert_derivatives(Likelihood(Histories.of(*columns), unit=5.0), [r, alpha, s, beta])


def test_expected_purchases_by_hand() -> None:
    model = ParetoNbd(2, 4, 3, 6, 0, 0, ())
    # r beta / (alpha (s - 1)) = 1.5; (6 / 8) ** 2 = 0.5625.
    assert model.expected_purchases([0, 2]) == pytest.approx([0, 1.5 * (1 - 0.5625)])
    assert model.expected_lifetime() == pytest.approx(3)


def test_expected_purchases_at_s_of_one() -> None:
    model = ParetoNbd(2, 4, 1, 6, 0, 0, ())
    assert model.expected_purchases(2.0) == pytest.approx(2 * 6 / 4 * log(8 / 6))
    near = ParetoNbd(2, 4, 1 + 1e-8, 6, 0, 0, ())
    assert model.expected_purchases(2.0) == pytest.approx(float(near.expected_purchases(2.0)), rel=1e-7)
    assert model.expected_lifetime() is None


def test_a_new_customer_is_expected_to_buy_what_a_history_of_nothing_is() -> None:
    assert PUBLISHED.probability_alive(NEW) == pytest.approx([1])
    assert PUBLISHED.conditional_purchases(NEW, 39) == pytest.approx(PUBLISHED.expected_purchases([39]))


def test_conditional_purchases_are_those_of_the_active() -> None:
    r, alpha, s, beta = PUBLISHED.parameters.values()
    end = beta + 38.86
    active = (r + 2) / (alpha + 38.86) * end / (s - 1) * (1 - (end / (end + 39)) ** (s - 1))
    found = PUBLISHED.conditional_purchases(ONE, 39)[0]
    assert found == pytest.approx(active * PUBLISHED.probability_alive(ONE)[0])


def test_simulated_customers_buy_what_is_expected_of_them() -> None:
    truth = ParetoNbd(0.8, 5.0, 0.9, 12.0, 0, 0, ())
    x, _, _ = customers.pareto_nbd(11, (0.8, 5.0, 0.9, 12.0), np.full(40_000, 30.0))
    error = x.std() / np.sqrt(len(x))
    assert x.mean() == pytest.approx(float(truth.expected_purchases(30)), abs=4 * error)


def test_a_long_silence_of_a_frequent_buyer_overflows_nothing() -> None:
    silent = Histories.of([5000], [1.0], [1e6])
    assert PUBLISHED.probability_alive(silent).tolist() == [0.0]


@settings(max_examples=30, deadline=None)
@given(parameter, parameter, st.floats(0, 90), st.floats(0.001, 1))
def test_dert_equals_its_closed_form(s: float, beta: float, age: float, rate: float) -> None:
    model = ParetoNbd(0.7, 5.0, s, beta, 0, 0, ())
    histories = Histories.of([3], [age / 2 + 0.1], [age + 0.2])
    with mpmath.workdps(40):
        force, end = mpmath.log1p(rate), mpmath.mpf(beta) + age + mpmath.mpf(0.2)
        tricomi = end**s * force ** (mpmath.mpf(s) - 1) * mpmath.hyperu(s, s, force * end)
        expected = float((model.r + 3) / (model.alpha + mpmath.mpf(age + 0.2)) * tricomi)
    found = model.discounted_purchases_forever(histories, rate)[0]
    assert found == pytest.approx(expected * model.probability_alive(histories)[0], rel=1e-9)


@pytest.mark.parametrize(("horizon", "rate"), [(39, 0.0027), (500, 0.02), (2, 1.0)])
@pytest.mark.parametrize("histories", [ONE, NEW])
def test_discounted_purchases_equal_the_integral(histories: Histories, horizon: float, rate: float) -> None:
    end = PUBLISHED.beta + histories.age[0]
    speed = (PUBLISHED.r + histories.frequency[0]) / (PUBLISHED.alpha + histories.age[0])
    with mpmath.workdps(20):
        whole = mpmath.quad(
            lambda u: (1 + rate) ** -u * (end / (end + u)) ** PUBLISHED.s,
            [0, horizon / 16, horizon / 4, horizon],
        )
    expected = float(whole) * speed * PUBLISHED.probability_alive(histories)[0]
    assert PUBLISHED.discounted_purchases(histories, horizon, rate)[0] == pytest.approx(expected, rel=1e-9)


def test_a_horizon_far_away_is_for_ever() -> None:
    far = PUBLISHED.discounted_purchases(ONE, 20_000, 0.0027)
    assert far == pytest.approx(PUBLISHED.discounted_purchases_forever(ONE, 0.0027), rel=1e-8)
    without = PUBLISHED.discounted_purchases(ONE, 39, 0.0)
    assert without == pytest.approx(PUBLISHED.conditional_purchases(ONE, 39), rel=1e-14)


def test_a_sum_without_an_end_needs_a_discount() -> None:
    with pytest.raises(ValueError, match=r"^a sum without an end needs a discount rate above 0, not 0$"):
        PUBLISHED.discounted_purchases_forever(ONE, 0.0)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_permutation_and_split_leave_the_fit_unchanged(seed: int) -> None:
    x, recency, age = simulated()
    count = np.random.default_rng(3).integers(1, 4, len(x))
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(x)), count))
    one = fit(Histories.of(x, recency, age, count))
    assert fit(Histories.of(x[order], recency[order], age[order])) == one


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([7.0, 1 / 7, 1 / 365.25, 86_400.0]), st.integers(1, 3))
def test_another_time_unit_changes_alpha_beta_and_the_density_alone(unit: float, seed: int) -> None:
    x, recency, age = simulated(seed)
    one, other = simulated_fit(seed), fit(Histories.of(x, recency * unit, age * unit))
    scaled = [one.r, one.alpha * unit, one.s, one.beta * unit]
    assert list(other.parameters.values()) == pytest.approx(scaled, rel=1e-6)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - x.sum() * log(unit), rel=1e-11)
    assert np.array(other.covariance) == pytest.approx(np.array(one.covariance), rel=1e-4)


def test_known_parameters_lie_within_four_standard_errors() -> None:
    truth = (0.8, 5.0, 0.9, 12.0)
    ages = np.random.default_rng(1).uniform(20, 60, 5_000)
    found = fit(Histories.of(*customers.pareto_nbd(1, truth, ages)))
    distances = [abs(log(value / true)) for value, true in zip(found.parameters.values(), truth, strict=True)]
    assert np.all(distances < 4 * np.sqrt(np.diag(found.covariance)))
    assert max(distances) < 0.5


def test_too_few_customers() -> None:
    with pytest.raises(FitError) as refused:
        fit(Histories.of([0, 1], [0, 3], [9, 9], [1000, 1]), at_least=2)
    assert refused.value.reason is FitReason.TOO_FEW_CUSTOMERS
    assert str(refused.value) == (
        "Pareto/NBD: 1 customers who bought again are fewer than the 2 that a fit needs"
    )


def test_customers_who_never_leave_put_a_parameter_on_its_bound() -> None:
    x, recency, age = customers.pareto_nbd(5, (2.0, 3.0, 1.0, 1e9), np.full(500, 30.0))
    with pytest.raises(FitError) as refused:
        fit(Histories.of(x, recency, age))
    assert refused.value.reason is FitReason.ON_A_BOUND
    assert refused.value.model == "Pareto/NBD"
