"""The bridge of retention: how the customers, or the revenue, of a period's start became those of its end."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.frame import Frame
from metrics.grain import Grain
from metrics.kinds._shared.customers import EXACT
from metrics.kinds.retention.membership import Sides, Standing, looked_back, same, worths
from metrics.kinds.retention.options import Options, Share
from metrics.observation import NONE_VALUE
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable

COMPONENTS = ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")
"""The parts of a bridge: start + new + expansion - contraction - churn + reactivation is end."""

OF_REVENUE = ("expansion", "contraction")

Amounts = Mapping[str, Decimal | None]


class BridgeQuery:
    """Adds up the components per period and segment.

    A customer's segment is that at the start; of who is new or back, that of its first row in the period.
    """

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.frame = frame
        self.options: Options = metric.options
        self.counts = self.options.measure is Share.LOGO

    @property
    def nothing(self) -> Amounts:
        """Return the components where there is nobody; customers have no expansion and no contraction."""
        return {name: None if self.counts and name in OF_REVENUE else Decimal(0) for name in COMPONENTS}

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        standing = Standing(self.options, self.frame, scope, when)
        rows = self._movements(standing, standing.sides())
        nought = sa.literal_column("0", EXACT)
        stayed, left = sa.and_(rows.c.was, rows.c.active), sa.and_(rows.c.was, sa.not_(rows.c.active))
        came = sa.not_(rows.c.was)
        more, less = rows.c.now - rows.c.then, rows.c.then - rows.c.now
        parts: dict[str, tuple[ColumnElement[Any], ColumnElement[bool]]] = {
            "start": (rows.c.then, rows.c.was),
            "new": (rows.c.now, sa.and_(came, rows.c.fresh)),
            "expansion": (more, sa.and_(stayed, more > nought)),
            "contraction": (less, sa.and_(stayed, less > nought)),
            "churn": (less, left),
            "reactivation": (rows.c.now, sa.and_(came, sa.not_(rows.c.fresh))),
            "end": (rows.c.now, sa.true()),
        }
        amounts = [
            sa.func.coalesce(
                sa.func.sum(sa.cast(sa.case((kept, amount), else_=nought), EXACT)), nought
            ).label(f"c_{name}")
            for name, (amount, kept) in parts.items()
        ]
        cell = [rows.c.p_grain, rows.c.p_start]
        dims = [rows.c[f"d_{name}"] for name in standing.dimensions]
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in dims]
        sets = [sa.tuple_(*cell, *(rows.c[f"d_{name}"] for name in cut)) for cut in self.frame.cuts]
        select = sa.select(*cell, *dims, *marks, *amounts).group_by(sa.func.grouping_sets(*sets))
        return [(self.frame.grains, select)]

    def _movements(self, standing: Standing, sides: Sides) -> sa.Subquery:
        """Return one row for each customer of the start or of the end: was, active, fresh, then, now."""
        start, end, came = sides.start, sides.end, self._came(standing, sides)
        was = start.c.entity.is_not(None)
        there = end.c.active if "active" in end.c else end.c.entity.is_not(None)
        active = sa.func.coalesce(there, sa.false())
        keys = {
            name: sa.func.coalesce(start.c[name], end.c[name]) for name in ("p_grain", "p_start", "entity")
        }
        nought, one = (sa.literal_column(each, EXACT) for each in ("0", "1"))
        if self.counts:
            then: ColumnElement[Any] = sa.case((was, one), else_=nought)
            now: ColumnElement[Any] = sa.case((active, one), else_=nought)
        else:
            then, now = worths(self.options, start.c.worth, end.c.worth, active, capped=False)
        dims = [
            sa.case(
                (was, start.c[f"d_{name}"]), else_=sa.func.coalesce(came.c[f"d_{name}"], NONE_VALUE)
            ).label(f"d_{name}")
            for name in standing.dimensions
        ]
        joined = sa.outerjoin(start, end, same(start, end), full=True)
        mine = sa.and_(*(key == came.c[name] for name, key in keys.items()))
        fresh = sa.func.coalesce(came.c.fresh, sa.false()).label("fresh")
        select = sa.select(
            *(keys[name].label(name) for name in ("p_grain", "p_start")), *dims, was.label("was"),
            active.label("active"), fresh, sa.cast(then, EXACT).label("then"), sa.cast(now, EXACT).label("now"),
        )  # fmt: skip
        # What is paid back to one who was no customer at the start is no part of it.
        return select.select_from(sa.outerjoin(joined, came, mine)).where(sa.or_(was, active)).subquery("r")

    @staticmethod
    def _came(standing: Standing, sides: Sides) -> sa.Subquery:
        """Return each customer's first row in a period, and whether it is its first of all (fresh)."""
        rows, periods = sides.rows, sides.periods
        low, high = periods.c[sides.low], periods.c[sides.high]
        first = standing.one(rows, periods, sa.and_(rows.c.t >= low, rows.c.t < high), first=True)
        ever = (
            sa.select(rows.c.entity, sa.func.min(rows.c.t).label("ever")).group_by(rows.c.entity).subquery()
        )
        period = sa.and_(first.c.p_grain == periods.c.p_grain, first.c.p_start == periods.c.p_start)
        joined = sa.join(first, ever, first.c.entity == ever.c.entity).join(periods, period)
        return sa.select(*first.c, (ever.c.ever >= low).label("fresh")).select_from(joined).subquery("f")

    def read(self, answers: Answers) -> Mapping[Cell, Amounts]:
        """Return the components of each cell, exact; none where it is not known who stood at the start."""
        there = [name for name, none in self.nothing.items() if none is not None]
        found: dict[Cell, Amounts] = {
            cell: {**self.nothing, **dict(zip(there, map(Decimal, amounts), strict=True))}
            for grains, columns in answers
            for cell, amounts in zip(
                cells_in(columns, grains), columns.rows(*(f"c_{name}" for name in there)), strict=True
            )
        }
        unknown = dict.fromkeys(COMPONENTS)
        return found | {
            (grain, period.start, ()): unknown
            for grain, periods in self.frame.all_periods().items()
            for period in periods
            if () in self.frame.cuts and not looked_back(self.options, self.frame, period)
        }
