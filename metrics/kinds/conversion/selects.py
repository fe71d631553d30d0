"""The selects of a conversion: entries, their first success, and counted outcomes per cohort."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.dialect import Value
from metrics.errors import ExpressionError
from metrics.frame import Frame
from metrics.grain import Grain
from metrics.kinds._shared.by_entry import ByEntry
from metrics.kinds._shared.cohorts import Outcomes, counted, read_outcomes
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.conversion.options import Basis, Options, PeriodBy, Reentry
from metrics.observation import NONE_VALUE
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scan import Cell
from metrics.sql.scan_query import dimension
from metrics.sql.scope import Scope, Selectable


class _Stages:
    """Reads the entries and successes of one conversion."""

    def __init__(self, metric: Metric, frame: Frame, scope: Scope, when: TimeFrame) -> None:
        self.metric, self.frame, self.scope, self.when = metric, frame, scope, when
        self.options: Options = metric.options
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))
        datasets = frame.catalog.datasets
        self.sides = {
            name: (Rows(scope, datasets[side.dataset], event=side.time.node if side.time else None), side)
            for name, side in (("from", self.options.from_), ("to", self.options.to))
        }
        times = [self._time(name) for name in self.sides]
        self.clock = Clock.of(times, self.sides["from"][0].translator, when)
        self.window = self.options.window.span

    def _time(self, side: str) -> Value:
        rows, reference = self.sides[side]
        return rows.time(reference.time.node if reference.time else None)

    def events(self, side: str) -> sa.Subquery:
        """Return the events of a side that are known by the watermark: entity, t, key, dimensions."""
        return self._events(side, self.sides[side][0])

    def successes(self) -> ByEntry:
        """Return the events of `to`, each as the definition of an entry's day tells it."""
        rows, found = self.sides["to"][0], self.events("to")
        return ByEntry.of(rows, found, lambda then: self._events("to", then), self.clock)

    def _events(self, side: str, rows: Rows) -> sa.Subquery:
        reference = self.sides[side][1]
        time = rows.time(reference.time.node if reference.time else None)
        kept = [rows.condition(reference.where.node)] if reference.where else []
        entity, moment = rows.entity(self.options.entity), self.clock.moment(time)
        columns = {"entity": entity, "t": moment, **self._dimensions(rows, side)}
        columns |= {f"k{index}": column for index, column in enumerate(rows.key())}
        where: list[ColumnElement[Any]] = [entity.is_not(None), *self.clock.known(moment)]
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

    def ranked(self, events: sa.Subquery, *, last: bool = False) -> sa.Subquery:
        """Return each entity's first (or last) event."""
        order = [events.c.t, *(column for column in events.c if column.name.startswith("k"))]
        ordered = [column.desc().nulls_last() if last else column.asc() for column in order]
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
        found = self.successes()
        successes = found.events
        own = sa.and_(
            successes.c.entity == entries.c.entity,
            successes.c.t >= entries.c.t,
            sa.or_(entries.c.until.is_(None), successes.c.t < entries.c.until),
            *found.told_by(entries.c.t),
        )
        credited = sa.select(entries.c.entry, sa.func.min(successes.c.t).label("u"))
        credited = credited.select_from(sa.join(entries, successes, own)).group_by(entries.c.entry)
        first = credited.subquery()
        dims = [entries.c[f"d_{name}"] for name in self.dimensions]
        select = sa.select(entries.c.entity, entries.c.t, first.c.u, *dims)
        return select.select_from(sa.outerjoin(entries, first, entries.c.entry == first.c.entry)).subquery()

    def _first_entries(self) -> sa.Subquery:
        start = self.ranked(self.events("from"))
        success = self.ranked(self._told(start))
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

    def _told(self, start: sa.Subquery) -> sa.Subquery:
        """Return the events of `to` that count by the definition of their entity's entry."""
        found = self.successes()
        events = found.events
        if not found.days:
            return events
        joined = sa.outerjoin(events, start, events.c.entity == start.c.entity)
        entry: ColumnElement[Any] = start.c.t
        if self.options.implied:
            # Whoever is seen in the later stage first, or alone, enters with that.
            entry = sa.func.least(start.c.t, events.c.t, type_=start.c.t.type)
        columns = [column for column in events.c if column.name != "stretch"]
        return sa.select(*columns).select_from(joined).where(*found.told_by(entry)).subquery()


