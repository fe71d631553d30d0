"""A private metric that counts rows names the people whose rows they are; one that follows people does not."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import uses
from metrics.errors import Finding, Level, suggest
from metrics.kinds.aggregate import kind as aggregate
from metrics.kinds.agreement import kind as agreement
from metrics.kinds.drift import kind as drift
from metrics.kinds.net_share import kind as net_share
from metrics.kinds.proportion import kind as proportion
from metrics.kinds.ratio import kind as ratio
from metrics.kinds.surge import kind as surge
from metrics.loading.loader import Places

CODE = "private-rows"

_OF_ROWS = (
    aggregate.Options,
    proportion.Options,
    net_share.Options,
    ratio.Options,
    agreement.Options,
    drift.Options,
)
_OF_PEOPLE = ("count_distinct", "count_new")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each that counts rows, an error for an entity that is not there or not needed."""
    for metric in catalog.metrics.values():
        place = at("metric", metric.metric, "private")
        if metric.private_entity is not None:
            if message := _misnamed(catalog, metric, metric.private_entity):
                yield Finding(place, CODE, message)
        elif metric.private and _counts_rows(metric):
            yield Finding(place, CODE, _advice(catalog, metric), Level.ADVICE)


def _datasets(catalog: Catalog, metric: Metric) -> tuple[str, ...]:
    return tuple(dict.fromkeys(use.dataset for use in uses(metric) if use.dataset in catalog.datasets))


def _advice(catalog: Catalog, metric: Metric) -> str:
    known = sorted({name for each in _datasets(catalog, metric) for name in catalog.datasets[each].entities})
    named = f"private: {known[0]}" if known else "private: person, with that entity in the dataset"
    return f"one person may stand behind several rows: name whose rows they are, as in {named}"


def _counts_rows(metric: Metric) -> bool:
    """Tell whether what is held against privacy.k is a number of rows, or of nothing that is counted."""
    options = metric.options
    if isinstance(options, aggregate.Options):
        return options.measure.function not in _OF_PEOPLE
    if isinstance(options, ratio.Options):
        measures = (options.numerator.measure, options.denominator.measure)
        return options.entity is None and not all(each and each.function in _OF_PEOPLE for each in measures)
    if isinstance(options, (*_OF_ROWS, surge.Options)):
        return getattr(options, "latest_per", None) is None and getattr(options, "per", None) is None
    return False


def _misnamed(catalog: Catalog, metric: Metric, entity: str) -> str:
    options = metric.options
    if entity in ("true", "false"):
        return f"{entity!r} in quotes names an entity: write {entity} without them"
    if not isinstance(options, _OF_ROWS):
        return f"a metric of kind {metric.kind} is private by what it follows itself: write private: true"
    per = getattr(options, "per", None)
    if per is not None and per != entity:
        return f"per {per!r} counts another entity than {entity!r}: name that one, or write private: true"
    datasets = [catalog.datasets[each] for each in _datasets(catalog, metric)]
    missing = [each for each in datasets if entity not in each.entities]
    if not missing or (isinstance(options, ratio.Options) and len(missing) < len(datasets)):
        # The other side of a ratio, such as spend, is of nobody in particular.
        return ""
    known = missing[0].entities
    return f"dataset {missing[0].dataset!r} has no entity {entity!r}{suggest(entity, known)}"
