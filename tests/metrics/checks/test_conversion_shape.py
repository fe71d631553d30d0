"""The keys of a conversion fit together."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("window: 90 days", "window: 90 days\nreentry: every\nbasis: period"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:14:1 conversion-shape window has no meaning with basis: period, which follows no cohort",
            "definitions/metrics/marketing/lead_to_opportunity.yml:15:1 conversion-shape reentry has no meaning with basis: period, which follows no cohort",
        ],
        id="cohort keys with a flow",
    ),
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("window: 90 days", "window: ever\nperiod_by: matured"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:15:12 conversion-shape a window that never closes has no period in which it matures"
        ],
        id="matured never",
    ),
    pytest.param(
        lambda: edited("metrics/marketing/lead_to_opportunity.yml", ("window: 90 days", "window: 0 days")),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:14:9 conversion-shape the window has no length"
        ],
        id="no window",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_conversion_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
