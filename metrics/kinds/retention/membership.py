"""Who is a customer at the start and at the end of a period, and what each is worth there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.errors import ExpressionError
from metrics.frame import Frame
from metrics.grain import Grain, Period
from metrics.kinds._shared.customers import EXACT, Subscription, bridged, keys_of, orders, subscriptions
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.retention.options import Options, Share
from metrics.sql.periods import TimeFrame, covered
from metrics.sql.rows import Rows
from metrics.sql.scan_query import aggregate, argument, guard_argument
from metrics.sql.scope import Scope

Moment = date | datetime


def stretches(options: Options, period: Period, clock: Clock) -> tuple[Moment, Moment, Moment, Moment]:
    """Return the half-open stretches of activity that make a customer active at the start and at the end."""
    assert period.end is not None
    calendar, over = clock.when.calendar, options.over
    begin = covered(period, over, calendar)[0]
    back = options.active_if.within
    if back is not None:
        return (clock.boundary(begin, back), clock.boundary(begin), clock.reached(period.end, back),
                clock.reached(period.end))  # fmt: skip
    if over.trailing is not None:
        before = over.trailing.after_day(begin, -1)
    else:
        whole = calendar.period_of(begin, Grain.FISCAL_YEAR) if over.to_date else period
        start = calendar.previous(whole).start
        assert start is not None
        before = start
    return clock.boundary(before), clock.boundary(begin), clock.boundary(begin), clock.boundary(period.end)


def looked_back(options: Options, frame: Frame, period: Period) -> bool:
    """Tell whether rows cover all of the span in which somebody must have been active to stand at the start.

    Who was active before the first row is not known: those who are would be taken for all.
    """
    back = options.active_if.within
    if back is None or options.activity is None or period.end is None or frame.first is None:
        return True
    calendar = frame.calendar
    begin = calendar.instant(covered(period, options.over, calendar)[0])
    return calendar.local_day(back.after(begin, calendar.zone, -1)) >= frame.first


@dataclass(frozen=True)
class Sides:
    """Rows of p_grain, p_start, entity, dimensions and worth, at the start and at the end of each period.

    `rows` are all that make customers; one of them at or after `periods.c[low]` and before
    `periods.c[high]` is of the period itself.
    """

    start: sa.Subquery
    end: sa.Subquery
    rows: sa.CTE
    periods: sa.CTE
    low: str
    high: str


class Standing:
    """Reads both sides of every period of a frame, by activity or by subscription."""

    def __init__(self, options: Options, frame: Frame, scope: Scope, when: TimeFrame) -> None:
        self.options, self.frame, self.scope, self.when = options, frame, scope, when
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))

    def sides(self) -> Sides:
        """Return who stands at the start (with dimensions) and who at the end, each with its worth."""
        options = self.options
        if options.subscription is not None:
            return self._subscribed(options.subscription)
        assert options.activity is not None
        rows, clock = orders(
            self.scope, self.when, options.entity, options.activity, self.dimensions, options.leaving
        )
        periods = self._periods(clock)
        start, end = (
            self.one(rows, periods, sa.and_(rows.c.t >= periods.c[low], rows.c.t < periods.c[high]))
            for low, high in (("a_from", "a_to"), ("b_from", "b_to"))
        )
        if options.measure is not Share.LOGO:
            values = self._values()
            start = self._with_worth(start, values[0], inner=True)
            end = self._with_worth(end, values[1], inner=False)
        return Sides(start, end, rows, periods, "a_to", "b_to")

    def _start_of(self, period: Period) -> date:
        """Return the day at whose beginning a period's value starts."""
        return covered(period, self.options.over, self.when.calendar)[0]

    def _known(self) -> Iterator[Period]:
        """Yield the periods whose start has come, and of whose start it is known who stood there.

        That of a trailing stretch may come late in a period.
        """
        mark, calendar = self.when.watermark, self.when.calendar
        for grain in self.frame.grains:
            for period in self.when.periods.get(grain, ()) if grain is not Grain.ALL else ():
                begun = mark is None or calendar.instant(self._start_of(period)) < mark
                if begun and looked_back(self.options, self.frame, period):
                    yield period

    def _periods(self, clock: Clock, label: str = "__periods") -> sa.CTE:
        lines = [
            (str(period.grain), period.start, *stretches(self.options, period, clock))
            for period in self._known()
        ]
        return clock.table(("a_from", "a_to", "b_from", "b_to"), lines, label)

    def one(self, rows: sa.CTE, periods: sa.CTE, within: ColumnElement[bool], *more: ColumnElement[Any],
            first: bool = False) -> sa.Subquery:  # fmt: skip
        """Return each customer's latest (or first) row of a period: p_grain, p_start, entity, dimensions.

        `more` are amounts, which are added up as `worth`.
        """
        customer = [periods.c.p_grain, periods.c.p_start, rows.c.entity]
        order = [rows.c.t, *keys_of(rows)]
        ranked_by = order if first else [column.desc() for column in order]
        rank = sa.func.row_number().over(partition_by=customer, order_by=ranked_by).label("rank")
        dims = [rows.c[f"d_{name}"] for name in self.dimensions]
        totals = [sa.func.sum(each).over(partition_by=customer).label("worth") for each in more]
        select = sa.select(*customer, *dims, *totals, rank).select_from(sa.join(rows, periods, within))
        ranked = select.subquery()
        kept = [column for column in ranked.c if column.name != "rank"]
        return sa.select(*kept).where(ranked.c.rank == 1).subquery()

    def _subscribed(self, subscription: Subscription) -> Sides:
        rows, clock = subscriptions(
            self.scope, self.when, self.options.entity, subscription, self.dimensions, self.options.leaving
        )
        rows = bridged(rows, clock, subscription.gap)
        lines = [
            (
                str(period.grain),
                period.start,
                clock.boundary(self._start_of(period)),
                clock.reached(period.end),
            )
            for period in self._known()
            if period.end is not None
        ]
        periods = clock.table(("a_at", "b_at"), lines)
        # What begins or ends at a moment is an event of the period that begins there.
        start, end = (
            self.one(
                rows, periods, sa.and_(rows.c.t < periods.c[at], rows.c.stop >= periods.c[at]), rows.c.worth
            )
            for at in ("a_at", "b_at")
        )
        return Sides(start, end, rows, periods, "a_at", "b_at")

    def _values(self) -> tuple[sa.Subquery, sa.Subquery]:
        """Return what every customer's rows are worth in the stretch of the start and in that of the end."""
        valued, clock = worth_rows(self.options, self.scope, self.when)
        total = total_worth(self.options, self.scope, valued)
        periods = self._periods(clock, "__value_periods")
        customer = [periods.c.p_grain, periods.c.p_start, valued.c.entity]
        found = []
        for low, high in (("a_from", "a_to"), ("b_from", "b_to")):
            within = sa.and_(valued.c.t >= periods.c[low], valued.c.t < periods.c[high])
            select = sa.select(*customer, total.label("worth"))
            found.append(select.select_from(sa.join(valued, periods, within)).group_by(*customer).subquery())
        return found[0], found[1]

    @staticmethod
    def _with_worth(standing: sa.Subquery, worth: sa.Subquery, *, inner: bool) -> sa.Subquery:
        """Return those who stand with what they are worth; not inner: also what the others are worth."""
        join = sa.outerjoin(standing, worth, same(standing, worth), full=not inner)
        keys = [
            standing.c[name] if inner else sa.func.coalesce(standing.c[name], worth.c[name]).label(name)
            for name in ("p_grain", "p_start", "entity")
        ]
        dims = [column for column in standing.c if column.name.startswith("d_")]
        active = standing.c.entity.is_not(None).label("active")
        return sa.select(*keys, *dims, worth.c.worth, active).select_from(join).subquery()


