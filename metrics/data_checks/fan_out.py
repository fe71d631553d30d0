"""A lookup finds more than one row, or an amount finds no exchange rate."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.errors import ExpressionError, Finding, SourceError
from metrics.expression import Name
from metrics.model import Dataset
from metrics.relation import Rows

CODE = "fan-out"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each guard that a lookup or a money column fails."""
    for dataset in probe.readable():
        for name, lookup in dataset.lookups.items():
            target = probe.catalog.datasets[lookup.dataset]
            yield from _failed(probe, dataset, Name((name, *target.key[:1])), "lookups", name)
        for name, column in dataset.columns.items():
            if column.currency is not None:
                yield from _failed(probe, dataset, Name((name,)), "columns", name)


def _failed(probe: Probe, dataset: Dataset, name: Name, *path: str) -> Iterator[Finding]:
    scope = probe.scope(dataset)
    try:
        Rows(scope, dataset).value(name)
        for guard in scope.guards.values():
            found = probe.count(dataset, guard.select)
            if found:
                message = f"{found} {guard.message}"
                yield probe.finding(CODE, message, "dataset", dataset.dataset, *path, key=True)
    except (ExpressionError, SourceError):
        # What cannot be compiled has a finding of its own.
        return
