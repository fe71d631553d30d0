"""Money in other currencies needs exchange rates."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dependencies import is_converted
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "currency-without-rates"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each converted column while company.yml names no rates."""
    currency = catalog.company.currency
    for name, dataset in catalog.datasets.items() if currency.rates is None else ():
        for key, column in dataset.columns.items():
            if is_converted(catalog, column):
                message = f"{key!r} is converted to {currency.report}, but company.yml has no currency.rates"
                yield Finding(at("dataset", name, "columns", key, "currency"), CODE, message)
