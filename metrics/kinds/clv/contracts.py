"""Lifetime value of contracts: the units paid for until now, and the renewals expected until the horizon.

A customer's tenure is that of its first stay, in whole time units from its start: a unit that has begun is
paid for, and each begins with a renewal. sBG is fitted once to all customers that came to a renewal.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.dialect import NAIVE
from metrics.errors import ComputationError, ExpressionError, FitError
from metrics.frame import Frame
from metrics.grain import Grain, Span, Unit, add_months
from metrics.kinds._shared.customers import bridged, keys_of, stays, subscriptions
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.clv.cohorts import Valued, horizon_days, horizon_passed
from metrics.kinds.clv.histories import ROWS_LIMIT, in_order, last_day, objects
from metrics.kinds.clv.options import Options, TimeUnit, amount_of
from metrics.kinds.clv.purchases import dimensions_of, of_first
from metrics.kinds.clv.resampling import STEP, moved_by, shifts
from metrics.sql.cells import Answers
from metrics.sql.periods import TimeFrame
from metrics.sql.scope import Scope, Selectable
from metrics.statistics import sbg
from metrics.statistics.intervals import Counts, Floats


@dataclass(frozen=True, eq=False)
class Tenures:
    """Counted unique rows: first day, renewals that have come due, and the renewal not made (0: none yet).

    `paid` adds up what customers pay a unit, before the margin's rate, and `squares` its squares.
    """

    first_day: NDArray[Any]
    due: Counts
    ended: Counts
    count: Counts
    paid: Floats
    squares: Floats
    dimensions: Mapping[str, NDArray[Any]]


class TenuresQuery:
    """Counts customers by the day of their first subscription, and by the renewal that they did not make."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame
        self.options: Options = metric.options
        self.dimensions = dimensions_of(frame)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        assert self.options.subscription is not None
        return self.options.subscription.dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select: one row a combination, whatever is cut."""
        each = self._customers(scope, when)
        keys = [
            each.c[name] for name in ("first_day", "due", "ended", *(f"d_{name}" for name in self.dimensions))
        ]
        values = [
            sa.func.count().label("n"),
            sa.func.sum(each.c.paid).label("paid"),
            sa.func.sum(each.c.paid * each.c.paid).label("squares"),
        ]
        return [(self.frame.grains, sa.select(*keys, *values).group_by(*keys).limit(ROWS_LIMIT + 1))]

    def _customers(self, scope: Scope, when: TimeFrame) -> sa.Subquery:
        """Return one row a customer: first day, renewals due, the renewal not made, paid a unit, dimensions."""
        subscription = self.options.subscription
        assert subscription is not None
        worth = amount_of(subscription, self.options.margin)
        if worth is None:
            raise ExpressionError("margin needs a rate of the subscription's value, or a column", 0)
        held, clock = subscriptions(
            scope, when, self.options.entity, replace(subscription, value=worth), self.dimensions
        )
        rows = stays(bridged(held, clock, subscription.gap), clock, subscription.gap)
        own = [rows.c.entity]
        rank = sa.func.row_number().over(partition_by=own, order_by=[rows.c.t, *keys_of(rows)]).label("rank")
        since = sa.func.min(rows.c.t).over(partition_by=own).label("since")
        first = sa.func.min(rows.c.until).over(partition_by=own).label("first_until")
        ranked = sa.select(*rows.c, rank, since, first).subquery("f")
        # Stays do not overlap, so the first is the one that ends first.
        kept = sa.select(*ranked.c).where(ranked.c.until == ranked.c.first_until).subquery("s")
        since_day, until_day = (_day(clock, kept.c[name]) for name in ("since", "until"))
        start, stop = (_day(clock, kept.c[name]) for name in ("t", "stop"))
        today = _today(clock, until_day)
        weighed = kept.c.worth * sa.cast(
            _days(clock, start, sa.func.least(stop, today, type_=sa.Date())), sa.Numeric(38, 0)
        )
        stayed = _days(clock, since_day, sa.func.least(until_day, today, type_=sa.Date()))
        lines = sa.select(
            kept.c.entity, kept.c.rank, since_day.label("first_day"), until_day.label("until_day"),
            kept.c.settled, weighed.label("weighed"), stayed.label("stayed"),
            *(kept.c[f"d_{name}"] for name in self.dimensions),
        ).subquery("w")  # fmt: skip
        paid = sa.cast(sa.func.sum(lines.c.weighed), sa.Double()) / sa.cast(
            sa.func.min(lines.c.stayed), sa.Double()
        )
        one = sa.select(
            lines.c.entity, sa.func.min(lines.c.first_day).label("first_day"),
            sa.func.min(lines.c.until_day).label("until_day"),
            sa.func.min(sa.case((lines.c.settled, 1), else_=0)).label("settled"), paid.label("paid"),
            *of_first(lines, self.dimensions),
        ).group_by(lines.c.entity).subquery("o")  # fmt: skip
        unit = self.options.time_unit
        yesterday = sa.cast(
            clock.translator.dialect.plus(one.c.until_day, Span(1, Unit.DAY), -1, NAIVE), sa.Date()
        )
        due = sa.func.greatest(
            _units(clock, one.c.first_day, self._decided(clock, one.c.first_day), unit),
            sa.literal_column("0"), type_=sa.BigInteger(),
        )  # fmt: skip
        ended = sa.case((one.c.settled == 1, _units(clock, one.c.first_day, yesterday, unit) + 1), else_=0)
        dims = [one.c[f"d_{name}"] for name in self.dimensions]
        return sa.select(one.c.first_day, due.label("due"), ended.label("ended"), one.c.paid, *dims).subquery(
            "c"
        )

    def _decided(self, clock: Clock, otherwise: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the last day of which it is known who renewed: a gap that may be bridged has passed."""
        last, subscription = last_day(self.frame), self.options.subscription
        if last is None or subscription is None:
            return otherwise
        return sa.literal(subscription.gap.after_day(last, -1), sa.Date())

    def read(self, answers: Answers) -> Contracts:
        """Return all customers; raise ExpressionError where more came back than may travel."""
        ((_, rows),) = answers
        rows = in_order(rows, ("first_day", "due", "ended", *(f"d_{name}" for name in self.dimensions)))
        counted = Tenures(
            first_day=objects(rows, "first_day"),
            due=rows.integers("due"),
            ended=rows.integers("ended"),
            count=rows.integers("n"),
            paid=rows.floats("paid", null=0.0),
            squares=rows.floats("squares", null=0.0),
            dimensions={name: objects(rows, f"d_{name}") for name in self.dimensions},
        )
        return Contracts(self.metric, self.frame, counted)


