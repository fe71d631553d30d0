"""A conversion within one dataset says what a skipped stage means."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding, Level
from metrics.kinds.conversion.options import Basis, Options, Reentry
from metrics.loading.loader import Places

CODE = "conversion-skipped"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each cohort that one dataset logs from end to end, where `skipped` is not written."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options) or at.written("metric", name, "skipped"):
            continue
        followed = options.basis is Basis.COHORT and options.reentry is Reentry.FIRST
        if followed and options.from_.dataset == options.to.dataset:
            message = (
                "skipped is not written, so only a recorded entry to `from` starts the clock (implied was the "
                "default here once): write skipped: recorded to keep that, or skipped: implied if nobody in "
                f"{options.to.dataset} reaches `to` but through `from`, recorded or not"
            )
            yield Finding(at("metric", name, "from", key=True), CODE, message, Level.ADVICE)
