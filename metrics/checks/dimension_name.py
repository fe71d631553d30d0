"""A dimension bears no name that a result's column or a Prometheus label has already."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places
from metrics.observation import FIGURES

CODE = "dimension-name"


COLUMNS = ("metric", "grain", "period_start", "period_end", *FIGURES, "unit", "state")
LABELS = ("grain", "by", "vintage", "status", "job", "instance", "le", "quantile")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each dimension with a reserved name."""
    for name, dataset in catalog.datasets.items():
        for dimension in dataset.dimensions:
            taken = "column of results" if dimension in COLUMNS else "label of Prometheus series"
            if dimension in (*COLUMNS, *LABELS):
                message = f"a dimension cannot be called {dimension!r}: a {taken} is called so"
                yield Finding(at("dataset", name, "dimensions", dimension, key=True), CODE, message)
