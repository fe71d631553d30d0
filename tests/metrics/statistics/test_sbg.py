import re
from itertools import pairwise
from math import log

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import customers
from metrics.errors import FitError, FitReason
from metrics.statistics.sbg import Likelihood as SbgLikelihood
from metrics.statistics.sbg import Renewals, Sbg, fit
from tests.metrics.statistics.likelihoods import assert_derivatives

# Percentages of the "High End" and the "Regular" customers of the paper of 2007 still there, by year.
HIGH_END = (100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4)
REGULAR = (100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1)

parameter = st.floats(0.05, 30)


def cohort(percentages: tuple[float, ...], renewals: int = 7, customers: int = 1000) -> tuple[int, list[int]]:
    left = [round(percentage * customers / 100) for percentage in percentages[: renewals + 1]]
    return customers, [before - after for before, after in pairwise(left)]


def test_high_end_reproduces_the_paper() -> None:
    found = fit(Renewals.of([cohort(HIGH_END)]))
    assert [round(value, 3) for value in found.parameters.values()] == [0.668, 3.806]
    assert found.log_likelihood == pytest.approx(-1611.16, abs=5e-3)
    assert found.customers == 1000
    assert found.survival(range(8, 13)) == pytest.approx([0.460, 0.436, 0.414, 0.395, 0.378], abs=5e-4)
    # The holdout of the paper: the projection stays within two points of what happened.
    assert found.survival(range(8, 13)) == pytest.approx(np.array(HIGH_END[8:]) / 100, abs=0.02)
    assert found.discounted_lifetime(8, 0.10) == pytest.approx(7.530, abs=5e-4)


def test_regular_reproduces_the_paper() -> None:
    found = fit(Renewals.of([cohort(REGULAR)]))
    assert [round(value, 3) for value in found.parameters.values()] == [0.704, 1.182]


def test_the_likelihood_is_that_of_the_paper() -> None:
    """The sum over customers of log P(T = t) and log S(n), from the recursion of the paper."""
    a, b = 0.7, 2.4
    start, lost = cohort(HIGH_END)
    chance, chances = a / (a + b), []
    for t in range(1, len(lost) + 1):
        chances.append(chance)
        chance *= (b + t - 1) / (a + b + t)
    expected = sum(gone * log(p) for gone, p in zip(lost, chances, strict=True))
    expected += (start - sum(lost)) * log(1 - sum(chances))
    assert SbgLikelihood(Renewals.of([(start, lost)]))(np.array([a, b])).value == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(parameter, parameter)
def test_derivatives_equal_numeric_ones(a: float, b: float) -> None:
    assert_derivatives(SbgLikelihood(Renewals.of([cohort(HIGH_END), cohort(REGULAR, 3)])), [a, b])


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.lists(st.floats(0, 1), min_size=0, max_size=5)),
        min_size=1,
        max_size=5,
    )
)
def test_cohorts_add_up_whatever_their_order_and_split(shares: list[tuple[int, list[float]]]) -> None:
    cohorts = []
    for start, parts in shares:
        left, lost = start, []
        for part in parts:
            lost.append(int(part * left))
            left -= lost[-1]
        cohorts.append((start, lost))
    whole = Renewals.of(cohorts)
    again = Renewals.of(cohorts[::-1])
    assert (whole.due.tolist(), whole.lost.tolist()) == (again.due.tolist(), again.lost.tolist())
    individuals = [
        (1, [int(number == left) for number in range(min(left + 1, len(lost)))])
        for start, lost in cohorts
        for left in [number for number, gone in enumerate(lost) for _ in range(gone)]
        + [len(lost)] * (start - sum(lost))
    ]
    alone = Renewals.of(individuals)
    trimmed = np.flatnonzero(whole.due > 0)
    assert alone.due[: len(trimmed)].tolist() == whole.due[trimmed].tolist()
    assert alone.lost[: len(trimmed)].tolist() == whole.lost[trimmed].tolist()


def test_cohorts_of_unequal_age() -> None:
    found = Renewals.of([(100, [20, 10, 5]), (50, [10]), (30, [])])
    assert found.due.tolist() == [150, 80, 70]
    assert found.lost.tolist() == [30, 10, 5]
    assert found.customers == 150
    assert Renewals.of([]).customers == 0


