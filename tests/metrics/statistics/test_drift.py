"""Distances of distributions, by hand and by simulation."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.statistics.drift import drift_interval, stability_index, total_variation


def test_by_hand():
    # 30, 50 and 20 of 100 where 40%, 40% and 20% were expected: ten would have to be others.
    assert total_variation([30, 50, 20], [0.4, 0.4, 0.2]) == pytest.approx(0.10)
    index = (0.3 - 0.4) * log(0.3 / 0.4) + (0.5 - 0.4) * log(0.5 / 0.4)
    assert stability_index([30, 50, 20], [0.4, 0.4, 0.2]) == pytest.approx(index)


def test_an_empty_category_counts_as_a_ten_thousandth():
    assert stability_index([100, 0], [0.9, 0.1]) == pytest.approx(
        0.1 * log(1 / 0.9) + (0.0001 - 0.1) * log(0.0001 / 0.1)
    )


def test_nothing_counted_has_no_distance():
    assert total_variation([0, 0], [0.5, 0.5]) is None
    assert stability_index([0, 0], [0.5, 0.5]) is None
    assert drift_interval([0, 0], [0.5, 0.5], index=False, seed=1) is None


@given(st.lists(st.integers(0, 500), min_size=2, max_size=6).filter(any), st.integers(0, 9))
def test_a_distance_lies_between_0_and_1_and_in_its_interval(counts, seed):
    expected = [1 / len(counts)] * len(counts)
    distance = total_variation(counts, expected)
    assert distance is not None
    assert 0 <= distance <= 1
    for index in (False, True):
        value = (stability_index if index else total_variation)(counts, expected)
        found = drift_interval(counts, expected, index=index, seed=seed)
        assert found is not None
        assert 0 <= found.lower <= value <= found.upper
        assert found == drift_interval(counts, expected, index=index, seed=seed)


def test_equal_shares_have_distance_nothing():
    assert total_variation([40, 60], [0.4, 0.6]) == pytest.approx(0.0)
    assert stability_index([40, 60], [0.4, 0.6]) == pytest.approx(0.0)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    # The truth is 0.15 away; 400 samples of 300 customers. 95% within three standard errors of simulation.
    rng = np.random.default_rng(5)
    truth, expected = np.array([0.25, 0.55, 0.20]), [0.4, 0.4, 0.2]
    held = 0
    for seed in range(400):
        counts = rng.multinomial(300, truth)
        found = drift_interval([int(each) for each in counts], expected, index=False, seed=seed)
        held += found.lower <= 0.15 <= found.upper
    assert held / 400 == pytest.approx(0.95, abs=0.04)
