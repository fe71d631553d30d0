"""A surge has a baseline of at least one period and a rate of false alarms below a half."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.grain import Grain
from metrics.kinds.surge.options import Options
from metrics.loading.loader import Places

CODE = "surge-shape"
MOST = 104


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for a baseline or a rate that cannot be, and for grain all, which nothing precedes."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        if not 1 <= options.baseline <= MOST:
            message = f"baseline is a number of periods from 1 to {MOST}, not {options.baseline}"
            yield Finding(at("metric", name, "baseline"), CODE, message)
        if not 0 < options.false_alarm < 0.5:
            message = f"false_alarm is a share of periods above 0 and below 0.5, not {options.false_alarm:g}"
            yield Finding(at("metric", name, "false_alarm"), CODE, message)
        if Grain.ALL in metric.grains:
            index = metric.grains.index(Grain.ALL)
            yield Finding(at("metric", name, "grains", index), CODE, "grain all has no periods before it")
