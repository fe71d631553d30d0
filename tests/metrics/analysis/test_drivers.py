"""Why a number moved: the parts add up, and bear the right names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.analysis.drivers import Causes, causes, segments
from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import Reference
from metrics.expressions.parser import parse, parse_measure
from metrics.kinds.proportion import options as proportion
from metrics.kinds.ratio import options as ratio
from metrics.observation import Observation, State
from metrics.statistics.intervals import wilson

CATALOG = Catalog(Company("Northwind Teas", "UTC", Currency("GBP")))
CALENDAR = CATALOG.company.calendar
Q2, Q3 = CALENDAR.parse("2026-Q2"), CALENDAR.parse("2026-Q3")
KEPT = Metric("kept", "Kept", "proportion", Direction.UP, proportion.Options("orders", parse("kept")))


def seen(period, k, n, channel=None, *, hashed="h1", code=1, state=State.FINAL):
    interval = wilson(k, n)
    assert interval is not None
    segment = (("channel", channel),) if channel else ()
    return Observation("kept", hashed, code, period.grain, period, segment, state, None,
                       datetime(2026, 11, 1, tzinfo=UTC), value=k / n, numerator=k, denominator=n,
                       lower=interval.lower, upper=interval.upper, sample_size=n, maturity=1.0)  # fmt: skip


def test_each_step_after_the_first_publication_has_its_cause():
    versions = [
        seen(Q2, 40, 100, state=State.PROVISIONAL),
        seen(Q2, 50, 100),
        seen(Q2, 52, 100),
        seen(Q2, 60, 100, hashed="h2"),
        seen(Q2, 61, 100, hashed="h2", code=2),
        seen(Q2, 59, 100, hashed="h2", code=2),
    ]
    found = causes(versions, seen(Q3, 70, 100, hashed="h2", code=2))
    assert found == Causes(
        0.5, definition=pytest.approx(0.08), software=pytest.approx(0.01), restated=pytest.approx(0.0, abs=1e-15),
        reality=pytest.approx(0.11),
    )  # fmt: skip


def test_what_was_never_published_has_no_causes():
    assert causes([], seen(Q3, 70, 100)) is None
    assert causes([seen(Q2, 40, 100, state=State.PROVISIONAL)], seen(Q3, 70, 100)) is None
    assert causes([seen(Q2, 40, 100)], replace(seen(Q3, 70, 100), value=None)) is None


@given(
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from("ab"), st.integers(1, 2)), min_size=1),
    st.integers(0, 100),
)
def test_the_causes_add_up(steps, last):
    versions = [seen(Q2, k, 100, hashed=hashed, code=code) for k, hashed, code in steps]
    found = causes(versions, seen(Q3, last, 100))
    assert found is not None
    parts = found.definition + found.software + found.restated + found.reality
    assert found.first_published + parts == pytest.approx(last / 100, abs=1e-12)


WHOLE = [seen(Q2, 60, 200), seen(Q3, 150, 400)]
WEB = [seen(Q2, 40, 100, "web"), seen(Q3, 120, 300, "web")]
FAIR = [seen(Q2, 20, 100, "fair"), seen(Q3, 30, 100, "fair")]


def test_segments_add_up_to_the_whole():
    found = segments(KEPT, CATALOG, [*WHOLE, *WEB, *FAIR], Q3, Q2)
    effects = {one.dimensions[0][1]: one.effect for one in found}
    assert sum(each.mix + each.rate for each in effects.values()) == pytest.approx(0.375 - 0.3)
    assert (effects["web"].rate, effects["fair"].rate) == (0.0, pytest.approx(0.0375))
    # The greatest effect comes first.
    assert [one.dimensions[0][1] for one in found] == ["fair", "web"]
    (fair, web) = found
    assert (fair.value, fair.previous) == (0.3, 0.2)
    assert web.adjusted_p == pytest.approx(max(web.change.p, 2 * min(fair.change.p, web.change.p) / 2))
    assert fair.adjusted_p == pytest.approx(min(2 * fair.change.p, web.change.p))


def test_segments_that_do_not_add_up_have_no_effects():
    """Such as distinct customers, who may stand in two of them: here 100 of the whole stand in none."""
    found = segments(KEPT, CATALOG, [*WHOLE, *WEB], Q3, Q2)
    assert [(one.dimensions[0][1], one.effect) for one in found] == [("web", None)]


def test_a_segment_that_is_new_moves_the_whole_and_has_no_change_itself():
    whole = [seen(Q2, 40, 100), seen(Q3, 150, 400)]
    found = segments(KEPT, CATALOG, [*whole, *WEB, FAIR[1]], Q3, Q2)
    by_name = {one.dimensions[0][1]: one for one in found}
    assert (by_name["fair"].previous, by_name["fair"].change, by_name["fair"].value) == (None, None, 0.3)
    assert sum(one.effect.mix + one.effect.rate for one in found) == pytest.approx(0.375 - 0.4)


SIDES = (
    Reference("spend", parse_measure("sum(amount)")),
    Reference("orders", parse_measure("count_new(customer)")),
)
CAC = Metric("cac", "CAC", "ratio", Direction.NONE, ratio.Options(*SIDES))


def cost(period, n, d, channel=None):
    segment = (("channel", channel),) if channel else ()
    return Observation("cac", "h1", 1, period.grain, period, segment, State.FINAL, None,
                       datetime(2026, 11, 1, tzinfo=UTC), value=n / d if d else None, numerator=n, denominator=d,
                       maturity=1.0)  # fmt: skip


def test_spend_that_brought_nobody_is_part_of_the_change():
    """By hand: 1,000 of spend over 10 customers, then 1,500 over 12."""
    observations = [
        cost(Q2, 1000, 10), cost(Q3, 1500, 12),
        cost(Q2, 600, 8, "web"), cost(Q3, 720, 8, "web"),
        cost(Q2, 100, 2, "fair"), cost(Q3, 380, 4, "fair"),
        cost(Q2, 50, 0, "press"), cost(Q3, 100, 0, "press"),
        cost(Q2, 250, 0, "(unallocated)"), cost(Q3, 300, 0, "(unallocated)"),
    ]  # fmt: skip
    found = {one.dimensions[0][1]: one for one in segments(CAC, CATALOG, observations, Q3, Q2)}
    effects = {name: (one.effect.mix, one.effect.rate) for name, one in found.items()}
    assert sum(mix + rate for mix, rate in effects.values()) == pytest.approx(1500 / 12 - 1000 / 10)
    # Without customers there is no rate: what a customer of the whole costs more for it.
    assert effects["press"] == (pytest.approx(100 / 12 - 50 / 10), 0.0)
    assert effects["(unallocated)"] == (pytest.approx(300 / 12 - 250 / 10), 0.0)
    # Its weight fell from .8 to .667, its own cost rose from 75 to 90.
    middle = (100 + 125) / 2
    mix, rate = (82.5 - middle) * (8 / 12 - 0.8), (0.8 + 8 / 12) / 2 * 15
    assert effects["web"] == (pytest.approx(mix), pytest.approx(rate))
    assert (found["press"].value, found["press"].previous, found["press"].change) == (None, None, None)
