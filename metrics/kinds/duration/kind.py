"""Duration: how long it takes from one event to another, and what share is done within a standard.

A case runs from an entity's first `from` event to its first `to` event at or after it. A case without an
answer is right-censored, never dropped; the window bounds it, so that a period becomes final. Percentiles
are the smallest t with F(t) >= p; one that is not reached within the window has no value, and one whose
interval is open above has no interval. A percentile is known once enough cases were followed for it, a share
once they were for the standard; the mean, which is cut at the window, takes the window. An empty period has
no value.
`basis: to` counts completed cases only, by their end. With a `clock` a duration is the time that it ran;
windows, periods and maturity stay those of the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf, sqrt
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Expression, Node, SpanLiteral
from metrics.frame import Frame, plain_state
from metrics.grain import Period, Span
from metrics.kind import RATIO, Kind
from metrics.kinds._shared.cohorts import cells_of
from metrics.kinds.duration import duration_shape
from metrics.kinds.duration.business_clock import TICKS
from metrics.kinds.duration.options import DEFAULT_UNIT, UNITS, Basis, Options, Statistic
from metrics.kinds.duration.selects import Age, Counted, DurationQuery, Total
from metrics.observation import Dimensions, Estimate, State
from metrics.request import Request
from metrics.sql.rows import default_time
from metrics.statistics.intervals import Interval, Z, wilson
from metrics.statistics.survival import Curve, conversion_by, kaplan_meier

Found = tuple[float | None, Interval | None]


class Duration(Kind[Options]):
    """The time from one event to another."""

    options = Options
    code_version = 4
    same_days = True
    follows = True
    closes_by_value = True
    numerator_in_unit = False
    says: ClassVar = {
        ("basis", "from"): "labelled by the start; who still waits counts",
        ("basis", "to"): "completed cases only, labelled by their end",
    }
    rules = (duration_shape,)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return hours, and that a share within a standard is a share."""
        return RATIO if self.of(metric).statistic is Statistic.SHARE_WITHIN else DEFAULT_UNIT

    @override
    def clock_times(self, metric: Metric) -> Iterator[tuple[tuple[str, ...], str, Expression | None]]:
        """Yield both ends of a case that is timed by a clock, and those of its pauses."""
        options = self.of(metric)
        if options.clock is None:
            return
        for key, side in (("from", options.from_), ("to", options.to)):
            yield (key, "time") if side.time else (key, "dataset"), side.dataset, side.time
        pause = options.clock.pause
        if pause is not None:
            yield ("clock", "pause", "start"), pause.dataset, pause.start
            yield ("clock", "pause", "end"), pause.dataset, pause.end

    @override
    def intervals(
        self, metric: Metric, catalog: Catalog
    ) -> Iterator[tuple[tuple[str, ...], str, Node, Node]]:
        """Yield a case whose ends are in one dataset's rows, and its pauses."""
        options = self.of(metric)
        start, end = options.from_, options.to
        begun = start.time.node if start.time else default_time(catalog.datasets[start.dataset])
        in_one_row = start.dataset == end.dataset and not (start.where or end.where)
        if in_one_row and begun is not None and end.time is not None:
            yield ("to", "time"), end.dataset, begun, end.time.node
        pause = options.clock.pause if options.clock else None
        if pause is not None:
            yield ("clock", "pause", "end"), pause.dataset, pause.start.node, pause.end.node

    @override
    def elapsed_times(
        self, metric: Metric, catalog: Catalog
    ) -> Iterator[tuple[tuple[str, ...], str, Expression | None]]:
        """Yield both ends where hours, minutes or seconds are asked for, or are the standard."""
        options, within = self.of(metric), self.of(metric).within
        short = within is not None and isinstance(within.node, SpanLiteral) and within.node.span.unit.elapsed
        timed = self.unit_of(metric, catalog) in ("seconds", "minutes", "hours")
        if options.clock is None and (short or timed):
            for key, side in (("from", options.from_), ("to", options.to)):
                yield (key, "time") if side.time else (key, "dataset"), side.dataset, side.time

    @override
    def is_share(self, metric: Metric) -> bool:
        """Tell that a share within a standard is one."""
        return self.of(metric).statistic is Statistic.SHARE_WITHIN

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        pause = options.clock.pause if options.clock else None
        # Where pauses are known until less time, so is the clock.
        return (options.from_, options.to, *([pause.reference] if pause else []))

    @override
    def covering(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose first rows say from when there are cases."""
        options = self.of(metric)
        return (options.from_,) if options.basis is Basis.FROM else (options.from_, options.to)

    @override
    def closing(
        self, metric: Metric, period: Period, segment: Dimensions, value: float | None = None
    ) -> Span | None:
        """Return what must pass after a period until it is final: a percentile itself, the standard or the window."""
        return self.of(metric).closing(None if value is None else value * _seconds(metric))

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for counted cases per period and segment."""
        return {"cases": DurationQuery(metric, frame)}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Counted]) -> list[Estimate]:
        """Return one estimate per period and segment, durations in the metric's unit."""
        return list(_estimates(metric, frame, results["cases"], _seconds(metric)))


