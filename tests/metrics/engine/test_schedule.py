"""Inputs stand before what reads them, once and with all that is needed of them; who was waited for comes last."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.walk import inputs
from metrics.engine.schedule import MetricRequest, batches, with_inputs
from metrics.errors import UnknownMetric
from metrics.expressions.parser import parse
from metrics.grain import Grain
from metrics.kinds.derived.kind import Options
from tests.metrics.live import Live


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(tmp_path / "p")


def test_an_input_is_asked_for_all_that_is_needed_of_it(live: Live) -> None:
    asks = [
        MetricRequest("revenue", (Grain.YEAR,), (("channel",),)),
        MetricRequest("revenue_per_complaint", (Grain.MONTH,), ((),)),
        MetricRequest("revenue_per_complaint", (Grain.WEEK, Grain.MONTH), ((), ("channel",))),
    ]
    assert with_inputs(live.catalog, asks) == (
        MetricRequest("revenue", (Grain.YEAR, Grain.MONTH, Grain.WEEK), (("channel",), ())),
        MetricRequest("complaints", (Grain.MONTH, Grain.WEEK), ((), ("channel",))),
        MetricRequest("revenue_per_complaint", (Grain.MONTH, Grain.WEEK), ((), ("channel",))),
    )


def test_an_unknown_metric_is_said(live: Live) -> None:
    with pytest.raises(UnknownMetric, match="no metric is called 'revenu'"):
        with_inputs(live.catalog, [MetricRequest("revenu", (Grain.MONTH,), ((),))])


def formulas(parts: list[list[int]]) -> Catalog:
    """Return metrics m0, m1, ... of which each is a formula over earlier ones."""
    metrics = {}
    for index, below in enumerate(parts):
        text = " + ".join(f"m{each % index}" for each in below) if index and below else "1"
        options = Options(parse(text))
        metrics[f"m{index}"] = Metric(f"m{index}", "m", "derived", Direction.UP, options)
    return Catalog(Company("c", "UTC", Currency("GBP")), metrics=metrics)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.lists(st.integers(0, 20), max_size=3), min_size=1, max_size=12),
    asked=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(list(Grain))), min_size=1, max_size=5),
)
def test_whatever_is_asked_inputs_stand_before_what_reads_them(
    parts: list[list[int]], asked: list[tuple[int, Grain]]
) -> None:
    catalog = formulas(parts)
    asks = [MetricRequest(f"m{each % len(parts)}", (grain,), ((),)) for each, grain in asked]
    ordered = with_inputs(catalog, asks)
    places = {ask.metric: place for place, ask in enumerate(ordered)}
    assert len(places) == len(ordered)
    by_name = {ask.metric: ask for ask in ordered}
    for ask in asks:
        assert set(ask.grains) <= set(by_name[ask.metric].grains)
    for index, below in enumerate(parts):
        for each in below if index and f"m{index}" in places else []:
            part = f"m{each % index}"
            assert places[part] < places[f"m{index}"]
            assert set(by_name[f"m{index}"].grains) <= set(by_name[part].grains)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.lists(st.integers(0, 20), max_size=3), min_size=1, max_size=12),
    doubtful=st.dictionaries(st.integers(0, 11).map("m{}".format), st.sampled_from((0.0, 0.5, 60.0))),
)
def test_everything_has_its_turn_once_and_inputs_stand_first(
    parts: list[list[int]], doubtful: dict[str, float]
) -> None:
    catalog = formulas(parts)
    groups = batches(catalog, catalog.metrics, doubtful)
    order = [name for group in groups for name in group]
    assert sorted(order) == sorted(catalog.metrics)
    places = {name: place for place, name in enumerate(order)}
    for name, metric in catalog.metrics.items():
        assert all(places[each] < places[name] for each in inputs(metric))
    assert not doubtful.keys() & set(groups[0])
    # Who failed at once is computed together, before who was waited for.
    for number, group in enumerate(groups[1:]):
        longest = [
            max((doubtful.get(each, 0.0) for each in _below(catalog, name)), default=0.0) for name in group
        ]
        assert max(longest) < 1 if number == 0 and len(group) > 1 else len(group) == 1


def _below(catalog: Catalog, name: str) -> set[str]:
    return {name}.union(*(_below(catalog, each) for each in inputs(catalog.metric(name))))
