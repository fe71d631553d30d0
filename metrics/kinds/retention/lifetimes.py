"""One row a customer: the day it was won, the day it came under observation, and the day it was lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import NAIVE, Value
from metrics.grain import Grain, Span, Unit
from metrics.kinds._shared.customers import Subscription, keys_of, orders, stays, subscriptions
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.retention.options import Options
from metrics.sql.periods import TimeFrame
from metrics.sql.scope import Scope

LONG_AGO = date(1000, 1, 1)
ONE_DAY = timedelta(days=1)

_DAYS = {Grain.DAY: 1, Grain.WEEK: 7}
_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12, Grain.FISCAL_QUARTER: 3, Grain.FISCAL_YEAR: 12}


def ages(grain: Grain, count: int) -> Span:
    """Return how long it takes to grow older by so many periods of a grain."""
    if grain in _DAYS:
        return Span(count * _DAYS[grain], Unit.DAY)
    return Span(count * _MONTHS[grain], Unit.MONTH)


def age_at(clock: Clock, since: ColumnElement[Any], day: Any, grain: Grain) -> ColumnElement[Any]:
    """Return the age on a DATE that is not before `since`, in whole periods of a grain."""
    dialect = clock.translator.dialect
    if grain in _DAYS:
        whole, size = dialect.days(day, since), _DAYS[grain]
    else:
        whole, size = dialect.months(day, since), _MONTHS[grain]
    if size == 1:
        return whole
    return sa.cast(sa.func.floor(sa.cast(whole, sa.Double()) / sa.literal(float(size))), sa.BigInteger())


def last_known(when: TimeFrame, gap: Span | None = None) -> date:
    """Return the last local day of which it is known who left: it is over, and the gap after it too."""
    if when.watermark is None:
        return LONG_AGO
    today = when.calendar.local_day(when.watermark)

    def after(day: date) -> date:
        return gap.after_day(day) if gap is not None else day

    day = gap.after_day(today, -1) if gap is not None else today
    # A month before and a month after are not each other's inverse.
    while after(day) < today:
        day += ONE_DAY
    while after(day) >= today:
        day -= ONE_DAY
    return day


@dataclass(frozen=True)
class Lives:
    """`rows`: entity, since, seen, lost and last (DATEs), dimensions.

    `lost` is null for who is still there; on the day `last` a customer is known to have been there.
    `made` are the rows that make customers, `known` the last day of which it is known who left.
    """

    rows: sa.CTE
    made: sa.CTE
    clock: Clock
    known: date

    @property
    def edge(self) -> ColumnElement[Any]:
        """Return the last day of which it is known who left."""
        return day_of_ours(self.known)


def lives(options: Options, scope: Scope, when: TimeFrame, dimensions: tuple[str, ...]) -> Lives:
    """Return everybody who was won by the last known day, with the dimensions of its first row."""
    known = last_known(when, options.gap)
    if options.subscription is not None:
        each, made, clock = _subscribed(options, options.subscription, scope, when, dimensions)
    else:
        each, made, clock = _active(options, scope, when, dimensions)
    edge = day_of_ours(known)
    lost = sa.case((each.c.lost <= edge, each.c.lost), else_=sa.null())
    dims = [each.c[f"d_{name}"] for name in dimensions]
    # Who is lost on the day on which it was won was there on that day.
    before = sa.func.greatest(each.c.since, day_before(clock, each.c.lost), type_=sa.Date())
    last = sa.case((each.c.lost <= edge, before), else_=edge)
    told = {"since": each.c.since, "seen": each.c.seen, "lost": lost, "last": last}
    columns = [column.label(name) for name, column in told.items()]
    counted = sa.select(each.c.entity, *columns, *dims).subquery()
    # Who had left before anybody looked was never under observation.
    unseen = sa.and_(counted.c.seen > counted.c.since, counted.c.lost <= counted.c.seen)
    there = sa.func.coalesce(sa.not_(unseen), sa.true())
    in_time = sa.or_(counted.c.seen < edge, counted.c.since == counted.c.seen)
    rows = sa.select(*counted.c).where(counted.c.since <= edge, in_time, there)
    return Lives(rows.cte("__lives"), made, clock, known)


def _active(options: Options, scope: Scope, when: TimeFrame,
            dimensions: tuple[str, ...]) -> tuple[sa.Subquery, sa.CTE, Clock]:  # fmt: skip
    """Return customers by their rows, lost when the first silence has lasted too long."""
    options.source_dataset()
    assert options.activity is not None
    bought, clock = orders(scope, when, options.entity, options.activity, dimensions, options.leaving)
    own, order = [bought.c.entity], [bought.c.t, *keys_of(bought)]
    rank = sa.func.row_number().over(partition_by=own, order_by=order).label("rank")
    following = sa.func.lead(bought.c.t).over(partition_by=own, order_by=order).label("following")
    won = (
        [sa.func.min(bought.c.acquired).over(partition_by=own).label("won")] if "acquired" in bought.c else []
    )
    dims = [bought.c[f"d_{name}"] for name in dimensions]
    ranked = sa.select(bought.c.entity, bought.c.t, rank, following, *won, *dims).subquery()
    lost: ColumnElement[Any] = sa.cast(sa.null(), clock.column)
    if options.active_if.within is not None:
        lapse = clock.after(ranked.c.t, options.active_if.within)
        silent = sa.or_(ranked.c.following.is_(None), ranked.c.following >= lapse)
        silences = sa.case((silent, lapse), else_=sa.cast(sa.null(), clock.column))
        lost = sa.func.min(silences).over(partition_by=[ranked.c.entity])
    columns = [column for column in ranked.c if column.name not in ("t", "following")]
    each = sa.select(*columns, day_of(clock, ranked.c.t).label("seen"), lost.label("left")).subquery()
    since = sa.func.least(each.c.seen, each.c.won, type_=sa.Date()) if won else each.c.seen
    dims = [each.c[f"d_{name}"] for name in dimensions]
    select = sa.select(each.c.entity, since.label("since"), each.c.seen,
                       day_of(clock, each.c.left).label("lost"), *dims)  # fmt: skip
    return select.where(each.c.rank == 1).subquery(), bought, clock


def _subscribed(options: Options, subscription: Subscription, scope: Scope, when: TimeFrame,
                dimensions: tuple[str, ...]) -> tuple[sa.Subquery, sa.CTE, Clock]:  # fmt: skip
    """Return customers by their first stay, lost when it has ended for certain."""
    held, clock = subscriptions(scope, when, options.entity, subscription, dimensions, options.leaving)
    each = stays(held, clock, subscription.gap)
    order = [each.c.t, *keys_of(each)]
    rank = sa.func.row_number().over(partition_by=[each.c.entity], order_by=order).label("rank")
    ranked = sa.select(*each.c, rank).subquery()
    since = day_of(clock, ranked.c.t)
    seen = since
    if subscription.observed_from is not None:
        seen = sa.func.greatest(since, day_of_ours(subscription.observed_from), type_=sa.Date())
    lost = sa.case((ranked.c.settled, day_of(clock, ranked.c.until)), else_=sa.cast(sa.null(), sa.Date()))
    dims = [ranked.c[f"d_{name}"] for name in dimensions]
    select = sa.select(ranked.c.entity, since.label("since"), seen.label("seen"), lost.label("lost"), *dims)
    return select.where(ranked.c.rank == 1).subquery(), held, clock


def day_of_ours(day: date) -> ColumnElement[Any]:
    """Return a constant DATE that also says so where it is written out."""
    return sa.cast(sa.literal(day, sa.Date()), sa.Date())


def day_before(clock: Clock, day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the DATE before another."""
    return sa.cast(clock.translator.dialect.plus(day, Span(1, Unit.DAY), -1, NAIVE), sa.Date())


def day_of(clock: Clock, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the local day of a moment."""
    return clock.translator.day(Value(moment, clock.type))
