"""An amount has no exchange rate of its day, or more than one."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.errors import Finding
from metrics.expressions.nodes import Name

CODE = "missing-rate"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each money column whose rows cannot all be converted."""
    for dataset in probe.readable():
        for name, column in dataset.columns.items():
            if column.currency is not None:
                yield from probe.failed_guards(CODE, dataset, Name((name,)), "columns", name)