def worth_rows(options: Options, scope: Scope, when: TimeFrame) -> tuple[sa.CTE, Clock]:
    """Return the rows that say what customers are worth (entity, t, a), and their clock."""
    worth = options.value
    if worth is None or worth.dataset is None:
        raise ExpressionError(f"retention of {options.measure} needs a value", 0)
    at = worth.time.node if worth.time else None
    rows = Rows(scope, scope.catalog.datasets[worth.dataset], event=at)
    time = rows.time(at)
    clock = Clock.of([time], rows.translator, when)
    own, moment = rows.entity(options.entity), clock.moment(time)
    where = [own.is_not(None), *clock.known(moment)]
    where += [rows.condition(worth.where.node)] if worth.where else []
    columns = {"entity": own, "t": moment}
    if worth.measure.argument is not None:
        columns["a"] = argument(rows, worth.measure)
        guard_argument(rows, worth.measure, (worth.where.node,) if worth.where else ())
    return rows.select(columns, where).cte("__values"), clock


def total_worth(options: Options, scope: Scope, rows: sa.CTE | sa.Subquery) -> ColumnElement[Any]:
    """Return the exact sum, or the count, of rows that say what a customer is worth."""
    assert options.value is not None
    total = aggregate(options.value.measure, rows.c.get("a"), scope)
    return sa.cast(sa.func.coalesce(total, 0), EXACT)


def worths(options: Options, start: Any, end: Any, active: ColumnElement[bool], *,
           capped: bool) -> tuple[ColumnElement[Any], ColumnElement[Any]]:  # fmt: skip
    """Return what a customer is worth at the start and at the end, as the share of revenue takes it.

    Gross revenue is never below 0, and `capped` it is never more than there was. Of a customer who is no
    longer active net revenue has what was paid back, and gross revenue nothing.
    """
    nought = sa.literal_column("0", EXACT)
    then: ColumnElement[Any] = sa.func.coalesce(start, nought, type_=EXACT)
    now: ColumnElement[Any] = sa.func.coalesce(end, nought, type_=EXACT)
    floored = sa.func.greatest(now, nought, type_=EXACT)
    if options.measure is Share.GRR:
        then = sa.func.greatest(then, nought, type_=EXACT)
        kept = sa.func.least(then, floored, type_=EXACT) if capped else floored
        return then, sa.case((active, kept), else_=nought)
    return then, sa.case((active, now), else_=sa.func.least(now, nought, type_=EXACT))


def same(one: sa.Subquery, other: sa.Subquery) -> ColumnElement[bool]:
    """Tell whether rows are of one customer and period."""
    return sa.and_(*(one.c[name] == other.c[name] for name in ("p_grain", "p_start", "entity")))
