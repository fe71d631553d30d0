"""The keys of a conversion fit together."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.grain import Span
from metrics.kinds.conversion.options import Basis, Options, PeriodBy
from metrics.loading.loader import Places

CODE = "conversion-shape"


COHORT_KEYS = ("window", "period_by", "reentry", "skipped")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each key that the basis does not use, and for windows of no length."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        if options.basis is Basis.PERIOD:
            for key in COHORT_KEYS:
                if at.written("metric", name, key):
                    message = f"{key} has no meaning with basis: period, which follows no cohort"
                    yield Finding(at("metric", name, key, key=True), CODE, message)
        elif options.window.span is None and options.period_by is PeriodBy.MATURED:
            message = "a window that never closes has no period in which it matures"
            yield Finding(at("metric", name, "period_by"), CODE, message)
        if isinstance(options.window.span, Span) and options.window.span.count == 0:
            yield Finding(at("metric", name, "window"), CODE, "the window has no length")
