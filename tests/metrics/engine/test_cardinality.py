"""How many series a metric may have, and how long its labels may be, to the last one."""

from __future__ import annotations

import pytest

from metrics.engine import cardinality as bounds
from metrics.engine.cardinality import LABEL_BYTES, check_limits
from metrics.errors import LabelLimit, SeriesLimit
from metrics.grain import Calendar
from metrics.observation import Estimate, State
from tests.metrics.project import loaded

CALENDAR = Calendar()
METRIC = loaded().catalog.metrics["revenue"]


def estimates(*values, periods=("2026-01",)):
    return [
        Estimate(CALENDAR.parse(period), (("channel", value),) if value else (), State.FINAL, value=1.0)
        for period in periods
        for value in values
    ]


def test_a_series_is_a_segment_at_a_grain_and_not_each_of_its_periods(monkeypatch):
    monkeypatch.setattr(bounds, "SERIES_LIMIT", 4)
    check_limits(METRIC, estimates("", "web", periods=("2026-01", "2026-02", "2026-Q1")))
    with pytest.raises(SeriesLimit, match=r"^metric 'revenue': 5 series exceed the 4 allowed: "):
        check_limits(METRIC, estimates("", "a", "b", "c", "d"))


@pytest.mark.parametrize("letter", ["x", "é", "☕", "𝄞"])
def test_a_label_is_measured_in_bytes(letter):
    most = letter * (LABEL_BYTES // len(letter.encode()))
    check_limits(METRIC, estimates(most))
    with pytest.raises(
        LabelLimit, match=r"^metric 'revenue': a value of dimension 'channel' takes 1,02\d bytes"
    ):
        check_limits(METRIC, estimates(most + letter))


def test_what_cannot_be_written_is_refused():
    problem = "metric 'revenue': a value of dimension 'channel' is not text that can be written in UTF-8"
    with pytest.raises(LabelLimit, match=f"^{problem}$"):
        check_limits(METRIC, estimates("web", "\ud800"))


def test_no_estimate_is_no_series():
    check_limits(METRIC, [])
