"""The selects of a duration: its cases counted in totals and by age, their times summed and ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.dialect import Dialect
from metrics.frame import Frame
from metrics.grain import Grain
from metrics.kinds._shared.cohorts import first_open
from metrics.kinds.duration.business_clock import TICKS
from metrics.kinds.duration.cases import NEVER, Cases, number
from metrics.kinds.duration.options import Basis, Options, Statistic
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable
from metrics.statistics.intervals import Z
from metrics.statistics.survival import quantile_ranks

_TOTALS = ("entries", "answered", "over", "kept", "settled", "quantile", "low_rank", "low", "high_rank", "high",
           "least", "followed", "took", "seconds", "squares", "bound")  # fmt: skip
_SUMS = ("entries", "answered", "over", "kept", "settled", "least", "took", "seconds", "squares", "bound")
SECONDS = sa.Numeric(18, 0)


@dataclass(frozen=True)
class Total:
    """What is counted of a cohort, in microseconds; `seconds` and `squares` sum whole seconds.

    `answered` and `over` count cases with their second event and cases whose window has passed. `kept` is
    the number within the standard, `settled` that of cases whose standard or window has passed; `quantile` the
    percentile and `low` and `high` its interval; all cases were followed for `least`, `min_sample` of them for
    `followed`; `took` the sum of durations cut at the window, `bound` that of the windows of those without a
    second event: each only where the statistic asks for it. A case whose window has passed was followed for ever.
    """

    entries: int
    answered: int
    over: int
    kept: int = 0
    settled: int = 0
    quantile: int | None = None
    low: int | None = None
    high: int | None = None
    least: int = 0
    followed: int = 0
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


class DurationQuery:
    """Counts cases, and sums or ranks their durations, per period and segment."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame
        self.options: Options = metric.options

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.from_.dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the totals of all cohorts, and the ages of those that may hold open windows."""
        cases = Cases(self.metric, self.frame, scope, when)
        rows, grains = cases.rows(), self.frame.grains
        found = [
            (
                grains,
                self._grouped(rows, grains, cases.dimensions, [], self._totals(scope.source.dialect, rows)),
            )
        ]
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

    def _totals(self, dialect: Dialect, rows: sa.Subquery) -> list[ColumnElement[Any]]:
        count = sa.func.count()
        found = [count.label("entries"), count.filter(rows.c.answered).label("answered"),
                 count.filter(rows.c.over).label("over")]  # fmt: skip
        statistic = self.options.statistic
        if statistic is Statistic.SHARE_WITHIN:
            settled = [count.filter(rows.c.settled).label("settled")] if "settled" in rows.c else []
            return [*found, count.filter(rows.c.event).label("kept"), *settled]
        if statistic.quantile is not None:
            ranked = sa.func.coalesce(rows.c.spent, number(NEVER))
            quantile = dialect.percentile_discrete(ranked, statistic.quantile).label("quantile")
            return [
                *found,
                quantile,
                *_ranked(dialect, ranked, statistic.quantile),
                *self._followed(dialect, rows),
            ]
        bound = rows.c.bound if self.options.basis is Basis.FROM else rows.c.spent
        took = sa.func.coalesce(rows.c.spent, bound)
        # Sums of doubles differ from run to run, and squares of microseconds are too long for any engine.
        whole = sa.cast(
            sa.func.floor(sa.cast(took, sa.Double()) / sa.literal(float(TICKS), sa.Double())), SECONDS
        )
        still = sa.func.sum(bound).filter(sa.not_(rows.c.answered))
        return [*found, sa.func.sum(took).label("took"), sa.func.sum(whole).label("seconds"),
                sa.func.sum(whole * whole).label("squares"), still.label("bound")]  # fmt: skip

    def _followed(self, dialect: Dialect, rows: sa.Subquery) -> list[ColumnElement[Any]]:
        """Return for how long all cases were followed, and for how long `min_sample` of them were."""
        if "followed" not in rows.c:
            return []
        rank = sa.cast(sa.literal(max(1, self.metric.min_sample), sa.Integer()), sa.Integer())
        longest = dialect.ordered_values(-rows.c.followed, rank, rank)
        return [sa.func.min(rows.c.followed).label("least"), longest.label("followed")]

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

    def read(self, answers: Answers) -> Counted:
        """Return the totals and the counted ages of each cohort."""
        totals: dict[Cell, Total] = {}
        ages: dict[Cell, list[Age]] = {}
        (grains, columns), *rest = answers
        for place, cell in enumerate(cells_in(columns, grains)):
            if columns["entries"][place]:
                row = {name: columns[name][place] for name in _TOTALS if name in columns}
                totals[cell] = _total(row, self.options.statistic.quantile)
        for grains, columns in rest:
            lines = columns.rows("age", "event", "entries", "took", "longest")
            for cell, (age, event, entries, took, longest) in zip(
                cells_in(columns, grains), lines, strict=True
            ):
                line = Age(age, bool(event), int(entries), int(took or 0), int(longest or 0))
                ages.setdefault(cell, []).append(line)
        return Counted(totals, {cell: tuple(lines) for cell, lines in ages.items()})


def _ranked(dialect: Dialect, spent: ColumnElement[Any], share: float) -> list[ColumnElement[Any]]:
    """Return the few durations among which the ends of a percentile's interval are, and the first's rank.

    `quantile_ranks` has no closed form. The band at S = 1 - p itself has one, whose ranks are never two off.
    """
    # A total of nothing still has a row, and no engine may divide by it.
    count: ColumnElement[Any] = sa.cast(sa.func.greatest(sa.func.count(), 1), sa.Double())
    left = 1 - share
    width = Z * sqrt(share / left) / -log(left)
    found: list[ColumnElement[Any]] = []
    for name, sign in (("low", -1.0), ("high", 1.0)):
        spread = sa.func.exp(sa.literal(sign * width, sa.Double()) / sa.func.sqrt(count))
        near: ColumnElement[Any] = count * (1 - sa.func.exp(sa.literal(log(left), sa.Double()) * spread))
        first = sa.cast(
            sa.func.greatest(sa.func.floor(near) - sa.literal(2.0, sa.Double()), 1.0), sa.Integer()
        )
        found += [first.label(f"{name}_rank"), dialect.ordered_values(spent, first, first + 5).label(name)]
    return found


def _between(row: Mapping[str, Any], share: float | None) -> tuple[int | None, int | None]:
    """Return the ends of a percentile's interval, None for one that is open."""
    ranks = None if share is None else quantile_ranks(int(row["entries"]), share)
    if ranks is None:
        return None, None
    low, high = (
        _reached(row[name][rank - int(row[f"{name}_rank"])])
        for name, rank in zip(("low", "high"), ranks, strict=True)
    )
    return low, high


def _reached(ticks: Any) -> int | None:
    return None if ticks is None or int(ticks) == NEVER else int(ticks)


def _total(row: Mapping[str, Any], share: float | None) -> Total:
    low, high = _between(row, share)
    longest = row.get("followed")
    return Total(
        **{name: int(row.get(name) or 0) for name in _SUMS},
        quantile=_reached(row.get("quantile")),
        low=low,
        high=high,
        # Fewer than min_sample make an empty list.
        followed=-int(longest[0]) if longest else 0,
    )
