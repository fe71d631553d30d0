"""Whether a value is out of the ordinary for its trend."""

from __future__ import annotations

from math import exp, log, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.trend import doubling, false_alarms
from metrics.statistics.trend import Level, expected


def test_a_line_is_read_one_period_ahead():
    # y = 10 + 2x and residuals of alternating sign; one negative value keeps it off the log scale.
    past = [10 + 2 * at + (1 if at % 2 else -1) for at in range(-6, 6)]
    at = np.arange(-6, 6)
    slope, level = np.polyfit(at, past, 1)
    left = float(((np.array(past) - level - slope * at) ** 2).sum()) / 10
    error = (left * (1 + 1 / 12 + (6 - at.mean()) ** 2 / ((at - at.mean()) ** 2).sum())) ** 0.5
    found = expected(past, 30.0)
    half = 2.2281388519649385 * error
    assert (found.lower, found.upper) == (
        pytest.approx(level + 6 * slope - half), pytest.approx(level + 6 * slope + half),
    )  # fmt: skip
    assert found.level is Level.OUT_OF_THE_ORDINARY


def test_the_bound_has_a_p_of_five_percent():
    past = [100.0, 104.0, 99.0, 103.0, 108.0, 101.0, 106.0, 104.0, 109.0, 107.0, 111.0]
    upper = expected(past, 110.0).upper
    assert expected(past, upper).p == pytest.approx(0.05)
    assert expected(past, upper * 1.0001).level is Level.OUT_OF_THE_ORDINARY
    assert expected(past, upper * 0.9999).level is Level.WITHIN_TREND


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(50, 150), min_size=12, max_size=30), st.floats(50, 150), st.floats(0.01, 1000))
def test_the_unit_does_not_matter_and_growth_is_no_surprise(past, found, factor):
    plain = expected(past, found, 4)
    for grown in (0.0, 0.05):
        other = expected(
            [factor * exp(grown * at) * one for at, one in enumerate(past)],
            factor * exp(grown * len(past)) * found, 4,
        )  # fmt: skip
        assert other.p == pytest.approx(plain.p, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("past", "cycle", "known"),
    [
        ([5.0] * 9, None, False), ([5.0] * 10, None, True), ([5.0] * 9 + [nan] * 5, None, False),
        ([nan] * 20, 4, False), ([5.0] * 24, 12, True), ([], None, False),
    ],
)  # fmt: skip
def test_eight_degrees_of_freedom_are_needed(past, cycle, known):
    assert (expected(past, 5.0, cycle) is not None) is known


def test_what_differs_by_rounding_is_ordinary():
    assert expected([0.3] * 12, 0.1 + 0.2).level is Level.WITHIN_TREND
    assert expected([0.3] * 12, 0.31).level is Level.OUT_OF_THE_ORDINARY


def test_a_season_is_known_from_two_whole_cycles_on():
    every = [100.0 + (80 if at % 4 == 3 else 0) + at % 3 for at in range(24)]
    assert expected(every[:19], every[19], 4).level is Level.WITHIN_TREND
    assert expected(every[:19], 100.0, 4).level is Level.OUT_OF_THE_ORDINARY
    assert expected(every[:19], every[19]).upper > expected(every[:19], every[19], 4).upper


def test_a_gap_leaves_its_neighbours_where_they_are():
    every = [2.0**at for at in range(20)]
    found = expected([nan if at in (3, 18, 19) else one for at, one in enumerate(every)], 2.0**20, 4)
    assert found.level is Level.WITHIN_TREND
    assert log(found.upper / found.lower) < 1e-6


@pytest.mark.parametrize("cycle", [12, 4])
def test_false_alarms_and_doublings(cycle):
    # As benchmarks/trend.py measures at length: 5% and four errors of 400 series; 85% at once, 96% within three.
    assert false_alarms(7, "flat", cycle, 24, 400) < 0.05 + 4 * 0.011
    first, soon = doubling(7, "flat", cycle, 250)
    assert first >= 0.80
    assert soon >= 0.93
