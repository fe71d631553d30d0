"""A metric's dimensions are dimensions of every dataset that gives them."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("metrics/marketing/cac.yml", ("kind: ratio", "kind: ratio\ndimensions: [channel]")),
        [
            "definitions/metrics/marketing/cac.yml:6:14 unknown-dimension dataset 'orders' has no dimension 'channel'"
        ],
        id="either side of a ratio",
    ),
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: touches}"),
        ),
        [],
        id="target of a conversion needs none",
    ),
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("[channel, segment]\ncuts: [[channel, segment]]", "[chanel, segment]"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:15:14 unknown-dimension dataset 'stage_changes' has no dimension 'chanel' (did you mean 'channel'?)"
        ],
        id="start of a conversion",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_unknown_dimension(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
