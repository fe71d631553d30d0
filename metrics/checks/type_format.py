"""A format says how a text is read as a date or a timestamp."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "type-format"

_READ = ("date", "timestamp")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each format of another type, and for each that reads nothing."""
    for name, dataset in catalog.datasets.items():
        for column, declared in dataset.types.items():
            if declared.format is None:
                continue
            place = at("dataset", name, "types", column, "format")
            if declared.type not in _READ:
                message = f"a format goes with date and timestamp, not with {declared.type}"
                yield Finding(place, CODE, message)
            elif "%" not in declared.format:
                message = f"the format {declared.format!r} reads nothing: write it as in %d/%m/%Y %H:%M"
                yield Finding(place, CODE, message)
