from datetime import UTC, datetime

import pytest

from metrics.grain import Calendar, Grain, Span
from metrics.observation import State
from scorecard.model import Missing, MissingRule
from scorecard.value_selection import MetricSeries, choose, default_period
from tests.scorecard.builders import NOW, observation, scorecard

CALENDAR = Calendar()
PLAIN = Missing()


def series(*observations, watermark=NOW):
    return MetricSeries(tuple(observations), watermark)


def chosen(held, period="2026-Q3", missing=PLAIN):
    choice = choose(held, CALENDAR.parse(period), missing, CALENDAR)
    settled = None if choice.settled is None else CALENDAR.name(choice.settled.period)
    return settled, choice.provisional is not None, choice.carried


def test_its_own_final_value_counts():
    held = series(observation("kept", "2026-Q2", 0.8), observation("kept", "2026-Q3", 0.9))
    assert chosen(held) == ("2026-Q3", False, False)


def test_an_open_period_shows_the_latest_final_one_beside_its_provisional_value():
    held = series(observation("kept", "2026-Q2", 0.8), observation("kept", "2026-Q3", 0.9, State.PROVISIONAL))
    assert chosen(held) == ("2026-Q2", True, False)


@pytest.mark.parametrize("state", [State.SMALL_SAMPLE, State.SUPPRESSED])
def test_no_older_value_hides_a_settled_one_that_cannot_be_scored(state):
    held = series(observation("kept", "2026-Q2", 0.8), observation("kept", "2026-Q3", 0.9, state))
    assert chosen(held) == ("2026-Q3", False, False)


@pytest.mark.parametrize("tombstone", [True, False])
def test_a_covered_period_in_which_nothing_happened_has_no_value(tombstone):
    held = [observation("kept", "2026-Q2", 0.8)]
    if tombstone:
        held.append(observation("kept", "2026-Q3", None, State.NO_DATA))
    assert chosen(series(*held)) == (None, False, False)


def test_a_final_state_without_a_value_has_no_value():
    held = series(observation("kept", "2026-Q2", 0.8), observation("kept", "2026-Q3", None))
    assert chosen(held) == (None, False, False)


@pytest.mark.parametrize(
    ("watermark", "expected"),
    [
        (datetime(2026, 9, 30, 23, tzinfo=UTC), ("2026-Q2", False, False)),
        (datetime(2026, 10, 1, tzinfo=UTC), (None, False, False)),
        (None, ("2026-Q2", False, False)),
    ],
)
def test_a_period_that_the_data_do_not_cover_yet_is_open(watermark, expected):
    assert chosen(series(observation("kept", "2026-Q2", 0.8), watermark=watermark)) == expected


@pytest.mark.parametrize(
    ("last", "expected"), [("2025-Q3", "2025-Q3"), ("2025-Q2", None), ("2026-Q2", "2026-Q2")]
)
def test_a_final_value_counts_for_a_year_at_most(last, expected):
    held = [observation("kept", last, 0.8)]
    day = CALENDAR.next(CALENDAR.parse(last))
    while day != CALENDAR.parse("2026-Q4"):
        held.append(observation("kept", CALENDAR.name(day), None, State.PROVISIONAL))
        day = CALENDAR.next(day)
    assert chosen(series(*held))[0] == expected


def test_the_whole_has_no_earlier_period():
    held = series(observation("kept", "all", 0.8, State.PROVISIONAL))
    assert chosen(held, "all") == (None, True, False)


def carry(max_age=None):
    return Missing(MissingRule.CARRY_FORWARD, None if max_age is None else Span.parse(max_age))


@pytest.mark.parametrize("state", [State.SMALL_SAMPLE, State.SUPPRESSED, State.NO_DATA])
def test_carry_forward_lets_an_older_final_value_stand_in(state):
    held = series(observation("kept", "2026-Q1", 0.8), observation("kept", "2026-Q3", None, state))
    assert chosen(held, missing=carry()) == ("2026-Q1", False, True)


@pytest.mark.parametrize(
    ("max_age", "expected"), [("3 months", None), ("6 months", "2026-Q1"), ("2 years", "2026-Q1")]
)
def test_carry_forward_ends_at_its_age(max_age, expected):
    held = series(observation("kept", "2026-Q1", 0.8))
    assert chosen(held, missing=carry(max_age))[0] == expected


def test_the_latest_final_value_is_not_called_carried():
    held = series(observation("kept", "2026-Q2", 0.8), observation("kept", "2026-Q3", 0.9, State.PROVISIONAL))
    assert chosen(held, missing=carry()) == ("2026-Q2", True, False)


def default(*observations, grain=Grain.QUARTER):
    held = {"kept": series(*observations), "orders": series(observation("orders", "2026-Q1", 5))}
    if grain is not Grain.QUARTER:
        held["orders"] = series()
    card = scorecard(("kept", 1), ("orders", 1), grain=grain)
    return CALENDAR.name(default_period(card, held.__getitem__, CALENDAR, NOW))


def test_by_default_the_latest_period_with_any_final_value():
    assert (
        default(observation("kept", "2026-Q2", 0.8), observation("kept", "2026-Q3", 1, State.PROVISIONAL))
        == "2026-Q2"
    )


def test_a_final_state_without_a_value_does_not_count():
    assert default(observation("kept", "2026-Q2", None)) == "2026-Q1"


def test_other_grains_do_not_count():
    assert default(observation("kept", "2026-09", 0.8)) == "2026-Q1"


def test_without_a_final_value_the_latest_with_any():
    assert default(observation("kept", "2026-07", 1, State.PROVISIONAL), grain=Grain.MONTH) == "2026-07"


def test_without_any_value_the_last_that_has_ended():
    assert default(grain=Grain.MONTH) == "2026-10"
    assert default(grain=Grain.ALL) == "all"
