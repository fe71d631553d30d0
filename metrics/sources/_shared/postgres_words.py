"""What PostgreSQL and DuckDB, which took its functions over, write alike and other engines do not."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import INSTANT, NAIVE, Dialect
from metrics.grain import Grain, Span, Unit


class PostgresWords(Dialect):
    """The functions of PostgreSQL that DuckDB has under the same names."""

    def instant_of(self, naive: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
        """Turn a naive local timestamp into an instant (ambiguous: the later; in a gap: forward)."""
        return sa.func.timezone(zone, naive, type_=INSTANT)

    def local(self, instant: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
        """Turn an instant into the naive local timestamp of a zone."""
        return sa.func.timezone(zone, instant, type_=NAIVE)

    def _interval(self, span: Span) -> ColumnElement[Any]:
        return sa.cast(sa.literal(f"{span.count} {span.unit}"), sa.Interval())

    def plus(self, moment: ColumnElement[Any], span: Span, sign: int, type_: Any) -> ColumnElement[Any]:
        """Add a constant interval to (sign -1: take it from) a naive timestamp, instant or day."""
        interval = self._interval(span)
        return sa.type_coerce(moment + interval if sign > 0 else moment - interval, type_)

    def epoch(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return seconds since 1970 of an instant, with fractions."""
        return sa.cast(sa.extract("epoch", instant), sa.Double())

    def days(self, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the whole days between two DATEs."""
        return sa.type_coerce(later - earlier, sa.BigInteger())

    def iso_weekday(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the weekday of a DATE, 1 for Monday to 7 for Sunday."""
        return sa.extract("isodow", day)

    def start_of(self, moment: ColumnElement[Any], grain: Grain) -> ColumnElement[Any]:
        """Return the naive timestamp at which the week (from Monday), month, quarter or year of a day begins."""
        return sa.func.date_trunc(sa.literal_column(f"'{grain}'"), moment, type_=NAIVE)

    def series_of_days(
        self, rows: sa.FromClause, first: ColumnElement[Any], last: ColumnElement[Any]
    ) -> tuple[sa.FromClause, ColumnElement[Any]]:
        """Join to each row every DATE from a first to a last one; return the joined rows and the day of each."""
        limits = (sa.cast(first, NAIVE), sa.cast(last, NAIVE))
        series = sa.func.generate_series(*limits, self._interval(Span(1, Unit.DAY))).table_valued(
            sa.column("day", NAIVE), joins_implicitly=True
        )
        named = series.render_derived(name="d")
        return sa.join(rows, named, sa.true()), sa.cast(named.c.day, sa.Date())

    def percentile(self, argument: ColumnElement[Any], share: float) -> Any:
        """Return the aggregate of the interpolated percentile."""
        return sa.func.percentile_cont(sa.literal_column(repr(share))).within_group(argument.asc())

    def percentile_discrete(self, argument: ColumnElement[Any], share: float) -> Any:
        """Return the aggregate of the least value at or below which lies at least a share of all."""
        return sa.func.percentile_disc(sa.literal_column(repr(share))).within_group(argument.asc())

    def ordered_values(self, argument: ColumnElement[Any], first: ColumnElement[Any],
                       last: ColumnElement[Any]) -> ColumnElement[Any]:  # fmt: skip
        """Return the aggregate of the values from a first to a last rank (from 1), in order, as a list."""
        ordered = sa.func.array_agg(argument, type_=sa.ARRAY(argument.type)).aggregate_order_by(
            argument.asc()
        )
        return sa.Grouping(ordered)[first:last]

    def concat(self, texts: list[ColumnElement[Any]]) -> ColumnElement[Any]:
        """Return texts one after the other; one that is null is left out."""
        return sa.func.concat(*texts, type_=sa.Text())
