"""The selects of curves that divide at each age: who is active in its period, or what customers bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.grain import Grain
from metrics.kinds._shared.customers import EXACT, bridged
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.retention.lifetimes import LONG_AGO, Lives, age_at, day_before, day_of, day_of_ours, lives
from metrics.kinds.retention.membership import total_worth, worth_rows, worths
from metrics.kinds.retention.options import AGE, Share
from metrics.kinds.retention.retained import Retained, read_sums, sums
from metrics.kinds.retention.survival import Curve, age_name
from metrics.sql.cells import Answers
from metrics.sql.periods import TICK, TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable

CELL_LIMIT = 200
"""Up to so many different amounts of a cohort at an age are resampled: a triangle has hundreds of cells."""


@dataclass(frozen=True)
class _Reading:
    """Customers as one select reads them, at one grain."""

    found: Lives
    grain: Grain
    scope: Scope
    when: TimeFrame


class ShareQuery(Curve):
    """Adds up, by cohort and age, what there was at age 0 and what there is at the age."""

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return sums per cohort and age or, for revenue, counted pairs."""
        found = lives(self.options, scope, when, self.dimensions)
        revenue = self.options.measure is not Share.LOGO
        return [
            ((grain,), select)
            for grain in self.grains
            for select in sums(
                self._rows(_Reading(found, grain, scope, when)),
                self.frame.cuts,
                pairs=revenue,
                most=CELL_LIMIT,
            )
        ]

    def read(self, answers: Answers) -> Mapping[Cell, Retained]:
        """Return what is known of each cohort and age."""
        return read_sums(answers)

    def _rows(self, reading: _Reading) -> sa.Subquery:
        """Return one row a customer and age that it has reached: its cohort, the age, n and d."""
        born, numbers = self._born(reading), _numbers(self.options.oldest)
        grown = sa.join(born, numbers, numbers.c.k <= born.c.reached)
        each = sa.select(*born.c, *numbers.c).select_from(grown).subquery("e")
        nought, one = (sa.literal_column(text, EXACT) for text in ("0", "1"))
        joined: Any = each
        active: ColumnElement[bool] = each.c.k <= each.c.stayed
        if self.options.by_period:
            shown = self._shown(reading)
            joined = sa.outerjoin(joined, shown, _of(each, shown, each.c.k))
            active = shown.c.entity.is_not(None)
        if self.options.measure is Share.LOGO:
            d: ColumnElement[Any] = one
            n: ColumnElement[Any] = sa.case((active, one), else_=nought)
        else:
            worth = self._worth(reading)
            now, then = worth.alias("w"), worth.alias("v")
            joined = sa.outerjoin(joined, now, _of(each, now, each.c.k))
            joined = sa.outerjoin(joined, then, _of(each, then, sa.literal_column("0")))
            d, n = worths(self.options, then.c.worth, now.c.worth, active, capped=True)
        dims = [each.c[f"d_{name}"] for name in self.dimensions]
        select = sa.select(each.c.p_grain, each.c.p_start, *dims, each.c.age.label(f"d_{AGE}"),
                           sa.cast(n, EXACT).label("n"), sa.cast(d, EXACT).label("d"))  # fmt: skip
        return select.select_from(joined).subquery("r")

    def _born(self, reading: _Reading) -> sa.CTE:
        """Return customers with their cohort, the age that they have reached, and the last one that they stayed.

        Of those who were won before anybody looked only some are known: they are left out.
        """
        found, grain = reading.found, reading.grain
        rows, clock = self.born(found, grain, "__won"), found.clock
        if self.options.by_period:
            reached = age_at(clock, rows.c.p_start, self._last_start(reading), grain)
        elif self.options.subscription is not None:
            reached = age_at(clock, rows.c.since, found.edge, grain)
        else:
            # What an age brings is known when the age is over.
            over = day_of_ours(found.known + timedelta(days=1))
            reached = age_at(clock, rows.c.since, over, grain) - 1
        forever: ColumnElement[Any] = sa.literal_column(str(self.options.oldest))
        there = age_at(clock, rows.c.since, rows.c.last, grain)
        stayed = sa.case((rows.c.lost.is_not(None), there), else_=forever)
        dims = [rows.c[f"d_{name}"] for name in self.dimensions]
        select = sa.select(rows.c.entity, rows.c.p_grain, rows.c.p_start, *dims, reached.label("reached"),
                           stayed.label("stayed"))  # fmt: skip
        return select.where(rows.c.seen <= rows.c.since).cte(f"__born_{grain}")

    def _last_start(self, reading: _Reading) -> ColumnElement[Any]:
        """Return the first day of the last period that has begun by the watermark."""
        mark, calendar = reading.when.watermark, self.frame.calendar
        day = calendar.local_day(mark - TICK) if mark is not None else LONG_AGO
        return day_of_ours(calendar.period_of(day, reading.grain).start or LONG_AGO)

    def _aged(self, reading: _Reading, clock: Clock, rows: sa.CTE, *more: ColumnElement[Any]) -> sa.Subquery:
        """Return rows (entity, t) with the age of their customer that they count for: entity, k, more."""
        found, grain = reading.found, reading.grain
        day = day_of(clock, rows.c.t)
        since: ColumnElement[Any] = found.rows.c.since
        if self.options.by_period:
            day, since = self.start_of(clock, day, grain), self.start_of(clock, since, grain)
        mine = sa.and_(found.rows.c.entity == rows.c.entity, day >= since)
        k = age_at(clock, since, day, grain).label("k")
        return sa.select(rows.c.entity, k, *more).select_from(sa.join(rows, found.rows, mine)).subquery()

    def _shown(self, reading: _Reading) -> sa.Subquery:
        """Return in which ages each customer was active: entity, k."""
        each = self._aged(reading, reading.found.clock, reading.found.made)
        return sa.select(*each.c).distinct().subquery("s")

    def _worth(self, reading: _Reading) -> sa.CTE:
        """Return what each customer is worth by age: entity, k, worth."""
        if self.options.subscription is not None:
            each = self._held(reading)
            total: ColumnElement[Any] = sa.func.sum(each.c.worth)
        else:
            valued, clock = worth_rows(self.options, reading.scope, reading.when)
            each = self._aged(reading, clock, valued, *(column for column in valued.c if column.name == "a"))
            total = total_worth(self.options, reading.scope, each)
        select = sa.select(each.c.entity, each.c.k, total.label("worth"))
        return select.group_by(each.c.entity, each.c.k).cte(f"__worth_{reading.grain}")

    def _held(self, reading: _Reading) -> sa.Subquery:
        """Return the ages on whose day a subscription runs: entity, k, worth."""
        found, clock = reading.found, reading.found.clock
        assert self.options.subscription is not None
        held = bridged(found.made, clock, self.options.subscription.gap)
        since, begins, ends = found.rows.c.since, day_of(clock, held.c.t), day_of(clock, held.c.stop)
        after = age_at(clock, since, day_before(clock, begins), reading.grain) + 1
        low = sa.case((begins <= since, sa.literal_column("0")), else_=after)
        high = age_at(clock, since, day_before(clock, ends), reading.grain)
        mine = sa.and_(found.rows.c.entity == held.c.entity, ends > since)
        joined = sa.join(held, found.rows, mine)
        runs = sa.select(held.c.entity, held.c.worth, low.label("low"), high.label("high")).select_from(
            joined
        )
        each = runs.subquery()
        numbers = _numbers(self.options.oldest, "__running")
        running = sa.join(each, numbers, numbers.c.k.between(each.c.low, each.c.high))
        return sa.select(each.c.entity, numbers.c.k, each.c.worth).select_from(running).subquery()


def _of(one: Any, other: Any, k: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether rows are of one customer, the other's of an age."""
    return sa.and_(one.c.entity == other.c.entity, other.c.k == k)


def _numbers(most: int, label: str = "__ages") -> sa.CTE:
    """Return the ages as a table: k and, as the dimension has it, age."""
    columns: list[Any] = [sa.column("k", sa.BigInteger()), sa.column("age", sa.Text())]
    values = sa.values(*columns, name="v", literal_binds=True)
    lines = values.data([(k, age_name(k)) for k in range(most + 1)])
    return sa.select(*(sa.cast(column, column.type).label(column.name) for column in lines.c)).cte(label)
