import csv
import re
import warnings
from importlib.util import find_spec
from math import ceil, exp, inf, log, nan, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.intervals import Interval
from metrics.statistics.survival import (
    Curve,
    conversion_by,
    kaplan_meier,
    kaplan_meier_individuals,
    quantile_ranks,
)

# Kaplan & Meier's own small example: deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1.
DEATHS = [0.8, 3.1, 5.4, 9.2]
LOSSES = [1.0, 2.7, 7.0, 12.1]

lives = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=30)


def of_lives(individuals: list[tuple[int, bool]]) -> Curve:
    durations, observed = zip(*individuals, strict=True)
    return kaplan_meier_individuals(durations, observed)


def assert_same(one: Curve, other: Curve) -> None:
    for name in ("times", "survival", "variance_term", "at_risk", "events"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-12), name


def test_the_example_of_kaplan_and_meier() -> None:
    curve = kaplan_meier_individuals(DEATHS + LOSSES, [True] * 4 + [False] * 4)
    after_deaths = [curve.at(t) for t in DEATHS]
    assert after_deaths == pytest.approx([7 / 8, 7 / 8 * 4 / 5, 7 / 8 * 4 / 5 * 3 / 4, 7 / 8 * 3 / 5 * 1 / 2])
    assert curve.at_risk.tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert curve.events.tolist() == [1, 0, 0, 1, 1, 0, 1, 0]


def test_events_come_before_those_censored_at_the_same_age() -> None:
    curve = kaplan_meier([1, 2], [1, 1], [2, 0])
    assert curve.at_risk.tolist() == [4, 1]
    assert curve.survival.tolist() == [0.75, 0.0]


def test_late_entry_reproduces_published_survival() -> None:
    curve = kaplan_meier_individuals([2, 10, 5, 4, 3], [True] * 5, entry=[1, 2, 4, 0, 0])
    assert curve.times.tolist() == [2, 3, 4, 5, 10]
    assert curve.survival == pytest.approx([0.667, 0.444, 0.222, 0.111, 0], abs=5e-4)
    assert curve.at_risk.tolist() == [3, 3, 2, 2, 1]


def test_late_entry_from_counts_equals_individuals() -> None:
    counted = kaplan_meier(
        [0, 1, 2, 3, 4, 5, 10], [0, 0, 1, 1, 1, 1, 1], [0] * 7, entered=[2, 1, 1, 0, 1, 0, 0]
    )
    assert_same(counted, kaplan_meier_individuals([2, 10, 5, 4, 3], [True] * 5, entry=[1, 2, 4, 0, 0]))


def test_who_enters_at_an_age_is_at_risk_after_it() -> None:
    curve = kaplan_meier_individuals([3, 5, 4], [True, True, False], entry=[0, 3, 4])
    assert curve.times.tolist() == [3, 5]
    assert curve.at_risk.tolist() == [1, 1]


def waltons() -> list[tuple[float, bool]]:
    """Return the table that lifelines ships."""
    found = find_spec("lifelines")
    if found is None or found.origin is None:
        pytest.skip("the package lifelines, which ships the waltons table, is not installed")
    table = Path(found.origin).parent / "datasets" / "waltons_dataset.csv"
    with table.open(newline="") as lines:
        return [(float(row["T"]), row["E"] == "1") for row in csv.DictReader(lines)]


