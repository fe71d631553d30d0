from math import exp

import numpy as np
import pytest

from metrics.errors import FitError, FitReason
from metrics.statistics.bg_nbd import BgNbd
from metrics.statistics.fitting import Point, draws, maximise, require_customers
from metrics.statistics.sbg import Sbg

COVARIANCE = ((0.04, 0.03), (0.03, 0.09))


def hill(parameters: np.ndarray) -> Point:
    """A likelihood whose logarithms are normal around (log 2, log 5) with the covariance above."""
    apart = np.log(parameters) - np.log([2.0, 5.0])
    precision = np.linalg.inv(np.array(COVARIANCE))
    slope = -precision @ apart
    hessian = (-precision - np.diag(slope)) / np.outer(parameters, parameters)
    return Point(float(apart @ slope) / 2 - 100, slope / parameters, hessian)


def refused(likelihood, starts=((1.0,),), names=("c",)) -> FitError:
    with pytest.raises(FitError) as found:
        maximise("Toy", names, likelihood, starts)
    return found.value


def test_the_maximum_and_its_covariance() -> None:
    found = maximise("Toy", ("c", "d"), hill, [(0.1, 30.0)])
    assert found.parameters == pytest.approx([2, 5], rel=1e-9)
    assert found.value == pytest.approx(-100, rel=1e-12)
    assert np.array(found.plain_covariance()) == pytest.approx(np.array(COVARIANCE), rel=1e-9)


def test_a_saddle_and_a_valley_are_left_uphill() -> None:
    def two_hills(parameters: np.ndarray) -> Point:
        """log-likelihood -(u^2 - 1)^2 of u = log c: hills at -1 and 1, a valley at 0."""
        (c,) = parameters
        u = np.log(c)
        slope, bend = -4 * u * (u * u - 1), -12 * u * u + 4
        return Point(-((u * u - 1) ** 2), np.array([slope / c]), np.array([[(bend - slope) / c**2]]))

    assert maximise("Toy", ("c",), two_hills, [(1.1,)]).parameters == pytest.approx([exp(1)])
    assert maximise("Toy", ("c",), two_hills, [(0.9,)]).parameters == pytest.approx([exp(-1)])


@pytest.mark.parametrize(("sign", "side"), [(1, "infinity"), (-1, "0")])
def test_a_likelihood_that_rises_for_ever(sign: int, side: str) -> None:
    error = refused(lambda c: Point(sign * float(np.log(c[0])), sign / c, -sign / np.outer(c, c)))
    assert error.reason is FitReason.ON_A_BOUND
    assert (error.model, error.detail) == (
        "Toy",
        f"the likelihood rises as c goes to {side}: these customers do not tell it",
    )


def test_a_flat_likelihood() -> None:
    error = refused(lambda c: Point(0.0, np.zeros(1), np.zeros((1, 1))))
    assert error.reason is FitReason.NOT_CONVERGED
    assert str(error) == (
        "Toy: the likelihood is flat: these customers do not tell one set of parameters from another"
    )


def test_a_gradient_that_leads_nowhere() -> None:
    error = refused(lambda c: Point(-float(abs(np.log(c[0]))), np.ones(1), -np.ones((1, 1)) * 9))
    assert error.reason is FitReason.NOT_CONVERGED
    assert str(error) == "Toy: the search for a maximum came to a stop below it"


def test_a_likelihood_that_is_no_number() -> None:
    error = refused(lambda c: Point(float("nan"), np.full(1, np.nan), np.full((1, 1), np.nan)))
    assert error.reason is FitReason.NOT_CONVERGED
    assert str(error) == "Toy: the likelihood is not a number"


def test_the_next_start_is_tried_and_the_first_refusal_reported() -> None:
    def beyond_ten(parameters: np.ndarray) -> Point:
        (c,) = parameters
        if c < 10:
            return Point(-np.log(c), np.array([-1 / c]), np.array([[1 / c**2]]))
        u = np.log(c / 20)
        return Point(-u * u, np.array([-2 * u / c]), np.array([[(-2 + 2 * u) / c**2]]))

    assert maximise("Toy", ("c",), beyond_ten, [(1.0,), (30.0,)]).parameters == pytest.approx([20])
    error = refused(beyond_ten, [(1.0,), (2.0,)])
    assert error.detail == "the likelihood rises as c goes to 0: these customers do not tell it"


def test_draws_have_the_covariance_of_the_fit() -> None:
    model = Sbg(0.7, 4.0, -1611.2, 1000, COVARIANCE)
    drawn = draws(model, 40_000, seed=5)
    logs = np.log([[one.a, one.b] for one in drawn])
    assert logs.mean(axis=0) == pytest.approx(np.log([0.7, 4.0]), abs=0.006)
    assert np.cov(logs.T) == pytest.approx(np.array(COVARIANCE), rel=0.05)
    assert {(one.log_likelihood, one.customers, one.covariance) for one in drawn} == {
        (-1611.2, 1000, COVARIANCE)
    }


def test_draws_are_models_that_a_seed_fixes() -> None:
    small = tuple(tuple(0.01 * (row == column) for column in range(4)) for row in range(4))
    model = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4, 2357, small)
    assert draws(model, 3, seed=1) == draws(model, 3, seed=1) != draws(model, 3, seed=2)
    assert draws(model, 5, seed=1)[:3] == draws(model, 3, seed=1)
    expected = [float(one.expected_purchases(39)) for one in draws(model, 400, seed=1)]
    lower, upper = np.quantile(expected, [0.025, 0.975])
    assert lower < float(model.expected_purchases(39)) < upper


def test_enough_customers_pass() -> None:
    require_customers("Toy", 30, 30, "customers")
