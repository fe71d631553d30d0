"""Whether a value is out of the ordinary for its trend."""

from __future__ import annotations

from math import exp, log, nan

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from benchmarks.trend import doubling, false_alarms
from metrics.statistics.trend import Level, columns, expected, readings, seasonal

PLAIN = [(), ((2, 3.0),), ((3, 3.0),)]
"""What a line without a season has besides: the last value, or the last two, on another level."""


def by_hand(past, found, cycle):
    """Average what each reading gives, from the whole covariance of all values; returns how much lies below."""
    known = np.array([at for at, one in enumerate(past) if not np.isnan(one)] + [len(past)])
    values, made = np.array([*past, found])[known], columns(known, cycle)
    number = len(known) - 1
    below, weights = [], []
    for way in readings(number, cycle):
        spread = np.zeros(made.shape[1])
        for column, size in way.spreads:
            spread[column] = size
        apart = np.abs(known[:, None] - known[None, :])
        whole = np.where(apart == 0, 1.0, way.correlation**apart) + (made * spread**2) @ made.T
        covariance, across = whole[:-1, :-1], whole[-1, :-1]
        inverse, line = np.linalg.inv(covariance), made[:, :2]
        inside = line[:-1].T @ inverse @ line[:-1]
        level = np.linalg.solve(inside, line[:-1].T @ inverse @ values[:-1])
        left = values[:-1] - line[:-1] @ level
        squares, freedom = left @ inverse @ left, number - 2
        moved = line[-1] - across @ inverse @ line[:-1]
        variance = whole[-1, -1] - across @ inverse @ across + moved @ np.linalg.solve(inside, moved)
        centre = line[-1] @ level + across @ inverse @ left
        known_of = freedom - (0.5 if seasonal(number, cycle) else 0)
        error = (squares / known_of * variance) ** 0.5
        below.append(stats.t.cdf((values[-1] - centre) / error, known_of))
        determinant = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(inside)[1]
        weights.append(log(way.share) - determinant / 2 - freedom / 2 * log(squares))
    shares = np.exp(np.array(weights) - max(weights))
    return float(shares @ below / shares.sum())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-50, 150) | st.just(nan), min_size=12, max_size=32), st.floats(-100, 200),
    st.sampled_from([None, 4, 7, 12]),
)  # fmt: skip
def test_the_readings_are_averaged_by_how_well_they_explain_the_past(past, found, cycle):
    # One negative value keeps it off the log scale, one that is far away from being a line.
    past = [-40.0, 90.0, *past]
    said = expected(past, found, cycle)
    assume(said is not None)
    below = by_hand(past, found, cycle)
    assert said.p == pytest.approx(2 * min(below, 1 - below), rel=1e-6, abs=1e-9)
    assert by_hand(past, said.lower, cycle) == pytest.approx(0.025, rel=1e-5)
    assert by_hand(past, said.upper, cycle) == pytest.approx(0.975, rel=1e-5)


@pytest.mark.parametrize(("number", "cycle"), [(10, None), (24, 4), (24, 12), (120, 52)])
def test_the_shares_of_readings_are_those_of_what_may_be(number, cycle):
    ways = readings(number, cycle)
    assert sum(way.share for way in ways if way.correlation) / sum(
        way.share for way in ways if not way.correlation and len(way.spreads) <= 1 and way.spreads in PLAIN
    ) == pytest.approx(0.2)
    assert all(max((at for at, _ in way.spreads), default=0) < 6 + (cycle or -2) for way in ways)


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


def test_what_stands_on_another_level_already_does_not_lift_the_trend():
    draw = np.random.default_rng(11)
    flat = np.exp(0.1 * draw.standard_normal(26))
    lifted = [*flat[:24], 3 * flat[24], 3 * flat[25]]
    for known in (24, 25):
        assert expected(lifted[:known], lifted[known], 12).level is Level.OUT_OF_THE_ORDINARY
    without = expected([*lifted[:24], nan], lifted[25], 12)
    assert expected(lifted[:25], lifted[25], 12).upper == pytest.approx(without.upper, rel=0.1)


def test_a_place_that_was_never_seen_is_not_known():
    # Every twelfth month is missing, and the next one is such a month.
    past = [nan if at % 12 == 0 else 100.0 + at % 3 for at in range(36)]
    assert expected(past, 101.0, 12).level is Level.WITHIN_TREND


@pytest.mark.parametrize("cycle", [12, 4])
def test_false_alarms_and_doublings(cycle):
    # As benchmarks/trend.py measures at length, with the errors of these few series.
    error = (0.05 * 0.95 / 300) ** 0.5
    assert false_alarms(7, "flat", cycle, 24, 300) < 0.05 + 4 * error
    assert false_alarms(7, "a random walk of 20% steps", cycle, 24, 300) < 0.07 + 4 * error
    first, soon = doubling(7, "flat", cycle, 200)
    assert first >= 0.80
    assert soon >= 0.93
    first, soon = doubling(7, "seasonal, one period 80% above", cycle, 200)
    assert first >= 0.72
    assert soon >= 0.87
