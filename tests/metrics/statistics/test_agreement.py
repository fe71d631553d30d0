"""Cohen's kappa against published tables, and its variance against a numeric derivative."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.statistics.agreement import Agreement

COUNTS = st.integers(0, 200)


@pytest.mark.parametrize(
    ("counts", "kappa"),
    [
        # Landis & Koch's grant example as taught: 20 both yes, 15 both no, of 50.
        ((20, 5, 10, 15), 0.40),
        # Two tables of 60% agreement whose margins differ.
        ((45, 15, 25, 15), 0.1304),
        ((25, 35, 5, 35), 0.2593),
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((5, 5, 5, 5), 0.0),
    ],
)
def test_kappa(counts, kappa):
    assert Agreement(*counts).kappa() == pytest.approx(kappa, abs=5e-5)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (9, 0, 0, 0), (0, 0, 0, 9)])
def test_without_two_answers_there_is_no_kappa(counts):
    assert (Agreement(*counts).kappa(), Agreement(*counts).interval()) == (None, None)


def _kappa(cells):
    total = sum(cells)
    a, b, c, d = (each / total for each in cells)
    expected = (a + b) * (a + c) + (c + d) * (b + d)
    return (a + d - expected) / (1 - expected)


@given(st.tuples(*[st.integers(5, 300)] * 4))
def test_the_variance_is_that_of_the_delta_method(counts):
    # Multinomial cells: Var f = (sum p_i g_i^2 - (sum p_i g_i)^2) / n with g the derivative by each cell.
    n = sum(counts)
    shares = [each / n for each in counts]
    step = 1e-6
    slopes = []
    for at in range(4):
        up, down = list(shares), list(shares)
        up[at] += step
        down[at] -= step
        # Without scaling back: kappa of shares that need not add up to 1 is what the formula differentiates.
        slopes.append((_kappa(up) - _kappa(down)) / (2 * step))
    mean = sum(p * g for p, g in zip(shares, slopes, strict=True))
    variance = (sum(p * g * g for p, g in zip(shares, slopes, strict=True)) - mean**2) / n
    found = Agreement(*counts)
    kappa, interval = found.kappa(), found.interval()
    assert kappa is not None
    assert interval is not None
    reach = 1.959964 * sqrt(max(0.0, variance))
    assert interval.lower == pytest.approx(max(-1.0, kappa - reach), abs=1e-5)
    assert interval.upper == pytest.approx(min(1.0, kappa + reach), abs=1e-5)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_judges_and_answers_may_change_places(both, first, second, neither):
    one = Agreement(both, first, second, neither).kappa()
    for other in (Agreement(both, second, first, neither), Agreement(neither, second, first, both)):
        assert other.kappa() == (None if one is None else pytest.approx(one, abs=1e-12))
