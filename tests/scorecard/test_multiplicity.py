"""Many changes on one scorecard are judged together."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from metrics.statistics.comparison import Verdict
from scorecard.multiplicity import Family, may_be_chance
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
    assert may_be_chance(SimpleNamespace(lower=0.01, upper=0.2, adjusted_p=0.06))
    assert not may_be_chance(SimpleNamespace(lower=0.01, upper=0.2, adjusted_p=0.04))
    assert not may_be_chance(SimpleNamespace(lower=-0.01, upper=0.2, adjusted_p=0.9))
    assert not may_be_chance(SimpleNamespace(lower=None, upper=None, adjusted_p=None))


def test_a_report_bears_the_adjusted_p():
    found = one(KEPT, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70)).change
    # The only change of its report.
    assert found.adjusted_p == found.p
    assert found.p < 0.05