def _day(clock: Clock, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    return clock.start_of(moment, Grain.DAY)


def _today(clock: Clock, otherwise: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the day in which the watermark lies: the days before it are over."""
    if clock.when.watermark is None:
        return otherwise
    return sa.literal(clock.when.calendar.local_day(clock.when.watermark), sa.Date())


def _days(clock: Clock, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the days from one to another, at least 1."""
    days = clock.translator.dialect.days(end, start)
    return sa.func.greatest(days, sa.literal_column("1"), type_=sa.BigInteger())


def _units(
    clock: Clock, first: ColumnElement[Any], day: ColumnElement[Any], unit: TimeUnit
) -> ColumnElement[Any]:
    """Return the whole units between two local days; a month is one of the calendar."""
    if unit is TimeUnit.MONTH:
        return clock.translator.dialect.months(day, first)
    days = clock.translator.dialect.days(day, first)
    whole = sa.func.floor(sa.cast(days, sa.Double()) / sa.literal(unit.days, sa.Double()))
    return sa.cast(whole, sa.BigInteger())


class Contracts:
    """All customers of a metric, and sBG as fitted to them; raises ComputationError with the reason."""

    def __init__(self, metric: Metric, frame: Frame, counted: Tenures) -> None:
        self.metric, self.frame, self.counted = metric, frame, counted
        self.options: Options = metric.options

    @cached_property
    def renewals(self) -> sbg.Renewals:
        """Return who came to each renewal and who did not make it, cohort by cohort of one age."""
        counted, cohorts = self.counted, []
        for due in np.unique(counted.due):
            own = counted.due == due
            lost = [int(counted.count[own & (counted.ended == number)].sum()) for number in range(1, due + 1)]
            cohorts.append((int(counted.count[own].sum()), lost))
        return sbg.Renewals.of(cohorts)

    @cached_property
    def fitted(self) -> sbg.Sbg:
        """Return the model."""
        try:
            return sbg.fit(self.renewals)
        except FitError as error:
            raise ComputationError(self.metric.metric, f"its model is not fitted: {error}") from error

    @cached_property
    def units(self) -> Counts:
        """Return row by row how many whole time units the horizon has."""
        unit, horizon, days = self.options.time_unit, self.options.horizon, self.counted.first_day
        if unit is not TimeUnit.MONTH:
            return np.asarray(horizon_days(horizon, days) // unit.days, dtype=np.int64)
        whole = {day: _whole_months(day, horizon.after_day(day)) for day in set(days)}
        return np.array([whole[day] for day in days], dtype=np.int64)

    def valued(self) -> Valued:
        """Return what the customers are worth from their first day to the horizon."""
        counted, factor, model = self.counted, self.options.margin.factor, self.fitted
        known, expected = self._paid_for(), self._expected(model)
        tenure = known + expected
        slopes = []
        for name in model.parameters:
            up, down = (self._expected(moved_by(model, name, side)) for side in (STEP, -STEP))
            slopes.append(factor * counted.paid * (up - down) / (2 * STEP))
        seed = zlib.crc32(self.metric.metric.encode())
        return Valued(
            counted.first_day,
            counted.dimensions,
            counted.count,
            factor * counted.paid * tenure,
            factor**2 * counted.squares * tenure**2,
            factor * counted.paid * expected,
            np.column_stack(slopes),
            horizon_passed(self.frame, self.options.horizon, counted.first_day),
            shifts([np.array(model.covariance)], seed),
        )

    def _paid_for(self) -> Floats:
        """Return the discounted units that have begun."""
        ended, due = self.counted.ended, self.counted.due
        units = np.minimum(np.where(ended > 0, ended, due + 1), self.units)
        begun = np.arange(self.units.max(initial=0), dtype=float)
        worth = np.concatenate([[0.0], np.cumsum((1 + self.options.unit_rate) ** -begun)])
        found: Floats = worth[units]
        return found

    def _expected(self, model: sbg.Sbg) -> Floats:
        """Return the discounted units of those who have not left that are expected to begin yet."""
        counted, found, rate = self.counted, np.zeros(len(self.counted.count)), self.options.unit_rate
        staying = counted.ended == 0
        for due, units in np.unique(np.column_stack([counted.due, self.units])[staying], axis=0).tolist():
            if units > due + 1:
                ahead = model.discounted_renewals(due + 1, units - due - 1, rate)
                rows = staying & (counted.due == due) & (self.units == units)
                found[rows] = ahead * (1 + rate) ** -(due + 1.0)
        return found


def _whole_months(start: date, end: date) -> int:
    """Return the whole months from one day to another, clamped at month ends."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (add_months(start, months) > end)
