"""Times without a zone are read as UTC, and the company is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.dataset import Dataset
from metrics.catalog.dependencies import Dependency, reached
from metrics.data_check import Probe
from metrics.dialect import Type
from metrics.errors import Finding, Level

CODE = "naive-zone"

_SAME = ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal")
_SHOWN = 3


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each dataset that says no zone, and whose times without one a metric reads."""
    home = probe.catalog.company.timezone
    if home in _SAME:
        return
    items = reached(probe.catalog, probe.catalog.metrics.values())
    for name, dataset in probe.catalog.datasets.items():
        if probe.places.written("dataset", name, "timezone"):
            continue
        naive = [each for each in _naive(probe, dataset) if Dependency(name, "raw", each) in items]
        if naive:
            more = f" and {len(naive) - _SHOWN} more" if len(naive) > _SHOWN else ""
            columns = ", ".join(naive[:_SHOWN]) + more
            said = "says no zone and is" if len(naive) == 1 else "say no zone and are"
            cure = f"write timezone: {home}, or timezone: UTC where it is right"
            message = f"{columns} {said} read as UTC, while the company is in {home}: {cure}"
            yield probe.finding(CODE, message, "dataset", name, level=Level.ADVICE)


def _naive(probe: Probe, dataset: Dataset) -> Iterator[str]:
    """Yield the columns that become instants by the dataset's zone."""
    for name, spec in (probe.columns(dataset) or {}).items():
        declared = dataset.types.get(name)
        if declared is None:
            if spec.naive:
                yield name
        elif declared.type == Type.INSTANT and (spec.naive or spec.type is Type.TEXT):
            yield name
