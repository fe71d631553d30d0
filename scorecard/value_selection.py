"""Which of a metric's values stands for a period, and which period a scorecard shows by default."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from metrics.engine.partly_covered import Beginnings
from metrics.grain import Calendar, Period, Span
from metrics.observation import Observation, Offset, State, ToDate
from metrics.operations.response import ResponseRate
from scorecard.cause_model import ComputedBy
from scorecard.model import Missing, MissingRule, Scorecard

MAX_AGE = Span.parse("1 year")
"""How far before the report's period the latest final value may lie: four quarters, twelve months."""


@dataclass(frozen=True)
class MetricSeries:
    """A metric's total at the scorecard's grain, oldest first, and how its last refresh went.

    `error` has the words of the last run where it failed; the observations are then those of an earlier one.
    `computed_by` is their definition where another one runs by now.
    `partly_covered` says which of the first periods stay provisional, and why.
    `late_from` is when the data behind it are later than they usually are, `responses` how many answered, where
    it is a survey's figure.
    `to_date` is what its provisional periods are set against.
    """

    observations: tuple[Observation, ...] = ()
    watermark: datetime | None = None
    computed_at: datetime | None = None
    error: str | None = None
    computed_by: ComputedBy | None = None
    partly_covered: Beginnings = field(default_factory=dict)
    late_from: datetime | None = None
    responses: Mapping[Period, ResponseRate] = field(default_factory=dict)
    to_date: Mapping[tuple[Period, Offset], ToDate] = field(default_factory=dict)


Reader = Callable[[str], MetricSeries]


@dataclass(frozen=True)
class Choice:
    """The settled value that stands for a period, and the period's own provisional one.

    `nothing` is the observation that is settled without any value, where `settled` is None for that.
    """

    settled: Observation | None
    provisional: Observation | None
    carried: bool = False
    nothing: Observation | None = None


def choose(
    series: MetricSeries,
    period: Period,
    missing: Missing,
    calendar: Calendar,
    *,
    nothing_counts: bool = False,
) -> Choice:
    """Return the value that stands for a period: its own where that is settled, else the latest settled.

    A settled value is final, of a small sample or suppressed, and lies at most `MAX_AGE` back. A covered
    period in which nothing happened is settled too: no older value stands in for it. Under
    `carry_forward` an older final value does, up to its `max_age`, wherever there is none to score;
    `nothing_counts` says that a final value of none is scored.
    """
    held = {one.period: one for one in series.observations}
    current = held.get(period)
    provisional = current if current is not None and current.state is State.PROVISIONAL else None
    settled = _settled(held, series.watermark, period, calendar)
    carried = False
    if missing.rule is MissingRule.CARRY_FORWARD and not _counts(settled, nothing_counts):
        for earlier in _backwards(period, missing.max_age or MAX_AGE, calendar):
            if _counts(held.get(earlier), nothing_counts):
                settled, carried = held[earlier], True
                break
    if settled is not None and _is_nothing(settled):
        return Choice(None, provisional, carried, nothing=settled)
    return Choice(settled, provisional, carried)


def default_period(scorecard: Scorecard, reader: Reader, calendar: Calendar, now: datetime) -> Period:
    """Return the latest period for which any indicator has a final value.

    Without one it is the latest period that has any value, and without any the last one that has ended.
    """
    held = [one for name in scorecard.metrics for one in reader(name).observations
            if one.grain is scorecard.grain and one.value is not None]  # fmt: skip
    final = _latest(one.period for one in held if one.state is State.FINAL)
    running = calendar.period_of(calendar.local_day(now), scorecard.grain)
    if running.start is None:
        return running
    return final or _latest(one.period for one in held) or calendar.previous(running)


def has_final(found: Observation | None) -> bool:
    """Tell whether an observation holds a final value."""
    return found is not None and found.state is State.FINAL and found.value is not None


def _counts(found: Observation | None, nothing_counts: bool) -> bool:
    nothing = found is not None and found.state is State.FINAL and nothing_counts
    return nothing or has_final(found)


def _latest(periods: Iterable[Period]) -> Period | None:
    dated = [(period.start, period) for period in periods if period.start is not None]
    return max(dated, default=(None, None))[1]


def _settled(
    held: Mapping[Period, Observation], watermark: datetime | None, period: Period, calendar: Calendar
) -> Observation | None:
    for earlier in _backwards(period, MAX_AGE, calendar):
        found = held.get(earlier)
        if not _is_open(found, earlier, watermark, calendar):
            return found
    return None


def _is_nothing(found: Observation) -> bool:
    return found.state in (State.NO_DATA, State.FINAL) and found.value is None


def _backwards(period: Period, limit: Span, calendar: Calendar) -> Iterator[Period]:
    """Yield a period and those before it, as long as they end no longer than a span before it ends."""
    yield period
    if period.end is None:
        return
    earliest = limit.after_day(period.end, -1)
    period = calendar.previous(period)
    while period.end is not None and period.end >= earliest:
        yield period
        period = calendar.previous(period)


def _is_open(
    found: Observation | None, period: Period, watermark: datetime | None, calendar: Calendar
) -> bool:
    """Tell whether a period may still get a final value: provisional, or nothing yet and not covered."""
    if found is not None and found.state is not State.NO_DATA:
        return found.state is State.PROVISIONAL
    bounds = calendar.bounds(period)
    return bounds is not None and (watermark is None or bounds[1] > watermark)
