from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog.definition_difference import Difference
from metrics.catalog.metric import DefinitionStatus
from metrics.observation import State
from scorecard.cause_model import Cause, CauseReport, CommitReport, ComputedBy
from scorecard.cause_words import computed_by_words, moved_words, refresh_words, rescored_words
from scorecard.causes import EarlierScoring, Past, Redefined, Scored, explained
from scorecard.phrasing import why
from scorecard.report import MetricSeries, build_report
from scorecard.score import Status
from scorecard.scoring_record import scored_by, scoring_text
from tests.scorecard.builders import COMPUTED, NOW, board, catalog, count, observation, scorecard, target
from tests.scorecard.test_report import KEPT, Q3, scale

SINCE = datetime(2026, 10, 13, 6, tzinfo=UTC)
WINDOW = (Difference("window", "90 days", "60 days"),)
ANN = CommitReport("1a2b3c4d5e6f", "Ann Lee", datetime(2026, 10, 12, 9, tzinfo=UTC))
REDEFINED = Redefined("old", "f00d", SINCE, None, WINDOW, ANN)
BEFORE = {"definition_hash": "old", "computed_at": SINCE - timedelta(days=1)}


def told(subjects, held, *, card=None, redefined=None, versions=(), scorings=(), by=None):
    """Return a report of Q3 with its causes, as the store would tell them."""
    card = card or scorecard(*((each.metric, 1) for each in subjects))
    known = catalog(*subjects)

    def reader(name):
        given = held[name] if isinstance(held[name], tuple) else (observation(name, "2026-Q3", held[name]),)
        return MetricSeries(given, NOW, COMPUTED, computed_by=by)

    report = build_report(card, known, board(card), reader, Q3, NOW)
    scored = Scored(report, card, known, board(card), reader)
    past = Past(
        redefined or {}, lambda metric, period: [one for one in versions if one.period == period], scorings
    )
    return explained(scored, past)


def version(value, state=State.FINAL, period="2026-Q3", **more):
    return replace(observation("orders", period, value, state), **({"computed_at": SINCE} | more))


# -- definitions ------------------------------------------------------------------------------------


def redefined(*versions, held=600, subject=None, **more):
    change = {"orders": replace(REDEFINED, **more)}
    return told((subject or scale("orders"),), {"orders": held}, redefined=change, versions=versions)


def test_a_status_that_moved_because_of_the_definition_says_so():
    found = redefined(version(800.0, **BEFORE), version(600.0)).indicators[0]
    assert found.causes == (
        CauseReport(
            Cause.DEFINITION, date(2026, 10, 13), "2026-Q3", Status.GREEN, Status.AMBER, moved=True,
            value_before=800.0, value_after=600.0, difference=-200.0, differences=WINDOW, commit=ANN,
        ),
    )  # fmt: skip
    said = (
        "We count it differently since 13 Oct 2026 (window: 60 days, before 90 days): 2026-Q3 was 800 by the "
        "earlier definition and is 600 by the new one (−200). That alone took it from On target to Watch. "
        "(Commit 1a2b3c4d5e by Ann Lee, 12 Oct 2026.)"
    )
    assert moved_words(found, "GBP") == (said,)
    assert why(found, "GBP")[2:4] == ("▲ Watch: 50 of 100 on the scale.", said)


def test_what_came_after_the_new_definition_is_no_part_of_it():
    found = redefined(version(800.0, **BEFORE), version(790.0), version(600.0)).indicators[0]
    (cause,) = found.causes
    assert (cause.value_before, cause.value_after, cause.moved) == (800.0, 790.0, False)
    assert moved_words(found, "GBP") == (
        "We count it differently since 13 Oct 2026 (window: 60 days, before 90 days): 2026-Q3 was 800 by the "
        "earlier definition and is 790 by the new one (−10). The status is the same by either. "
        "(Commit 1a2b3c4d5e by Ann Lee, 12 Oct 2026.)",
    )


def test_a_period_that_the_new_definition_opens_again_says_so_beside_the_one_that_stands_in():
    held = (observation("orders", "2026-Q2", 450), observation("orders", "2026-Q3", 300, State.PROVISIONAL))
    found = redefined(version(800.0, **BEFORE), version(300.0, State.PROVISIONAL), held=held).indicators[0]
    (cause,) = found.causes
    assert (found.scored.period_name, cause.period_name) == ("2026-Q2", "2026-Q3")
    assert (cause.status_before, cause.status_after) == (Status.GREEN, Status.PROVISIONAL)


