"""What is measured has to be a finite number: NaN and infinity would be hidden by sums, ranks and greatest values.

Where an engine's type can hold them, a guard counts the rows that do. It is a select of its own, since a scan
that several metrics share must not fail for one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import Type, Value
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Call, Node, walk
from metrics.expressions.written import written
from metrics.sql.relation import Relation
from metrics.sql.scope import Guard

_OF_PERIODS = ("period_start", "period_end")


def guard_finite(rows: Relation, node: Node, where: Iterable[Node] = (), *, filtered: bool = True) -> None:
    """Leave a guard where an expression may give NaN or infinity in rows that satisfy some conditions.

    A condition that asks for a period counts as satisfied. `filtered`: other rows are never looked at, so that
    what the expression cannot read may stand in them; if not, all rows are counted first, which one guard does
    for every condition.
    """
    if not _doubts(rows, node):
        return
    conditions = tuple(each for each in where if not _asks_period(each))
    wide = None if filtered or not conditions else _guard(rows, node, ())
    guard = _guard(rows, node, conditions, wide)
    rows.scope.guards.setdefault(guard.name, guard)


def _guard(rows: Relation, node: Node, conditions: tuple[Node, ...], unless: Guard | None = None) -> Guard:
    fresh, name = rows.again(), rows.dataset.dataset
    if rows.translator.period is not None:
        # Any day will do: a number is as finite in one period as in another.
        today = rows.translator.now.date()
        first, last = (sa.literal(today + timedelta(days=each), sa.Date()) for each in (0, 1))
        fresh.translator.period = (Value(first, Type.DATE), Value(last, Type.DATE))
    # In the order in which they are calculated: what a cast would refuse is found before it is cast.
    broken = sa.case(*((sa.not_(doubt), sa.true()) for doubt in _doubts(fresh, node)), else_=sa.false())
    kept = [fresh.translator.condition(each) for each in conditions]
    keys = _keys(fresh)
    found = fresh.select({"one": sa.literal(1), **keys}, [*kept, broken]).subquery()
    sample = [found.c[label] for label in keys]
    count = sa.func.count().over().label("found")
    said = " and ".join(map(written, conditions))
    return Guard(
        f"finite:{name}:{written(node)}:{said}",
        # Without a key nothing but the count is selected, which names no rows by itself.
        sa.select(count, *sample).select_from(found).order_by(*sample).limit(1),
        f"rows of {name!r} have NaN or infinity as {written(node)}, which no number can be made of: correct them "
        "at their source, or leave them out by a condition",
        key=rows.dataset.key if keys else (),
        unless=unless,
    )


def _doubts(rows: Relation, node: Node) -> list[ColumnElement[bool]]:
    """Return what must not be false for an expression to be finite: of what it casts, and of itself."""
    translator = rows.translator
    known = len(translator.narrowed.values)
    value = rows.value(node)
    found = [translator.dialect.is_finite(each) for each in (*translator.narrowed.values[known:], value)]
    return [sa.func.coalesce(each, sa.true()) for each in found if each is not None]


def _asks_period(node: Node) -> bool:
    return any(isinstance(part, Call) and part.function in _OF_PERIODS for part in walk(node))


def _keys(rows: Relation) -> dict[str, ColumnElement[object]]:
    """Return the columns of the key; none where the rows do not have all of them."""
    try:
        return {f"k{index}": column for index, column in enumerate(rows.key())}
    except ExpressionError:
        return {}
