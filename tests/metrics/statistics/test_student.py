"""Student's t against scipy's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from metrics.statistics.student import stdtr, stdtrit

FREEDOM = st.floats(0.5, 5_000)


@settings(deadline=None)
@given(FREEDOM, st.floats(-60, 60))
def test_the_distribution_is_that_of_scipy(freedom, t):
    assert stdtr(freedom, t) == pytest.approx(special.stdtr(freedom, t), rel=1e-11, abs=1e-300)


@settings(deadline=None)
@given(FREEDOM, st.floats(0.001, 0.999))
def test_the_quantiles_are_those_of_scipy(freedom, p):
    assert stdtrit(freedom, p) == pytest.approx(special.stdtrit(freedom, p), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706204736174698), (2, 4.302652729749462), (10, 2.2281388519862735), (120, 1.9799304050824413)],
)
def test_a_table_of_quantiles(freedom, quantile):
    assert stdtrit(freedom, 0.975) == pytest.approx(quantile, rel=1e-13)
    assert stdtrit(freedom, 0.025) == pytest.approx(-quantile, rel=1e-13)


@pytest.mark.parametrize("p", [0, 1, -0.1])
def test_there_is_no_quantile_outside(p):
    with pytest.raises(ValueError, match=f"no quantile of {p}"):
        stdtrit(5, p)


def test_there_is_no_distribution_without_freedom():
    with pytest.raises(ValueError, match="no distribution with 0 degrees of freedom"):
        stdtr(0, 1)


def test_the_middle():
    assert stdtrit(7, 0.5) == 0
    assert stdtr(7, 0) == 0.5
