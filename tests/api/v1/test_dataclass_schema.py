from collections.abc import Callable
from dataclasses import dataclass

import pytest
from marshmallow import fields

from api.v1.dataclass_schema import schema_of
from scorecard.report_model import ScorecardReport, TargetReport


@dataclass(frozen=True)
class Unwritable:
    """Holds what JSON cannot."""

    act: Callable[[], None]


@dataclass(frozen=True)
class Ambiguous:
    """Holds one of two things that are not a level."""

    value: int | str


def test_a_report_is_mirrored_to_its_leaves():
    report = schema_of(ScorecardReport)()
    assert isinstance(report.fields["score"], fields.Float)
    assert report.fields["score"].allow_none
    indicator = (
        report.fields["perspectives"]
        .inner.schema.fields["objectives"]
        .inner.schema.fields["indicators"]
        .inner
    )
    assert isinstance(indicator.schema.fields["age"], fields.Float)
    assert "green" in indicator.schema.fields["status"].validate.choices
    department = report.fields["departments"].inner.schema
    assert "position" not in department.fields


def test_a_level_is_a_number_or_a_band():
    goal = schema_of(TargetReport)().fields["goal"]
    assert [one["type"] for one in goal.metadata["anyOf"]] == ["number", "array"]


@pytest.mark.parametrize("record", [Unwritable, Ambiguous])
def test_what_cannot_be_written_is_refused(record):
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        schema_of(record)
