"""A stock is read at an instant only where rows say when they hold."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed, loaded

CASES = [
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/new.yml": "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\nmeasure: count\nat: period_end\n"
            }
        ),
        [
            "definitions/metrics/sales/new.yml:8:5 at-needs-validity dataset 'orders' has no valid, so it has no state at an instant"
        ],
        id="events",
    ),
    pytest.param(
        lambda: edited(
            "metrics/marketing/cac.yml", ("measure: sum(paid)", "measure: sum(paid), at: period_end")
        ),
        [
            "definitions/metrics/marketing/cac.yml:6:52 at-needs-validity dataset 'spend' has no valid, so it has no state at an instant"
        ],
        id="side of a ratio",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/new.yml": "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: tickets\nmeasure: count\nat: period_end\n"
            }
        ),
        [],
        id="history",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_at_needs_validity(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
