"""How values are named as series."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import KindOptions
from metrics.describe.series_names import (
    PARTS,
    Base,
    base_unit,
    describe,
    dimension_labels,
    families,
    family_name,
    labels,
)
from metrics.grain import Calendar, Grain
from metrics.observation import Observation, State

WON = Metric(
    "won", "Won", "proportion", Direction.UP, KindOptions(), dimensions=("channel", "area"),
    cuts=(("channel", "area"),), question="Which share?",
)  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("ratio", Base("_ratio", 1.0)),
        ("gbp", Base("_gbp", 1.0)),
        ("seconds", Base("_seconds", 1.0)),
        ("minutes", Base("_seconds", 60.0)),
        ("hours", Base("_seconds", 3600.0)),
        ("days", Base("_seconds", 86400.0)),
        ("score", Base("", 1.0)),
        ("", Base("", 1.0)),
    ],
)
def test_base_units(unit, expected):
    assert base_unit(unit, "GBP") == expected


def test_a_metric_has_a_family_a_part_and_its_provisional_ones():
    names = [name for name, _, _ in families(WON, Base("_ratio", 1.0))]
    assert len(names) == len(set(names)) == 12
    assert names[0] == family_name(WON, Base("_ratio", 1.0)) == "kpi_won_ratio"
    assert "kpi_won_ratio_provisional_sample_size" in names


def test_help_says_what_a_part_is():
    assert describe(WON, PARTS[0], provisional=False) == "Won: Which share?"
    assert describe(WON, PARTS[1], provisional=True) == (
        "Lower bound of the 95% interval of: Won: Which share? (period still open)"
    )
    assert describe(WON, PARTS[0], provisional=False, assumes="12 months") == "Won (12 months): Which share?"


def test_a_durations_numerator_counts_cases():
    took = Metric("took", "Took", "duration", Direction.DOWN, KindOptions())
    hours = base_unit("hours", "GBP")
    assert {part.name: part.factor(took, hours) for part in PARTS} == {
        "value": 3600.0, "lower": 3600.0, "upper": 3600.0, "numerator": 1.0, "denominator": 1.0,
        "sample_size": 1.0,
    }  # fmt: skip


def test_labels_are_the_same_for_every_cut():
    names = dimension_labels(WON)
    assert names == ("area", "channel")
    period = Calendar().parse("2026-01")
    segment = (("channel", "web"),)
    seen = Observation(
        "won", "h", 1, Grain.MONTH, period, segment, State.FINAL, None, datetime(2026, 2, 1, tzinfo=UTC),
        value=0.5, numerator=1.0, denominator=2.0, sample_size=2, maturity=1.0,
    )  # fmt: skip
    assert labels(seen, names) == ("month", "channel", "", "web")
