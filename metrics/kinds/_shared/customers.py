"""Who is a customer and when: rows that show activity, or subscriptions with their gaps bridged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.options import Reference
from metrics.expressions.nodes import Expression
from metrics.grain import NO_SPAN, Span
from metrics.kinds._shared.time_axis import Clock
from metrics.observation import NONE_VALUE
from metrics.sql.finite import guard_finite
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scan_query import dimension
from metrics.sql.scope import Scope, Selectable

EXACT = sa.Numeric(38, 6)


LEFT_OUT = "left out"
"""The dimension by which those who are left out are counted; no dataset can have one of this name."""


@dataclass(frozen=True)
class Activity:
    """Rows of a dataset that show a customer active.

    `acquired` is when a row's customer was won, where that may lie before the first row (in curves).
    """

    dataset: str = field(metadata={"refers": "dataset"})
    where: Expression | None = None
    time: Expression | None = None
    acquired: Expression | None = None

    @property
    def reference(self) -> Reference:
        """Return the rows as a reference."""
        return Reference(self.dataset, where=self.where, time=self.time)


@dataclass(frozen=True)
class Subscription:
    """Rows of a dataset that each last from a start to an exclusive end, open where it is null.

    A gap up to `gap` between two subscriptions of a customer is bridged: the earlier stands until the next.
    Of customers who left before `observed_from` there are no rows (in curves).
    """

    dataset: str = field(metadata={"refers": "dataset"})
    start: Expression
    end: Expression
    value: Expression | None = None
    gap: Span = NO_SPAN
    where: Expression | None = None
    observed_from: date | None = None

    @property
    def time(self) -> Expression:
        """Return the expression of the rows' event time."""
        return self.start

    @property
    def reference(self) -> Reference:
        """Return the rows as a reference."""
        return Reference(self.dataset, where=self.where, time=self.start)


def key_columns(rows: Rows) -> dict[str, ColumnElement[Any]]:
    """Return the key of a row by label, for a stable order among ties."""
    return {f"k{index}": column for index, column in enumerate(rows.key())}


def dimension_columns(rows: Rows, names: tuple[str, ...]) -> dict[str, ColumnElement[Any]]:
    """Return dimensions by label; one that the dataset does not have is `(none)`."""
    known = rows.dataset.dimensions
    return {
        f"d_{name}": dimension(rows, name) if name in known else sa.literal(NONE_VALUE, sa.Text())
        for name in names
        if name != LEFT_OUT
    }


def keys_of(rows: Any) -> list[Any]:
    """Return the key columns of a subquery."""
    return [column for column in rows.c if column.name.startswith("k") and column.name[1:].isdigit()]


@dataclass(frozen=True)
class Leaving:
    """Named groups of customers that a metric leaves out; `only`: those who are left out, and nobody else."""

    groups: Mapping[str, Expression]
    only: bool = False

    def mark(self, rows: Rows) -> dict[str, ColumnElement[Any]]:
        """Return the number of the first group whose condition a row meets, as a column."""
        numbered = enumerate(self.groups.values())
        met: list[tuple[ColumnElement[bool], ColumnElement[Any]]] = [
            (rows.condition(each.node), sa.literal_column(str(number))) for number, each in numbered
        ]
        return {"x_group": sa.case(*met, else_=sa.null())} if met else {}

    def kept(self, select: Selectable, label: str) -> sa.CTE:
        """Return the rows of those who stay in: one row that meets a condition takes its customer out."""
        if not self.groups:
            return select.cte(label)
        marked = select.subquery("m")
        group = sa.func.min(marked.c.x_group).over(partition_by=[marked.c.entity]).label("x_group")
        plain = [column for column in marked.c if column.name != "x_group"]
        each = sa.select(*plain, group).subquery("x")
        columns = [column for column in each.c if column.name != "x_group"]
        if not self.only:
            return sa.select(*columns).where(each.c.x_group.is_(None)).cte(label)
        names = [
            (each.c.x_group == sa.literal_column(str(number)), sa.literal(name, sa.Text()))
            for number, name in enumerate(self.groups)
        ]
        named = sa.case(*names).label(f"d_{LEFT_OUT}")
        return sa.select(*columns, named).where(each.c.x_group.is_not(None)).cte(label)


NOBODY = Leaving({})


def orders(scope: Scope, when: TimeFrame, entity: str, activity: Activity, dimensions: tuple[str, ...],
           leaving: Leaving = NOBODY) -> tuple[sa.CTE, Clock]:  # fmt: skip
    """Return the active rows that are known by the watermark: entity, t, key, dimensions, acquired."""
    at = activity.time.node if activity.time else None
    rows = Rows(scope, scope.catalog.datasets[activity.dataset], event=at)
    time = rows.time(at)
    clock = Clock.of([time], rows.translator, when)
    own, moment = rows.entity(entity), clock.moment(time)
    where = [own.is_not(None), *clock.known(moment)]
    where += [rows.condition(activity.where.node)] if activity.where else []
    columns: dict[str, ColumnElement[Any]] = {
        "entity": own, "t": moment, **key_columns(rows), **dimension_columns(rows, dimensions),
        **leaving.mark(rows),
    }  # fmt: skip
    if activity.acquired is not None:
        columns["acquired"] = rows.translator.day(rows.value(activity.acquired.node))
    return leaving.kept(rows.select(columns, where), "__orders"), clock


