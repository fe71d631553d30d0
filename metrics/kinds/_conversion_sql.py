"""The selects of a conversion: entries, their first success, and counted outcomes per cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import INSTANT, Type, Value
from metrics.errors import ExpressionError
from metrics.grain import Grain, Span, Unit
from metrics.kind import Frame
from metrics.model import Metric, Reference, Window
from metrics.observation import NONE_VALUE
from metrics.relation import Rows, Scope, Selectable
from metrics.scan import Cell, cell_of, dimension
from metrics.stretch import When

HOURLY = Span.parse("14 days")
"""Up to this window the Kaplan-Meier axis is whole hours, beyond it whole days."""


class Basis(StrEnum):
    """Follow a cohort of entities, or compare what entered both stages in one period."""

    COHORT = "cohort"
    PERIOD = "period"


class PeriodBy(StrEnum):
    """Label a cohort by its entry, or by the period in which its window closed."""

    ENTERED = "entered"
    MATURED = "matured"


class Reentry(StrEnum):
    """Which entry of an entity starts its clock."""

    FIRST = "first"
    LAST = "last"
    EVERY = "every"


class Skipped(StrEnum):
    """Whether a later stage implies the earlier one, or only a recorded entry counts."""

    IMPLIED = "implied"
    RECORDED = "recorded"


@dataclass(frozen=True)
class Options:
    """The kind's own keys; `skipped` is `implied` by default where one dataset logs both stages."""

    entity: str = field(metadata={"refers": "entity"})
    from_: Reference = field(metadata={"key": "from"})
    to: Reference
    window: Window = Window()
    basis: Basis = Basis.COHORT
    period_by: PeriodBy = PeriodBy.ENTERED
    reentry: Reentry = Reentry.FIRST
    skipped: Skipped | None = None

    @property
    def implied(self) -> bool:
        """Tell whether a later stage implies the earlier one."""
        if self.skipped is not None:
            return self.skipped is Skipped.IMPLIED
        return self.from_.dataset == self.to.dataset and self.reentry is Reentry.FIRST


