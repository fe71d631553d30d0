"""Difference: one metric minus another, or a metric minus itself some time ago.

The interval is that of the difference: from bootstrap draws where both sides have them, else the hybrid
score interval from the two sides' limits (for proportions this is Newcombe's method 10). Two values that share
rows, as those of stretches that overlap, are not independent: their difference has no interval.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame
from metrics.grain import Calendar, Grain, Period, Span
from metrics.kind import Request, Uncertainty, share_rows
from metrics.kinds.derived.kind import joint_state, least_mature
from metrics.observation import Estimate
from metrics.statistics.comparison import bootstrap_difference, hybrid_difference
from metrics.statistics.intervals import Interval

CODE_VERSION = 2

_SOME_DAY = date(2024, 5, 15)


@dataclass(frozen=True)
class Options:
    """The kind's own keys: `of`, and either `minus` (another metric) or `shift` (itself, a span earlier)."""

    of: str = field(metadata={"refers": "metric"})
    minus: str | None = field(default=None, metadata={"refers": "metric"})
    shift: Span | None = None


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return nothing: the inputs bound the metric."""
    return ()


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask nothing of sources."""
    return {}


def input_periods(metric: Metric, period: Period, calendar: Calendar) -> list[tuple[str, Period]]:
    """Return the inputs of a period's value, each with the period that it is read at."""
    options: Options = metric.options
    earlier = calendar.shift(period, options.shift) if options.shift else period
    return [(options.of, period), (options.minus or options.of, earlier)]


def uncertainty(metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
    """Say that a difference has limits where both sides have, unless the two always share rows."""
    if Uncertainty.NONE in below:
        return Uncertainty.NONE
    apart = (_apart(metric, catalog, grain) for grain in metric.grains if grain is not Grain.ALL)
    return Uncertainty.LIMITS if any(apart) else Uncertainty.NONE


def _apart(metric: Metric, catalog: Catalog, grain: Grain) -> bool:
    calendar = catalog.company.calendar
    # Any period tells: all of a grain are as far from the earlier one.
    first, second = input_periods(metric, calendar.period_of(_SOME_DAY, grain), calendar)
    sides = [(catalog.metric(name), at) for name, at in (first, second)]
    return not share_rows(catalog, sides[0], sides[1])


def finish(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
    """Return one estimate for each period and segment that both sides have."""
    options: Options = metric.options
    left = frame.inputs.get(options.of, {})
    right = frame.inputs.get(options.minus or options.of, {})
    together: dict[Period, bool] = {}
    wanted = {tuple(sorted(cut)) for cut in frame.cuts}
    found = []
    for (period, segment), one in left.items():
        if period.grain not in frame.grains or tuple(name for name, _ in segment) not in wanted:
            continue
        first, second = input_periods(metric, period, frame.calendar)
        other = right.get((second[1], segment))
        if other is None:
            continue
        if period not in together:
            sides = [(frame.catalog.metric(name), at) for name, at in (first, second)]
            together[period] = share_rows(frame.catalog, sides[0], sides[1])
        value = one.value - other.value if one.value is not None and other.value is not None else None
        interval = _interval(one, other) if value is not None and not together[period] else None
        sizes = [part.sample_size for part in (one, other) if part.sample_size is not None]
        found.append(
            Estimate(
                period,
                segment,
                joint_state((one, other), value),
                value=value,
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
                sample_size=min(sizes) if len(sizes) == 2 else None,
                maturity=least_mature((one, other)),
            )
        )
    return found


def _interval(one: Estimate, other: Estimate) -> Interval | None:
    if one.draws is not None and other.draws is not None:
        seed = zlib.crc32(f"{one.key}{other.key}".encode())
        return bootstrap_difference(one.draws(seed), other.draws(seed + 1))
    limits = [_limits(part) for part in (one, other)]
    if limits[0] is None or limits[1] is None or one.value is None or other.value is None:
        return None
    return hybrid_difference(one.value, limits[0], other.value, limits[1])[1]


def _limits(part: Estimate) -> Interval | None:
    return Interval(part.lower, part.upper) if part.lower is not None and part.upper is not None else None