@pytest.mark.parametrize(
    "versions",
    [
        (version(600.0),),
        (version(600.0, **BEFORE), version(600.0)),
        (version(300.0, State.PROVISIONAL, **BEFORE), version(600.0)),
        (version(800.0, **BEFORE),),
    ],
    ids=["only the new one", "the same value", "an open value", "not computed yet"],
)
def test_a_definition_that_moved_nothing_is_not_told(versions):
    assert redefined(*versions).indicators[0].causes == ()


def test_what_is_withheld_by_now_is_not_told_by_what_it_was():
    found = redefined(version(800.0, **BEFORE), version(None, State.SUPPRESSED),
                      held=(version(None, State.SUPPRESSED),)).indicators[0]  # fmt: skip
    (cause,) = found.causes
    assert (cause.value_before, cause.value_after, cause.difference) == (None, None, None)


def test_values_in_two_units_are_not_subtracted():
    (cause,) = redefined(version(8.0, **BEFORE), version(600.0), unit_before="days").indicators[0].causes
    assert (cause.value_before, cause.difference, cause.status_before, cause.moved) == (
        None,
        None,
        None,
        False,
    )


# -- a definition that is not refreshed ---------------------------------------------------------------


EARLIER = ComputedBy("old", date(2026, 3, 3), "Orders a week", "How many?", "", "{}", None, "new", WINDOW,
                     "scorecard refresh --metric orders")  # fmt: skip


def test_values_of_an_earlier_definition_stand_under_its_name():
    found = told((scale("orders"),), {"orders": 600}, by=EARLIER).indicators[0]
    assert (found.label, found.question, found.unit, found.computed_by) == (
        "Orders a week",
        "How many?",
        "",
        EARLIER,
    )
    assert found.status is Status.AMBER
    assert computed_by_words(EARLIER) == (
        "Computed by the definition of 3 Mar 2026, which has changed since (window: 90 days, now 60 days)."
    )
    assert refresh_words(EARLIER) == "To compute it by the new one: scorecard refresh --metric orders"
    assert why(found, "GBP")[3:5] == (computed_by_words(EARLIER), refresh_words(EARLIER))


def test_a_value_in_another_unit_is_not_held_against_the_goal_of_now():
    found = told((scale("orders"),), {"orders": 600}, by=replace(EARLIER, unit="days")).indicators[0]
    assert (found.unit, found.target, found.score, found.status) == ("days", None, None, Status.UNSCORED)
    assert found.note == "Not scored: the goal is in another unit."


# -- goals and weights --------------------------------------------------------------------------------


RISEN = (target("2026-01-01", 600.0, 400.0), target("2026-07-01", 800.0, 500.0))


def test_a_goal_that_rose_says_so_and_what_the_score_would_be():
    found = told((count("orders", targets=RISEN), scale("calls")), {"orders": 650.0, "calls": 700.0})
    assert found.indicators[0].causes == (
        CauseReport(Cause.TARGET, date(2026, 7, 1), "2026-Q2", Status.GREEN, Status.AMBER, moved=True,
                    goal_before=600.0, goal_after=800.0, red_flag_before=400.0, red_flag_after=500.0),
    )  # fmt: skip
    assert found.indicators[1].causes == ()
    assert moved_words(found.indicators[0], "GBP") == (
        "The goal rose on 1 Jul 2026, from 600 to 800; by the earlier one it would be On target.",
    )
    (again,) = found.rescored
    assert again.score == pytest.approx((75 + 200 / 3) / 2)
    assert (again.cause, again.period_name, again.goals, again.status) == (
        Cause.TARGET, "2026-Q2", ("orders",), Status.GREEN,
    )  # fmt: skip
    assert rescored_words(again, found) == (
        "One goal moved on 1 Jul 2026: by those of 2026-Q2 the score would be 70, not 58."
    )


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("2026-04-01", "One goal moved on 1 Apr 2026: by those of 2026-Q1 the score would be 72, not 54."),
        ("2025-10-01", "One goal moved on 1 Oct 2025: by those of 2025-Q3 the score would be 72, not 54."),
        ("2025-07-01", None),
    ],
)
def test_for_a_year_after_goals_moved_the_score_by_those_before_is_said(since, words):
    targets = (target("2024-01-01", 700.0, 400.0), target(since, 900.0, 500.0))
    found = told((scale("orders", targets=targets),), {"orders": 750})
    # The status of the figure itself moved in the first period alone.
    assert found.indicators[0].causes == ()
    assert [rescored_words(one, found) for one in found.rescored] == [words][: words is not None]


def test_of_several_moves_of_goals_the_last_is_said():
    levels = (("2024-01-01", 500.0), ("2026-01-01", 700.0), ("2026-04-01", 900.0))
    found = told(
        (scale("orders", targets=tuple(target(day, goal, 400.0) for day, goal in levels)),), {"orders": 750}
    )
    (again,) = found.rescored
    assert (again.since, again.period_name) == (date(2026, 4, 1), "2026-Q1")


