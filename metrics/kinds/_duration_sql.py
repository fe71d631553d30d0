"""The selects of a duration: from an entity's first event to its next, in totals and in counted ages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import INSTANT, Type, Value
from metrics.errors import ExpressionError
from metrics.expression import Expression, SpanLiteral
from metrics.grain import Grain, Span
from metrics.kind import Frame
from metrics.kinds._clock import Clock
from metrics.kinds._cohort import first_open
from metrics.model import Metric, Reference
from metrics.observation import NONE_VALUE
from metrics.relation import Rows, Scope, Selectable
from metrics.scan import Cell, cell_of, dimension
from metrics.stretch import When

TICKS = 1_000_000
"""Durations are whole microseconds: exact sums and exact percentiles on every engine."""

MINUTELY = Span.parse("14 days")
"""Up to this window the Kaplan-Meier axis is whole minutes, beyond it whole hours; of DATEs whole days."""

NEVER = 2**63 - 1
SECONDS = sa.Numeric(18, 0)


class Basis(StrEnum):
    """Label a case by its start, or count completed cases by their end."""

    FROM = "from"
    TO = "to"


class Statistic(StrEnum):
    """What is said of the durations of a period."""

    P50 = "p50"
    P90 = "p90"
    MEAN = "mean"
    SHARE_WITHIN = "share_within"

    @property
    def quantile(self) -> float | None:
        """Return which share of a percentile's cases took no longer."""
        return {Statistic.P50: 0.5, Statistic.P90: 0.9}.get(self)


@dataclass(frozen=True)
class Options:
    """The kind's own keys; `within` is a span, or an expression over the `from` row that gives hours."""

    entity: str = field(metadata={"refers": "entity"})
    from_: Reference = field(metadata={"key": "from"})
    to: Reference
    statistic: Statistic
    window: Span | None = None
    basis: Basis = Basis.FROM
    within: Expression | None = None


@dataclass(frozen=True)
class Total:
    """What is counted of a cohort, in microseconds; `seconds` and `squares` sum whole seconds.

    `answered` and `over` count cases with their second event and cases whose window has passed. `kept` is
    the number within the standard, `quantile` the percentile, `took` the sum of durations cut at the window,
    `bound` that of the windows of those without a second event: each only where the statistic asks for it.
    """

    entries: int
    answered: int
    over: int
    kept: int = 0
    quantile: int | None = None
    took: int = 0
    seconds: int = 0
    squares: int = 0
    bound: int = 0


@dataclass(frozen=True)
class Age:
    """Cases of one age on the axis, None for those that will never have the event; microseconds."""

    age: int | None
    event: bool
    entries: int
    took: int
    longest: int


@dataclass(frozen=True)
class Counted:
    """What came back: totals of every cohort, and ages of those that may hold open windows."""

    totals: Mapping[Cell, Total]
    ages: Mapping[Cell, tuple[Age, ...]]


