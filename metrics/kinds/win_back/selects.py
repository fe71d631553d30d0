"""The selects of win-back: who lapsed and when, and who came back afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.errors import ExpressionError
from metrics.frame import Frame
from metrics.grain import Grain, Span
from metrics.kinds._shared.cohorts import Outcomes, counted, read_outcomes
from metrics.kinds._shared.customers import (
    LEFT_OUT,
    Leaving,
    keys_of,
    orders,
    stays,
    subscriptions,
)
from metrics.kinds._shared.left_out import by_condition, read_left_out
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.win_back.options import Options
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable


class _Lapses:
    """Reads lapses: entity, lapse (when), following (the next order or subscription) and the dimensions."""

    def __init__(
        self,
        options: Options,
        cuts: Sequence[tuple[str, ...]],
        scope: Scope,
        when: TimeFrame,
        *,
        left_out: bool = False,
    ) -> None:
        self.options = options
        self.leaving = Leaving(options.exclude, only=left_out)
        self.dimensions = tuple(dict.fromkeys(name for cut in cuts for name in cut))
        self.scope, self.when = scope, when
        self.clock, self.followed = self._read()
        # After an order that long a silence is a lapse; the end of a stay is one at once.
        self.silence = options.lapse_after if options.subscription is None else None
        self.rows = self.followed if self.silence is None else self._silent(self.silence)

    def _read(self) -> tuple[Clock, sa.Subquery]:
        """Return the last that is known of a customer: each order, or each end of a stay, and what followed."""
        options = self.options
        if options.subscription is not None:
            held, clock = subscriptions(
                self.scope, self.when, options.entity, options.subscription, self.dimensions, self.leaving
            )
            return clock, self._ended(stays(held, clock, options.subscription.gap))
        if options.activity is None or options.lapse_after is None:
            raise ExpressionError("win_back needs activity with lapse_after, or subscription", 0)
        bought, clock = orders(
            self.scope, self.when, options.entity, options.activity, self.dimensions, self.leaving
        )
        order = [bought.c.t, *keys_of(bought)]
        following = sa.func.lead(bought.c.t).over(partition_by=[bought.c.entity], order_by=order)
        dims = [bought.c[f"d_{name}"] for name in self.dimensions]
        each = sa.select(bought.c.entity, bought.c.t, following.label("following"), *dims)
        return clock, each.subquery("o")

    def away(self, periods: sa.CTE) -> ColumnElement[bool]:
        """Tell whether a row is the last before a period, and so long before it that it is a lapse by then."""
        rows = self.followed
        # The silence is counted back from the start: forward, a month's end is clamped to another day.
        last = rows.c.lapse < periods.c.starts if self.silence is None else rows.c.t < periods.c.silent_from
        return sa.and_(last, sa.or_(rows.c.following.is_(None), rows.c.following >= periods.c.starts))

    def eligible(self) -> ColumnElement[Any]:
        """Return the moment from which on a return is a win-back; before it, there had been no lapse."""
        lapse, grace = self.rows.c.lapse, self.options.grace
        return self.clock.after(lapse, grace) if grace.count else lapse

    def _silent(self, lapse_after: Span) -> sa.Subquery:
        """Return the orders that no other followed in time."""
        each, clock = self.followed, self.clock
        lapse = clock.after(each.c.t, lapse_after)
        kept = sa.select(each.c.entity, lapse.label("lapse"), each.c.following,
                         *(each.c[f"d_{name}"] for name in self.dimensions)).subquery()  # fmt: skip
        # An order at the very moment is one after the lapse.
        late = sa.or_(kept.c.following.is_(None), kept.c.following >= kept.c.lapse)
        return sa.select(*kept.c).where(late, *clock.known(kept.c.lapse)).subquery("l")

    def _ended(self, held: sa.Subquery) -> sa.Subquery:
        """Return the ends of stays, with the dimensions of the subscription that ended last."""
        order = [held.c.t.desc(), *(column.desc() for column in keys_of(held))]
        rank = sa.func.row_number().over(partition_by=[held.c.entity, held.c.until], order_by=order)
        last = (
            sa.select(*held.c, rank.label("rank"))
            .where(held.c.settled, held.c.stop == held.c.until)
            .subquery()
        )
        dims = [last.c[f"d_{name}"] for name in self.dimensions]
        select = sa.select(last.c.entity, last.c.until.label("lapse"), last.c.following, *dims)
        return select.where(last.c.rank == 1).subquery("l")


class LapsedQuery:
    """Counts those who lapsed, by cohort, whether they came back and, in open windows, by elapsed time."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.options: Options = metric.options
        self.frame = frame

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        lapses = _Lapses(self.options, self.frame.cuts, scope, when)
        options, clock, rows = lapses.options, lapses.clock, lapses.rows
        lapse, back, window = rows.c.lapse, rows.c.following, options.window.span
        from_ = lapses.eligible()
        end = clock.after(lapse, window) if window is not None else None
        won = sa.and_(back.is_not(None), back >= from_, *([back < end] if end is not None else []))
        known = when.watermark is not None
        over = sa.literal(False) if end is None or not known else clock.over(end)
        age = clock.elapsed(lapse, sa.case((won, back), else_=clock.edge()), window) if known else sa.null()
        columns: dict[str, ColumnElement[Any]] = {"converted": won, "over": over, "elapsed": age}
        dated = [grain for grain in self.frame.grains if grain is not Grain.ALL]
        columns |= {f"p_{grain}": clock.start_of(lapse, grain) for grain in dated}
        dims = [rows.c[f"d_{name}"] for name in lapses.dimensions]
        select = sa.select(*(value.label(name) for name, value in columns.items()), *dims)
        # Who bought again within the grace had not lapsed.
        followed = select.where(sa.or_(back.is_(None), back >= from_)).subquery("r")
        return [(self.frame.grains, counted(followed, self.frame, window, lapses.dimensions))]

    def read(self, answers: Answers) -> Mapping[Cell, Outcomes]:
        """Return the counted outcomes of each cohort."""
        return read_outcomes(answers)


