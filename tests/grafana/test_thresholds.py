"""Colours agree with the scorecard's own status, for every direction, on and around the levels."""

from datetime import UTC, date, datetime, timedelta
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grafana.thresholds import NO_STEPS, Colours, live_period, steps
from metrics.catalog.metric import Direction
from metrics.grain import Grain, Period
from scorecard.score import scale_score, status_of
from scorecard.target import ActiveTarget
from tests.api.northwind import NOW

ANY = Period(Grain.QUARTER, date(2026, 1, 1), date(2026, 4, 1))
NAMES = {"red": "red", "orange": "amber", "green": "green"}
levels = st.lists(st.integers(-1000, 1000), min_size=4, max_size=4, unique=True).map(sorted)


def colour(made, value):
    return NAMES[[name for name, start in made if start is None or value >= start][-1]]


@given(levels, st.integers(-1100, 1100), st.sampled_from(list(Direction)[:3]), st.booleans())
def test_a_colour_is_the_status(four, value, direction, flagged):
    bottom, low, high, top = (float(each) for each in four)
    goal, flag = {
        Direction.UP: (high, low),
        Direction.DOWN: (low, high),
        Direction.BAND: ((low, high), (bottom, top)),
    }[direction]
    flag = flag if flagged else None
    made = steps(ActiveTarget(goal, flag, ANY), direction, 1.0)
    assert colour(made, value) == status_of(scale_score(float(value), direction, goal, flag)).value


def test_steps_are_in_base_units_and_begin_above_the_level_where_lower_is_better():
    made = steps(ActiveTarget(4.0, 8.0, ANY), Direction.DOWN, 3600.0)
    assert made == (("green", None), ("orange", nextafter(14400.0, inf)), ("red", nextafter(28800.0, inf)))


def test_the_target_is_that_of_the_period_that_is_live(company):
    metric = company.catalog.metrics["lead_to_opportunity"]
    assert live_period(metric, Grain.QUARTER, company.catalog, NOW).start == date(2026, 4, 1)
    turn = datetime(2026, 9, 28, 23, tzinfo=UTC)
    assert live_period(metric, Grain.QUARTER, company.catalog, turn).start == date(2026, 4, 1)
    before = turn - timedelta(milliseconds=1)
    assert live_period(metric, Grain.QUARTER, company.catalog, before).start == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("metric", "grains", "expected"),
    [
        ("revenue", (Grain.QUARTER,), (("red", None), ("orange", 350000.0), ("green", 420000.0))),
        # A quarter's revenue is no month's: where the reader chooses the period there is no colour.
        ("revenue", (), NO_STEPS),
        ("lead_to_opportunity", (), (("red", None), ("orange", 0.18), ("green", 0.24))),
        ("clv", (), (("red", None), ("green", 900.0))),
        ("cac", (), NO_STEPS),
        ("stay_curve", (), NO_STEPS),
    ],
)
def test_a_metric_s_colours(company, metric, grains, expected):
    assert Colours(company.catalog, NOW).of(company.catalog.metrics[metric], *grains) == expected


def test_a_target_that_begins_later_does_not_colour_yet(company):
    metric = company.catalog.metrics["clv_to_cac"]
    early = Colours(company.catalog, datetime(2024, 1, 1, tzinfo=UTC)).of(metric)
    assert early == NO_STEPS
    (_, (_, ramped), _) = Colours(company.catalog, datetime(2024, 7, 2, tzinfo=UTC)).of(metric)
    assert ramped == 1.5
