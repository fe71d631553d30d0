"""Many changes on one scorecard are judged together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metrics.analysis.change import Basis
from metrics.statistics.comparison import Verdict
from metrics.statistics.trend import Level
from scorecard.multiplicity import Family, level_once, may_be_chance
from scorecard.phrasing import verdict_words
from scorecard.report_model import ChangeReport
from tests.scorecard.test_report import KEPT, one, share


def moved(p, *, clear=True):
    return ChangeReport(0.1, 0.01 if clear else -0.1, 0.2, Verdict.BETTER, 0.5, "2026-Q2", None, p, None)


def indicator(base, name, p):
    return replace(base, metric=name, change=None if p is None else moved(p), year_on_year=None)


def test_the_smallest_p_must_stand_against_the_number_of_changes():
    base = one(KEPT, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70))
    several = [indicator(base, f"m{index}", p) for index, p in enumerate((0.02, 0.01, 0.5, None))]
    # A metric under two objectives is one comparison.
    family = Family([*several, several[0]])
    found = [family.adjust(each).change for each in several]
    assert [each and each.adjusted_p for each in found] == [
        pytest.approx(0.04),
        pytest.approx(0.03),
        0.5,
        None,
    ]


def test_a_change_may_be_chance_where_it_is_clear_alone_and_not_together():
    clear = moved(0.01)
    assert may_be_chance(replace(clear, adjusted_p=0.06))
    assert not may_be_chance(replace(clear, adjusted_p=0.04))
    assert not may_be_chance(replace(moved(0.9, clear=False), adjusted_p=0.9))
    assert not may_be_chance(replace(clear, lower=None, upper=None))


def test_a_level_may_be_chance_and_a_fact_may_not():
    fact = replace(moved(0.03), lower=None, upper=None, basis=Basis.WHOLE, level=Level.OUT_OF_THE_ORDINARY)
    assert may_be_chance(replace(fact, adjusted_p=0.06))
    assert not may_be_chance(replace(fact, adjusted_p=0.04))
    assert not may_be_chance(replace(fact, level=Level.WITHIN_TREND, adjusted_p=0.9))
    said = "better; the level is out of the ordinary"
    assert verdict_words(replace(fact, adjusted_p=0.04)) == said
    assert verdict_words(replace(fact, adjusted_p=0.06)) == f"{said}, may be chance"
    assert verdict_words(replace(fact, level=None, verdict=Verdict.CHANGED)) == "higher"
    assert verdict_words(replace(fact, level=None, verdict=Verdict.CHANGED, difference=-0.1)) == "lower"


def test_a_level_is_judged_once():
    base = one(KEPT, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70))
    fact = replace(moved(0.03), basis=Basis.WHOLE, level=Level.WITHIN_TREND)
    both = level_once(replace(base, change=fact, year_on_year=fact))
    assert (both.change, both.year_on_year) == (fact, replace(fact, level=None, p=None))
    alone = replace(base, change=None, year_on_year=fact)
    assert level_once(alone) == alone


def test_a_report_bears_the_adjusted_p():
    found = one(KEPT, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70)).change
    # The only change of its report.
    assert found.adjusted_p == found.p
    assert found.p < 0.05