class _Stages:
    """Reads the entries and successes of one conversion."""

    def __init__(self, metric: Metric, frame: Frame, scope: Scope, when: When) -> None:
        self.metric, self.frame, self.scope, self.when = metric, frame, scope, when
        self.options: Options = metric.options
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))
        datasets = frame.catalog.datasets
        self.sides = {
            "from": (Rows(scope, datasets[self.options.from_.dataset]), self.options.from_),
            "to": (Rows(scope, datasets[self.options.to.dataset]), self.options.to),
        }
        times = [self._time(name) for name in self.sides]
        # A DATE on either side makes both local days.
        self.type = Type.DATE if Type.DATE in {time.type for time in times} else Type.INSTANT
        self.translator = self.sides["from"][0].translator

    def _time(self, side: str) -> Value:
        rows, reference = self.sides[side]
        return rows.time(reference.time.node if reference.time else None)

    def moment(self, side: str) -> ColumnElement[Any]:
        """Return when a row's event happened: a local day or an instant."""
        value = self._time(side)
        return self.translator.day(value) if self.type is Type.DATE else self.translator.instant(value)

    def events(self, side: str) -> sa.Subquery:
        """Return the events of a side that are known by the watermark: entity, t, key, dimensions."""
        rows, reference = self.sides[side]
        kept = [rows.condition(reference.where.node)] if reference.where else []
        entity, moment = rows.entity(self.options.entity), self.moment(side)
        columns = {"entity": entity, "t": moment, **self._dimensions(rows, side)}
        columns |= {f"k{index}": column for index, column in enumerate(rows.key())}
        where: list[ColumnElement[Any]] = [entity.is_not(None), moment.is_not(None)]
        if self.when.watermark is not None:
            where.append(moment <= self.edge())
        if rows.dataset.valid is not None:
            return self._transitions(rows, columns, where, kept)
        return rows.select(columns, [*where, *kept]).subquery()

    def _transitions(
        self, rows: Rows, columns: dict[str, Any], where: list[Any], kept: list[Any]
    ) -> sa.Subquery:
        """Return the rows of a history that begin a stay; consecutive rows in one stage are one entry."""
        inside = sa.and_(*kept) if kept else sa.true()
        order = [columns["t"], *(column for name, column in columns.items() if name.startswith("k"))]
        before = sa.func.lag(inside).over(partition_by=columns["entity"], order_by=order)
        all_rows = rows.select({**columns, "inside": inside, "before": before}, where).subquery()
        begins = sa.and_(all_rows.c.inside, sa.not_(sa.func.coalesce(all_rows.c.before, sa.false())))
        return sa.select(*(all_rows.c[name] for name in columns)).where(begins).subquery()

    def _dimensions(self, rows: Rows, side: str) -> dict[str, ColumnElement[Any]]:
        known = rows.dataset.dimensions
        if self.options.basis is Basis.PERIOD:
            for name in self.dimensions:
                if name not in known:
                    raise ExpressionError(
                        f"dimension {name!r} is needed on both sides where basis is period", 0
                    )
        return {
            f"d_{name}": dimension(rows, name) if name in known else sa.literal(NONE_VALUE, sa.Text())
            for name in self.dimensions
            if side == "from" or name in known or self.options.implied
        }

    def edge(self) -> ColumnElement[Any]:
        """Return the last moment that is known: the watermark, or the last local day before it."""
        assert self.when.watermark is not None
        if self.type is Type.DATE:
            day = self.when.calendar.local_day(self.when.watermark - timedelta(microseconds=1))
            return sa.literal(day, sa.Date())
        return sa.literal(self.when.watermark, INSTANT)

    def ranked(self, events: sa.Subquery, *, last: bool = False) -> sa.Subquery:
        """Return each entity's first (or last) event."""
        order = [events.c.t, *(column for column in events.c if column.name.startswith("k"))]
        ordered = [column.desc() if last else column.asc() for column in order]
        rank = sa.func.row_number().over(partition_by=events.c.entity, order_by=ordered).label("rank")
        inner = sa.select(*events.c, rank).subquery()
        columns = [column for column in inner.c if column.name != "rank"]
        return sa.select(*columns).where(inner.c.rank == 1).subquery()

    def entries(self) -> sa.Subquery:
        """Return the entries with their first success: entity, t, u and the dimensions."""
        reentry = self.options.reentry
        if self.options.implied and reentry is not Reentry.FIRST:
            raise ExpressionError("skipped: implied goes with reentry: first", 0)
        if reentry is Reentry.FIRST:
            return self._first_entries()
        starts = self.events("from")
        if reentry is Reentry.LAST:
            starts = self.ranked(starts, last=True)
        order = [starts.c.t, *(column for column in starts.c if column.name.startswith("k"))]
        until = sa.func.lead(starts.c.t).over(partition_by=starts.c.entity, order_by=order)
        number = sa.func.row_number().over(order_by=[starts.c.entity, *order])
        entries = sa.select(*starts.c, until.label("until"), number.label("entry")).subquery()
        successes = self.events("to")
        own = sa.and_(
            successes.c.entity == entries.c.entity,
            successes.c.t >= entries.c.t,
            sa.or_(entries.c.until.is_(None), successes.c.t < entries.c.until),
        )
        credited = sa.select(entries.c.entry, sa.func.min(successes.c.t).label("u"))
        credited = credited.select_from(sa.join(entries, successes, own)).group_by(entries.c.entry)
        found = credited.subquery()
        dims = [entries.c[f"d_{name}"] for name in self.dimensions]
        select = sa.select(entries.c.entity, entries.c.t, found.c.u, *dims)
        return select.select_from(sa.outerjoin(entries, found, entries.c.entry == found.c.entry)).subquery()

    def _first_entries(self) -> sa.Subquery:
        start, success = self.ranked(self.events("from")), self.ranked(self.events("to"))
        joined = sa.outerjoin(start, success, start.c.entity == success.c.entity, full=self.options.implied)
        moment: ColumnElement[Any] = start.c.t
        dims = [start.c[f"d_{name}"] for name in self.dimensions]
        if self.options.implied:
            # Whoever stands in the later stage has been through the earlier one, by then at the latest.
            moment = sa.func.least(start.c.t, success.c.t, type_=start.c.t.type)
            dims = [
                sa.func.coalesce(start.c[f"d_{name}"], success.c[f"d_{name}"]).label(f"d_{name}")
                for name in self.dimensions
            ]
        entity = sa.func.coalesce(start.c.entity, success.c.entity).label("entity")
        return (
            sa.select(entity, moment.label("t"), success.c.t.label("u"), *dims).select_from(joined).subquery()
        )

    def end(self, moment: ColumnElement[Any]) -> ColumnElement[Any] | None:
        """Return when the window of an entry ends, None where it never does."""
        span = self.options.window.span
        if span is None:
            return None
        if self.type is Type.DATE and span.unit.elapsed:
            span = Span(-(-int(span.approximate_seconds) // 86400), Unit.DAY)
        return self.translator.shift(Value(moment, self.type), span).sql

    def elapsed(self, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return whole hours (windows up to 14 days) or whole days between two moments."""
        dialect = self.scope.source.dialect
        if self.type is Type.DATE:
            return dialect.days(end, start)
        seconds = dialect.epoch(end) - dialect.epoch(start)
        span = self.options.window.span
        hourly = span is not None and span.approximate_seconds <= HOURLY.approximate_seconds
        return sa.cast(sa.func.floor(seconds / sa.literal(3600.0 if hourly else 86400.0)), sa.BigInteger())

    def start_of(self, moment: ColumnElement[Any], grain: Grain) -> ColumnElement[Any]:
        """Return the first day of the period in which a moment lies."""
        day = self.translator.day(Value(moment, self.type))
        calendar = self.when.calendar
        return self.scope.source.dialect.truncate(
            day, grain, calendar.week_starts, calendar.fiscal_year_starts
        )


class CohortQuery:
    """Counts entries by cohort, outcome and, in cohorts with open windows, by elapsed time."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return str(self.metric.options.from_.dataset)

    def selects(self, scope: Scope, when: When) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        stages = _Stages(self.metric, self.frame, scope, when)
        entries, grains = stages.entries(), self.frame.grains
        t, u, end = entries.c.t, entries.c.u, stages.end(entries.c.t)
        converted = sa.and_(u.is_not(None), u >= t, *([u < end] if end is not None else []))
        known = when.watermark is not None
        over = sa.literal(False) if end is None or not known else self._over(stages, end, when)
        # `matured`: a cohort is labelled by the period in which its window closed.
        matured_by = self.metric.options.period_by is PeriodBy.MATURED and end is not None
        label = end if matured_by and end is not None else t
        age = stages.elapsed(t, sa.case((converted, u), else_=stages.edge())) if known else sa.null()
        columns: dict[str, ColumnElement[Any]] = {"converted": converted, "over": over, "elapsed": age}
        columns |= {f"p_{grain}": stages.start_of(label, grain) for grain in grains if grain is not Grain.ALL}
        dims = [entries.c[f"d_{name}"] for name in stages.dimensions]
        select = sa.select(*(value.label(name) for name, value in columns.items()), *dims)
        rows = (select.where(over) if matured_by else select).subquery("r")
        aged = self._aged(rows, when)
        return [(grains, self._grouped(aged, stages.dimensions))]

    def _over(self, stages: _Stages, end: ColumnElement[Any], when: When) -> ColumnElement[Any]:
        assert when.watermark is not None
        if stages.type is Type.DATE:
            return end <= sa.literal(when.calendar.local_day(when.watermark), sa.Date())
        return end <= sa.literal(when.watermark, INSTANT)

    def _aged(self, rows: sa.Subquery, when: When) -> sa.Subquery:
        """Keep the elapsed time only where the curve is needed: from the first cohort with open windows."""
        columns: list[Any] = [column for column in rows.c if column.name != "elapsed"]
        for grain in self.frame.grains:
            open_from = first_open(self.frame, grain, self.metric.options)
            if grain is Grain.ALL:
                age: Any = rows.c.elapsed
            elif open_from is None:
                age = sa.cast(sa.null(), sa.BigInteger())
            else:
                age = sa.case((rows.c[f"p_{grain}"] >= open_from, rows.c.elapsed), else_=sa.null())
            columns.append(age.label(f"e_{grain}"))
        return sa.select(*columns).subquery("a")

    def _grouped(self, rows: sa.Subquery, dimensions: tuple[str, ...]) -> Selectable:
        cells = [rows.c[f"p_{grain}"] for grain in self.frame.grains if grain is not Grain.ALL]
        cells += [rows.c[f"d_{name}"] for name in dimensions]
        ages = [rows.c[f"e_{grain}"] for grain in self.frame.grains]
        sets = [
            sa.tuple_(
                *([rows.c[f"p_{grain}"]] if grain is not Grain.ALL else []), rows.c[f"e_{grain}"],
                rows.c.converted, rows.c.over, *(rows.c[f"d_{name}"] for name in cut),
            )
            for grain in self.frame.grains
            for cut in self.frame.cuts
        ]  # fmt: skip
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in cells]
        outcome = [rows.c.converted, rows.c.over, sa.func.count().label("entries")]
        select = sa.select(*cells, *marks, *ages, *outcome).select_from(rows)
        return select.group_by(sa.func.grouping_sets(*sets))

    def read(
        self, answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]]
    ) -> Mapping[Cell, Outcomes]:
        """Return the counted outcomes of each cohort."""
        found: dict[Cell, list[tuple[bool, bool, int | None, int]]] = {}
        for grains, rows in answers:
            for row in rows:
                cell = cell_of(row, grains)
                age = row[f"e_{cell[0]}"]
                line = (bool(row["converted"]), bool(row["over"]), age, int(row["entries"]))
                found.setdefault(cell, []).append(line)
        return {cell: Outcomes(tuple(lines)) for cell, lines in found.items()}


