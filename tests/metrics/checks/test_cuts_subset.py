"""A cut combines two or more of the metric's own dimensions."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml", ("[[channel, segment]]", "[[channel, segmet]]")
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:16:18 cuts-subset 'segmet' is not among the metric's dimensions (did you mean 'segment'?)"
        ],
        id="unknown",
    ),
    pytest.param(
        lambda: edited("metrics/marketing/lead_to_opportunity.yml", ("[[channel, segment]]", "[[channel]]")),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:16:8 cuts-subset each dimension is cut by itself anyway: name two or more"
        ],
        id="single",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_cuts_subset(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
