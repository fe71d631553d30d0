"""How sure a status and a score are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog.metric import Direction
from metrics.observation import State
from scorecard.certainty import DRAWS, draw_scores, of_rolled, with_certainty
from scorecard.model import MissingRule, Rollup
from scorecard.phrasing import could_be_words, score_range_words, why
from scorecard.report_model import TargetReport
from scorecard.score import RANKED, Child, Status, roll_up, scale_score, status_of
from tests.scorecard.builders import catalog, metric, observation, scorecard, target
from tests.scorecard.test_report import Q3, one, report, values

RED, AMBER, GREEN = RANKED
SCALES = {
    Direction.UP: (0.7, 0.5),
    Direction.DOWN: (0.3, 0.5),
    Direction.BAND: ((0.4, 0.6), (0.3, 0.7)),
}


def bare(value, lower=None, upper=None, direction=Direction.UP, levels=None, **more):
    """Return what an indicator says of a value and its interval, scored by its direction's levels."""
    goal, red_flag = levels or SCALES[direction]
    score = scale_score(value, direction, goal, red_flag)
    found = one(metric("kept", direction=direction), observation("kept", "2026-Q3", value))
    scored = replace(found.scored, value=value, lower=lower, upper=upper)
    return replace(
        found, scored=scored, target=TargetReport(goal, red_flag, Q3, "2026-Q3"), score=score,
        performance=100 * score, status=status_of(score), **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "lower", "upper", "direction", "expected"),
    [
        (0.6, 0.55, 0.65, Direction.UP, ()),
        (0.6, 0.55, 0.7, Direction.UP, (GREEN,)),
        (0.6, 0.45, 0.65, Direction.UP, (RED,)),
        (0.6, 0.45, 0.75, Direction.UP, (GREEN, RED)),
        (0.8, 0.4, 0.9, Direction.UP, (AMBER, RED)),
        (0.45, 0.4, 0.72, Direction.UP, (AMBER, GREEN)),
        (0.4, 0.25, 0.45, Direction.DOWN, (GREEN,)),
        (0.5, 0.45, 0.55, Direction.BAND, ()),
        (0.5, 0.35, 0.55, Direction.BAND, (AMBER,)),
        # Both ends miss the band on either side, and what lies between them does not.
        (0.35, 0.32, 0.65, Direction.BAND, (GREEN,)),
        (0.6, None, None, Direction.UP, ()),
    ],
)  # fmt: skip
def test_a_status_says_what_it_could_be_too(value, lower, upper, direction, expected):
    found = with_certainty(bare(value, lower, upper, direction))
    assert (found.could_be, found.status_certain) == (expected, not expected)


FOUR = st.lists(st.floats(0, 100), min_size=4, max_size=4)
SHARES = st.floats(0, 1, allow_nan=False)
LEVELS = st.sampled_from([
    (Direction.UP, (0.7, 0.5)), (Direction.UP, (0.6, None)), (Direction.DOWN, (0.3, 0.5)),
    (Direction.DOWN, (0.4, None)),
])  # fmt: skip
BANDS = st.sampled_from([(Direction.BAND, SCALES[Direction.BAND]), (Direction.BAND, ((0.4, 0.6), None))])


@settings(max_examples=60, deadline=None)
@given(st.lists(SHARES, min_size=3, max_size=3), LEVELS)
def test_it_is_certain_where_both_ends_score_into_the_band_of_the_value(three, scale):
    (lower, value, upper), (direction, levels) = sorted(three), scale
    found = with_certainty(bare(value, lower, upper, direction, levels))
    ends = {status_of(scale_score(end, direction, *levels)) for end in (lower, upper)}
    assert found.status_certain is (ends == {found.status})


@settings(max_examples=60, deadline=None)
@given(st.lists(SHARES, min_size=3, max_size=3), BANDS, st.integers(0, 40))
def test_a_band_is_certain_where_nothing_between_the_ends_scores_otherwise(three, scale, step):
    (lower, value, upper), (direction, levels) = sorted(three), scale
    found = with_certainty(bare(value, lower, upper, direction, levels))
    between = status_of(scale_score(lower + (upper - lower) * step / 40, direction, *levels))
    assert between is found.status or between in found.could_be
    ends = {status_of(scale_score(end, direction, *levels)) for end in (lower, upper)}
    if found.status_certain:
        assert ends == {found.status}


@settings(max_examples=40, deadline=None)
@given(st.floats(0.52, 0.68), st.floats(0.001, 0.1), st.floats(0.001, 0.1))
def test_the_middle_of_the_draws_is_the_score_and_their_ends_the_interval_s(value, below, above):
    lower, upper = value - below, value + above
    draws = draw_scores([bare(value, lower, upper)], "joint/2026-Q3")["kept"]
    assert len(draws) == DRAWS
    scores = [100 * scale_score(at, Direction.UP, 0.7, 0.5) for at in (lower, value, upper)]
    # Within what 4,000 draws can tell: five errors of each percentile.
    found, slack = np.quantile(draws, [0.025, 0.5, 0.975]), 0.12 * max(scores[2] - scores[0], 1e-9)
    assert list(found) == pytest.approx(scores, abs=slack)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SHARES, st.floats(0.1, 10)), min_size=1, max_size=6), st.sampled_from(Rollup))
