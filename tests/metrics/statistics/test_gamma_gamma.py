from math import isnan, log

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import customers
from metrics.errors import FitError, FitReason
from metrics.statistics.gamma_gamma import GammaGamma, Likelihood, fit
from metrics.statistics.histories import Spends
from tests.metrics.statistics import cdnow
from tests.metrics.statistics.likelihoods import assert_derivatives

PUBLISHED = GammaGamma(6.25, 3.74, 15.44, -4055.918, 946, ())
TRUTH = (6.0, 4.0, 15.0)

parameter = st.floats(0.1, 30)


def simulated(seed: int = 7, n: int = 500) -> tuple[np.ndarray, np.ndarray]:
    frequency = np.random.default_rng(seed).geometric(0.4, n).astype(np.float64)
    return frequency, customers.gamma_gamma(seed, TRUTH, frequency)


@pytest.mark.real_data
def test_cdnow_reproduces_what_is_published() -> None:
    found = fit(cdnow.load().spends())
    assert [round(value, 2) for value in found.parameters.values()] == [6.25, 3.74, 15.44]
    assert found.log_likelihood == pytest.approx(-4055.918, abs=5e-4)
    assert found.customers == 946


@settings(max_examples=40, deadline=None)
@given(parameter, parameter, parameter, st.integers(1, 60), st.floats(0.01, 500))
def test_the_likelihood_of_one_customer(p: float, q: float, gamma: float, x: int, mean: float) -> None:
    with mpmath.workdps(30):
        p_, q_, g, z = map(mpmath.mpf, (p, q, gamma, mean))
        density = (
            mpmath.gamma(p_ * x + q_) / (mpmath.gamma(p_ * x) * mpmath.gamma(q_))
            * g**q_ * z ** (p_ * x - 1) * x ** (p_ * x) / (g + x * z) ** (p_ * x + q_)
        )  # fmt: skip
        expected = float(mpmath.log(density))
    found = Likelihood(Spends.of([x], [mean], [3]))(np.array([p, q, gamma]))
    assert found.value == pytest.approx(3 * expected, rel=1e-9, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(parameter, parameter, parameter)
def test_derivatives_equal_numeric_ones(p: float, q: float, gamma: float) -> None:
    columns = [column[:80] for column in simulated()]
    assert_derivatives(Likelihood(Spends.of(*columns), unit=20.0), [p, q, gamma])


def test_expected_spend_by_hand() -> None:
    model = GammaGamma(6, 4, 15, 0, 0, ())
    assert model.expected_spend() == pytest.approx(30)
    # 6 (15 + 2 * 40) / (6 * 2 + 4 - 1): between 30 and 40.
    assert model.conditional_spend([0, 2], [999.0, 40.0]) == pytest.approx([30, 38])
    assert GammaGamma(6, 1, 15, 0, 0, ()).expected_spend() is None


def test_a_mean_that_is_infinite_is_not_a_number() -> None:
    model = GammaGamma(6, 0.9, 15, 0, 0, ())
    unknown, known = model.conditional_spend([0, 1], [0.0, 20.0])
    assert isnan(unknown)
    assert known == pytest.approx(6 * 35 / 5.9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_permutation_and_split_leave_the_fit_unchanged(seed: int) -> None:
    x, mean = simulated()
    count = np.random.default_rng(3).integers(1, 4, len(x))
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(x)), count))
    assert fit(Spends.of(x[order], mean[order])) == fit(Spends.of(x, mean, count))


@pytest.mark.parametrize("unit", [100.0, 0.001, 157.3])
def test_another_currency_changes_gamma_and_the_density_alone(unit: float) -> None:
    x, mean = simulated()
    one, other = fit(Spends.of(x, mean)), fit(Spends.of(x, mean * unit))
    assert list(other.parameters.values()) == pytest.approx([one.p, one.q, one.gamma * unit], rel=1e-7)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - len(x) * log(unit), rel=1e-11)
    assert np.array(other.covariance) == pytest.approx(np.array(one.covariance), rel=1e-5)


def test_known_parameters_lie_within_four_standard_errors() -> None:
    found = fit(Spends.of(*simulated(1, 20_000)))
    distances = [abs(log(value / true)) for value, true in zip(found.parameters.values(), TRUTH, strict=True)]
    assert np.all(distances < 4 * np.sqrt(np.diag(found.covariance)))
    assert max(distances) < 0.2


def test_too_few_customers() -> None:
    with pytest.raises(FitError) as refused:
        fit(Spends.of([1], [2.0], [29]))
    assert refused.value.reason is FitReason.TOO_FEW_CUSTOMERS
    assert str(refused.value) == (
        "Gamma-Gamma: 29 customers who bought again are fewer than the 30 that a fit needs"
    )


def test_customers_who_all_spend_alike_put_a_parameter_on_its_bound() -> None:
    with pytest.raises(FitError) as refused:
        fit(Spends.of([1, 2, 3], [20.0, 20.0, 20.0], [40, 40, 40]))
    assert refused.value.reason is FitReason.ON_A_BOUND
    assert str(refused.value) == (
        "Gamma-Gamma: the likelihood rises as p goes to infinity: these customers do not tell it"
    )
