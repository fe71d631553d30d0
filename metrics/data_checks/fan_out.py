"""A lookup would find more than one row."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.errors import Finding
from metrics.expressions.nodes import Name

CODE = "fan-out"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each guard that a lookup fails."""
    for dataset in probe.readable():
        for name, lookup in dataset.lookups.items():
            target = probe.catalog.datasets[lookup.dataset]
            yield from probe.failed_guards(CODE, dataset, Name((name, *target.key[:1])), "lookups", name)
