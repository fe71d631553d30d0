"""Difference: one metric minus another, or a metric minus itself some time ago.

The interval is that of the difference: from bootstrap draws where both sides have them, else the hybrid
score interval from the two sides' limits (for proportions this is Newcombe's method 10). Two values that share
rows, as those of stretches that overlap, are not independent: their difference has no interval. While a period is
open there is a difference only where both sides have come equally far: part of a month less a whole one says nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame
from metrics.grain import Calendar, Grain, Period
from metrics.kind import RATIO, RATIO_DIFFERENCE, Additivity, Compared, Kind, Uncertainty, kind_of, share_rows
from metrics.kinds._shared.additivity import of_names
from metrics.kinds._shared.joint import joint_state, least_mature, mature_together
from metrics.kinds._shared.whole import whole_names
from metrics.kinds.difference import difference_shape
from metrics.kinds.difference.options import Options
from metrics.observation import Estimate, State
from metrics.request import Request
from metrics.statistics.comparison import bootstrap_difference, hybrid_difference
from metrics.statistics.intervals import Interval

_SOME_DAY = date(2024, 5, 15)


class Difference(Kind[Options]):
    """One metric less another, or less itself some time ago."""

    options = Options
    code_version = 3
    same_days = True
    crosses_sources = True
    rules = (difference_shape,)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return the unit of what something is subtracted from."""
        source = catalog.metric(self.of(metric).of)
        return kind_of(source).unit_of(source, catalog)

    @override
    def shown_unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return percentage points for a difference of shares."""
        unit = self.unit_of(metric, catalog)
        return RATIO_DIFFERENCE if unit == RATIO else unit

    @override
    def compared(self, metric: Metric) -> Compared | None:
        """Return what is subtracted from what."""
        options = self.of(metric)
        return Compared(options.of, options.minus, options.shift)

    @override
    def additivity(self, metric: Metric, catalog: Catalog, seen: frozenset[str] = frozenset()) -> Additivity:
        """Return what both sides have in common."""
        options = self.of(metric)
        return of_names((options.of, options.minus or options.of), catalog, seen | {metric.metric})

    @override
    def is_whole(self, metric: Metric, catalog: Catalog) -> bool:
        """Tell whether both sides are whole counts or sums."""
        return whole_names((self.of(metric).of, self.of(metric).minus or self.of(metric).of), catalog)

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return nothing: the inputs bound the metric."""
        return ()

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask nothing of sources."""
        return {}

    @override
    def input_periods(self, metric: Metric, period: Period, calendar: Calendar) -> list[tuple[str, Period]]:
        """Return the inputs of a period's value, each with the period that it is read at."""
        return _sides(self.of(metric), period, calendar)

    @override
    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Say that a difference has limits where both sides have, unless the two always share rows."""
        if Uncertainty.NONE in below:
            return Uncertainty.NONE
        apart = (_apart(metric, catalog, grain) for grain in metric.grains if grain is not Grain.ALL)
        return Uncertainty.LIMITS if any(apart) else Uncertainty.NONE

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate for each period and segment that both sides have."""
        options = self.of(metric)
        left = frame.inputs.get(options.of, {})
        right = frame.inputs.get(options.minus or options.of, {})
        together: dict[Period, bool] = {}
        wanted = {tuple(sorted(cut)) for cut in frame.cuts}
        found = []
        for (period, segment), one in left.items():
            if period.grain not in frame.grains or tuple(name for name, _ in segment) not in wanted:
                continue
            first, second = self.input_periods(metric, period, frame.calendar)
            other = right.get((second[1], segment))
            if other is None:
                continue
            if period not in together:
                sides = [(frame.catalog.metric(name), at) for name, at in (first, second)]
                together[period] = share_rows(frame.catalog, sides[0], sides[1])
            value = one.value - other.value if one.value is not None and other.value is not None else None
            state = joint_state((one, other), value)
            apart = state is State.PROVISIONAL and not mature_together((one, other))
            # Days so far are set against as many, never against a whole period.
            open_ = bool(options.shift) and not frame.only and not frame.closed(period)
            if apart or open_:
                value = None
            interval = _interval(one, other) if value is not None and not together[period] else None
            sizes = [part.sample_size for part in (one, other) if part.sample_size is not None]
            found.append(
                Estimate(
                    period,
                    segment,
                    state,
                    value=value,
                    lower=interval.lower if interval else None,
                    upper=interval.upper if interval else None,
                    sample_size=min(sizes) if len(sizes) == 2 else None,
                    maturity=least_mature((one, other)),
                )
            )
        return found


KIND = Difference()


def _sides(options: Options, period: Period, calendar: Calendar) -> list[tuple[str, Period]]:
    earlier = calendar.shift(period, options.shift) if options.shift else period
    return [(options.of, period), (options.minus or options.of, earlier)]


def _apart(metric: Metric, catalog: Catalog, grain: Grain) -> bool:
    calendar = catalog.company.calendar
    # Any period tells: all of a grain are as far from the earlier one.
    first, second = _sides(metric.options, calendar.period_of(_SOME_DAY, grain), calendar)
    sides = [(catalog.metric(name), at) for name, at in (first, second)]
    return not share_rows(catalog, sides[0], sides[1])


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