@pytest.mark.parametrize(
    ("cohorts", "message"),
    [
        ([(10, [4, 7])], "7 customers lost at renewal 2 of 6 who came to it"),
        ([(10, [-1])], "-1 customers lost at renewal 1 of 10 who came to it"),
    ],
)
def test_what_is_no_cohort_is_refused(cohorts: list[tuple[int, list[int]]], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Renewals.of(cohorts)


def test_several_cohorts_recover_known_parameters() -> None:
    truth = (0.8, 3.0)
    cohorts = [
        (5_000, customers.sbg(seed, truth, 5_000, renewals)) for seed, renewals in ((1, 8), (2, 5), (3, 2))
    ]
    found = fit(Renewals.of(cohorts))
    distances = [abs(log(value / true)) for value, true in zip(found.parameters.values(), truth, strict=True)]
    assert np.all(distances < 4 * np.sqrt(np.diag(found.covariance)))
    assert max(distances) < 0.2


def test_retention_rises_and_multiplies_to_survival() -> None:
    model = Sbg(0.668, 3.806, 0, 0, ())
    rates = model.retention(range(1, 9))
    assert np.all(np.diff(rates) > 0)
    assert rates[0] == pytest.approx(3.806 / 4.474)
    assert np.cumprod(rates) == pytest.approx(model.survival(range(1, 9)))
    assert float(model.survival(0)) == 1.0


@settings(max_examples=40, deadline=None)
@given(parameter, parameter, st.integers(1, 30), st.floats(0.001, 2))
def test_derl_equals_its_closed_form(a: float, b: float, n: int, rate: float) -> None:
    with mpmath.workdps(40):
        left = (mpmath.mpf(b) + n - 1) / (mpmath.mpf(a) + b + n - 1)
        series = mpmath.hyp2f1(1, mpmath.mpf(b) + n, mpmath.mpf(a) + b + n, 1 / (1 + mpmath.mpf(rate)))
        expected = float(left * series)
    assert Sbg(a, b, 0, 0, ()).discounted_lifetime(n, rate) == pytest.approx(expected, rel=1e-9)


def test_derl_without_discount() -> None:
    assert Sbg(1, 3, 0, 0, ()).discounted_lifetime(2, 0.0) is None
    # (b + n - 1) / (a - 1), and the sum of S(2 + k) / S(1) over a very long time.
    model = Sbg(5.0, 3.0, 0, 0, ())
    assert model.discounted_lifetime(2, 0.0) == pytest.approx(1.0)
    assert model.discounted_renewals(2, 5_000, 0.0) == pytest.approx(1.0, rel=1e-6)


def test_renewals_within_a_horizon() -> None:
    model = Sbg(0.668, 3.806, 0, 0, ())
    survival = model.survival(range(4))
    expected = (survival[2] + survival[3] / 1.1) / survival[1]
    assert model.discounted_renewals(2, 2, 0.1) == pytest.approx(expected)
    assert model.discounted_renewals(2, 0, 0.1) == 0
    assert model.discounted_renewals(8, 400, 0.1) == pytest.approx(
        model.discounted_lifetime(8, 0.1), rel=1e-9
    )


def test_lifetime_of_a_new_customer() -> None:
    assert Sbg(1.0, 3.0, 0, 0, ()).expected_lifetime() is None
    # The first period and the renewals of a customer in it.
    model = Sbg(5.0, 3.0, 0, 0, ())
    assert model.expected_lifetime() == pytest.approx(1 + model.discounted_renewals(1, 5_000, 0.0), rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5, 0.1), "period 0 is below 1"),
        ((1, -1, 0.1), "a horizon of -1 renewals is below 0"),
        ((1, 5, -0.1), "a discount rate of -0.1 is not a number of 0 or more"),
    ],
)
def test_questions_that_make_no_sense(arguments: tuple[int, int, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Sbg(1.0, 3.0, 0, 0, ()).discounted_renewals(*arguments)


def test_too_few_customers() -> None:
    with pytest.raises(FitError) as refused:
        fit(Renewals.of([(29, [9, 5])]))
    assert refused.value.reason is FitReason.TOO_FEW_CUSTOMERS
    assert str(refused.value) == "sBG: 29 customers are fewer than the 30 that a fit needs"


@pytest.mark.parametrize(
    ("lost", "ways"),
    [
        # Retention that falls: the most alike customers of all are still too unlike.
        ([100, 150, 200], "(a goes to infinity|b goes to infinity)"),
        ([0, 0], "(a goes to 0|b goes to infinity)"),
        ([1000], "(a goes to infinity|b goes to 0)"),
    ],
)
def test_cohorts_that_do_not_tell_the_parameters(lost: list[int], ways: str) -> None:
    with pytest.raises(FitError) as refused:
        fit(Renewals.of([(1000, lost)]))
    assert refused.value.reason is FitReason.ON_A_BOUND
    assert re.fullmatch(
        f"sBG: the likelihood rises as {ways}: these customers do not tell it", str(refused.value)
    )


def test_one_renewal_tells_one_share_and_not_two_parameters() -> None:
    with pytest.raises(FitError) as refused:
        fit(Renewals.of([(1000, [200])]))
    assert refused.value.reason is FitReason.NOT_CONVERGED
    assert str(refused.value) == (
        "sBG: the likelihood is flat: these customers do not tell one set of parameters from another"
    )
