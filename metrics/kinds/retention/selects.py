"""The selects of retention: who was a customer at the start, and what is left of it at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.frame import Frame
from metrics.grain import Grain
from metrics.kinds._shared.customers import EXACT
from metrics.kinds.retention.membership import Standing, same, worths
from metrics.kinds.retention.options import Options, Share
from metrics.kinds.retention.retained import Retained, read_sums, sums
from metrics.sql.cells import Answers
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable


class RetentionQuery:
    """Counts customers at the start, and what they were worth then and are worth at the end."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame
        self.options: Options = metric.options

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return sums per cell or, for revenue, counted pairs and the moments of cells that have too many."""
        rows, grains = self._contributions(scope, when), self.frame.grains
        revenue = self.options.measure is not Share.LOGO
        return [(grains, each) for each in sums(rows, self.frame.cuts, pairs=revenue)]

    def _contributions(self, scope: Scope, when: TimeFrame) -> sa.Subquery:
        """Return what each customer at the start adds to numerator n and denominator d."""
        standing = Standing(self.options, self.frame, scope, when)
        sides = standing.sides()
        start, end = sides.start, sides.end
        nought, one = (sa.literal_column(each, EXACT) for each in ("0", "1"))
        active = end.c.active if "active" in end.c else end.c.entity.is_not(None)
        if self.options.measure is Share.LOGO:
            d: ColumnElement[Any] = one
            n: ColumnElement[Any] = sa.case((end.c.entity.is_not(None), one), else_=nought)
        else:
            still = sa.func.coalesce(active, sa.false())
            d, n = worths(self.options, start.c.worth, end.c.worth, still, capped=True)
        dims = [start.c[f"d_{name}"] for name in standing.dimensions]
        select = sa.select(start.c.p_grain, start.c.p_start, *dims, sa.cast(n, EXACT).label("n"),
                           sa.cast(d, EXACT).label("d"))  # fmt: skip
        return select.select_from(sa.outerjoin(start, end, same(start, end))).subquery("r")

    def read(self, answers: Answers) -> Mapping[Cell, Retained]:
        """Return what is known of each cell."""
        return read_sums(answers)


class CustomersQuery(RetentionQuery):
    """Who was a customer at the start of each period, and who of them stayed."""

    outcome = "stayed"

    @property
    def noun(self) -> str:
        """Return what a customer is called."""
        return self.options.entity

    def rows(self, scope: Scope, when: TimeFrame, grain: Grain) -> sa.Subquery:
        """Return the first day of the period, the customer, and whether it stayed."""
        sides = Standing(self.options, self.frame, scope, when).sides()
        start, end = sides.start, sides.end
        stayed = end.c.entity.is_not(None).label("counted")
        select = sa.select(start.c.p_start.label("period"), start.c.entity.label("member"), stayed)
        joined = select.select_from(sa.outerjoin(start, end, same(start, end)))
        return joined.where(start.c.p_grain == grain.value).subquery()
