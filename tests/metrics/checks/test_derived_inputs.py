"""A metric computed from others has only grains and dimensions that they have."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue_to_cac.yml", ("kind: derived", "kind: derived\ngrains: [month, week]")
        ),
        [
            "definitions/metrics/sales/revenue_to_cac.yml:6:17 derived-inputs its input 'cac' has no grain 'week': it has month, quarter",
            "definitions/metrics/sales/revenue_to_cac.yml:6:17 derived-inputs its input 'revenue' has no grain 'week': it has month, quarter",
        ],
        id="grain",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue_growth.yml",
            ("of: revenue\nshift: 1 year", "of: lead_to_opportunity\nshift: 1 year"),
        ),
        [],
        id="default grains",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue_growth.yml", ("of: revenue", "of: revenue\ndimensions: [segments]")
        ),
        [
            "definitions/metrics/sales/revenue_growth.yml:7:14 derived-inputs its input 'revenue' has no dimension 'segments' (did you mean 'segment'?)"
        ],
        id="dimension",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_derived_inputs(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
