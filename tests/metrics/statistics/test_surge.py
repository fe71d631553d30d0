"""Limits of a rate against its baseline, and how often they raise a false alarm."""

from __future__ import annotations

from math import comb, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.statistics.surge import rate_ratio_limits


@given(st.integers(0, 40), st.integers(0, 60), st.integers(1, 12), st.sampled_from([0.001, 0.01, 0.025]))
def test_a_limit_is_where_the_binomial_tail_has_the_rate(count, baseline, periods, rate):
    found = rate_ratio_limits(count, baseline, periods, rate)
    n = count + baseline
    if n == 0:
        assert found is None
        return
    assert found is not None
    assert found.lower <= count * periods / baseline <= found.upper if baseline else found.upper == inf

    def tail(ratio, few):
        share = ratio / (ratio + periods)
        span = range(count + 1) if few else range(count, n + 1)
        return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in span)

    if count:
        assert tail(found.lower, few=False) == pytest.approx(rate, rel=1e-6)
    else:
        assert found.lower == 0
    if baseline:
        assert tail(found.upper, few=True) == pytest.approx(rate, rel=1e-6)


@pytest.mark.parametrize(("rate", "mean"), [(0.05, 3.0), (0.05, 40.0), (0.01, 12.0)])
def test_false_alarms_are_no_more_than_stated(rate, mean):
    rng = np.random.default_rng(39)
    alarms = 0
    for _ in range(4000):
        now, before = int(rng.poisson(mean)), int(rng.poisson(8 * mean))
        found = rate_ratio_limits(now, before, 8, rate)
        alarms += found is not None and found.lower > 1
    # Exact limits are on the safe side; four standard errors of the simulation above the rate is too many.
    assert 0 < alarms / 4000 <= rate + 4 * (rate / 4000) ** 0.5


@pytest.mark.parametrize(
    "arguments", [(-1, 2, 3, 0.1), (1, -2, 3, 0.1), (1, 2, 0, 0.1), (1, 2, 3, 0.0), (1, 2, 3, 0.5)]
)
def test_what_cannot_be_is_refused(arguments):
    with pytest.raises(ValueError, match=r"^no limits for "):
        rate_ratio_limits(*arguments)
