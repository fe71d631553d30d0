from dataclasses import replace
from datetime import date

import pytest

from metrics.catalog.metric import Direction
from metrics.engine.partly_covered import Beginning
from metrics.grain import Calendar, Grain
from metrics.observation import State
from scorecard.phrasing import data_words, why
from tests.scorecard.builders import observation, target
from tests.scorecard.test_report import KEPT, one, scale, share


def test_a_scored_share():
    found = one(KEPT, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70))
    assert why(found, "GBP") == (
        "Kept was 80.0% in 2026-Q3: 56 of 70.",
        "Sample 70, 95% interval 69.2–87.7%.",
        "For 2026-Q3 the goal is 90.0% and the red flag 80.0% (higher is better).",
        "△ Watch, could be red: 33 of 100 on the scale.",
        "+20.0 points since 2026-Q2 (95% interval +5.2 to +33.4 points): better.",
        "Data to 20 Nov 2026.",
    )


def test_an_open_period():
    found = one(scale("orders"), observation("orders", "2026-Q2", 700),
                observation("orders", "2026-Q3", 100, State.PROVISIONAL, maturity=0.4))  # fmt: skip
    assert why(found, "GBP") == (
        "Orders was 700 in 2026-Q2.",
        "For 2026-Q2 the goal is 700 and the red flag 500 (higher is better).",
        "● On target: 66 of 100 on the scale.",
        "2026-Q3 is provisional, 40% mature: 100, not scored.",
        "Value of 2026-Q2, the latest final period.",
        "Data to 20 Nov 2026.",
    )


def test_a_young_cohort_shows_its_parts_so_far():
    found = one(KEPT, observation("kept", "2026-Q3", None, State.PROVISIONAL, numerator=3, denominator=40))
    assert why(found, "GBP")[0] == "Kept has no final value."
    assert "◐ Provisional: the value is not final yet." in why(found, "GBP")
    assert "2026-Q3 is provisional and has no value yet: 3 of 40 so far." in why(found, "GBP")


def test_an_open_value_says_when_it_becomes_final():
    found = one(scale("orders"), observation("orders", "2026-Q4", 100, State.PROVISIONAL, maturity=0.4),
                period=Calendar().parse("2026-Q4"))  # fmt: skip
    assert found.provisional.final_on == date(2027, 1, 1)
    assert "2026-Q4 is provisional, final on 1 Jan 2027, 40% mature: 100, not scored." in why(found, "GBP")


def test_a_period_that_is_covered_in_part_says_from_when_its_rows_go():
    begins = {Grain.QUARTER: Beginning("ad_spend", date(2026, 9, 4), date(2026, 7, 1))}
    found = one(scale("orders"), observation("orders", "2026-Q3", 100, State.PROVISIONAL, maturity=1.0),
                partly_covered=begins)  # fmt: skip
    assert (found.provisional.final_on, found.score) == (None, None)
    assert found.provisional.awaits == "ad spend begins on 4 September 2026"
    assert found.note.endswith("Ad spend begins on 4 September 2026: 2026-Q3 is covered in part.")


def test_a_suppressed_value_is_not_shown():
    said = why(one(scale("orders"), observation("orders", "2026-Q3", None, State.SUPPRESSED)), "GBP")
    assert said[0] == "Orders is withheld in 2026-Q3."
    assert said[2] == "■ Suppressed: too few people stand behind it to show it."


def test_a_band_and_a_goal_alone():
    band = replace(scale("orders"), direction=Direction.BAND, targets=(target("2026-01-01", (4.0, 6.0)),))
    assert why(one(band, observation("orders", "2026-Q3", 5)), "GBP")[1:3] == (
        "For 2026-Q3 the goal is 4–6 (inside the band is best).",
        "● On target: 100 of 100 on the scale.",
    )


def test_nothing():
    assert why(one(scale("orders", targets=())), "GBP") == (
        "Orders has no final value.",
        "□ Not scored: nothing to score it by.",
        "No target holds for 2026-Q3. Not computed yet.",
        "Data to 20 Nov 2026.",
    )


@pytest.mark.parametrize(
    ("until", "old", "said"),
    [
        (date(2026, 10, 13), False, None),
        (date(2026, 10, 14), False, "data to 14 Oct"),
        (date(2026, 10, 3), True, "old: data end on 3 Oct"),
        (date(2026, 10, 13), True, "old: data end on 13 Oct"),
        (date(2025, 10, 3), True, "old: data end on 3 Oct 2025"),
        (None, True, None),
    ],
)
def test_a_figure_names_its_own_end_of_data_where_it_is_old_or_another_than_the_page_s(until, old, said):
    assert data_words(until, date(2026, 10, 13), old=old) == said


def test_old_data_are_said():
    old = replace(one(scale("orders"), observation("orders", "2026-Q3", 5)), stale=True)
    assert why(old, "GBP")[-1] == "Old: data end on 20 Nov 2026."
