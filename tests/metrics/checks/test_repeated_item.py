"""A list names each thing once."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("[channel, segment]\ncuts", "[channel, segment, channel]\ncuts"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:15:33 repeated-item dimensions names it above already"
        ],
        id="dimension",
    ),
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("[[channel, segment]]", "[[channel, segment], [segment, channel]]"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:16:29 repeated-item cuts names it above already"
        ],
        id="cut in another order",
    ),
    pytest.param(
        lambda: edited("datasets/touches.yml", ("[touch_id]", "[touch_id, touch_id]")),
        ["definitions/datasets/touches.yml:4:17 repeated-item key names it above already"],
        id="key",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_repeated_item(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
