"""What models of repeat buying are fitted to: counted purchase histories, which alone leave the source.

Purchases of one local day are one. x counts the days after the first, t_x and T are whole days from the
first day to the last one with a purchase and to the last before the watermark's exclusive end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.columns import Columns
from metrics.errors import ExpressionError
from metrics.frame import Frame
from metrics.grain import Grain, Span
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.clv.options import Options
from metrics.kinds.clv.purchases import dimensions_of, discounted, of_first, purchases, since_first, within
from metrics.sql.cells import Answers
from metrics.sql.periods import TICK, TimeFrame
from metrics.sql.scope import Scope, Selectable
from metrics.statistics.intervals import Counts, Floats

ROWS_LIMIT = 1_000_000
"""So many unique rows may leave a source for one metric."""

SUMS = ("s", "ss", "r", "rr", "rs")
"""Of unique rows: the repeat amount s, the discounted amount r within the horizon, and their products."""


@dataclass(frozen=True, eq=False)
class Bought:
    """Counted unique rows: first day, x, t_x (days), count, sums, and the dimensions of the first purchase."""

    first_day: NDArray[Any]
    frequency: Counts
    recency: Floats
    count: Counts
    sums: Mapping[str, Floats]
    dimensions: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Repeats:
    """Counted unique rows of those who bought again: x and the amount of all repeat purchases."""

    frequency: Counts
    amount: Floats
    count: Counts


@dataclass(frozen=True, eq=False)
class Held:
    """Histories up to a day and, per unique row, the purchases after it."""

    frequency: Counts
    recency: Floats
    age: Floats
    count: Counts
    bought: Floats


def last_day(frame: Frame) -> date | None:
    """Return the last local day before the watermark's exclusive end; None without a watermark."""
    return None if frame.watermark is None else frame.calendar.local_day(frame.watermark - TICK)


class _Query:
    """What the selects share: the purchases of customers, and the guard on how much may travel."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.frame = frame
        self.options: Options = metric.options
        self.dimensions = dimensions_of(frame)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        assert self.options.orders is not None
        return self.options.orders.dataset

    def bought(self, scope: Scope, when: TimeFrame) -> tuple[sa.Subquery, Clock]:
        """Return the purchases with their rank and the first day of their customer."""
        options = self.options
        assert options.orders is not None
        found, clock = purchases(scope, when, options.entity, options.orders, options.margin, self.dimensions)
        return since_first(found), clock


Found = TypeVar("Found")


class HistoriesQuery(_Query, Generic[Found]):
    """Counts customers by first day, x, t_x and dimensions; one row a combination, whatever is cut."""

    def __init__(self, metric: Metric, frame: Frame, made: Callable[[Bought, Repeats], Found]) -> None:
        super().__init__(metric, frame)
        self.made = made

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the counted histories, and the counted spends of those who bought again."""
        rows, clock = self.bought(scope, when)
        worth = discounted(clock, rows, self.options.discount_rate)
        nought = sa.literal_column("0", worth.type)
        again = rows.c.day > rows.c.first_day
        each = (
            sa.select(
                rows.c.entity,
                *_history(clock, rows),
                sa.func.sum(sa.case((again, rows.c.amount), else_=sa.literal_column("0"))).label("s"),
                sa.func.sum(sa.case((within(clock, rows, self.options.horizon), worth), else_=nought)).label(
                    "r"
                ),
                *of_first(rows, self.dimensions),
            )
            .group_by(rows.c.entity)
            .cte("__histories")
        )
        return [(self.frame.grains, self._lines(each)), (self.frame.grains, _spends(each))]

    def _lines(self, each: sa.CTE) -> Selectable:
        keys = [
            each.c[name] for name in ("first_day", "x", "t_x", *(f"d_{name}" for name in self.dimensions))
        ]
        s: ColumnElement[Any] = sa.cast(each.c.s, sa.Double())
        r: ColumnElement[Any] = sa.cast(each.c.r, sa.Double())
        terms: Mapping[str, ColumnElement[Any]] = {
            "s": each.c.s, "ss": s * s, "r": each.c.r, "rr": r * r, "rs": r * s,
        }  # fmt: skip
        sums = [sa.func.sum(term).label(name) for name, term in terms.items()]
        select = sa.select(*keys, sa.func.count().label("n"), *sums).group_by(*keys)
        return select.limit(ROWS_LIMIT + 1)

    def read(self, answers: Answers) -> Found:
        """Return what is made of the answers; raise ExpressionError where they are more than may travel."""
        (_, lines), (_, spends) = answers
        lines = in_order(lines, ("first_day", "x", "t_x", *(f"d_{name}" for name in self.dimensions)))
        spends = in_order(spends, ("x", "s"))
        return self.made(
            Bought(
                objects(lines, "first_day"),
                lines.integers("x"),
                lines.floats("t_x", null=0.0),
                lines.integers("n"),
                {name: lines.floats(name, null=0.0) for name in SUMS},
                {name: objects(lines, f"d_{name}") for name in self.dimensions},
            ),
            Repeats(spends.integers("x"), spends.floats("s", null=0.0), spends.integers("n")),
        )