def subscriptions(scope: Scope, when: TimeFrame, entity: str, subscription: Subscription,
                  dimensions: tuple[str, ...], leaving: Leaving = NOBODY) -> tuple[sa.CTE, Clock]:  # fmt: skip
    """Return the subscriptions that have begun by the watermark: entity, t, stop, worth, key, dimensions."""
    rows = Rows(scope, scope.catalog.datasets[subscription.dataset], event=subscription.start.node)
    times = [rows.time(each.node) for each in (subscription.start, subscription.end)]
    clock = Clock.of(times, rows.translator, when)
    own, (start, end) = rows.entity(entity), (clock.moment(time) for time in times)
    where = [own.is_not(None), *clock.known(start), sa.or_(end.is_(None), end > start)]
    where += [rows.condition(subscription.where.node)] if subscription.where else []
    worth: ColumnElement[Any] = sa.literal_column("0")
    if subscription.value:
        worth = rows.value(subscription.value.node).sql
        guard_finite(rows, subscription.value.node, (subscription.where.node,) if subscription.where else ())
    columns: Mapping[str, ColumnElement[Any]] = {
        "entity": own, "t": start, "stop": sa.func.coalesce(end, clock.never(), type_=clock.column),
        "worth": sa.cast(sa.func.coalesce(worth, sa.literal_column("0")), EXACT),
        **key_columns(rows), **dimension_columns(rows, dimensions), **leaving.mark(rows),
    }  # fmt: skip
    return leaving.kept(rows.select(columns, where), "__subscriptions"), clock


def stays(subscribed: sa.CTE, clock: Clock, gap: Span) -> sa.Subquery:
    """Return the subscriptions with the stay that each belongs to.

    A stay is a customer's time without an interruption. Added to the columns are `until` (the stay's end),
    `following` (when the customer's next stay begins) and `settled`: its end has come, and nothing that is
    known or may still become known bridges it.
    """
    order = [subscribed.c.t, *keys_of(subscribed)]
    own = [subscribed.c.entity]
    so_far = sa.func.max(subscribed.c.stop).over(partition_by=own, order_by=order, rows=(None, -1))
    reach = clock.after(so_far, gap) if gap.count else so_far
    begins = sa.case((sa.and_(so_far.is_not(None), subscribed.c.t <= reach), 0), else_=1)
    marked = sa.select(*subscribed.c, begins.label("begins")).subquery()
    order = [marked.c.t, *keys_of(marked)]
    number = sa.func.sum(marked.c.begins).over(partition_by=[marked.c.entity], order_by=order, rows=(None, 0))
    kept = [column for column in marked.c if column.name != "begins"]
    numbered = sa.select(*kept, number.label("stay")).subquery("n")
    each = sa.select(numbered.c.entity, numbered.c.stay, sa.func.min(numbered.c.t).label("since"),
                     sa.func.max(numbered.c.stop).label("until"))  # fmt: skip
    stay = each.group_by(numbered.c.entity, numbered.c.stay).subquery("e")
    following = sa.func.lead(stay.c.since).over(partition_by=[stay.c.entity], order_by=stay.c.since)
    stay = sa.select(*stay.c, following.label("following")).subquery("f")
    settled: ColumnElement[Any] = sa.true()
    if clock.when.watermark is not None:
        ended = clock.after(stay.c.until, gap) if gap.count else stay.c.until
        settled = sa.and_(
            stay.c.until <= clock.edge(), sa.or_(stay.c.following.is_not(None), clock.over(ended))
        )
    joined = sa.join(
        numbered, stay, sa.and_(numbered.c.entity == stay.c.entity, numbered.c.stay == stay.c.stay)
    )
    columns = [column for column in numbered.c if column.name != "stay"]
    added = [stay.c.until, stay.c.following, settled.label("settled")]
    return sa.select(*columns, *added).select_from(joined).subquery("y")


def bridged(subscribed: sa.CTE, clock: Clock, gap: Span) -> sa.CTE:
    """Return the subscriptions, those before a gap that is bridged or still open prolonged to its end.

    What a customer pays stands through a bridged gap.
    """
    if not gap.count:
        return subscribed
    order = [subscribed.c.t, *keys_of(subscribed)]
    partition = [subscribed.c.entity]
    so_far = sa.func.max(subscribed.c.stop).over(partition_by=partition, order_by=order, rows=(None, 0))
    following = sa.func.lead(subscribed.c.t).over(partition_by=partition, order_by=order)
    marked = sa.select(*subscribed.c, so_far.label("so_far"), following.label("following")).subquery()
    # The customer's coverage ends where its greatest end so far lies before the next start, or there is none.
    ends = sa.or_(marked.c.following.is_(None), marked.c.following > marked.c.so_far)
    reach = clock.after(marked.c.so_far, gap)
    prolonged: list[Any] = [(marked.c.following <= reach, marked.c.following)]
    if clock.when.watermark is not None:
        still_open = sa.and_(marked.c.following.is_(None), sa.not_(clock.over(reach)))
        prolonged.append((still_open, reach))
    last = sa.select(marked.c.entity, marked.c.so_far, sa.case(*prolonged).label("prolonged"))
    found = last.where(ends).subquery("g")
    joined = sa.outerjoin(
        subscribed, found,
        sa.and_(subscribed.c.entity == found.c.entity, subscribed.c.stop == found.c.so_far),
    )  # fmt: skip
    kept = [column for column in subscribed.c if column.name != "stop"]
    stop = sa.func.coalesce(found.c.prolonged, subscribed.c.stop, type_=clock.column)
    return sa.select(*kept, stop.label("stop")).select_from(joined).cte("__bridged")
