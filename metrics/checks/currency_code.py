"""A currency is written as its three-letter ISO code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.expressions.nodes import Literal
from metrics.loading.loader import Places

CODE = "currency-code"


PATTERN = re.compile(r"[A-Z]{3}")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for the report's currency and for each constant currency of a column."""
    report = catalog.company.currency.report
    if not PATTERN.fullmatch(report):
        yield Finding(at("company", "", "currency", "report"), CODE, _message(report))
    for name, dataset in catalog.datasets.items():
        for key, column in dataset.columns.items():
            node = column.currency.node if column.currency else None
            text = str(node.value) if isinstance(node, Literal) else None
            if text is not None and not PATTERN.fullmatch(text):
                yield Finding(at("dataset", name, "columns", key, "currency"), CODE, _message(text))


def _message(text: str) -> str:
    return f"{text!r} is not a currency code: write three capitals, such as GBP"