class _Cases:
    """Reads the cases of one duration: each entity's first `from` event with its first `to` event since."""

    def __init__(self, metric: Metric, frame: Frame, scope: Scope, when: When) -> None:
        self.options: Options = metric.options
        self.frame, self.when = frame, when
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))
        datasets = frame.catalog.datasets
        self.start = Rows(scope, datasets[self.options.from_.dataset])
        self.end = Rows(scope, datasets[self.options.to.dataset])
        sides = ((self.start, self.options.from_), (self.end, self.options.to))
        self.times = [rows.time(side.time.node if side.time else None) for rows, side in sides]
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
        ends = self._events(self.end, self.options.to, self.times[1], {})
        since = sa.and_(ends.c.entity == first.c.entity, ends.c.t >= first.c.t)
        columns = [column for column in first.c if column.name in ("entity", "t", "hours", *more)]
        joined = sa.join(first, ends, since, isouter=self.options.basis is Basis.FROM)
        select = sa.select(*columns, sa.func.min(ends.c.t).label("u")).select_from(joined)
        return select.group_by(*columns).subquery("c")

    def _standard(self) -> dict[str, ColumnElement[Any]]:
        within = self.options.within
        if within is None or isinstance(within.node, SpanLiteral):
            return {}
        value = self.start.value(within.node)
        if not value.type.number and value.type is not Type.NULL:
            raise ExpressionError("within is a span such as 4h, or a number of hours", within.node.offset)
        return {"hours": sa.cast(value.sql, sa.Double())}

    def ticks(self, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the microseconds between two moments; a day has 24 hours where days are compared."""
        dialect = self.start.translator.dialect
        if self.clock.type is Type.DATE:
            return sa.cast(dialect.days(end, start), sa.BigInteger()) * _number(86400 * TICKS)
        seconds = dialect.epoch(end) - dialect.epoch(start)
        return sa.cast(sa.func.round(seconds * sa.literal(float(TICKS), sa.Double())), sa.BigInteger())

    def steps(self, ticks: ColumnElement[Any], window: Span) -> ColumnElement[Any]:
        """Return whole minutes (windows up to 14 days), hours, or days of DATEs."""
        width = 60 if window.approximate_seconds <= MINUTELY.approximate_seconds else 3600
        width = 86400 if self.clock.type is Type.DATE else width
        share = sa.cast(ticks, sa.Double()) / sa.literal(float(width * TICKS), sa.Double())
        return sa.cast(sa.func.floor(share), sa.BigInteger())

    def standard(self, cases: sa.Subquery) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Tell of a case whether it was within the standard, and whether the standard's time is over."""
        within, t, u = self.options.within, cases.c.t, cases.c.u
        if within is None:
            raise ExpressionError("share_within needs within", 0)
        span = within.node.span if isinstance(within.node, SpanLiteral) else None
        if span is not None and not span.unit.elapsed:
            last = self.clock.after(t, span)
            return u <= last, last < self._today()
        limit = sa.cast(cases.c.hours * sa.literal(3600.0 * TICKS, sa.Double()), sa.Double()) \
            if span is None else _number(int(span.approximate_seconds) * TICKS)  # fmt: skip
        # A case that no standard is known for is not within it.
        over = sa.func.coalesce(self.ticks(t, self._today()) > limit, sa.true())
        return self.ticks(t, u) <= limit, over

    def _today(self) -> ColumnElement[Any]:
        """Return the moment from which on nothing is known yet."""
        assert self.when.watermark is not None
        if self.clock.type is Type.DATE:
            return sa.literal(self.when.calendar.local_day(self.when.watermark), sa.Date())
        return sa.literal(self.when.watermark, INSTANT)

    def rows(self) -> sa.Subquery:
        """Return one row a case, with what is counted: answered, over, spent and what the statistic asks."""
        options, cases, clock = self.options, self.found(), self.clock
        t, u = cases.c.t, cases.c.u
        dated, spent, label = self.when.watermark is not None, self.ticks(t, u), u
        answered: ColumnElement[bool] = u.is_not(None)
        over: ColumnElement[bool] = sa.true()
        columns: dict[str, ColumnElement[Any]] = {}
        if options.basis is Basis.FROM:
            if options.window is None:
                raise ExpressionError("a duration that is labelled by its start needs a window", 0)
            end = clock.after(t, options.window)
            answered, label = sa.and_(answered, u < end), t
            over = clock.over(end) if dated else sa.false()
            columns["bound"] = self.ticks(t, end)
            if dated:
                columns["waited"] = self.steps(self.ticks(t, clock.edge()), options.window)
                columns["reached"] = self.steps(spent, options.window)
        if options.statistic is Statistic.SHARE_WITHIN:
            kept, settled = self.standard(cases) if dated else (sa.false(), sa.false())
            kept = sa.func.coalesce(sa.and_(answered, kept), sa.false())
            columns |= {"event": kept, "lost": sa.and_(sa.not_(kept), sa.or_(answered, over, settled))}
        else:
            columns |= {"event": answered, "lost": sa.and_(sa.not_(answered), over)}
        columns |= {"answered": answered, "over": over, "spent": sa.case((answered, spent))}
        columns |= {f"p_{grain}": clock.start_of(label, grain)
                    for grain in self.frame.grains if grain is not Grain.ALL}  # fmt: skip
        dims = [cases.c[f"d_{name}"] for name in self.dimensions]
        return sa.select(*(column.label(name) for name, column in columns.items()), *dims).subquery("r")


class DurationQuery:
    """Counts cases, and sums or ranks their durations, per period and segment."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame
        self.options: Options = metric.options

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.from_.dataset

    def selects(self, scope: Scope, when: When) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the totals of all cohorts, and the ages of those that may hold open windows."""
        cases = _Cases(self.metric, self.frame, scope, when)
        rows, grains = cases.rows(), self.frame.grains
        found = [(grains, self._grouped(rows, grains, cases.dimensions, [], self._totals(rows)))]
        window = self.options.window
        if self.options.basis is Basis.TO or when.watermark is None:
            return found
        opened = {grain: first_open(self.frame, grain, window) for grain in grains}
        waiting = tuple(grain for grain in grains if grain is Grain.ALL or opened[grain] is not None)
        if waiting and self.frame.watermark is not None:
            aged = self._aged(rows, waiting, [rows.c[f"p_{grain}"] >= opened[grain]
                                              for grain in waiting if grain is not Grain.ALL])  # fmt: skip
            counts = [sa.func.count().label("entries"), sa.func.sum(aged.c.spent).label("took"),
                      sa.func.max(aged.c.spent).label("longest")]  # fmt: skip
            own = [aged.c.event, aged.c.age]
            found.append((waiting, self._grouped(aged, waiting, cases.dimensions, own, counts)))
        return found

    def _aged(self, rows: sa.Subquery, grains: tuple[Grain, ...], opened: list[Any]) -> sa.Subquery:
        """Return the cases of cohorts that may hold open windows, with their ages."""
        age = sa.case((rows.c.lost, sa.null()), (rows.c.event, rows.c.reached), else_=rows.c.waited)
        kept = [column for column in rows.c if column.name[:2] in ("p_", "d_")]
        select = sa.select(*kept, rows.c.event, rows.c.spent, age.label("age"))
        return (select if Grain.ALL in grains else select.where(sa.or_(*opened))).subquery("a")

    def _totals(self, rows: sa.Subquery) -> list[ColumnElement[Any]]:
        count = sa.func.count()
        found = [count.label("entries"), count.filter(rows.c.answered).label("answered"),
                 count.filter(rows.c.over).label("over")]  # fmt: skip
        statistic = self.options.statistic
        if statistic is Statistic.SHARE_WITHIN:
            return [*found, count.filter(rows.c.event).label("kept")]
        if statistic.quantile is not None:
            ranked = sa.func.coalesce(rows.c.spent, _number(NEVER))
            share = sa.func.percentile_disc(sa.literal_column(repr(statistic.quantile)))
            return [*found, share.within_group(ranked.asc()).label("quantile")]
        bound = rows.c.bound if self.options.basis is Basis.FROM else rows.c.spent
        took = sa.func.coalesce(rows.c.spent, bound)
        # Sums of doubles differ from run to run, and squares of microseconds are too long for any engine.
        whole = sa.cast(
            sa.func.floor(sa.cast(took, sa.Double()) / sa.literal(float(TICKS), sa.Double())), SECONDS
        )
        still = sa.func.sum(bound).filter(sa.not_(rows.c.answered))
        return [*found, sa.func.sum(took).label("took"), sa.func.sum(whole).label("seconds"),
                sa.func.sum(whole * whole).label("squares"), still.label("bound")]  # fmt: skip

    def _grouped(self, rows: sa.Subquery, grains: tuple[Grain, ...], dimensions: tuple[str, ...],
                 own: list[Any], values: list[Any]) -> Selectable:  # fmt: skip
        cells = [rows.c[f"p_{grain}"] for grain in grains if grain is not Grain.ALL]
        cells += [rows.c[f"d_{name}"] for name in dimensions]
        sets = [
            sa.tuple_(
                *([rows.c[f"p_{grain}"]] if grain is not Grain.ALL else []), *own,
                *(rows.c[f"d_{name}"] for name in cut),
            )
            for grain in grains
            for cut in self.frame.cuts
        ]  # fmt: skip
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in cells]
        select = sa.select(*cells, *marks, *own, *values).select_from(rows)
        return select.group_by(sa.func.grouping_sets(*sets)) if cells or own else select

    def read(self, answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]]) -> Counted:
        """Return the totals and the counted ages of each cohort."""
        totals: dict[Cell, Total] = {}
        ages: dict[Cell, list[Age]] = {}
        (grains, rows), *rest = answers
        for row in rows:
            if row["entries"]:
                totals[cell_of(row, grains)] = _total(row)
        for grains, rows in rest:
            for row in rows:
                line = Age(row["age"], bool(row["event"]), int(row["entries"]), int(row["took"] or 0),
                           int(row["longest"] or 0))  # fmt: skip
                ages.setdefault(cell_of(row, grains), []).append(line)
        return Counted(totals, {cell: tuple(lines) for cell, lines in ages.items()})


def _total(row: Mapping[str, Any]) -> Total:
    quantile = row.get("quantile")
    return Total(
        int(row["entries"]), int(row["answered"]), int(row["over"]), int(row.get("kept") or 0),
        None if quantile is None or int(quantile) == NEVER else int(quantile),
        int(row.get("took") or 0), int(row.get("seconds") or 0), int(row.get("squares") or 0),
        int(row.get("bound") or 0),
    )  # fmt: skip


def _number(value: int) -> ColumnElement[Any]:
    return sa.cast(sa.literal(value, sa.BigInteger()), sa.BigInteger())
