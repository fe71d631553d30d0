import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog.metric import Direction
from scorecard.model import MissingRule, Rollup
from scorecard.score import (
    GOAL_AT,
    RED_FLAG_AT,
    STATUS_STYLE,
    Child,
    Status,
    effective_weights,
    level_problem,
    roll_up,
    scale_score,
    status_of,
)

UP, DOWN, BAND, NONE = Direction.UP, Direction.DOWN, Direction.BAND, Direction.NONE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (300, 0),
        (400, 1 / 6),
        (500, 1 / 3),
        (600, 1 / 2),
        (700, 2 / 3),
        (800, 5 / 6),
        (900, 1),
        (100, 0),
        (2000, 1),
    ],
)
def test_goal_700_red_flag_500(value, expected):
    assert scale_score(value, UP, 700, 500) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "expected"), [(100, -1 / 3), (1100, 4 / 3), (700, 2 / 3)])
def test_without_clipping_a_value_runs_off_the_scale(value, expected):
    assert scale_score(value, UP, 700, 500, clip=False) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "expected"), [(10, 2 / 3), (30, 1 / 3), (20, 1 / 2), (-10, 1), (50, 0)])
def test_lower_is_better(value, expected):
    assert scale_score(value, DOWN, 10, 30) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, 1), (0.45, 5 / 6), (0.55, 5 / 6), (0.4, 2 / 3), (0.6, 2 / 3), (0.35, 1 / 2), (0.65, 1 / 2),
        (0.3, 1 / 3), (0.7, 1 / 3), (0.2, 0), (0.8, 0), (0.0, 0),
    ],
)  # fmt: skip
def test_band(value, expected):
    assert scale_score(value, BAND, (0.4, 0.6), (0.3, 0.7)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "direction", "goal", "expected"),
    [
        (5, UP, 5, 1),
        (4.9, UP, 5, 0),
        (5, DOWN, 5, 1),
        (5.1, DOWN, 5, 0),
        (2, BAND, (2, 3), 1),
        (3.1, BAND, (2, 3), 0),
    ],
)
def test_a_goal_alone_is_yes_or_no(value, direction, goal, expected):
    assert scale_score(value, direction, goal) == expected


@pytest.mark.parametrize(
    ("direction", "goal", "red_flag", "problem"),
    [
        (UP, 700, 500, None),
        (UP, 700, None, None),
        (UP, 500, 700, "direction up needs a goal above the red flag, got goal 500 and red flag 700"),
        (UP, 5, 5, "direction up needs a goal above the red flag, got goal 5 and red flag 5"),
        (DOWN, 0.3, 0.1, "direction down needs a goal below the red flag, got goal 0.3 and red flag 0.1"),
        (UP, (1, 2), None, "direction up takes numbers, not pairs"),
        (DOWN, 1, (1, 2), "direction down takes numbers, not pairs"),
        (BAND, 1, None, "direction band takes pairs: goal: [0.4, 0.6], red_flag: [0.3, 0.7]"),
        (BAND, (0.4, 0.6), 0.3, "direction band takes pairs: goal: [0.4, 0.6], red_flag: [0.3, 0.7]"),
        (BAND, (0.6, 0.6), None, "the goal band [0.6, 0.6] must rise"),
        (BAND, (4, 6), (4, 7), "the red-flag band [4, 7] must lie around the goal band [4, 6]"),
        (BAND, (4, 6), (3, 7), None),
        (UP, None, 5, "a target needs a goal"),
        (NONE, 1, 2, "direction none is context: shown, never scored"),
    ],
)
def test_levels_that_do_not_fit_are_refused(direction, goal, red_flag, problem):
    assert level_problem(direction, goal, red_flag) == problem
    if problem and goal is not None:
        with pytest.raises(ValueError) as raised:  # noqa: PT011
            scale_score(1, direction, goal, red_flag)
        assert str(raised.value) == problem


@pytest.mark.parametrize(
    ("score", "status"),
    [
        (0, Status.RED), (RED_FLAG_AT - 1e-6, Status.RED), (RED_FLAG_AT, Status.AMBER),
        (GOAL_AT - 1e-6, Status.AMBER), (GOAL_AT, Status.GREEN), (1, Status.GREEN), (-1, Status.RED),
    ],
)  # fmt: skip
def test_a_bound_belongs_to_the_better_side(score, status):
    assert status_of(score) is status


def test_rounding_does_not_miss_a_goal():
    assert 0.1 + 0.7 < 0.8
    assert scale_score(0.1 + 0.7, UP, 0.8, 0.75) == GOAL_AT
    assert scale_score(0.1 + 0.7, UP, 0.9, 0.8) == RED_FLAG_AT
    assert status_of(2 / 3 - 1e-15) is Status.GREEN


levels = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))


@given(levels, levels, levels, levels)
def test_the_better_value_never_scores_less(one, other, goal, red_flag):
    if goal <= red_flag:
        goal, red_flag = red_flag + 0.5, goal
    low, high = sorted((one, other))
    assert scale_score(low, UP, goal, red_flag) <= scale_score(high, UP, goal, red_flag)
    assert scale_score(low, DOWN, red_flag, goal) >= scale_score(high, DOWN, red_flag, goal)


@given(levels, levels, st.floats(0.001, 1e6), st.booleans())
def test_down_is_the_mirror_of_up(value, goal, gap, clip):
    red_flag = goal - gap
    up = scale_score(value, UP, goal, red_flag, clip=clip)
    assert scale_score(-value, DOWN, -goal, -red_flag, clip=clip) == up