def test_waltons_reproduces_lifelines() -> None:
    curve = kaplan_meier_individuals(*zip(*waltons(), strict=True))
    assert (curve.at_risk[0], curve.events.sum()) == (163, 156)
    assert curve.at(13) == pytest.approx(0.95069, abs=5e-6)
    assert curve.median() == 56
    assert curve.quantile_interval(0.5) == Interval(53, 58)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_quantile_intervals_are_those_of_lifelines(p: float, seed: int) -> None:
    pytest.importorskip("lifelines", reason="the package lifelines is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter
        from lifelines.utils import qth_survival_times

    draws = np.random.default_rng(seed)
    # Ties, losses among them and, in every other table, late entry; the longest is always lost: with nobody
    # left the band is not defined, and they read it as 0.
    ages, losses = draws.geometric(0.05, 200), draws.geometric(0.02, 200)
    durations, observed = np.minimum(ages, losses), ages <= losses
    observed[durations == durations.max()] = False
    entry = draws.integers(0, 3, 200) * (seed % 2)
    kept = entry < durations
    table = durations[kept], observed[kept], entry[kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = KaplanMeierFitter().fit(*table[:2], entry=table[2] if seed % 2 else None)
        low, high = qth_survival_times(1 - p, theirs.confidence_interval_).to_numpy()[0]
        value = qth_survival_times(1 - p, theirs.survival_function_)
    ours = kaplan_meier_individuals(*table)
    expected = None if inf in (low, high) else Interval(low, high)
    assert (ours.quantile(p), ours.quantile_interval(p)) == (None if value == inf else value, expected)


def test_reading_between_before_and_after_the_ages() -> None:
    curve = kaplan_meier([2, 4], [1, 1], [0, 2])
    assert [curve.at(t) for t in (-1, 1.99, 2, 3.99, 4, 99, inf)] == [1, 1, 0.75, 0.75, 0.5, 0.5, 0.5]


def test_quantiles_do_not_interpolate() -> None:
    curve = kaplan_meier([2, 4], [1, 1], [0, 2])
    assert (curve.quantile(0.25), curve.quantile(0.26), curve.median()) == (2.0, 4.0, 4.0)
    assert curve.quantile(0.51) is None


def test_a_median_that_is_reached_exactly_survives_rounding() -> None:
    # 9/10 * 8/9 * 7/8 is 0.7000000000000001 in floats: F(3) is 0.3 all the same.
    curve = kaplan_meier(range(1, 11), [1] * 10, [0] * 10)
    assert [curve.quantile(k / 10) for k in range(1, 11)] == [float(k) for k in range(1, 11)]


@pytest.mark.parametrize("p", [0, -0.1, 1.1])
def test_quantile_refuses_a_share_outside_0_and_1(p: float) -> None:
    curve = kaplan_meier([1], [1], [0])
    for refused in (curve.quantile, curve.quantile_interval, lambda share: quantile_ranks(9, share)):
        with pytest.raises(ValueError, match=f"^quantile {p} is not above 0 and at most 1$"):
            refused(p)


def test_the_interval_of_a_median_by_hand() -> None:
    # Ten events, none lost: after k of them S is 1 - k/10 with the variance term k / (10 (10 - k)). For the
    # median (log(-log 0.5) = -0.367) the lower side of the band is at most 0.5 after the first, 0.473, the
    # upper not after the seventh, 0.578, but after the eighth, 0.475.
    curve = kaplan_meier(range(10, 110, 10), [1] * 10, [0] * 10)
    sides = [curve.interval_at(age) for age in (10, 70, 80)]
    assert [(round(each.lower, 3), round(each.upper, 3)) for each in sides if each] == [
        (0.473, 0.985),
        (0.071, 0.578),
        (0.031, 0.475),
    ]
    assert curve.quantile_interval(0.5) == Interval(10, 80)
    assert quantile_ranks(10, 0.5) == (1, 8)


@pytest.mark.parametrize(
    ("n", "p", "ranks"),
    [(0, 0.5, None), (1, 0.5, None), (6, 0.5, None), (7, 0.5, (1, 6)), (100, 0.5, (40, 60)), (47, 0.9, (38, 46)),
     (40, 0.9, None), (100, 0.9, (84, 96)), (1_000_000, 0.5, (499020, 500980))],
)  # fmt: skip
def test_ranks_of_a_quantile_whose_durations_are_all_known(
    n: int, p: float, ranks: tuple[int, int] | None
) -> None:
    assert quantile_ranks(n, p) == ranks


def test_a_negative_number_of_durations_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^-1 durations$"):
        quantile_ranks(-1, 0.5)


@settings(deadline=None)
@given(st.lists(st.integers(0, 9) | st.none(), min_size=1, max_size=80), st.sampled_from((0.1, 0.5, 0.9)))
def test_without_censoring_the_interval_lies_between_two_ranks(durations: list[int | None], p: float) -> None:
    # None: it never happened, the window is over.
    curve = kaplan_meier_individuals(
        [inf if each is None else each for each in durations], [each is not None for each in durations]
    )
    ranks = quantile_ranks(len(durations), p)
    ordered = sorted(inf if each is None else each for each in durations)
    bounds = None if ranks is None else (ordered[ranks[0] - 1], ordered[ranks[1] - 1])
    expected = None if bounds is None or inf in bounds else Interval(*bounds)
    assert curve.quantile_interval(p) == expected


@settings(deadline=None)
@given(lives, st.integers(1, 99))
def test_the_interval_of_a_quantile_is_around_it_and_widens_with_z(
    individuals: list[tuple[int, bool]], percent: int
) -> None:
    curve, p = of_lives(individuals), percent / 100
    narrow, wide = curve.quantile_interval(p, z=1.0), curve.quantile_interval(p)
    if wide is not None:
        value = curve.quantile(p)
        assert narrow is not None
        assert value is not None
        assert wide.lower <= narrow.lower <= value <= narrow.upper <= wide.upper


def test_with_nobody_left_the_band_is_read_one_event_earlier() -> None:
    # Seven at 1 and three at 2: the eighth is the upper bound, as if they had not been tied.
    assert kaplan_meier([1, 2], [7, 3], [0, 0]).quantile_interval(0.5) == Interval(1, 2)
    assert kaplan_meier([1], [1], [0]).quantile_interval(0.5) is None
    assert kaplan_meier([1, 2], [3, 2], [0, 0]).quantile_interval(0.5) is None


def test_log_log_interval_by_hand() -> None:
    curve = kaplan_meier([1, 2, 3], [2, 0, 1], [0, 3, 4])
    survival, variance = 8 / 10 * 4 / 5, 2 / (10 * 8) + 1 / (5 * 4)
    assert curve.variance_term == pytest.approx([0.025, 0.025, 0.075])
    theta, error = log(-log(survival)), 1.959964 * sqrt(variance) / log(survival)
    assert curve.interval_at(3) == Interval(
        pytest.approx(exp(-exp(theta - error))), pytest.approx(exp(-exp(theta + error)))
    )
    narrow, wide = curve.interval_at(3, z=1.0), curve.interval_at(3)
    assert narrow is not None
    assert wide is not None
    assert wide.lower < narrow.lower < survival < narrow.upper < wide.upper


def test_no_interval_at_exactly_1_or_0() -> None:
    curve = kaplan_meier([1, 2, 3], [0, 1, 1], [1, 0, 0])
    assert curve.interval_at(0) is None
    assert curve.interval_at(1) is None
    assert curve.interval_at(2) is not None
    assert curve.survival[-1] == 0
    assert curve.variance_term[-1] == inf
    assert curve.interval_at(3) is None


@settings(deadline=None)
@given(lives)
def test_interval_contains_the_estimate(individuals: list[tuple[int, bool]]) -> None:
    curve = of_lives(individuals)
    for t in curve.times:
        interval = curve.interval_at(float(t))
        if interval is not None:
            assert 0 < interval.lower < curve.at(float(t)) < interval.upper < 1


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_without_censoring_it_is_the_empirical_survival(durations: list[int]) -> None:
    curve = kaplan_meier_individuals(durations, [True] * len(durations))
    ages = np.arange(-1, 22)
    empirical = [(np.array(durations) > age).mean() for age in ages]
    assert [curve.at(float(age)) for age in ages] == pytest.approx(empirical, abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.integers(1, 100))
def test_without_censoring_a_quantile_is_an_order_statistic(durations: list[int], percent: int) -> None:
    curve = kaplan_meier_individuals(durations, [True] * len(durations))
    rank = ceil(percent * len(durations) / 100)
    assert curve.quantile(percent / 100) == sorted(durations)[rank - 1]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(-1, 8), st.integers(1, 4)), min_size=1)
)
def test_weights_stand_for_duplicates(rows: list[tuple[int, bool, int, int]]) -> None:
    rows = [(max(age, entry + 1), seen, entry, weight) for age, seen, entry, weight in rows]
    durations, observed, entry, weights = (np.array(column) for column in zip(*rows, strict=True))
    weighted = kaplan_meier_individuals(durations, observed, entry, weights)
    expanded = kaplan_meier_individuals(
        *(np.repeat(column, weights) for column in (durations, observed, entry))
    )
    assert_same(weighted, expanded)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 8)), min_size=1))
