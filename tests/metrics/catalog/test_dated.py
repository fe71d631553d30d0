from datetime import date

import pytest

from metrics.catalog.dataset import Stretch
from metrics.catalog.dated import ConditionChange, Turn, changed, meaning_on, stretches, turning_days, turns
from metrics.errors import UnknownMetric
from metrics.expressions.parser import parse
from tests.metrics.project import ORDERS, STAGES, edited, loaded

A, B, C = (parse(f"x = {number}") for number in (1, 2, 3))
OCTOBER, JANUARY = date(2026, 10, 1), date(2027, 1, 1)
AB = (Stretch(A, None, OCTOBER), Stretch(B, OCTOBER))
ABC = (Stretch(A, None, OCTOBER), Stretch(B, OCTOBER, JANUARY), Stretch(C, JANUARY))


def test_a_day_belongs_to_the_stretch_that_begins_on_it():
    days = (date(1900, 1, 1), date(2026, 9, 30), OCTOBER, date(2026, 12, 31), JANUARY, date(9999, 1, 1))
    assert [meaning_on(ABC, day) for day in days] == [A, A, B, B, C, C]
    assert {meaning_on(A, day) for day in days} == {A}
    assert (turning_days(ABC), turning_days(A), stretches(A)) == ((OCTOBER, JANUARY), (), (Stretch(A),))


CHANGES = [
    pytest.param(A, A, None, id="the same"),
    pytest.param(A, parse("x=1"), None, id="written otherwise"),
    pytest.param(A, B, ConditionChange(None), id="always another"),
    pytest.param(A, AB, ConditionChange(OCTOBER), id="from a day"),
    pytest.param(AB, A, ConditionChange(OCTOBER), id="no more from a day"),
    pytest.param(B, AB, ConditionChange(None), id="the past alone is another"),
    pytest.param(AB, ABC, ConditionChange(JANUARY), id="once more"),
    pytest.param(AB, (Stretch(A, None, JANUARY), Stretch(B, JANUARY)), ConditionChange(OCTOBER), id="later"),
    pytest.param(ABC, (Stretch(A, None, JANUARY), Stretch(C, JANUARY)), ConditionChange(OCTOBER), id="one dropped"),
    pytest.param(AB, (Stretch(A, None, OCTOBER), Stretch(A, OCTOBER, JANUARY), Stretch(B, JANUARY)),
                 ConditionChange(OCTOBER), id="put off"),
    pytest.param(A, (Stretch(A, None, OCTOBER), Stretch(A, OCTOBER)), None, id="one meaning in two stretches"),
    pytest.param(AB, (Stretch(C, None, OCTOBER), Stretch(B, OCTOBER)), ConditionChange(None), id="a correction"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES)
def test_what_an_edit_changes(before, after, expected):
    found = changed(before, after)
    assert found == expected
    assert found is None or found.correction is (expected.since is None)


DATED = "qualified_lead: [{until: 2026-10-01, where: budget_ok}, {from: 2026-10-01, where: fit = 'right'}]"


def test_a_metric_turns_with_the_conditions_that_it_reaches():
    catalog = loaded(edited(STAGES, ("qualified_lead: \"budget_ok and fit = 'right'\"", DATED))).catalog
    assert turns(catalog, "lead_to_opportunity") == (Turn(OCTOBER, "stage_changes", "qualified_lead"),)
    assert turns(catalog, "revenue") == ()
    with pytest.raises(UnknownMetric):
        turns(catalog, "nothing")


def test_an_unused_one_turns_nothing():
    catalog = loaded(
        edited(
            ORDERS,
            ("dimensions", "conditions: " + DATED.replace("qualified", "big").join("{}") + "\ndimensions"),
        )
    ).catalog
    assert turns(catalog, "revenue") == ()
