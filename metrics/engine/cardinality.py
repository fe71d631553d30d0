"""How many series a metric may have, and what may be a label: beyond it the metric fails, and alone.

A dimension such as an order's number would fill the store, every scrape and Prometheus with one stroke; the
metric keeps its last good values instead until somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable

from metrics.catalog.metric import Metric
from metrics.errors import LabelLimit, SeriesLimit
from metrics.grain import Grain
from metrics.observation import Dimensions, Estimate

SERIES_LIMIT = 20_000
"""The most series of one metric: its segments and totals at all of its grains."""
LABEL_BYTES = 1_024
"""The longest value of a dimension, in UTF-8."""

_SHOWN = 30
_CURE = "shorten it by substr(), or cut by another dimension"


def check_limits(metric: Metric, estimates: Iterable[Estimate]) -> None:
    """Raise SeriesLimit where a metric has too many series, LabelLimit where a label cannot be served."""
    series = {(each.period.grain, each.dimensions) for each in estimates}
    if len(series) > SERIES_LIMIT:
        raise SeriesLimit(metric.metric, len(series), SERIES_LIMIT, "" if metric.private else _widest(series))
    for name, value in sorted({pair for _, segment in series for pair in segment}):
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise LabelLimit(metric.metric, name, "is not text that can be written in UTF-8") from None
        if size > LABEL_BYTES:
            raise LabelLimit(
                metric.metric,
                name,
                f"takes {size:,} bytes of the {LABEL_BYTES:,} allowed: {value[:_SHOWN]!r} and so on; {_CURE}",
            )


def _widest(series: Iterable[tuple[Grain, Dimensions]]) -> str:
    """Say which dimension has the most values, and one of them."""
    values: dict[str, set[str]] = {}
    for _, segment in series:
        for name, value in segment:
            values.setdefault(name, set()).add(value)
    if not values:
        return ""
    name = max(values, key=lambda name: len(values[name]))
    return f"{name} has {len(values[name]):,} values, such as {min(values[name])[:_SHOWN]!r}"