KIND = Duration()


def _seconds(metric: Metric) -> float:
    """Return the seconds of the unit that durations are in."""
    shared = metric.options.statistic is Statistic.SHARE_WITHIN
    unit = DEFAULT_UNIT if shared or metric.unit is None else metric.unit
    if unit not in UNITS:
        raise ExpressionError(f"{unit!r} is not a unit of durations: {', '.join(UNITS)}", 0)
    return UNITS[unit]


def _estimates(metric: Metric, frame: Frame, counted: Counted, seconds: float) -> Iterator[Estimate]:
    for cell, period, segment in cells_of(frame, set(counted.totals)):
        total = counted.totals.get(cell)
        if total is None:
            yield Estimate(period, segment, State.NO_DATA, numerator=0.0, denominator=0.0, sample_size=0)
        elif metric.options.basis is Basis.TO:
            yield _completed(metric, frame, (period, segment), total, seconds)
        else:
            yield _cohort(metric, frame, (period, segment), total, counted.ages.get(cell, ()), seconds)


def _completed(metric: Metric, frame: Frame, key: tuple[Period, Dimensions], total: Total,
               seconds: float) -> Estimate:  # fmt: skip
    state = plain_state(frame, key[0], empty=False, small=total.entries < metric.min_sample)
    found = _plain(metric.options.statistic, total, seconds)
    return _estimate(metric, key, state, total, found, frame.elapsed_share(key[0]))


def _cohort(metric: Metric, frame: Frame, key: tuple[Period, Dimensions], total: Total,
            ages: tuple[Age, ...], seconds: float) -> Estimate:  # fmt: skip
    options: Options = metric.options
    known = _known(options.statistic, total)
    final = known and frame.final(key[0], _closing(options, total))
    found: Found = (None, None)
    if known:
        found = _plain(options.statistic, total, seconds, ages)
    elif ages:
        found = _estimated(options.statistic, total, ages, seconds)
    if not final and not _identified(options.statistic, total, found[0], metric.min_sample, seconds):
        found = None, None
    state = State.PROVISIONAL
    if final:
        state = State.SMALL_SAMPLE if total.entries < metric.min_sample else State.FINAL
    waits = total.settled if options.statistic is Statistic.SHARE_WITHIN else total.over
    return _estimate(metric, key, state, total, found, 1.0 if final else waits / total.entries)


def _known(statistic: Statistic, total: Total) -> bool:
    """Tell whether no open case can change the value any more."""
    if statistic is Statistic.SHARE_WITHIN:
        return total.settled == total.entries
    reached = total.quantile is not None and total.quantile <= total.least
    return reached or total.over == total.entries


def _identified(statistic: Statistic, total: Total, value: float | None, least: int, seconds: float) -> bool:
    """Tell whether enough cases were followed for as long as a value looks: a young cohort does not identify it."""
    if statistic.quantile is not None:
        return value is not None and value <= _in(total.followed, seconds)
    return max(1, least) <= (total.settled if statistic is Statistic.SHARE_WITHIN else total.over)


def _closing(options: Options, total: Total) -> Span | None:
    return options.closing(None if total.quantile is None else total.quantile / TICKS)


def _estimate(metric: Metric, key: tuple[Period, Dimensions], state: State, total: Total, found: Found,
              maturity: float) -> Estimate:  # fmt: skip
    value, interval = found
    shared = metric.options.statistic is Statistic.SHARE_WITHIN
    return Estimate(
        *key,
        state,
        value=value,
        numerator=float(total.kept if shared else total.answered),
        denominator=float(total.entries),
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=total.entries,
        maturity=maturity,
    )