def test_at_risk_by_its_definition(rows: list[tuple[int, bool, int]]) -> None:
    rows = [(max(duration, entry + 1), observed, entry) for duration, observed, entry in rows]
    durations, observed, entry = (np.array(column) for column in zip(*rows, strict=True))
    curve = kaplan_meier_individuals(durations, observed, entry)
    survival = 1.0
    for index, t in enumerate(curve.times):
        at_risk = int(((entry < t) & (t <= durations)).sum())
        died = int(((durations == t) & observed).sum())
        survival *= 1 - died / at_risk
        assert (curve.at_risk[index], curve.events[index]) == (at_risk, died)
        assert curve.survival[index] == pytest.approx(survival, abs=1e-12)


@settings(deadline=None)
@given(lives, st.randoms(use_true_random=False))
def test_order_and_splits_do_not_matter(individuals: list[tuple[int, bool]], shuffler: object) -> None:
    shuffled = list(individuals)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    times = [duration for duration, _ in shuffled]
    counted = kaplan_meier(times, [seen for _, seen in shuffled], [not seen for _, seen in shuffled])
    assert_same(of_lives(individuals), counted)


@settings(deadline=None)
@given(lives)
def test_at_full_maturity_the_conversion_is_the_plain_ratio(individuals: list[tuple[int, bool]]) -> None:
    durations = [duration if seen else inf for duration, seen in individuals]
    curve = kaplan_meier_individuals(durations, [seen for _, seen in individuals])
    estimate, _ = conversion_by(curve, inf)
    assert estimate == pytest.approx(sum(seen for _, seen in individuals) / len(individuals), abs=1e-12)