class DaysQuery(_Query):
    """Counts repeat purchases by local day, for people to see beside what the model expects."""

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select."""
        rows, _ = self.bought(scope, when)
        days = (
            sa.select(rows.c.entity, rows.c.day).where(rows.c.day > rows.c.first_day).distinct().subquery("d")
        )
        return [(self.frame.grains, sa.select(days.c.day, sa.func.count().label("n")).group_by(days.c.day))]

    def read(self, answers: Answers) -> Mapping[date, int]:
        """Return the repeat purchases of each day that has any."""
        ((_, rows),) = answers
        return dict(zip(rows["day"], map(int, rows["n"]), strict=True))


class HeldQuery(_Query):
    """Counts histories up to a day, with the purchases after it: what a holdout is told from."""

    def __init__(self, metric: Metric, frame: Frame, until: date) -> None:
        super().__init__(metric, frame)
        self.until = until

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select."""
        rows, clock = self.bought(scope, when)
        until = sa.literal(self.until, sa.Date())
        known = rows.c.day <= until
        later = sa.func.count(sa.distinct(sa.case((rows.c.day > until, rows.c.day)))).label("bought")
        select = sa.select(rows.c.entity, *_history(clock, rows, known), later).where(
            rows.c.first_day <= until
        )
        each = select.group_by(rows.c.entity).subquery("h")
        keys = [each.c.first_day, each.c.x, each.c.t_x]
        values = [sa.func.count().label("n"), sa.func.sum(each.c.bought).label("bought")]
        return [(self.frame.grains, sa.select(*keys, *values).group_by(*keys).limit(ROWS_LIMIT + 1))]

    def read(self, answers: Answers) -> Held:
        """Return what came back; raise ExpressionError where it is more than may travel."""
        ((_, rows),) = answers
        rows = in_order(rows, ("first_day", "x", "t_x"))
        ages = np.array([(self.until - day).days for day in rows["first_day"]], dtype=np.float64)
        recency, bought = (rows.floats(name, null=0.0) for name in ("t_x", "bought"))
        return Held(rows.integers("x"), recency, ages, rows.integers("n"), bought)


def holdout(metric: Metric, frame: Frame) -> tuple[date, date] | None:
    """Return the last day that a holdout's model may know, and the last day of the holdout.

    It is as long as is declared, else as the horizon, but then at most a third of the history; None where
    there is no day on either side.
    """
    last = last_day(frame)
    if last is None or frame.first is None:
        return None
    options, history = metric.options, (last - frame.first).days + 1
    span: Span = options.holdout or options.horizon
    length = (last - span.after_day(last, -1)).days
    if options.holdout is None:
        length = min(length, history // 3)
    return (last - timedelta(days=length), last) if 1 <= length < history else None


def _history(clock: Clock, rows: sa.Subquery, known: Any = None) -> list[ColumnElement[Any]]:
    """Return first day, x and t_x, where rows are grouped by customer; of the days that are known."""
    day = rows.c.day if known is None else sa.case((known, rows.c.day))
    first = sa.func.min(rows.c.first_day)
    repeats = sa.cast(sa.func.count(sa.distinct(day)) - 1, sa.BigInteger())
    recency = clock.translator.dialect.days(sa.func.max(day), first)
    return [first.label("first_day"), repeats.label("x"), recency.label("t_x")]


def _spends(each: sa.CTE) -> Selectable:
    counted = sa.select(each.c.x, each.c.s, sa.func.count().label("n")).where(each.c.x > 0)
    return counted.group_by(each.c.x, each.c.s).limit(ROWS_LIMIT + 1)


def in_order(rows: Columns, keys: tuple[str, ...]) -> Columns:
    """Return rows sorted by what makes each unique; raise ExpressionError for more than may travel.

    A source gives them in any order, and what is drawn from them must not depend on it.
    """
    if len(rows) > ROWS_LIMIT:
        raise ExpressionError(
            f"more than {ROWS_LIMIT:,} unique rows of customers: cut by fewer dimensions, or ask for fewer "
            "customers by a where",
            0,
        )
    return rows.ordered(*keys)


def objects(rows: Columns, name: str) -> NDArray[Any]:
    """Return a column of days or texts."""
    return np.array(rows[name], dtype=object)
