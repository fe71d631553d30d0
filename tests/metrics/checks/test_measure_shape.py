"""A measure stands where a kind needs one, and nowhere else."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed, loaded

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("to: {dataset: stage_changes,", "to: {dataset: stage_changes, measure: count,"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:13:39 measure-shape a conversion counts entities: leave the measure out"
        ],
        id="conversion",
    ),
    pytest.param(
        lambda: edited("metrics/marketing/cac.yml", (", measure: sum(paid)", "")),
        ["definitions/metrics/marketing/cac.yml:6:12 measure-shape missing key 'measure'"],
        id="ratio without",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/new.yml": "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: ratio\nentity: customer\nnumerator: {dataset: orders, measure: median(amount)}\ndenominator: {dataset: orders, measure: count}\n"
            }
        ),
        [
            "definitions/metrics/sales/new.yml:7:39 measure-shape a ratio with an entity adds up its measures per entity: percentile cannot be added up"
        ],
        id="ratio per entity",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_measure_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