@given(
    levels, st.floats(0.01, 1e3), st.floats(0.01, 1e3), st.floats(0, 1e4), st.floats(0, 1e4), st.booleans()
)
def test_a_band_falls_from_its_middle_on_either_side(middle, half, margin, near, far, above):
    goal = (middle - half, middle + half)
    red_flag = (goal[0] - margin, goal[1] + margin)
    near, far = sorted((near, far))
    side = 1 if above else -1
    close = scale_score(middle + side * near, BAND, goal, red_flag)
    distant = scale_score(middle + side * far, BAND, goal, red_flag)
    assert 0 <= distant <= close + 1e-6
    assert close <= 1


def scored(score, weight=1.0):
    return Child(weight, score, status_of(score / 100), 1.0)


def without(status, weight=1.0, provisional=0.0):
    return Child(weight, None, status, 0.0, provisional)


def test_a_missing_weight_goes_to_the_others():
    weights = effective_weights((50, 25, 15, 10), (True, False, True, True))
    assert [weight if weight is None else round(weight, 2) for weight in weights] == [
        66.67,
        None,
        20.0,
        13.33,
    ]


FOUR = (scored(60, 50), without(Status.NO_DATA, 25), scored(90, 15), scored(30, 10))


@pytest.mark.parametrize(
    ("missing", "score", "status", "weights"),
    [
        (MissingRule.REDISTRIBUTE, 62.0, Status.AMBER, (66.67, None, 20.0, 13.33)),
        (MissingRule.CARRY_FORWARD, 62.0, Status.AMBER, (66.67, None, 20.0, 13.33)),
        (MissingRule.PROPAGATE, None, Status.NO_DATA, (None, None, None, None)),
        (MissingRule.ZERO, 46.5, Status.AMBER, (50.0, 25.0, 15.0, 10.0)),
    ],
)
def test_missing(missing, score, status, weights):
    rolled = roll_up(FOUR, missing)
    assert rolled.score == (None if score is None else pytest.approx(score))
    assert rolled.status is status
    assert tuple(weight if weight is None else round(weight, 2) for weight in rolled.weights) == weights
    assert rolled.coverage == pytest.approx(0.75)


@pytest.mark.parametrize("missing", list(MissingRule))
def test_a_child_without_a_target_is_left_out_under_every_rule(missing):
    rolled = roll_up((scored(60, 1), without(Status.UNSCORED, 3)), missing)
    assert (rolled.score, rolled.weights) == (60, (100.0, None))
    assert rolled.coverage == 0.25


@pytest.mark.parametrize(
    "missing", [MissingRule.REDISTRIBUTE, MissingRule.PROPAGATE, MissingRule.CARRY_FORWARD]
)
@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((), Status.NO_DATA),
        ((Status.NO_DATA, Status.UNSCORED), Status.NO_DATA),
        ((Status.NO_DATA, Status.SUPPRESSED), Status.SUPPRESSED),
        ((Status.SUPPRESSED, Status.SMALL_SAMPLE), Status.SMALL_SAMPLE),
        ((Status.SMALL_SAMPLE, Status.PROVISIONAL), Status.PROVISIONAL),
        ((Status.UNSCORED,), Status.UNSCORED),
    ],
)
def test_nothing_is_never_a_score_of_0(missing, statuses, expected):
    rolled = roll_up([without(status) for status in statuses], missing)
    assert (rolled.score, rolled.status, rolled.coverage) == (None, expected, 0.0)


def test_provisional_weight_is_counted_apart():
    rolled = roll_up((scored(60, 1), without(Status.PROVISIONAL, 3, provisional=1.0)))
    assert (rolled.coverage, rolled.provisional_coverage) == (0.25, 0.75)


@pytest.mark.parametrize(
    ("method", "expected"),
    [(Rollup.MEAN, 55), (Rollup.WORST, 10), (Rollup.BEST, 90), (Rollup.MOST_FREQUENT, 85)],
)
def test_methods(method, expected):
    assert roll_up([scored(10), scored(90), scored(80), scored(40)], method=method).score == pytest.approx(
        expected
    )


def test_a_tie_of_the_most_frequent_goes_to_the_worse():
    assert roll_up([scored(90), scored(10)], method=Rollup.MOST_FREQUENT).score == 10


children = st.lists(
    st.one_of(
        st.builds(scored, st.floats(0, 100), st.floats(0.01, 100)),
        st.builds(without, st.sampled_from([Status.NO_DATA, Status.SMALL_SAMPLE]), st.floats(0.01, 100)),
    ),
    min_size=1,
    max_size=8,
)


@given(children, st.sampled_from(list(Rollup)))
def test_a_roll_up_lies_between_its_children(given_children, method):
    scores = [child.score for child in given_children if child.score is not None]
    rolled = roll_up(given_children, method=method)
    if scores:
        assert min(scores) <= rolled.score <= max(scores)
    else:
        assert rolled.score is None


@given(children, st.sampled_from(list(MissingRule)))
def test_effective_weights_sum_to_100(given_children, missing):
    weights = [weight for weight in roll_up(given_children, missing).weights if weight is not None]
    assert not weights or sum(weights) == pytest.approx(100)


@given(children)
def test_coverage_is_the_share_of_weight_with_a_score(given_children):
    rolled = roll_up(given_children)
    assert 0 <= rolled.coverage <= 1
    assert (rolled.coverage == 1) == all(child.score is not None for child in given_children)


def test_every_status_has_a_word_and_a_shape_of_its_own():
    assert set(STATUS_STYLE) == set(Status)
    for look in ("word", "glyph", "css"):
        assert len({getattr(style, look) for style in STATUS_STYLE.values()}) == len(Status)
    coloured = {status for status, style in STATUS_STYLE.items() if style.colour != "grey"}
    assert coloured == {status for status in Status if status.scored}