@dataclass(frozen=True)
class Outcomes:
    """Counted outcomes of a cohort: (converted, window over, elapsed, entries)."""

    lines: tuple[tuple[bool, bool, int | None, int], ...]

    @property
    def entries(self) -> int:
        """Return how many entries the cohort has."""
        return sum(count for *_, count in self.lines)

    @property
    def converted(self) -> int:
        """Return how many converted so far."""
        return sum(count for converted, _, _, count in self.lines if converted)

    @property
    def completed(self) -> int:
        """Return for how many the whole window has passed."""
        return sum(count for _, over, _, count in self.lines if over)


def first_open(frame: Frame, grain: Grain, options: Options) -> date | None:
    """Return the first day of the first cohort that may hold open windows, None where none does."""
    if grain is Grain.ALL or options.window.span is None or options.period_by is PeriodBy.MATURED:
        return None
    openings = (
        period.start for period in frame.periods(grain) if not frame.closed(period, options.window.span)
    )
    return next(openings, None)


class EntryQuery:
    """Counts the entities (or entries) that entered one stage, by period."""

    def __init__(self, metric: Metric, frame: Frame, side: str) -> None:
        self.metric, self.frame, self.side = metric, frame, side

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        reference = self.metric.options.from_ if self.side == "from" else self.metric.options.to
        return str(reference.dataset)

    def selects(self, scope: Scope, when: When) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        stages, grains = _Stages(self.metric, self.frame, scope, when), self.frame.grains
        events = stages.events(self.side)
        reentry = self.metric.options.reentry
        if reentry is not Reentry.EVERY:
            events = stages.ranked(events, last=reentry is Reentry.LAST)
        labels = {
            f"p_{grain}": stages.start_of(events.c.t, grain) for grain in grains if grain is not Grain.ALL
        }
        dims = [events.c[f"d_{name}"] for name in stages.dimensions]
        rows = sa.select(
            *(value.label(name) for name, value in labels.items()), *dims, events.c.entity
        ).subquery("r")
        cells = [column for column in rows.c if column.name != "entity"]
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in cells]
        sets = [
            sa.tuple_(
                *([rows.c[f"p_{grain}"]] if grain is not Grain.ALL else []), *(rows.c[f"d_{n}"] for n in cut)
            )
            for grain in grains
            for cut in self.frame.cuts
        ]
        select = sa.select(*cells, *marks, sa.func.count().label("entries")).select_from(rows)
        return [(grains, select.group_by(sa.func.grouping_sets(*sets)) if cells else select)]

    def read(
        self, answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]]
    ) -> Mapping[Cell, int]:
        """Return how many entered, per period and segment."""
        return {cell_of(row, grains): int(row["entries"]) for grains, rows in answers for row in rows}