def test_intervals_without_width_give_a_score_without_width(found, method):
    children = []
    for index, (value, weight) in enumerate(found):
        indicator = replace(bare(value, value, value), metric=f"m{index}")
        drawn = draw_scores([indicator], "joint/2026-Q3")[f"m{index}"]
        children.append(Child(weight, indicator.performance, indicator.status, 1.0, draws=drawn))
    sure = of_rolled(roll_up(children, MissingRule.REDISTRIBUTE, method))
    assert (sure.upper - sure.lower) == pytest.approx(0, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.1, 10), st.lists(st.floats(0, 100), min_size=4, max_size=4)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(Rollup),
)
def test_draws_roll_up_as_scores_do(found, method):
    children = [Child(weight, row[0], AMBER, 1.0, draws=np.array(row[1:])) for weight, row in found]
    drawn = roll_up(children, MissingRule.REDISTRIBUTE, method).draws
    for column in range(3):
        plain = [replace(child, score=float(child.draws[column]), draws=None) for child in children]
        assert drawn[column] == pytest.approx(roll_up(plain, MissingRule.REDISTRIBUTE, method).score)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(0, 100), min_size=3, max_size=9), min_size=1, max_size=1))
def test_a_score_lies_within_its_range(rows):
    score, *draws = rows[0]
    sure = of_rolled(roll_up([Child(1, score, status_of(score / 100), 1.0, draws=np.array(draws))]))
    assert sure.lower <= score <= sure.upper


def test_what_is_not_scored_is_neither_certain_nor_not():
    context = one(
        metric("kept", direction=Direction.NONE), observation("kept", "2026-Q3", 0.5, lower=0.4, upper=0.6)
    )
    small = one(KEPT, observation("kept", "2026-Q3", 0.5, State.SMALL_SAMPLE, lower=0.4, upper=0.6))
    for found in (context, small):
        assert (found.status_certain, found.could_be) == (None, ())
    assert draw_scores([context, small], "joint/2026-Q3") == {}
    nothing = of_rolled(roll_up([Child(1, None, Status.NO_DATA, 0.0)]))
    assert (nothing.lower, nothing.upper, nothing.certain, nothing.could_be) == (None, None, None, ())


KEPT = metric("kept", targets=(target("2026-01-01", 0.7, 0.5),))
OTHER = metric("other", targets=(target("2026-01-01", 0.7, 0.5),))


def two(*, other):
    card = scorecard(("kept", 10), ("other", 10))
    reader = values(
        kept=(observation("kept", "2026-Q3", 0.6, lower=0.55, upper=0.65),),
        other=(observation("other", "2026-Q3", 0.6, **other),),
    )
    return report(card, catalog(KEPT, OTHER), reader)


def test_a_report_bears_the_range_of_its_scores():
    alone, both = two(other={}), two(other={"lower": 0.55, "upper": 0.65})
    # An interval of 0.05 to either side is 8.33 of the scale, and a half of it where the other figure is fixed.
    assert (alone.score_lower, alone.score_upper) == (
        pytest.approx(50 - 25 / 6, abs=0.4), pytest.approx(50 + 25 / 6, abs=0.4),
    )  # fmt: skip
    assert both.score_upper - both.score_lower == pytest.approx(50 / 3 / 2**0.5, abs=0.6)
    for part in (both.perspectives[0], both.perspectives[0].objectives[0]):
        assert (part.score_lower, part.score_upper) == (both.score_lower, both.score_upper)
        assert (part.status_certain, part.could_be) == (True, ())
    # The same report is the same numbers, and a figure's draws do not hang on its neighbours.
    assert two(other={}).score_lower == alone.score_lower


def test_a_metric_under_two_objectives_is_one_figure():
    found = bare(0.6, 0.55, 0.65)
    assert list(draw_scores([found, found], "joint/2026-Q3")) == ["kept"]
    other = draw_scores([found, replace(found, metric="other")], "joint/2026-Q3")
    assert np.array_equal(other["kept"], draw_scores([found], "joint/2026-Q3")["kept"])
    assert abs(np.corrcoef(other["kept"], other["other"])[0, 1]) < 0.06


def test_what_is_scored_as_the_least_that_it_can_be_may_be_anything_worse():
    found = bare(0.6)
    least = replace(found, scored=replace(found.scored, value=None), scored_as=0.6)
    assert with_certainty(least).could_be == (RED,)
    assert with_certainty(replace(least, score=0.1, status=RED)).could_be == ()
    assert draw_scores([least], "joint/2026-Q3") == {}


@pytest.mark.parametrize(
    ("statuses", "words"),
    [((), ""), ((GREEN,), "could be on target"), ((AMBER, RED), "could be watch or red")],
)
def test_in_words(statuses, words):
    assert could_be_words(statuses) == words


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [(55.2, 68.9, "probably between 55 and 68"), (61.2, 61.7, ""), (None, None, "")],
)
def test_a_range_in_words(lower, upper, words):
    assert score_range_words(lower, upper) == words


def test_why_says_what_it_could_be_too():
    found = one(KEPT, observation("kept", "2026-Q3", 0.68, lower=0.6, upper=0.75))
    assert "△ Watch, could be on target: 63 of 100 on the scale." in why(found, "GBP")
