"""The selects of retention curves: cohorts by acquisition, followed by age in whole periods of the grain.

Ages are counted in local days: who was won on 15 January is one month old on 15 February. Each grain has a
select of its own, as its ages have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.dialect import NAIVE
from metrics.frame import Frame
from metrics.grain import Grain
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.retention.lifetimes import Lives, age_at, ages, lives
from metrics.kinds.retention.options import AGE, Options
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable


def age_name(age: int) -> str:
    """Return an age as the dimension has it: two digits, so that it sorts."""
    return f"{age:02d}"


@dataclass(frozen=True)
class Followed:
    """Customers of a cohort who are alike.

    They were lost in the age `age`, or were last seen in it, `days` days after they were won; they have
    reached the age `reached`. `entered` is the age and day at which they came under observation, None for
    those who were seen from the start.
    """

    lost: bool
    age: int
    days: int
    reached: int
    entered: tuple[int, int] | None
    customers: int


class Curve:
    """What both selects share: cohorts by grain, and the cuts without age."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame
        self.options: Options = metric.options
        self.cuts = tuple(tuple(name for name in cut if name != AGE) for cut in frame.cuts)
        self.dimensions = tuple(dict.fromkeys(name for cut in self.cuts for name in cut))
        self.grains = tuple(grain for grain in frame.grains if grain is not Grain.ALL)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def start_of(self, clock: Clock, day: ColumnElement[Any], grain: Grain) -> ColumnElement[Any]:
        """Return the first day of the period in which a DATE lies."""
        calendar = self.frame.calendar
        dialect = clock.translator.dialect
        return dialect.truncate(day, grain, calendar.week_starts, calendar.fiscal_year_starts)

    def born(self, found: Lives, grain: Grain, label: str) -> sa.CTE:
        """Return customers with the period in which they were won: p_grain, p_start, p_next."""
        rows, clock = found.rows, found.clock
        start = self.start_of(clock, rows.c.since, grain)
        following = clock.translator.dialect.plus(start, ages(grain, 1), 1, NAIVE)
        period = (
            sa.literal(str(grain), sa.Text()).label("p_grain"),
            start.label("p_start"),
            sa.cast(following, sa.Date()).label("p_next"),
        )
        return sa.select(*rows.c, *period).cte(f"{label}_{grain}")


class SurvivalQuery(Curve):
    """Counts the customers of each cohort by when they were lost, or last seen."""

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select a grain: counted customers who are alike."""
        found = lives(self.options, scope, when, self.dimensions)
        return [((grain,), self._select(found, grain)) for grain in self.grains]

    def _select(self, found: Lives, grain: Grain) -> Selectable:
        rows, clock = self.born(found, grain, "__won"), found.clock
        most: ColumnElement[Any] = sa.literal_column(str(self.options.oldest))
        edge = found.edge
        age = age_at(clock, rows.c.since, rows.c.last, grain)
        columns: dict[str, ColumnElement[Any]] = {
            "lost": sa.and_(rows.c.lost.is_not(None), age < most),
            "age": sa.func.least(age, most, type_=sa.BigInteger()),
            "days": clock.translator.dialect.days(sa.func.coalesce(rows.c.lost, edge), rows.c.since),
            "reached": sa.func.least(age_at(clock, rows.c.since, edge, grain), most, type_=sa.BigInteger()),
            # Who was won on the cohort's last day is the youngest.
            "whole": sa.case((rows.c.p_next <= edge, age_at(clock, rows.c.p_next, edge, grain)), else_=0),
            **self._entered(clock, rows, grain),
        }
        dims = [rows.c[f"d_{name}"] for name in self.dimensions]
        added = (each.label(name) for name, each in columns.items())
        aged = sa.select(rows.c.p_grain, rows.c.p_start, *dims, *added)
        return self._counted(aged.subquery("a"), most)

    def _entered(self, clock: Clock, rows: sa.CTE, grain: Grain) -> dict[str, ColumnElement[Any]]:
        if not self.options.late:
            return {}
        late = rows.c.seen > rows.c.since
        age = age_at(clock, rows.c.since, rows.c.seen, grain)
        days = clock.translator.dialect.days(rows.c.seen, rows.c.since)
        return {"seen_age": sa.case((late, age), else_=sa.null()),
                "seen_days": sa.case((late, days), else_=sa.null())}  # fmt: skip

    def _counted(self, rows: sa.Subquery, most: ColumnElement[Any]) -> Selectable:
        """Count customers by cell; the day is kept only where it decides who was at risk."""
        early = rows.c.age >= most
        if not self.options.late:
            early = sa.or_(early, sa.and_(rows.c.lost, rows.c.age < rows.c.whole))
        days = sa.case((early, 0), else_=rows.c.days).label("days")
        kept = [column for column in rows.c if column.name not in ("days", "whole")]
        counted = sa.select(*kept, days)
        if self.options.late:
            # Who was first seen past the last age is not on the curve.
            counted = counted.where(sa.or_(rows.c.seen_age.is_(None), rows.c.seen_age < most))
        each = counted.subquery("b")
        cell = [each.c.p_grain, each.c.p_start]
        dims = [each.c[f"d_{name}"] for name in self.dimensions]
        own = [column for column in each.c if column.name not in {column.name for column in (*cell, *dims)}]
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in dims]
        sets = [sa.tuple_(*cell, *own, *(each.c[f"d_{name}"] for name in cut)) for cut in self.cuts]
        select = sa.select(*cell, *dims, *marks, *own, sa.func.count().label("customers"))
        return select.group_by(sa.func.grouping_sets(*sets))

    def read(self, answers: Answers) -> Mapping[Cell, list[Followed]]:
        """Return the counted customers of each cohort."""
        found: dict[Cell, list[Followed]] = {}
        for grains, columns in answers:
            late = columns.rows("seen_age", "seen_days") if "seen_age" in columns else repeat((None, None))
            lines = columns.rows("lost", "age", "days", "reached", "customers")
            for cell, line, entered in zip(cells_in(columns, grains), lines, late, strict=False):
                lost, age, days, reached, customers = line
                since = None if entered[0] is None else (int(entered[0]), int(entered[1]))
                followed = Followed(bool(lost), int(age), int(days), int(reached), since, int(customers))
                found.setdefault(cell, []).append(followed)
        return found
