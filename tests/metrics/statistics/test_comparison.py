import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.comparison import (
    Movement,
    Verdict,
    benjamini_hochberg,
    bootstrap_difference,
    holm,
    hybrid_difference,
    implied_p,
    newcombe,
    usual_movement,
    verdict,
)
from metrics.statistics.intervals import Interval, Pairs, bootstrap_ratio

trials = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("counts", "difference", "lower", "upper"),
    [((56, 70, 48, 80), 0.2, 0.0524, 0.3339), ((9, 10, 3, 10), 0.6, 0.1705, 0.8090)],
)
def test_newcombe_reproduces_published_limits(
    counts: tuple[int, int, int, int], difference: float, lower: float, upper: float
) -> None:
    compared = newcombe(*counts)
    assert compared is not None
    assert compared[0] == pytest.approx(difference)
    assert compared[1] == Interval(pytest.approx(lower, abs=5e-5), pytest.approx(upper, abs=5e-5))


@pytest.mark.parametrize("counts", [(0, 0, 1, 2), (1, 2, 0, 0), (0, 0, 0, 0)])
def test_newcombe_without_a_share_is_none(counts: tuple[int, int, int, int]) -> None:
    assert newcombe(*counts) is None


def test_newcombe_refuses_what_is_not_a_share() -> None:
    with pytest.raises(ValueError, match=f"^{re.escape('3 successes are not within 0 and n = 2')}$"):
        newcombe(1, 2, 3, 2)


@settings(deadline=None)
@given(trials, trials)
def test_newcombe_contains_the_difference_and_mirrors(one: tuple[int, int], other: tuple[int, int]) -> None:
    forward, backward = newcombe(*one, *other), newcombe(*other, *one)
    assert forward is not None
    assert backward is not None
    difference, interval = forward
    assert -1 <= interval.lower <= difference <= interval.upper <= 1
    assert backward[0] == pytest.approx(-difference, abs=1e-12)
    assert backward[1] == Interval(
        pytest.approx(-interval.upper, abs=1e-12), pytest.approx(-interval.lower, abs=1e-12)
    )


def test_hybrid_difference_by_hand() -> None:
    # Below: 0.5 - 0.2 and 0.7 - 0.3 make 0.5; above: 0.62 - 0.5 and 0.3 - 0.25 make 0.13.
    difference, interval = hybrid_difference(0.5, Interval(0.2, 0.62), 0.3, Interval(0.25, 0.7))
    assert difference == pytest.approx(0.2)
    assert interval == Interval(pytest.approx(-0.3), pytest.approx(0.33))


def test_hybrid_difference_to_a_constant_keeps_the_interval() -> None:
    difference, interval = hybrid_difference(5.0, Interval(4.0, 7.0), 3.0, Interval(3.0, 3.0))
    assert (difference, interval) == (2.0, Interval(1.0, 4.0))


def test_bootstrap_difference_of_one_seed_is_as_wide_as_of_two() -> None:
    draws = np.random.default_rng(1).normal(10, 3, 4000)
    other = np.random.default_rng(2).normal(10, 3, 4000)
    same, apart = bootstrap_difference(draws, draws), bootstrap_difference(draws, other)
    assert same is not None
    assert apart is not None
    for interval in (same, apart):
        assert interval.upper - interval.lower == pytest.approx(2 * 1.96 * 3 * np.sqrt(2), rel=0.05)


def test_bootstrap_difference_is_first_less_second_and_repeats() -> None:
    low = Pairs(np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.array([40, 40]))
    high = Pairs(np.array([6.0, 7.0]), np.array([1.0, 1.0]), np.array([40, 40]))
    draws = [bootstrap_ratio(pairs, None, None, 7) for pairs in (high, low)]
    interval = bootstrap_difference(*draws)
    assert interval is not None
    assert 4.7 < interval.lower < 5 < interval.upper < 5.3
    assert bootstrap_difference(*draws) == interval


def test_bootstrap_difference_takes_unequal_numbers_of_draws() -> None:
    interval = bootstrap_difference(np.full(10, 5.0), np.full(7, 3.0))
    assert interval == bootstrap_difference(np.full(7, 5.0), np.full(10, 3.0)) == Interval(2.0, 2.0)


def test_bootstrap_difference_without_draws_is_none() -> None:
    assert bootstrap_difference(np.empty(0), np.ones(5)) is None
    assert bootstrap_difference(np.ones(5), np.empty(0)) is None


@pytest.mark.parametrize(
    ("interval", "up", "down"),
    [
        (Interval(0.01, 0.2), Verdict.BETTER, Verdict.WORSE),
        (Interval(-0.2, -0.01), Verdict.WORSE, Verdict.BETTER),
        (Interval(-0.1, 0.1), Verdict.NO_CLEAR_CHANGE, Verdict.NO_CLEAR_CHANGE),
        (Interval(0.0, 0.1), Verdict.NO_CLEAR_CHANGE, Verdict.NO_CLEAR_CHANGE),
        (Interval(-0.1, 0.0), Verdict.NO_CLEAR_CHANGE, Verdict.NO_CLEAR_CHANGE),
        (None, Verdict.NOT_ENOUGH_DATA, Verdict.NOT_ENOUGH_DATA),
    ],
)
def test_verdicts(interval: Interval | None, up: Verdict, down: Verdict) -> None:
    assert (verdict(interval, "up"), verdict(interval, "down")) == (up, down)
    sideless = Verdict.CHANGED if up in (Verdict.BETTER, Verdict.WORSE) else up
    assert verdict(interval, "band") == verdict(interval, "none") == sideless