class CohortQuery:
    """Counts entries by cohort, outcome and, in cohorts with open windows, by elapsed time."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return str(self.metric.options.from_.dataset)

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        stages = _Stages(self.metric, self.frame, scope, when)
        entries, grains, clock = stages.entries(), self.frame.grains, stages.clock
        t, u, end = entries.c.t, entries.c.u, self._end(stages, entries.c.t)
        converted = sa.and_(u.is_not(None), u >= t, *([u < end] if end is not None else []))
        known = when.watermark is not None
        over = sa.literal(False) if end is None or not known else clock.over(end)
        matured_by, label = self._label(t, end)
        seen = sa.case((converted, u), else_=clock.edge()) if known else None
        age = sa.null() if seen is None else clock.elapsed(t, seen, stages.window)
        columns: dict[str, ColumnElement[Any]] = {"converted": converted, "over": over, "elapsed": age}
        columns |= {f"p_{grain}": clock.start_of(label, grain) for grain in grains if grain is not Grain.ALL}
        dims = [entries.c[f"d_{name}"] for name in stages.dimensions]
        select = sa.select(*(value.label(name) for name, value in columns.items()), *dims)
        rows = (select.where(over) if matured_by else select).subquery("r")
        window = None if self.metric.options.period_by is PeriodBy.MATURED else stages.window
        return [(grains, counted(rows, self.frame, window, stages.dimensions))]

    def _label(
        self, t: ColumnElement[Any], end: ColumnElement[Any] | None
    ) -> tuple[bool, ColumnElement[Any]]:
        """Return whether a cohort bears the period in which its window closed, and the moment that says which."""
        if self.metric.options.period_by is PeriodBy.MATURED and end is not None:
            return True, end
        return False, t

    @staticmethod
    def _end(stages: _Stages, moment: ColumnElement[Any]) -> ColumnElement[Any] | None:
        """Return when the window of an entry ends, None where it never does."""
        return None if stages.window is None else stages.clock.after(moment, stages.window)

    def read(self, answers: Answers) -> Mapping[Cell, Outcomes]:
        """Return the counted outcomes of each cohort."""
        return read_outcomes(answers)


class EntrantQuery(CohortQuery):
    """Who entered in each period, and who of them converted in time."""

    outcome = "converted"

    @property
    def noun(self) -> str:
        """Return what the entity is called."""
        return str(self.metric.options.entity)

    def rows(self, scope: Scope, when: TimeFrame, grain: Grain) -> sa.Subquery:
        """Return the first day of the period, the entity, with its time where it may enter again, and its success."""
        stages = _Stages(self.metric, self.frame, scope, when)
        entries, clock = stages.entries(), stages.clock
        t, u, end = entries.c.t, entries.c.u, self._end(stages, entries.c.t)
        converted = sa.and_(u.is_not(None), u >= t, *([u < end] if end is not None else []))
        matured_by, label = self._label(t, end)
        again = [t.label("member_t")] if self.metric.options.reentry is Reentry.EVERY else []
        select = sa.select(
            clock.start_of(label, grain).label("period"), entries.c.entity.label("member"), *again,
            converted.label("counted"),
        )  # fmt: skip
        over = end is not None and matured_by and when.watermark is not None
        return (select.where(clock.over(end)) if over and end is not None else select).subquery()


class EntryQuery:
    """Counts the entities (or entries) that entered one stage, by period."""

    def __init__(self, metric: Metric, frame: Frame, side: str) -> None:
        self.metric, self.frame, self.side = metric, frame, side

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        reference = self.metric.options.from_ if self.side == "from" else self.metric.options.to
        return str(reference.dataset)

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        stages, grains = _Stages(self.metric, self.frame, scope, when), self.frame.grains
        clock = stages.clock
        events = stages.events(self.side)
        reentry = self.metric.options.reentry
        if reentry is not Reentry.EVERY:
            events = stages.ranked(events, last=reentry is Reentry.LAST)
        labels = {
            f"p_{grain}": clock.start_of(events.c.t, grain) for grain in grains if grain is not Grain.ALL
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

    def read(self, answers: Answers) -> Mapping[Cell, int]:
        """Return how many entered, per period and segment."""
        return {
            cell: int(entries)
            for grains, columns in answers
            for cell, entries in zip(cells_in(columns, grains), columns["entries"], strict=True)
        }
