"""Every surface shows the figures of a value, under their names and each in its own order."""

from dataclasses import fields

import pytest

from api.cli.query import AFTER
from api.v1.dataclass_schema import schema_of
from api.v1.flat_schemas import FlatObservationSchema
from api.v1.schemas import ObservationSchema
from metrics.observation import FIGURES
from scorecard.report_model import ValueReport

PARTS_FIRST = ("value", "numerator", "denominator", "lower", "upper", "sample_size", "maturity")
BOUNDS_FIRST = ("value", "lower", "upper", "numerator", "denominator", "sample_size", "maturity")


@pytest.mark.parametrize(
    ("names", "order"),
    [
        pytest.param(ObservationSchema().fields, PARTS_FIRST, id="observations"),
        pytest.param(FlatObservationSchema().fields, BOUNDS_FIRST, id="flat observations"),
        pytest.param(schema_of(ValueReport)().fields, BOUNDS_FIRST, id="scorecards"),
        pytest.param([field.name for field in fields(ValueReport)], BOUNDS_FIRST, id="reports"),
        pytest.param(AFTER, PARTS_FIRST, id="query"),
    ],
)
def test_the_figures_stand_in_the_order_of_the_surface(names, order):
    assert tuple(name for name in names if name in FIGURES) == order


def test_a_flat_record_has_the_order_of_its_schema(client):
    (record,) = client.get(
        "/api/v1/flat/observations?metric=kept_promises&grain=quarter&from=2026-04-01&to=2026-07-01"
    ).json
    assert tuple(name for name in record if name in FIGURES) == BOUNDS_FIRST
