"""The response rate of a survey: how many of those who were asked in a period answered in it.

It stands beside every figure over a dataset that says `invited`, and changes none: it is a ratio of its own,
called `<dataset>.response`, which a refresh computes with the figures and stores as it stores them. No metric can
be called so, and no catalogue lists it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset, Invited
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import Reference
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Period
from metrics.kind import kind_of
from metrics.kinds.ratio.options import Options
from metrics.observation import Dimensions
from metrics.store.store import Store

Key = tuple[Period, Dimensions]


@dataclass(frozen=True)
class ResponseRate:
    """How many were asked and answered in a period; `least` is below what share it is said to be low."""

    answered: float
    invited: float
    least: float | None = None

    @property
    def rate(self) -> float:
        """Return the share of those who were asked that answered; more than 1 where answers come later."""
        return self.answered / self.invited

    @property
    def low(self) -> bool:
        """Tell whether fewer answered than should have."""
        return self.least is not None and self.rate < self.least


def survey_of(metric: Metric, catalog: Catalog) -> Dataset | None:
    """Return the one dataset that bounds a metric, where that says who was asked."""
    names = {base.dataset for base in kind_of(metric).bases(metric)}
    dataset = catalog.datasets.get(names.pop()) if len(names) == 1 else None
    return dataset if dataset is not None and dataset.invited is not None else None


def with_responses(catalog: Catalog) -> Catalog:
    """Return a catalog that has the response rate of each survey as a metric of its own."""
    figures: dict[str, list[Metric]] = {}
    for metric in catalog.metrics.values():
        dataset = survey_of(metric, catalog)
        if dataset is not None:
            figures.setdefault(dataset.dataset, []).append(metric)
    rates = {}
    for name, over in figures.items():
        dataset = catalog.datasets[name]
        assert dataset.invited is not None
        rate = _rate(dataset, dataset.invited, catalog.datasets[dataset.invited.dataset], over)
        rates[rate.metric] = rate
    return replace(catalog, metrics=MappingProxyType({**catalog.metrics, **rates})) if rates else catalog


def responses_of(names: Iterable[str], catalog: Catalog) -> Iterator[str]:
    """Yield the response rates that stand beside metrics, each once."""
    datasets = (survey_of(catalog.metric(name), catalog) for name in names)
    yield from dict.fromkeys(_name(dataset) for dataset in datasets if dataset is not None)


def responses(
    store: Store,
    catalog: Catalog,
    metric: Metric,
    grain: Grain | None = None,
    by: Iterable[str] | None = None,
    as_known: datetime | None = None,
) -> Mapping[Key, ResponseRate]:
    """Return the stored response rates beside a metric, by period and segment.

    There is none where nobody was asked, or too few to show of a private metric.
    """
    dataset = survey_of(metric, catalog)
    if dataset is None or dataset.invited is None:
        return {}
    found = store.latest(_name(dataset), grain=grain, by=by, as_known=as_known)
    return {
        one.key: ResponseRate(one.numerator, one.denominator, dataset.invited.min_response)
        for one in found
        if one.numerator is not None and one.denominator
    }


def _name(dataset: Dataset) -> str:
    return f"{dataset.dataset}.response"


def _rate(dataset: Dataset, invited: Invited, asked: Dataset, figures: list[Metric]) -> Metric:
    """Return answers over invitations, at the grains and in the cuts of the figures, as far as both have them."""
    measure = parse_measure("count" if invited.entity is None else f"count_distinct({invited.entity})")
    shared = dataset.dimensions.keys() & asked.dimensions.keys()
    cuts = dict.fromkeys(cut for one in figures for cut in one.cuts if shared.issuperset(cut))
    return Metric(
        metric=_name(dataset),
        label=f"ResponseRate rate of {dataset.dataset.replace('_', ' ')}",
        kind="ratio",
        direction=Direction.NONE,
        options=Options(
            Reference(dataset.dataset, measure), Reference(asked.dataset, measure, invited.where)
        ),
        dimensions=tuple(sorted({name for one in figures for name in one.dimensions} & shared)),
        cuts=tuple(cuts),
        grains=tuple(grain for grain in Grain if any(grain in one.grains for one in figures)),
        private=any(one.private for one in figures),
        position=dataset.position,
    )
