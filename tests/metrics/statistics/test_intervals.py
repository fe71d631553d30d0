import re
import tracemalloc
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics import intervals
from metrics.statistics.intervals import (
    PAIRS_LIMIT,
    Interval,
    Moments,
    Pairs,
    bootstrap_ratio,
    delta_ratio,
    mean_interval,
    percentile_interval,
    wilson,
)


def pairs_of(rows: list[tuple[float, float, int]]) -> Pairs:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Pairs(table[:, 0], table[:, 1], table[:, 2].astype(np.int64))


def entities(size: int, seed: int = 5) -> Pairs:
    generator = np.random.default_rng(seed)
    denominator = generator.gamma(2.0, 10.0, size)
    numerator = 3 * denominator + generator.gamma(2.0, 5.0, size)
    return Pairs(numerator, denominator, np.ones(size, dtype=np.int64))


def moments_of(pairs: Pairs) -> Moments:
    n, d = pairs.numerator, pairs.denominator
    sums = [float(values.sum()) for values in (n, d, n * n, n * d, d * d)]
    return Moments(len(n), *sums)


trials = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
amounts = st.integers(-50, 50).map(float)
rows = st.lists(st.tuples(amounts, amounts, st.integers(0, 9)), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("successes", "n", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (0, 20, 0.0, 0.1611),
        (18, 20, 0.69897, 0.97213),
        (20, 20, 1 - 0.1611, 1.0),
    ],
)
def test_wilson_reproduces_published_limits(successes: int, n: int, lower: float, upper: float) -> None:
    interval = wilson(successes, n)
    assert interval is not None
    assert interval.lower == pytest.approx(lower, abs=5e-5)
    assert interval.upper == pytest.approx(upper, abs=5e-5)


def test_wilson_of_nothing_is_none() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 4), (5, 4), (0, -1), (1, 0)])
def test_wilson_refuses_what_is_not_a_share(successes: int, n: int) -> None:
    message = f"{successes} successes are not within 0 and n = {n}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        wilson(successes, n)


@settings(deadline=None)
@given(trials)
def test_wilson_contains_the_share_within_0_and_1(trial: tuple[int, int]) -> None:
    successes, n = trial
    interval = wilson(successes, n)
    assert interval is not None
    assert 0 <= interval.lower <= successes / n <= interval.upper <= 1
    assert (interval.lower == 0) == (successes == 0)
    assert (interval.upper == 1) == (successes == n)


@settings(deadline=None)
@given(trials)
def test_wilson_rises_with_the_successes(trial: tuple[int, int]) -> None:
    successes, n = trial
    fewer, more = wilson(max(successes - 1, 0), n), wilson(successes, n)
    assert fewer is not None
    assert more is not None
    if successes:
        assert fewer.lower < more.lower
        assert fewer.upper < more.upper


@settings(deadline=None)
@given(trials)
def test_wilson_mirrors_the_failures(trial: tuple[int, int]) -> None:
    successes, n = trial
    interval, mirrored = wilson(successes, n), wilson(n - successes, n)
    assert interval is not None
    assert mirrored is not None
    assert interval.lower == pytest.approx(1 - mirrored.upper, abs=1e-12)


def test_wilson_narrows_with_n_and_widens_with_z() -> None:
    few, many, wide = wilson(3, 10), wilson(300, 1000), wilson(3, 10, z=2.575829)
    assert few is not None
    assert many is not None
    assert wide is not None
    assert few.lower < many.lower < many.upper < few.upper
    assert wide.lower < few.lower < few.upper < wide.upper


