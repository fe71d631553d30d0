"""A goal as hard as before leaves a value where it stands between red flag and goal."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog.metric import Direction
from metrics.engine.outcome import Outcome
from metrics.grain import Grain, Period
from metrics.observation import Estimate, State
from metrics.operations.impact import Impact, Line, Pair
from scorecard.equal_goal import EqualGoal, equal_goal
from scorecard.score import scale_score
from tests.scorecard.comment.shop import WON, made

QUARTER = Period(Grain.QUARTER, date(2026, 4, 1), date(2026, 7, 1))
NOTHING = Outcome("won")


def goal_of(metric: str, before: float, after: float, state: State = State.FINAL) -> EqualGoal | None:
    catalog = made().catalog
    sides = (Estimate(QUARTER, (), state, value=value) for value in (before, after))
    impact = Impact(Pair(metric, metric), (Line(QUARTER, (), *sides),), before=NOTHING, after=NOTHING)
    return equal_goal(impact, catalog, catalog, Grain.QUARTER)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_a_value_stands_where_it_stood(before: float, after: float) -> None:
    found = goal_of("won", before, after)
    if before == after:
        assert found is None
        return
    assert found is not None
    assert not isinstance(found.goal, tuple)
    assert found.goal <= 1 + 1e-9
    was = scale_score(before, Direction.UP, found.target.goal, found.target.red_flag, clip=False)
    would = scale_score(after, Direction.UP, found.goal, found.red_flag, clip=False)
    assert would == pytest.approx(was, abs=1e-6)


def test_levels_move_by_the_factor_of_the_value() -> None:
    found = goal_of("leads", 20, 10)
    assert found is not None
    assert (found.goal, found.red_flag) == (15, 5)


def test_of_what_is_nothing_today_they_move_by_the_difference() -> None:
    found = goal_of("leads", 0, 5)
    assert found is not None
    assert (found.goal, found.red_flag) == (35, 15)


def test_nothing_is_proposed_while_a_value_is_open_or_where_the_goal_itself_moves() -> None:
    assert goal_of("won", 0.4, 0.5, State.PROVISIONAL) is None
    base = made().catalog
    head = made({"metrics/sales/won.yml": WON.replace("goal: 0.5", "goal: 0.6")}).catalog
    line = Line(QUARTER, (), *(Estimate(QUARTER, (), State.FINAL, value=value) for value in (0.4, 0.5)))
    assert equal_goal(Impact(Pair("won", "won"), (line,)), base, head, Grain.QUARTER) is None
