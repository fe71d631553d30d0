"""When a value becomes final: its period's end, plus the window that its kind waits for, plus settling."""

from __future__ import annotations

from datetime import datetime

from metrics.catalog.catalog import Catalog
from metrics.catalog.lineage import upstream
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.grain import NO_SPAN, Period, Span
from metrics.kind import kind_of
from metrics.observation import Dimensions


class Finality:
    """The instants at which values of a catalog's metrics become final."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._settle: dict[str, Span] = {}
        self._known: dict[tuple[str, Period, Span | None], datetime] = {}

    def at(
        self, metric: str, period: Period, segment: Dimensions = (), value: float | None = None
    ) -> datetime | None:
        """Return the instant from which on a period may be final, None for a period without an end.

        It does not depend on the rows, but for a value that decides by itself how long it takes, as a payback
        does: without the value it is the latest such instant. Of a metric that is made of others it is the
        latest of theirs.
        """
        found = self._catalog.metric(metric)
        if period.end is None:
            return None
        below = [self.at(name, period, segment) for name in inputs(found)]
        own = self._own(found, period, closing(found, period, segment, value))
        return max((own, *(each for each in below if each is not None)))

    def decided(self, metric: str) -> bool:
        """Tell whether a metric's values decide by themselves when they are final."""
        return kind_of(self._catalog.metric(metric)).closes_by_value

    def _own(self, metric: Metric, period: Period, window: Span | None) -> datetime:
        # A curve has thousands of segments and few periods and ages.
        key = (metric.metric, period, window)
        if key not in self._known:
            calendar = self._catalog.company.calendar
            assert period.end is not None
            end = calendar.instant(period.end)
            after = window.after(end, calendar.zone) if window is not None else end
            self._known[key] = self._settling(metric).after(after, calendar.zone)
        return self._known[key]

    def _settling(self, metric: Metric) -> Span:
        if metric.metric not in self._settle:
            datasets = upstream(self._catalog, metric.metric).datasets
            spans = (self._catalog.datasets[name].settle for name in datasets)
            self._settle[metric.metric] = max(
                spans, key=lambda span: span.approximate_seconds, default=NO_SPAN
            )
        return self._settle[metric.metric]


def closing(metric: Metric, period: Period, segment: Dimensions, value: float | None) -> Span | None:
    """Return what a metric's kind waits for after a period."""
    return kind_of(metric).closing(metric, period, segment, value)