class LapsedMembers(LapsedQuery):
    """Who lapsed in each period, and who of them came back in time."""

    outcome = "came back"

    @property
    def noun(self) -> str:
        """Return what a customer is called."""
        return self.options.entity

    def rows(self, scope: Scope, when: TimeFrame, grain: Grain) -> sa.Subquery:
        """Return the first day of the period, the customer and its lapse, and whether it came back."""
        lapses = _Lapses(self.options, self.frame.cuts, scope, when)
        clock, rows, window = lapses.clock, lapses.rows, self.options.window.span
        lapse, back, from_ = rows.c.lapse, rows.c.following, lapses.eligible()
        end = clock.after(lapse, window) if window is not None else None
        won = sa.and_(back.is_not(None), back >= from_, *([back < end] if end is not None else []))
        select = sa.select(
            clock.start_of(lapse, grain).label("period"), rows.c.entity.label("member"),
            lapse.label("member_t"), won.label("counted"),
        )  # fmt: skip
        return select.where(sa.or_(back.is_(None), back >= from_)).subquery()


class ReturnedQuery:
    """Counts those who had lapsed when a period began, and those of them who came back in it."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.options: Options = metric.options
        self.frame = frame

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        lapses = _Lapses(self.options, self.frame.cuts, scope, when)
        clock, rows = lapses.clock, lapses.followed
        lines = [
            (str(grain), period.start, clock.boundary(period.start), clock.boundary(period.end),
             clock.boundary(period.start, lapses.silence))
            for grain in self.frame.grains
            for period in when.periods.get(grain, ())
            if period.start is not None and period.end is not None
        ]  # fmt: skip
        periods = clock.table(("starts", "ends", "silent_from"), lines)
        returned = sa.func.coalesce(rows.c.following < periods.c.ends, sa.false()).label("returned")
        dims = [rows.c[f"d_{name}"] for name in lapses.dimensions]
        joined = sa.select(periods.c.p_grain, periods.c.p_start, *dims, returned)
        each = joined.select_from(sa.join(rows, periods, lapses.away(periods))).subquery("r")
        cell = [each.c.p_grain, each.c.p_start]
        marks = [sa.func.grouping(each.c[column.name]).label(f"g_{column.name}") for column in dims]
        values = [sa.func.count().label("lapsed"), sa.func.count().filter(each.c.returned).label("returned")]
        sets = [sa.tuple_(*cell, *(each.c[f"d_{name}"] for name in cut)) for cut in self.frame.cuts]
        select = sa.select(*cell, *(each.c[column.name] for column in dims), *marks, *values)
        return [(self.frame.grains, select.group_by(sa.func.grouping_sets(*sets)))]

    def read(self, answers: Answers) -> Mapping[Cell, tuple[int, int]]:
        """Return how many came back and how many had lapsed, per period and segment."""
        return {
            cell: (int(returned), int(lapsed))
            for grains, columns in answers
            for cell, returned, lapsed in zip(
                cells_in(columns, grains), columns["returned"], columns["lapsed"], strict=True
            )
        }


class LapsedOutQuery:
    """Counts the customers who lapsed and are left out, by the condition of `exclude` that they meet."""

    def __init__(self, metric: Metric) -> None:
        self.options: Options = metric.options

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select: customers by condition."""
        lapses = _Lapses(self.options, ((LEFT_OUT,),), scope, when, left_out=True)
        rows = lapses.rows
        lapsed = sa.or_(rows.c.following.is_(None), rows.c.following >= lapses.eligible())
        return [((), by_condition(sa.select(*rows.c).where(lapsed).subquery("o")))]

    def read(self, answers: Answers) -> Mapping[str, int]:
        """Return how many customers each condition takes out, 0 where it takes none."""
        return read_left_out(tuple(self.options.exclude), answers)
