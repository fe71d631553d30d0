"""A dataset's table or files do not exist in its source."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.errors import Finding, ScorecardError, SourceError

CODE = "missing-table"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each dataset whose rows cannot be read from a source that opens."""
    for name, dataset in probe.catalog.datasets.items():
        if dataset.union or dataset.source is None or dataset.source not in probe.catalog.sources:
            continue
        try:
            source = probe.session.source(dataset.source)
        except ScorecardError:
            continue
        try:
            source.columns(dataset)
        except SourceError as error:
            yield probe.finding(CODE, error.message, "dataset", name, "files" if dataset.files else "table")
