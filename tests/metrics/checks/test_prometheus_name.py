"""A metric's series have a name of their own, as Prometheus wants it."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import listed, loaded

CASES = [
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/ticket_count.yml": "metric: ticket_count\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\nmeasure: count\n"
            }
        ),
        [
            "definitions/metrics/sales/ticket_count.yml:1:9 prometheus-name a metric's name cannot end in _count: Prometheus gives the ending a meaning"
        ],
        id="ending",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/days_to_close.yml": "metric: days_to_close\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\nmeasure: count\n"
            }
        ),
        [
            "definitions/metrics/sales/days_to_close.yml:1:9 prometheus-name a metric's name cannot hold 'days': Prometheus carries seconds, and the unit is added"
        ],
        id="unit",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/holidays_taken.yml": "metric: holidays_taken\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\nmeasure: count\n"
            }
        ),
        [],
        id="unit inside a word",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/csat_ratio_lower.yml": "metric: csat_ratio_lower\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\nmeasure: count\n"
            }
        ),
        [
            "definitions/metrics/sales/csat_ratio_lower.yml:1:9 prometheus-name 'csat_ratio_lower' could be taken for a series of metric 'csat'"
        ],
        id="series of another metric",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/source_up.yml": "metric: source_up\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\nmeasure: count\n"
            }
        ),
        [
            "definitions/metrics/sales/source_up.yml:1:9 prometheus-name 'source_up' could be taken for a series of the server itself"
        ],
        id="series of the server",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_prometheus_name(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
