"""A private metric that counts rows names the people whose rows they are; one that follows people does not."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import uses
from metrics.errors import Finding, Level, suggest
from metrics.kind import kind_of
from metrics.loading.loader import Places

CODE = "private-rows"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each that counts rows, an error for an entity that is not there or not needed."""
    for metric in catalog.metrics.values():
        place = at("metric", metric.metric, "private")
        if metric.private_entity is not None:
            if message := _misnamed(catalog, metric, metric.private_entity):
                yield Finding(place, CODE, message)
        elif metric.private and kind_of(metric).counts_rows(metric):
            yield Finding(place, CODE, _advice(catalog, metric), Level.ADVICE)


def _datasets(catalog: Catalog, metric: Metric) -> tuple[str, ...]:
    return tuple(dict.fromkeys(use.dataset for use in uses(metric) if use.dataset in catalog.datasets))


def _advice(catalog: Catalog, metric: Metric) -> str:
    known = sorted({name for each in _datasets(catalog, metric) for name in catalog.datasets[each].entities})
    named = f"private: {known[0]}" if known else "private: person, with that entity in the dataset"
    return f"one person may stand behind several rows: name whose rows they are, as in {named}"


def _misnamed(catalog: Catalog, metric: Metric, entity: str) -> str:
    kind = kind_of(metric)
    if entity in ("true", "false"):
        return f"{entity!r} in quotes names an entity: write {entity} without them"
    if not kind.names_people:
        return f"a metric of kind {metric.kind} is private by what it follows itself: write private: true"
    per = kind.counted_entity(metric)
    if per is not None and per != entity:
        return f"per {per!r} counts another entity than {entity!r}: name that one, or write private: true"
    datasets = [catalog.datasets[each] for each in _datasets(catalog, metric)]
    missing = [each for each in datasets if entity not in each.entities]
    if not missing or (kind.one_side and len(missing) < len(datasets)):
        # The other side of a ratio, such as spend, is of nobody in particular.
        return ""
    known = missing[0].entities
    return f"dataset {missing[0].dataset!r} has no entity {entity!r}{suggest(entity, known)}"
