"""Win-back: how many of the customers who lapsed buy again.

A customer lapses when `lapse_after` has passed since its last order, or when all its subscriptions have
ended; a second lapse is a new episode. Who buys again before the grace is over had not lapsed. A cohort is
followed through a window and never deflated by windows that are still open, as in a conversion.
`basis: period` asks how many of those who had lapsed when a period began bought in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame
from metrics.grain import Period, Span
from metrics.kind import Request
from metrics.kinds._shared.cohorts import cells_of, cohorts
from metrics.kinds._shared.customers import Activity, Subscription
from metrics.kinds.win_back.selects import Basis, LapsedOutQuery, LapsedQuery, Options, ReturnedQuery
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.scan import Cell
from metrics.statistics.intervals import wilson

__all__ = [
    "CODE_VERSION",
    "Activity",
    "Basis",
    "Options",
    "Subscription",
    "bases",
    "beside",
    "closing",
    "finish",
    "requests",
]

CODE_VERSION = 2

SAYS = {
    ("basis", "cohort"): "follows the customers who lapsed in a period",
    ("basis", "period"): "compares who came back in a period with who had lapsed at its start",
}
"""What the kind's words mean, for people to read."""


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    options: Options = metric.options
    return tuple(each.reference for each in (options.activity, options.subscription) if each)


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for counted outcomes per cohort, or for those who came back in each period."""
    options: Options = metric.options
    asked: dict[str, Request] = {}
    if options.basis is Basis.PERIOD:
        asked["returned"] = ReturnedQuery(metric, frame)
    else:
        asked["outcomes"] = LapsedQuery(metric, frame)
    if options.exclude:
        asked["left_out"] = LapsedOutQuery(metric)
    return asked


def closing(metric: Metric, segment: Dimensions, period: Period) -> Span | None:
    """Return what must pass after a period until it is final: the window from a lapse, or the gap."""
    options: Options = metric.options
    return options.closing


def beside(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how many lapsed customers were left out, by the name of the condition."""
    return {"excluded": results["left_out"]} if "left_out" in results else {}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
    """Return one estimate per cohort or period and segment."""
    options: Options = metric.options
    if options.basis is Basis.PERIOD:
        return list(_returned(metric, frame, results["returned"]))
    closes = options.window.span is not None
    return list(cohorts(metric, frame, results["outcomes"], closes=closes, window=options.closing))


def _returned(metric: Metric, frame: Frame, found: Mapping[Cell, tuple[int, int]]) -> Iterator[Estimate]:
    for cell, period, segment in cells_of(frame, set(found)):
        k, n = found.get(cell, (0, 0))
        interval = wilson(k, n)
        state = State.SMALL_SAMPLE if n < metric.min_sample else State.FINAL
        if not frame.final(period, metric.options.closing):
            state = State.PROVISIONAL
        yield Estimate(
            period,
            segment,
            state if n else State.NO_DATA,
            value=k / n if n else None,
            numerator=float(k),
            denominator=float(n),
            lower=interval.lower if interval else None,
            upper=interval.upper if interval else None,
            sample_size=n,
            maturity=frame.elapsed_share(period),
        )
