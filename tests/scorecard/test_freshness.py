from dataclasses import replace
from types import MappingProxyType

import pytest

from metrics.catalog.dataset import Freshness
from metrics.catalog.options import Reference
from metrics.expressions.parser import parse_measure
from metrics.grain import Span
from metrics.kinds.ratio import options as ratio
from scorecard.freshness import longest_age
from tests.scorecard.builders import catalog, formula, metric

RATIO = metric(
    "per_order",
    ratio.Options(
        numerator=Reference("costs", parse_measure("sum(amount)")),
        denominator=Reference("orders", parse_measure("count")),
    ),
)


@pytest.mark.parametrize(
    ("orders", "costs", "expected"),
    [
        ("26h", "2 days", "26h"),
        ("3 days", "2 days", "2 days"),
        (None, "2 days", "2 days"),
        (None, None, None),
    ],
)
@pytest.mark.parametrize("name", ["per_order", "twice"])
def test_the_shortest_of_all_datasets_behind_a_metric(name, orders, costs, expected):
    held = catalog(RATIO, formula("twice", "2 * per_order"))
    ages = {"orders": orders, "costs": costs}
    datasets = {
        one: replace(held.datasets["orders"], dataset=one, freshness=age and Freshness(warn=Span.parse(age)))
        for one, age in ages.items()
    }
    held = replace(held, datasets=MappingProxyType(datasets))
    assert longest_age(name, held) == (expected and Span.parse(expected))


def test_a_failing_age_alone_does_not_make_stale():
    held = catalog(RATIO, freshness=Freshness(fail=Span.parse("50h")))
    assert longest_age("per_order", replace(held)) is None
