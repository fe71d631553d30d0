"""A dataset is one of table, files or union, and says its source."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "one-of-table-files-union"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each dataset with none of the three or several, or whose source is not said once."""
    for name, dataset in catalog.datasets.items():
        given = [key for key in ("table", "files", "union") if getattr(dataset, key)]
        if len(given) != 1:
            got = f", got {' and '.join(given)}" if given else ""
            message = f"a dataset has exactly one of table, files and union{got}"
            yield Finding(at("dataset", name, *given[1:2], key=True), CODE, message)
        elif given != ["union"] and dataset.source is None:
            yield Finding(at("dataset", name), CODE, "missing key 'source'")
        elif given == ["union"] and dataset.source is not None:
            message = "a union lives in the source of its datasets: leave source out"
            yield Finding(at("dataset", name, "source", key=True), CODE, message)