@settings(deadline=None)
@given(rows, st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_bootstrap_depends_on_seed_and_pairs_but_not_on_order_or_splits(
    given_rows: list[tuple[float, float, int]], shuffler: object, seed: int
) -> None:
    split = [(n, d, 1) for n, d, count in given_rows for _ in range(count)]
    shuffler.shuffle(split)  # type: ignore[attr-defined]
    once = bootstrap_ratio(pairs_of(given_rows), None, None, seed, draws=20)
    again = bootstrap_ratio(pairs_of(list(reversed(given_rows))), None, None, seed, draws=20)
    apart = bootstrap_ratio(pairs_of(split), None, None, seed, draws=20)
    assert once.tolist() == again.tolist() == apart.tolist()


def test_bootstrap_of_another_seed_differs() -> None:
    pairs = entities(50)
    assert bootstrap_ratio(pairs, None, None, 1).tolist() != bootstrap_ratio(pairs, None, None, 2).tolist()


def test_bootstrap_does_not_depend_on_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = entities(30)
    whole = bootstrap_ratio(pairs, None, None, 1, draws=50)
    monkeypatch.setattr(intervals, "_BLOCK", 7 * 30 + 3)
    assert bootstrap_ratio(pairs, None, None, 1, draws=50) == pytest.approx(whole, rel=1e-12)


def test_bootstrap_of_many_pairs_stays_small() -> None:
    # 200 draws of 100,000 weights are 160 MB as integers and as much again as floats.
    pairs = entities(PAIRS_LIMIT)
    tracemalloc.start()
    try:
        draws = bootstrap_ratio(pairs, None, None, 1, draws=200)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(draws) == 200
    assert peak < 100e6


def test_bootstrap_weights_are_poisson_of_the_counts() -> None:
    # With the denominator fixed at 1 a draw is 1000 * W_1 + W_2: both weights can be read off it.
    draws = bootstrap_ratio(pairs_of([(1000.0, 0.0, 4), (1.0, 0.0, 9)]), None, 1.0, 3, draws=20_000)
    first, second = np.divmod(draws, 1000)
    for weights, count in ((first, 4), (second, 9)):
        assert weights.mean() == pytest.approx(count, rel=0.02)
        assert weights.var() == pytest.approx(count, rel=0.05)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0, abs=0.03)


def test_fixed_spend_over_new_customers_has_a_width() -> None:
    customers = pairs_of([(0.0, 1.0, 120)])
    interval = percentile_interval(bootstrap_ratio(customers, 155_000.0, None, 1))
    assert interval is not None
    # 120 customers vary by about sqrt(120): spend over 120 +- 1.96 * 10.95.
    assert interval.lower == pytest.approx(155_000 / (120 + 1.96 * sqrt(120)), rel=0.02)
    assert interval.upper == pytest.approx(155_000 / (120 - 1.96 * sqrt(120)), rel=0.02)


def test_a_fixed_side_is_not_read() -> None:
    plain = bootstrap_ratio(pairs_of([(0.0, 2.0, 5), (0.0, 3.0, 5)]), 10.0, None, 1)
    noisy = bootstrap_ratio(pairs_of([(8.0, 2.0, 2), (9.0, 2.0, 3), (7.0, 3.0, 5)]), 10.0, None, 1)
    assert plain.tolist() == noisy.tolist()


def test_draws_without_denominator_are_dropped() -> None:
    draws = bootstrap_ratio(pairs_of([(1.0, 1.0, 1), (5.0, 1.0, 1)]), None, None, 1)
    # Both weights are 0 in exp(-2) = 13.5% of the draws.
    assert len(draws) == pytest.approx(2000 * (1 - np.exp(-2)), rel=0.03)
    assert np.isfinite(draws).all()