def _plain(statistic: Statistic, total: Total, seconds: float, ages: tuple[Age, ...] = ()) -> Found:
    """Return the statistic of cases that are known for as long as it looks.

    The interval of a percentile looks further: what it does not know yet is read from the curve of the ages.
    """
    if statistic is Statistic.SHARE_WITHIN:
        return total.kept / total.entries, wilson(total.kept, total.entries)
    if statistic is not Statistic.MEAN:
        low, high = total.low, total.high
        if total.over < total.entries and ages and (high is None or high > total.least):
            high = _from_curve(statistic, ages)[2]
        if total.quantile is None or low is None or high is None:
            return None if total.quantile is None else _in(total.quantile, seconds), None
        return _in(total.quantile, seconds), Interval(_in(low, seconds), _in(high, seconds))
    n, mean = total.entries, total.took / total.entries
    if n < 2:
        return _in(mean, seconds), None
    # Whole numbers to the end: equal durations have no spread, whatever their number.
    variance = (n * total.squares - total.seconds**2) / (n * (n - 1))
    return _in(mean, seconds), _around(mean, sqrt(variance / n) * TICKS, seconds)


def _estimated(statistic: Statistic, total: Total, ages: tuple[Age, ...], seconds: float) -> Found:
    """Return the Kaplan-Meier estimate of cases some of which are still open."""
    if statistic.quantile is not None:
        value, low, high = _from_curve(statistic, ages)
        interval = None if low is None or high is None else Interval(_in(low, seconds), _in(high, seconds))
        return None if value is None else _in(value, seconds), interval
    curve = _curve(ages)
    if statistic is Statistic.SHARE_WITHIN:
        return conversion_by(curve, inf)
    return _restricted_mean(curve, total, ages, seconds)


def _from_curve(statistic: Statistic, ages: tuple[Age, ...]) -> tuple[int | None, int | None, int | None]:
    """Return a percentile and the ends of its interval in ticks, None where the curve does not come so far down.

    Within a step of the axis, the longest duration is the one by which all of the step's events happened.
    """
    assert statistic.quantile is not None
    curve = _curve(ages)
    age, interval = curve.quantile(statistic.quantile), curve.quantile_interval(statistic.quantile)
    if age is None:
        return None, None, None
    longest = {float(line.age): line.longest for line in ages if line.event and line.age is not None}
    if interval is None:
        return longest[age], None, None
    return longest[age], longest[interval.lower], longest[interval.upper]


def _curve(ages: tuple[Age, ...]) -> Curve:
    times = [inf if line.age is None else float(line.age) for line in ages]
    events = [line.entries if line.event else 0 for line in ages]
    censored = [0 if line.event else line.entries for line in ages]
    return kaplan_meier(times, events, censored)


def _restricted_mean(curve: Curve, total: Total, ages: tuple[Age, ...], seconds: float) -> Found:
    """Return the area under S up to the window, and its normal interval by Greenwood's variance.

    Each fall of the curve weighs the mean duration of its events, what is left at the end the mean window
    of the cases without an answer: with no case open it is the plain mean of durations cut at the window.
    Klein & Moeschberger (2003), 4.5.
    """
    means = {
        float(line.age): line.took / line.entries for line in ages if line.event and line.age is not None
    }
    at = np.array([means.get(float(age), 0.0) for age in curve.times])
    falls = np.concatenate([[1.0], curve.survival[:-1]]) - curve.survival
    open_ = total.entries - total.answered
    tail = float(curve.survival[-1]) * (total.bound / open_ if open_ else 0.0)
    areas = falls * at
    mean = float(areas.sum()) + tail
    rest = np.cumsum(areas[::-1])[::-1] - areas + tail - curve.survival * at
    left = curve.at_risk - curve.events
    terms = np.zeros(len(at))
    np.divide(rest**2 * curve.events, curve.at_risk * left, out=terms, where=(left > 0) & (curve.events > 0))
    return _in(mean, seconds), _around(mean, sqrt(float(terms.sum())), seconds)


def _around(mean: float, error: float, seconds: float) -> Interval:
    return Interval(_in(max(0.0, mean - Z * error), seconds), _in(mean + Z * error, seconds))


def _in(ticks: Any, seconds: float) -> float:
    return float(ticks / TICKS / seconds)