def test_verdicts_have_these_words() -> None:
    words = ["better", "worse", "changed", "unchanged", "no_clear_change", "not_enough_data"]
    assert [str(word) for word in Verdict] == words


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^'upward' is not a direction: up, down, band or none$"):
        verdict(Interval(0.1, 0.2), "upward")


def test_the_usual_movement_of_a_series():
    # Wheeler's chart: mean moving range 2, so sigma 2 / 1.128; a difference has sqrt(2) of that.
    values = [10.0, 12.0, 10.0, 12.0, 10.0, 12.0, 10.0]
    found = usual_movement(values)
    assert found == Movement(pytest.approx(math.sqrt(2) * 2 / 1.128), pytest.approx(0.62 * 6))
    assert usual_movement(values[:-1]) is None
    # Over two places it does not move at all; a gap brings no neighbours together.
    assert usual_movement([*values, 12.0], 2) == Movement(0.0, pytest.approx(0.62 * 6))
    assert usual_movement([*values[:3], math.nan, *values[4:]]) is None


def test_the_p_of_a_movement_says_what_its_interval_says():
    found = Movement(2.0, 5.0)
    assert found.interval(1.0) == Interval(pytest.approx(1 - 2 * 2.570582), pytest.approx(1 + 2 * 2.570582))
    assert found.p(2 * 2.570582) == pytest.approx(0.05, abs=1e-6)
    assert found.p(-2 * 2.570582) == pytest.approx(0.05, abs=1e-6)
    assert (found.p(0.0), Movement(0.0, 5.0).p(0.0), Movement(0.0, 5.0).p(0.1)) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize("persistence", [0.0, 0.7, 1.0])
@pytest.mark.parametrize(("count", "distance"), [(8, 1), (13, 4), (25, 12)])
def test_a_series_without_a_change_seldom_looks_like_one(persistence, count, distance):
    """White noise, a series that lingers and one that wanders: at most one alarm in twenty, one in 500."""
    chance = np.random.default_rng(20_261_129)
    noise, series = chance.normal(size=(4000, count + 1)), np.zeros((4000, count + 1))
    series[:, 0] = noise[:, 0]
    for place in range(1, count + 1):
        series[:, place] = persistence * series[:, place - 1] + noise[:, place]
    movements = [usual_movement(line[:-1], distance) for line in series.tolist()]
    p_values = np.array(
        [found.p(line[-1] - line[-1 - distance]) for found, line in zip(movements, series, strict=True)]
    )
    # Three standard errors of 4,000 draws beside what is promised.
    for level in (0.05, 0.002):
        assert (p_values < level).mean() <= level + 3 * math.sqrt(level / 4000)
    assert (p_values < 0.05).mean() > 0.01


def test_a_bound_at_zero_implies_a_p_of_one_in_twenty():
    assert implied_p(0.1, Interval(0.0, 0.25)) == pytest.approx(0.05, abs=1e-6)
    assert implied_p(-0.1, Interval(-0.3, 0.0)) == pytest.approx(0.05, abs=1e-6)
    assert implied_p(0.0, Interval(-0.1, 0.1)) == 1.0
    assert implied_p(0.2, Interval(0.2, 0.2)) == 0.0
    assert implied_p(0.0, Interval(0.0, 0.0)) == 1.0


@given(st.floats(-1, 1), st.floats(1e-6, 1), st.floats(1e-6, 1))
def test_the_implied_p_says_what_the_interval_says(difference, below, above):
    interval = Interval(difference - below, difference + above)
    clear = interval.lower > 0 or interval.upper < 0
    p = implied_p(difference, interval)
    assert 0 <= p <= 1
    if abs(p - 0.05) > 1e-6:
        assert clear is (p < 0.05)


def test_holm_by_hand():
    # 4 x .01, 3 x .02, 2 x .03, 1 x .04: none may fall below the one before it.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_benjamini_hochberg_by_hand():
    # 4/1 x .01, 4/2 x .02, 4/3 x .03, 4/4 x .04: all .04.
    assert benjamini_hochberg([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.04] * 4)
    assert benjamini_hochberg([0.001, 0.5, 0.9]) == pytest.approx([0.003, 0.75, 0.9])
    assert benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_adjusted_ps_are_plain_readings_of_their_papers(p_values):
    total = len(p_values)
    for p, strict, loose in zip(p_values, holm(p_values), benjamini_hochberg(p_values), strict=True):
        below = [sum(other < each for other in p_values) for each in p_values]
        assert strict == pytest.approx(
            max(
                min(1.0, (total - rank) * each)
                for rank, each in zip(below, p_values, strict=True)
                if each <= p
            )
        )
        at_most = [sum(other <= each for other in p_values) for each in p_values]
        assert loose == pytest.approx(
            min(
                1.0, *(each * total / rank for rank, each in zip(at_most, p_values, strict=True) if each >= p)
            )
        )
        assert p <= loose + 1e-12
        assert loose <= strict + 1e-12


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms())
def test_the_order_of_comparisons_does_not_matter(p_values, random):
    order = list(range(len(p_values)))
    random.shuffle(order)
    shuffled = [p_values[index] for index in order]
    for adjust in (holm, benjamini_hochberg):
        assert adjust(shuffled) == [adjust(p_values)[index] for index in order]
