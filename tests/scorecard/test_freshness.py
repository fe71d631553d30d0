from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from metrics.catalog.dataset import CompleteThrough, Freshness
from metrics.catalog.options import Reference
from metrics.expressions.parser import parse_measure
from metrics.grain import Span
from metrics.kinds.ratio import options as ratio
from metrics.store.records import DatasetHealth
from scorecard.freshness import data_day, is_old, late_from, longest_age
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


MONDAY = datetime(2026, 10, 12, tzinfo=UTC)
DAY = 86400.0
WORKDAYS = (DAY, DAY, DAY, DAY, 3 * DAY) * 2


def _read(*advances, mark=MONDAY):
    return {"orders": DatasetHealth("orders", "crm", mark, mark, advances)}


@pytest.mark.parametrize(
    ("advances", "late"),
    [
        ((), None),
        (WORKDAYS[:9], None),
        # The weekend is the largest advance of ten workdays: late from Friday noon, not from Tuesday noon.
        (WORKDAYS, MONDAY + timedelta(days=4.5)),
        ((DAY,) * 10, MONDAY + timedelta(days=1.5)),
    ],
)
def test_data_are_late_after_one_and_a_half_of_the_largest_of_the_last_ten_advances(advances, late):
    held = catalog(metric("kept"))
    assert late_from("kept", held, _read(*advances)) == late
    for moment in [] if late is None else [late, late + timedelta(seconds=1)]:
        assert is_old("kept", held, MONDAY, late, moment) == (moment > late)


def test_a_dataset_that_declares_its_age_is_judged_by_that():
    held = catalog(metric("kept"), freshness=Freshness(warn=Span.parse("10 days")))
    assert late_from("kept", held, _read(*WORKDAYS)) is None
    assert not is_old("kept", held, MONDAY, None, MONDAY + timedelta(days=9))
    assert is_old("kept", held, MONDAY, None, MONDAY + timedelta(days=11))


def test_a_declared_lag_is_not_an_age():
    held = catalog(metric("kept"))
    lagged = replace(held.datasets["orders"], complete_through=CompleteThrough(lag=Span.parse("3 days")))
    held = replace(held, datasets=MappingProxyType({"orders": lagged}))
    assert late_from("kept", held, _read(*(DAY,) * 10)) == MONDAY + timedelta(days=4.5)


def test_what_reaches_to_midnight_has_data_of_the_day_before():
    zone = ZoneInfo("Europe/London")
    midnight = datetime(2026, 10, 12, 23, tzinfo=UTC)
    assert data_day(midnight, zone) == date(2026, 10, 12)
    assert data_day(midnight + timedelta(hours=4), zone) == date(2026, 10, 13)
    assert data_day(None, zone) is None
