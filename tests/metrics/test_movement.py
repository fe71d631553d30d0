"""Why a number moved: the parts add up, and bear the right names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.expression import parse
from metrics.kinds import proportion
from metrics.model import Catalog, Company, Currency, Direction, Metric
from metrics.movement import Causes, causes, segments
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
    return Observation("kept", hashed, code, period.grain, period, segment, state, k / n, k, n, interval.lower,
                       interval.upper, n, 1.0, None, datetime(2026, 11, 1, tzinfo=UTC))  # fmt: skip


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
    found = segments(KEPT, CATALOG, [*WHOLE, *WEB], Q3, Q2)
    assert [(one.dimensions[0][1], one.effect) for one in found] == [("web", None)]


def test_a_segment_that_is_new_moves_the_whole_and_has_no_change_itself():
    whole = [seen(Q2, 40, 100), seen(Q3, 150, 400)]
    found = segments(KEPT, CATALOG, [*whole, *WEB, FAIR[1]], Q3, Q2)
    by_name = {one.dimensions[0][1]: one for one in found}
    assert (by_name["fair"].previous, by_name["fair"].change, by_name["fair"].value) == (None, None, 0.3)
    assert sum(one.effect.mix + one.effect.rate for one in found) == pytest.approx(0.375 - 0.4)