def test_a_value_that_stands_in_is_scored_by_its_own_goal_and_nothing_moved():
    found = told((count("orders", targets=RISEN),), {"orders": (observation("orders", "2026-Q2", 650.0),)})
    assert (found.indicators[0].causes, found.rescored) == ((), ())


def test_a_red_flag_alone_moves_a_status_too():
    subject = replace(KEPT, targets=(target("2026-01-01", 0.9, 0.6), target("2026-07-01", 0.9, 0.8)))
    found = told((subject,), {"kept": 0.7}).indicators[0]
    assert moved_words(found, "GBP") == (
        "The red flag rose on 1 Jul 2026, from 60.0% to 80.0%; by the earlier one it would be Watch.",
    )


def earlier(card, *subjects, since=date(2026, 10, 13)):
    """Return what a refresh was scored by, through the text that is kept of it."""
    held = catalog(*subjects)
    found = scored_by(scoring_text(held, board(card), {}), card, held)
    return EarlierScoring(*found, since, ANN)


def test_a_goal_that_was_edited_says_so_and_who_did():
    then, now = scale("orders"), scale("orders", targets=(target("2026-01-01", 900.0, 500.0),))
    card = scorecard(("orders", 1))
    found = told((now,), {"orders": 750}, scorings=(earlier(card, now), earlier(card, then)))
    assert moved_words(found.indicators[0], "GBP") == (
        "The goal for 2026-Q3 was changed on 13 Oct 2026, from 700 to 900; by the earlier one it would be On target. "
        "(Commit 1a2b3c4d5e by Ann Lee, 12 Oct 2026.)",
    )
    (again,) = found.rescored
    assert (again.cause, again.goals, again.weights) == (Cause.EDIT, ("orders",), False)
    assert rescored_words(again, found) == (
        "One goal changed on 13 Oct 2026: by the earlier ones the score would be 75, not 54. "
        "(Commit 1a2b3c4d5e by Ann Lee, 12 Oct 2026.)"
    )


def test_weights_that_no_refresh_has_seen_yet():
    subjects = scale("orders"), scale("calls")
    then, now = scorecard(("orders", 9), ("calls", 1)), scorecard(("orders", 1), ("calls", 1))
    scorings = (replace(earlier(then, *subjects, since=None), commit=None),)
    found = told(subjects, {"orders": 900, "calls": 300}, card=now, scorings=scorings)
    (again,) = found.rescored
    assert (again.score, again.goals, again.weights) == (90.0, (), True)
    assert rescored_words(again, found) == (
        "Weights changed since the last refresh: by the earlier ones the score would be 90, not 50."
    )


def test_a_definition_that_was_taken_back_says_what_that_did_to_the_score():
    subjects = scale("orders"), scale("calls")
    now = (subjects[0], replace(subjects[1], status=DefinitionStatus.PROPOSED))
    card = scorecard(("orders", 1), ("calls", 1))
    for before, after, score in ((subjects, now, "50, not 100"), (now, subjects, "100, not 50")):
        found = told(after, {"orders": 900, "calls": 300}, card=card, scorings=(earlier(card, *before),))
        (again,) = found.rescored
        assert (again.goals, again.weights, again.approved) == ((), False, ("calls",))
        assert rescored_words(again, found) == (
            f"The status of 1 definition changed on 13 Oct 2026: by the earlier ones the score would be {score}. "
            "(Commit 1a2b3c4d5e by Ann Lee, 12 Oct 2026.)"
        )


def test_an_edit_of_another_period_is_none_of_this_one():
    later = (*scale("orders").targets, target("2027-01-01", 990.0, 500.0))
    card = scorecard(("orders", 1))
    found = told(
        (scale("orders", targets=later),), {"orders": 750}, scorings=(earlier(card, scale("orders")),)
    )
    assert found.rescored == ()


@settings(max_examples=40, deadline=None)
@given(
    value=st.floats(0, 1200),
    goals=st.lists(st.tuples(st.floats(500, 900), st.floats(100, 400)), min_size=2, max_size=2, unique=True),
)
def test_the_score_by_earlier_goals_is_that_of_a_company_whose_goals_never_moved(value, goals):
    (goal, flag), (later, later_flag) = goals
    moved = (target("2026-01-01", goal, flag), target("2026-07-01", later, later_flag))
    subjects = (count("orders", targets=moved), scale("calls"))
    found = told(subjects, {"orders": value, "calls": 650.0})
    still = told((count("orders", targets=moved[:1]), scale("calls")), {"orders": value, "calls": 650.0})
    assert [one.score for one in found.rescored] == [pytest.approx(still.score)]
    assert still.rescored == ()
