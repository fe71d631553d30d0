"""The cases of a duration: each entity's first event with the first that ends it, and the time between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.dialect import Type, Value
from metrics.errors import ExpressionError
from metrics.expressions.nodes import SpanLiteral
from metrics.frame import Frame
from metrics.grain import Grain, Span
from metrics.kinds._shared.by_entry import ByEntry
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.duration.business_clock import TICKS, Timer
from metrics.kinds.duration.options import Basis, Options, Statistic
from metrics.observation import NONE_VALUE
from metrics.sql.finite import guard_finite
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scan_query import dimension
from metrics.sql.scope import Scope

NEVER = 2**63 - 1
"""More microseconds than any duration has."""
MINUTELY = Span.parse("14 days")
"""Up to this window the Kaplan-Meier axis is whole minutes, beyond it whole hours; of DATEs whole days."""


class Cases:
    """Reads the cases of one duration: each entity's first `from` event with its first `to` event since."""

    def __init__(self, metric: Metric, frame: Frame, scope: Scope, when: TimeFrame) -> None:
        self.options: Options = metric.options
        self.frame, self.when = frame, when
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))
        datasets = frame.catalog.datasets
        self.start, self.end = (
            Rows(scope, datasets[side.dataset], event=side.time.node if side.time else None)
            for side in (self.options.from_, self.options.to)
        )
        sides = ((self.start, self.options.from_), (self.end, self.options.to))
        self.times = [rows.time(side.time.node if side.time else None) for rows, side in sides]
        watch = self.options.clock
        self.timer = Timer(watch, scope, self.options.entity, when.watermark) if watch else None
        if self.timer is not None:
            self.timer.refuse_days(zip(("from", "to"), self.times, strict=True))
        self.clock = Clock.of(self.times, self.start.translator, when)

    def _events(self, rows: Rows, reference: Reference, time: Value, more: Mapping[str, Any]) -> sa.Subquery:
        """Return the events of a side that are known by the watermark: entity, t, key, and what is asked."""
        entity, moment = rows.entity(self.options.entity), self.clock.moment(time)
        kept = [rows.condition(reference.where.node)] if reference.where else []
        where = [entity.is_not(None), *self.clock.known(moment)]
        keys = {f"k{index}": column for index, column in enumerate(rows.key())}
        columns = {"entity": entity, "t": moment, **more, **keys}
        if rows.dataset.valid is None:
            return rows.select(columns, [*where, *kept]).subquery()
        # Consecutive rows of a history in one stage are one event.
        inside = sa.and_(*kept) if kept else sa.true()
        before = sa.func.lag(inside).over(partition_by=entity, order_by=[moment, *keys.values()])
        every = rows.select({**columns, "inside": inside, "before": before}, where).subquery()
        begins = sa.and_(every.c.inside, sa.not_(sa.func.coalesce(every.c.before, sa.false())))
        return sa.select(*(every.c[name] for name in columns)).where(begins).subquery()

    def found(self) -> sa.Subquery:
        """Return one row a case: t, u (null where nothing has followed), the standard, dimensions."""
        known = self.start.dataset.dimensions
        more = {
            f"d_{name}": dimension(self.start, name) if name in known else sa.literal(NONE_VALUE, sa.Text())
            for name in self.dimensions
        }
        starts = self._events(self.start, self.options.from_, self.times[0], {**more, **self._standard()})
        order = [starts.c.t, *(column for column in starts.c if column.name.startswith("k"))]
        rank = sa.func.row_number().over(partition_by=starts.c.entity, order_by=order).label("rank")
        ranked = sa.select(*starts.c, rank).subquery()
        first = sa.select(*ranked.c).where(ranked.c.rank == 1).subquery("f")
        found = self._ends()
        ends = found.events
        since = sa.and_(ends.c.entity == first.c.entity, ends.c.t >= first.c.t, *found.told_by(first.c.t))
        columns = [column for column in first.c if column.name in ("entity", "t", "hours", *more)]
        joined = sa.join(first, ends, since, isouter=self.options.basis is Basis.FROM)
        select = sa.select(*columns, sa.func.min(ends.c.t).label("u")).select_from(joined)
        return select.group_by(*columns).subquery("c")

    def _ends(self) -> ByEntry:
        """Return the events of `to`, each as the definition of a case's first day tells it."""
        side = self.options.to
        found = self._events(self.end, side, self.times[1], {})

        def again(rows: Rows) -> sa.Subquery:
            return self._events(rows, side, rows.time(side.time.node if side.time else None), {})

        return ByEntry.of(self.end, found, again, self.clock)

    def _standard(self) -> dict[str, ColumnElement[Any]]:
        within = self.options.within
        if within is None or isinstance(within.node, SpanLiteral):
            return {}
        value = self.start.value(within.node)
        if not value.type.number and value.type is not Type.NULL:
            raise ExpressionError("within is a span such as 4h, or a number of hours", within.node.offset)
        where = self.options.from_.where
        guard_finite(self.start, within.node, (where.node,) if where else ())
        return {"hours": sa.cast(value.sql, sa.Double())}

    def ticks(self, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the microseconds between two moments on the calendar; a DATE's day has 24 hours."""
        dialect = self.start.translator.dialect
        if self.clock.type is Type.DATE:
            return sa.cast(dialect.days(end, start), sa.BigInteger()) * number(86400 * TICKS)
        seconds = dialect.epoch(end) - dialect.epoch(start)
        return sa.cast(sa.func.round(seconds * sa.literal(float(TICKS), sa.Double())), sa.BigInteger())

    def steps(self, ticks: ColumnElement[Any], window: Span) -> ColumnElement[Any]:
        """Return whole minutes (windows up to 14 days), hours, or days of DATEs."""
        width = 60 if window.approximate_seconds <= MINUTELY.approximate_seconds else 3600
        width = 86400 if self.clock.type is Type.DATE else width
        share = sa.cast(ticks, sa.Double()) / sa.literal(float(width * TICKS), sa.Double())
        return sa.cast(sa.func.floor(share), sa.BigInteger())

    def timed(self) -> sa.Subquery:
        """Return the cases with the ticks from t to each end, as `to_<end>`.

        The ends are `u` and, where a case is labelled by its start, its window's `end`, the `edge` of what
        is known and, of days, `today`: the first of which nothing is.
        """
        found = self.found()
        ends: dict[str, ColumnElement[Any]] = {}
        if self.options.basis is Basis.FROM:
            if self.options.window is None:
                raise ExpressionError("a duration that is labelled by its start needs a window", 0)
            ends["end"] = self.clock.after(found.c.t, self.options.window)
            if self.when.watermark is not None:
                ends["edge"] = self.clock.edge()
                if self.clock.type is Type.DATE:
                    ends["today"] = self._today()
        known = sa.select(*found.c, *(end.label(name) for name, end in ends.items()))
        names = ("u", *ends)
        if self.timer is not None:
            return self.timer.timed(known.cte("__cases"), names, self.clock)
        cases = known.subquery("n")
        ticks = (self.ticks(cases.c.t, cases.c[name]).label(f"to_{name}") for name in names)
        return sa.select(*cases.c, *ticks).subquery("m")

    def standard(self, cases: sa.Subquery) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Tell of a case whether it was within the standard, and whether the standard's time is over."""
        within = self.options.within
        if within is None:
            raise ExpressionError("share_within needs within", 0)
        span = within.node.span if isinstance(within.node, SpanLiteral) else None
        past = self.options.basis is Basis.FROM
        today = "today" if self.clock.type is Type.DATE else "edge"
        if span is not None and not span.unit.elapsed:
            if self.timer is not None:
                raise ExpressionError("with a clock, within is in hours or minutes", within.node.offset)
            last = self.clock.after(cases.c.t, span)
            return cases.c.u <= last, last < cases.c[today] if past else sa.true()
        limit = sa.cast(cases.c.hours * sa.literal(3600.0 * TICKS, sa.Double()), sa.Double()) \
            if span is None else number(int(span.approximate_seconds) * TICKS)  # fmt: skip
        # A case that no standard is known for is not within it.
        over = sa.func.coalesce(cases.c[f"to_{today}"] > limit, sa.true()) if past else sa.true()
        return cases.c.to_u <= limit, over

    def _today(self) -> ColumnElement[Any]:
        """Return the first day of which nothing is known yet."""
        assert self.when.watermark is not None
        return sa.literal(self.when.calendar.local_day(self.when.watermark), sa.Date())

    def rows(self) -> sa.Subquery:
        """Return one row a case, with what is counted: answered, over, spent and what the statistic asks."""
        options, cases, clock = self.options, self.timed(), self.clock
        t, u, dated = cases.c.t, cases.c.u, self.when.watermark is not None
        answered: ColumnElement[bool] = u.is_not(None)
        over: ColumnElement[bool] = sa.true()
        label: ColumnElement[Any] = u
        columns: dict[str, ColumnElement[Any]] = {}
        if options.basis is Basis.FROM:
            assert options.window is not None
            answered, label = sa.and_(answered, u < cases.c.end), t
            over = clock.over(cases.c.end) if dated else sa.false()
            columns["bound"] = cases.c.to_end
            if dated:
                columns["waited"] = self.steps(cases.c.to_edge, options.window)
                # Once its window is over, nothing of a case is unknown.
                columns["followed"] = sa.case((over, number(NEVER)), else_=cases.c.to_edge)
                columns["reached"] = self.steps(cases.c.to_u, options.window)
        if options.statistic is Statistic.SHARE_WITHIN:
            kept, settled = self.standard(cases) if dated else (sa.false(), sa.false())
            kept = sa.func.coalesce(sa.and_(answered, kept), sa.false())
            settled = sa.or_(over, settled)
            columns |= {"event": kept, "lost": sa.and_(sa.not_(kept), sa.or_(answered, settled))}
            columns["settled"] = settled
        else:
            columns |= {"event": answered, "lost": sa.and_(sa.not_(answered), over)}
        columns |= {"answered": answered, "over": over, "spent": sa.case((answered, cases.c.to_u))}
        columns |= {f"p_{grain}": clock.start_of(label, grain)
                    for grain in self.frame.grains if grain is not Grain.ALL}  # fmt: skip
        dims = [cases.c[f"d_{name}"] for name in self.dimensions]
        return sa.select(*(column.label(name) for name, column in columns.items()), *dims).subquery("r")


def number(value: int) -> ColumnElement[Any]:
    """Write a whole number of microseconds."""
    return sa.cast(sa.literal(value, sa.BigInteger()), sa.BigInteger())
