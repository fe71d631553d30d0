"""When a value becomes final: its period's end, plus the window that its kind waits for, plus settling."""

from __future__ import annotations

from datetime import datetime

from metrics.grain import NO_SPAN, Period, Span
from metrics.kind import kind_of
from metrics.lineage import upstream
from metrics.model import Catalog, Metric
from metrics.observation import Dimensions
from metrics.parts import inputs


class Finality:
    """The instants at which values of a catalog's metrics become final; they do not depend on the data."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._settle: dict[str, Span] = {}

    def at(self, metric: str, period: Period, segment: Dimensions = ()) -> datetime | None:
        """Return the instant from which on a period may be final, None for a period without an end.

        Of a metric that is made of others it is the latest of theirs.
        """
        found = self._catalog.metric(metric)
        if period.end is None:
            return None
        below = [self.at(name, period, segment) for name in inputs(found)]
        own = self._own(found, period, segment)
        return max((own, *(each for each in below if each is not None)))

    def _own(self, metric: Metric, period: Period, segment: Dimensions) -> datetime:
        calendar, kind = self._catalog.company.calendar, kind_of(metric)
        assert period.end is not None
        window: Span | None = kind.closing(metric, segment, period) if hasattr(kind, "closing") else None
        end = calendar.instant(period.end)
        after = window.after(end, calendar.zone) if window is not None else end
        return self._settling(metric).after(after, calendar.zone)

    def _settling(self, metric: Metric) -> Span:
        if metric.metric not in self._settle:
            datasets = upstream(self._catalog, metric.metric).datasets
            spans = (self._catalog.datasets[name].settle for name in datasets)
            self._settle[metric.metric] = max(
                spans, key=lambda span: span.approximate_seconds, default=NO_SPAN
            )
        return self._settle[metric.metric]
