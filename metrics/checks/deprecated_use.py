"""What is deprecated is not what other metrics should rest on."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import DefinitionStatus, Metric
from metrics.catalog.walk import Field, Path, walk_fields
from metrics.describe.life import deprecated_words
from metrics.errors import Finding, Level
from metrics.expressions.nodes import Expression, names
from metrics.loading.loader import Places

CODE = "deprecated-use"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each formula, input and guard that names a deprecated metric."""
    for name, metric in catalog.metrics.items():
        if metric.status is DefinitionStatus.DEPRECATED:
            continue
        for path, used, offset in _uses(metric):
            found = catalog.metrics.get(used)
            if found is not None and found.status is DefinitionStatus.DEPRECATED:
                message = f"metric {used!r} is {deprecated_words(found, catalog)}"
                yield Finding(at("metric", name, *path, offset=offset), CODE, message, Level.ADVICE)


def _uses(metric: Metric) -> Iterator[tuple[Path, str, int]]:
    for part in walk_fields(metric):
        if part.refers == "metric" and part.path != ("replaced_by",):
            yield from ((part.path, name, offset) for name, offset in _named(part))


def _named(part: Field) -> Iterator[tuple[str, int]]:
    if isinstance(part.value, Expression):
        yield from ((".".join(name.parts), name.offset) for name in names(part.value.node))
    else:
        yield part.value, 0
