"""By what a metric's rows are sampled, so that both definitions of it are computed on the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import entities, inputs, uses, walk_fields
from metrics.errors import ComputationError
from metrics.expressions.nodes import Measure, Name
from metrics.sql.scope import Sample

_DIFFERENT = ("count_distinct", "count_new")


def sample_of(metric: str, share: float, sides: Iterable[tuple[Catalog, str | None]]) -> Sample:
    """Return the sample on which both sides of a metric are computed, their inputs too.

    Raises ComputationError where more than one entity is followed: no sample of one holds all rows of another.
    """
    found = {
        entity
        for catalog, name in sides
        if name is not None
        for entity in _followed(catalog, catalog.metric(name))
    }
    if len(found) > 1:
        names = " and ".join(repr(name) for name in sorted(found))
        raise ComputationError(
            metric, f"not computed: it follows {names}, and no sample has all rows of each"
        )
    return Sample(share, next(iter(found), None))


def _followed(catalog: Catalog, metric: Metric) -> Iterator[str]:
    """Yield the entities that a metric follows or counts, and those of its inputs."""
    yield from entities(metric)
    for each in walk_fields(metric.options):
        measure = each.value
        if (
            isinstance(measure, Measure)
            and measure.function in _DIFFERENT
            and isinstance(measure.argument, Name)
        ):
            known = {name for use in uses(metric) for name in catalog.datasets[use.dataset].entities}
            yield from known & {measure.argument.parts[0]}
    for name in inputs(metric):
        yield from _followed(catalog, catalog.metric(name))