@pytest.mark.parametrize(
    ("given_rows", "fixed_numerator", "fixed_denominator"),
    [
        ([], None, None),
        ([], 5.0, None),
        ([], None, 5.0),
        ([(3.0, 2.0, 0)], None, None),
        ([(3.0, 2.0, 1)], None, None),
        ([(3.0, 2.0, 1), (0.0, 0.0, 8)], None, None),
        ([(3.0, 0.0, 4)], None, None),
        ([(3.0, 2.0, 4)], None, 0.0),
    ],
)
def test_bootstrap_where_nothing_varies_has_no_draws(
    given_rows: list[tuple[float, float, int]], fixed_numerator: float | None, fixed_denominator: float | None
) -> None:
    draws = bootstrap_ratio(pairs_of(given_rows), fixed_numerator, fixed_denominator, 1)
    assert draws.shape == (0,)
    assert percentile_interval(draws) is None


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (
            Pairs(np.ones(2), np.ones(3), np.ones(3, dtype=np.int64)),
            "numerator, denominator and count are not three arrays of one length",
        ),
        (pairs_of([(1.0, 1.0, -1)]), "a pair has a negative count"),
        (pairs_of([(np.nan, 1.0, 1)]), "a pair has a side that is not a finite number"),
        (pairs_of([(1.0, np.inf, 1)]), "a pair has a side that is not a finite number"),
    ],
)
def test_bootstrap_refuses_bad_pairs(pairs: Pairs, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        bootstrap_ratio(pairs, None, None, 1)


def test_both_sides_fixed_is_refused() -> None:
    message = "^a ratio with both sides fixed has nothing to resample$"
    with pytest.raises(ValueError, match=message):
        bootstrap_ratio(entities(3), 1.0, 1.0, 1)
    with pytest.raises(ValueError, match=message):
        delta_ratio(moments_of(entities(3)), 1.0, 1.0)


def test_percentile_interval_cuts_both_tails() -> None:
    draws = np.arange(1001.0)
    assert percentile_interval(draws) == Interval(pytest.approx(25.0), pytest.approx(975.0))
    assert percentile_interval(draws[::-1], level=0.8) == Interval(pytest.approx(100.0), pytest.approx(900.0))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_percentile_interval_refuses_a_level_outside_0_and_1(level: float) -> None:
    with pytest.raises(ValueError, match=f"^level {level} is not between 0 and 1$"):
        percentile_interval(np.ones(3), level)


def test_delta_ratio_by_hand() -> None:
    # (2, 1), (4, 3), (9, 5): R = 15/9 = 5/3; residuals 1/3, -1, 2/3; Var = (14/9) / 81.
    interval = delta_ratio(Moments(3, 15, 9, 101, 59, 35))
    reach = 1.959964 * sqrt(14 / 9) / 9
    assert interval == Interval(pytest.approx(5 / 3 - reach), pytest.approx(5 / 3 + reach))


def test_delta_ratio_with_a_fixed_side_by_hand() -> None:
    moments = Moments(3, 15, 9, 101, 59, 35)
    spend = delta_ratio(moments, fixed_numerator=90)
    reach = 1.959964 * 10 * sqrt(35) / 9
    assert spend == Interval(pytest.approx(10 - reach), pytest.approx(10 + reach))
    heads = delta_ratio(moments, fixed_denominator=5)
    reach = 1.959964 * sqrt(101) / 5
    assert heads == Interval(pytest.approx(3 - reach), pytest.approx(3 + reach))


@pytest.mark.parametrize(
    ("fixed_numerator", "fixed_denominator"), [(None, None), (1e5, None), (None, 4e4)], ids=str
)
def test_delta_ratio_is_the_limit_of_the_bootstrap(
    fixed_numerator: float | None, fixed_denominator: float | None
) -> None:
    pairs = entities(3000)
    delta = delta_ratio(moments_of(pairs), fixed_numerator, fixed_denominator)
    drawn = percentile_interval(bootstrap_ratio(pairs, fixed_numerator, fixed_denominator, 1))
    assert delta is not None
    assert drawn is not None
    width = delta.upper - delta.lower
    assert drawn.upper - drawn.lower == pytest.approx(width, rel=0.1)
    assert drawn.lower == pytest.approx(delta.lower, abs=0.1 * width)


def test_delta_ratio_without_two_entities_or_a_denominator_is_none() -> None:
    assert delta_ratio(Moments(1, 2, 4, 4, 8, 16)) is None
    assert delta_ratio(Moments(2, 2, 0, 4, 0, 8)) is None
    assert delta_ratio(Moments(2, 2, 3, 4, 3, 5), fixed_denominator=0) is None


def test_delta_ratio_of_equal_ratios_has_no_width() -> None:
    assert delta_ratio(Moments(2, 0.3, 0.9, 0.05, 0.15, 0.45)) == Interval(
        pytest.approx(1 / 3), pytest.approx(1 / 3)
    )


@settings(deadline=None)
@given(st.integers(2, 40), st.floats(0.01, 1e6), st.floats(0.01, 1e6))
def test_delta_ratio_survives_rounding(n: int, numerator: float, denominator: float) -> None:
    # All entities alike: the sum of squares is 0 but for rounding, which may be negative.
    sums = (numerator * n, denominator * n, numerator**2 * n, numerator * denominator * n, denominator**2 * n)
    interval = delta_ratio(Moments(n, *sums))
    assert interval is not None
    assert interval.lower == pytest.approx(numerator / denominator, rel=1e-6)


def test_mean_interval_by_hand() -> None:
    # 2, 4, 9: mean 5, s^2 = (9 + 1 + 16) / 2 = 13.
    reach = 1.959964 * sqrt(13 / 3)
    assert mean_interval(3, 15, 101) == Interval(pytest.approx(5 - reach), pytest.approx(5 + reach))


def test_mean_interval_needs_two_values() -> None:
    assert mean_interval(1, 5, 25) is None
    assert mean_interval(0, 0, 0) is None


def test_mean_interval_of_equal_values_survives_rounding() -> None:
    interval = mean_interval(3, 0.1 + 0.1 + 0.1, 3 * 0.1 * 0.1)
    assert interval == Interval(pytest.approx(0.1), pytest.approx(0.1))
