"""When a value becomes final: its period's end, plus the window that its kind waits for, plus settling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.lineage import upstream
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.engine.partly_covered import Beginning, Beginnings, beginning_of
from metrics.grain import NO_SPAN, Period, Span
from metrics.kind import Kind, kind_of
from metrics.observation import Dimensions, Observation, State


@dataclass(frozen=True)
class Outlook:
    """What a provisional value waits for: the local day on which it becomes final, or rows that will never come."""

    final_on: date | None = None
    partly_covered: Beginning | None = None

    @property
    def words(self) -> str | None:
        """Say it: `final on 2 Jan 2027`, or from when the rows go; None where neither is known."""
        if self.partly_covered is not None:
            return self.partly_covered.words
        return f"final on {self.final_on.day} {self.final_on:%b %Y}" if self.final_on else None


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

    def outlook(self, found: Observation, beginnings: Beginnings) -> Outlook:
        """Return what a value that is stored waits for; nothing where it is settled, or where that is not known."""
        if found.state is not State.PROVISIONAL:
            return Outlook()
        beginning = beginning_of(beginnings, found.period)
        if beginning is not None:
            return Outlook(partly_covered=beginning)
        if not self._every(found.metric, lambda kind, metric: kind.closes(metric)):
            return Outlook()
        if found.value is None and not self._every(found.metric, lambda kind, _: not kind.closes_by_value):
            return Outlook()
        at = self.at(found.metric, found.period, found.dimensions, found.value)
        if at is None or (found.watermark is not None and at <= found.watermark):
            return Outlook()
        return Outlook(self._catalog.company.calendar.local_day(at))

    def _every(self, metric: str, holds: Callable[[Kind[Any], Metric], bool]) -> bool:
        """Tell whether something holds for a metric and for all that it is made of."""
        found = self._catalog.metric(metric)
        return holds(kind_of(found), found) and all(self._every(name, holds) for name in inputs(found))

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
