"""The triangle of a retention curve: estimates by cohort and age, from what the selects brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from metrics.catalog.metric import Metric
from metrics.frame import Frame, plain_state
from metrics.grain import Period, Span, Unit
from metrics.kinds.retention.lifetimes import ages
from metrics.kinds.retention.options import AGE, Options, Share
from metrics.kinds.retention.retained import Retained
from metrics.kinds.retention.survival import Followed, age_name
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.scan import Cell
from metrics.statistics.intervals import Interval
from metrics.statistics.survival import Curve, kaplan_meier

Spread = Callable[
    [tuple[Period, Dimensions], Retained], tuple[Interval | None, Callable[[int], np.ndarray] | None]
]
"""Returns the interval of a share, and what draws it anew where it is bootstrapped."""

# More days than the oldest age can have.
SCALE = 1_000_000.0


def segment_at(segment: Dimensions, age: int) -> Dimensions:
    """Return a segment with its age."""
    return tuple(sorted((*segment, (AGE, age_name(age)))))


def age_of(segment: Dimensions) -> int:
    """Return the age of a segment."""
    return int(dict(segment)[AGE])


def closing(options: Options, period: Period, age: int) -> Span:
    """Return what must pass after a cohort's period until a value at an age is final.

    The cohort's last customer has then reached the age, or left it where the age itself is counted, and
    the gap that could still be bridged has passed.
    """
    assert period.end is not None
    lasts = options.active_if.within is not None and options.measure is not Share.LOGO
    end = ages(period.grain, age + lasts).after_day(period.end)
    end = options.gap.after_day(end) if options.gap else end
    return Span((end - period.end).days, Unit.DAY)


def survivals(metric: Metric, frame: Frame, found: Mapping[Cell, Sequence[Followed]]) -> Iterator[Estimate]:
    """Yield the Kaplan-Meier estimate of each cohort at each age that one of its customers has reached."""
    for (grain, start, segment), lines in sorted(found.items(), key=_order):
        period = frame.calendar.period_starting(start, grain)
        # What happened before anybody looked is not known, and nothing after it can be told without it.
        if any(line.entered is None or line.entered[0] == 0 for line in lines):
            yield from _survival(metric, frame, period, segment, lines)


def _survival(
    metric: Metric, frame: Frame, period: Period, segment: Dimensions, lines: Sequence[Followed]
) -> Iterator[Estimate]:
    options: Options = metric.options
    curve, late = curve_of(lines), any(line.entered is not None for line in lines)
    customers = sum(line.customers for line in lines)
    first = sum(line.customers for line in lines if line.entered is None or line.entered[0] == 0)
    for age in range(max(line.reached for line in lines) + 1):
        reached = sum(line.customers for line in lines if line.reached >= age)
        there = sum(
            line.customers for line in lines if line.reached >= age and not (line.lost and line.age < age)
        )
        whole = reached == customers and frame.final(period, closing(options, period, age))
        state = State.PROVISIONAL
        if whole:
            state = State.SMALL_SAMPLE if first < metric.min_sample else State.FINAL
        # A young cohort does not identify the share, however it is estimated.
        known = reached == customers or reached >= metric.min_sample
        at = age * SCALE - 0.5
        interval = curve.interval_at(at) if known else None
        # With everybody there from the start, the product of the shares is the share itself, but for rounding.
        share = there / customers if reached == customers and not late else curve.at(at)
        yield Estimate(
            period,
            segment_at(segment, age),
            state,
            value=share if known else None,
            numerator=float(there),
            denominator=float(customers),
            lower=interval.lower if interval else None,
            upper=interval.upper if interval else None,
            sample_size=first,
            maturity=reached / customers,
        )


def curve_of(lines: Sequence[Followed]) -> Curve:
    """Return the survival curve of a cohort; its axis is the age, and within an age the day."""
    times, lost, left, entered = [], [], [], []
    for line in lines:
        times.append(line.age * SCALE + line.days)
        lost.append(line.customers if line.lost else 0)
        left.append(0 if line.lost else line.customers)
        entered.append(0)
    if all(line.entered is None for line in lines):
        return kaplan_meier(times, lost, left)
    for line in lines:
        times.append(-1.0 if line.entered is None else line.entered[0] * SCALE + line.entered[1])
        entered.append(line.customers)
    none = [0] * len(lines)
    return kaplan_meier(times, lost + none, left + none, entered)


def shares(
    metric: Metric, frame: Frame, found: Mapping[Cell, Retained], spread: Spread
) -> Iterator[Estimate]:
    """Yield the share that is left of each cohort at each age that one of its customers has reached."""
    options: Options = metric.options
    for (grain, start, segment), cell in sorted(found.items(), key=_order):
        period, age = frame.calendar.period_starting(start, grain), age_of(segment)
        first = found[grain, start, segment_at(_without_age(segment), 0)]
        value = cell.n / cell.d if cell.d > 0 else None
        interval, draws = spread((period, segment), cell) if value is not None else (None, None)
        state = plain_state(frame, period, empty=value is None, small=cell.customers < metric.min_sample)
        whole = cell.customers == first.customers and frame.final(period, closing(options, period, age))
        if state is not State.NO_DATA and not whole:
            state = State.PROVISIONAL
        yield Estimate(
            period,
            segment,
            state,
            value=value,
            numerator=cell.n,
            denominator=cell.d,
            lower=interval.lower if interval else None,
            upper=interval.upper if interval else None,
            sample_size=cell.customers,
            maturity=_maturity(options, frame, period, age, cell, first),
            draws=draws,
        )


def _maturity(
    options: Options, frame: Frame, period: Period, age: int, cell: Retained, first: Retained
) -> float:
    """Return which share of the age's period is over, or which share of the cohort has reached the age."""
    if not options.by_period:
        return cell.customers / first.customers
    assert period.start is not None
    then = ages(period.grain, age).after_day(period.start)
    return frame.elapsed_share(frame.calendar.period_of(then, period.grain))


def _without_age(segment: Dimensions) -> Dimensions:
    return tuple(pair for pair in segment if pair[0] != AGE)


def _order(item: tuple[Cell, object]) -> tuple[str, str, Dimensions]:
    grain, start, segment = item[0]
    return grain.value, str(start), segment