def test_an_open_window_does_not_deflate_the_conversion() -> None:
    # 10 completed their window with 3 conversions at age 1; 10 more entered today, one converted at age 0.
    curve = kaplan_meier([0, 1, inf], [1, 3, 0], [9, 0, 7])
    estimate, interval = conversion_by(curve, inf)
    assert estimate == pytest.approx(1 - 19 / 20 * 7 / 10)
    survival = curve.interval_at(inf)
    assert survival is not None
    assert interval == Interval(1 - survival.upper, 1 - survival.lower)
    assert interval.lower < estimate < interval.upper


def test_conversion_without_events_has_no_interval() -> None:
    assert conversion_by(kaplan_meier([inf], [0], [12]), inf) == (0.0, None)


def test_an_element_that_never_was_at_risk_is_left_out() -> None:
    with_late = kaplan_meier_individuals([2, 5, 3], [True, True, True], entry=[0, 0, 3])
    assert_same(with_late, kaplan_meier_individuals([2, 5], [True, True], entry=[0, 0]))


@pytest.mark.parametrize(
    ("times", "events", "censored", "entered", "message"),
    [
        ([], [], [], None, "a survival curve needs at least one entity"),
        ([1, 2], [0, 0], [0, 0], None, "a survival curve needs at least one entity"),
        ([1, 2], [1], [1, 1], None, "ages and counts are not arrays of one length"),
        ([1, 2], [1, 1], [1, 1], [4], "ages and counts are not arrays of one length"),
        ([1, 2], [1, -1], [1, 1], None, "a count is negative or not a number"),
        ([1, 2], [1, 1], [1, nan], None, "a count is negative or not a number"),
        ([1, nan], [1, 1], [1, 1], None, "an age is not a number"),
        ([1, inf], [1, 1], [1, 1], None, "an event has an infinite age"),
        ([0, 1], [0, 2], [0, 0], [1, 0], "1 entities entered and 2 left"),
        ([0, 1, 2], [0, 2, 0], [0, 0, 1], [1, 2, 0], "more entities leave at age 1 than are at risk there"),
    ],
)
def test_counts_that_cannot_be_are_refused(
    times: list[float],
    events: list[float],
    censored: list[float],
    entered: list[float] | None,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kaplan_meier(times, events, censored, entered)


def test_individuals_of_unequal_length_are_refused() -> None:
    message = "^durations, observed, entry and weights are not arrays of one length$"
    for bad in ({"observed": [True]}, {"entry": [0]}, {"weights": [1.0]}):
        arguments = {"durations": [1, 2], "observed": [True, True]} | bad
        with pytest.raises(ValueError, match=message):
            kaplan_meier_individuals(**arguments)
