"""What rules say of a column's values: one that does not fit, and how many do not."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.dataset import Dataset
from metrics.catalog.dated import stretches
from metrics.data_check import Probe
from metrics.dialect import Dialect, Type
from metrics.errors import ScorecardError
from metrics.expressions.nodes import Node, names

_NUMBER = r"^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"
_TIMES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
_LONGEST = 60


def shown(value: object) -> str:
    """Return a value as a message quotes it, its beginning alone where it is long."""
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")


def columns_in(probe: Probe, dataset: Dataset, node: Node) -> list[tuple[str, Type]]:
    """Return the columns of a dataset's table that an expression names, directly or through a computed one."""
    known, found = probe.columns(dataset) or {}, dict[str, Type]()
    waiting, seen = [name.parts for name in names(node)], set[str]()
    while waiting:
        first, *rest = waiting.pop(0)
        if rest or first in seen:
            if first not in found and first in known and not rest:
                found[first] = known[first].type
            continue
        seen.add(first)
        below = [dataset.columns[first].expression] if first in dataset.columns else []
        if not below and first in dataset.conditions:
            below = [each.where for each in stretches(dataset.conditions[first])]
        if below:
            waiting += [name.parts for each in below for name in names(each.node)]
        elif first in known:
            found[first] = known[first].type
    return list(found.items())


def misfits(probe: Probe, dataset: Dataset, column: str, *, time: bool) -> tuple[str, bool]:
    """Return which texts of a column are no number, or no time, and whether that is some of them alone."""
    try:
        source = probe.session.source(probe.session.source_of(dataset.dataset))
        text = source.table(dataset).c[column]
        fits = _is_time(source.dialect, text) if time else source.dialect.matches(text, _NUMBER)
        bad = sa.and_(text.is_not(None), sa.not_(sa.func.coalesce(fits, sa.false())))
        select: Any = sa.select(
            sa.func.count(text).label("all"),
            sa.func.count().filter(bad).label("found"),
            sa.func.min(text).filter(bad).label("example"),
            sa.func.min(text).label("least"),
        )
        row = probe.session.fetch_one(source.name, select)
    except ScorecardError:
        return f"{column} is text", False
    if not row["all"]:
        return f"{column} is text, without a value", False
    wanted = "a time" if time else "a number"
    if row["found"] in (0, row["all"]):
        return f"{column} is text, such as {shown(row['least'])}", not row["found"]
    found, all_, such = row["found"], row["all"], shown(row["example"])
    verb = "is" if found == 1 else "are"
    return f"{found:,} of {all_:,} texts in {column} {verb} not {wanted}, such as {such}", True


def _is_time(dialect: Dialect, text: ColumnElement[Any]) -> ColumnElement[Any]:
    read = [dialect.parse_time(text, form, strict=False).is_not(None) for form in _TIMES]
    return sa.or_(*read)


def example(probe: Probe, dataset: Dataset, column: str) -> str:
    """Return a value of a column, as its text; an empty text where there is none that can be read."""
    try:
        source = probe.session.source(probe.session.source_of(dataset.dataset))
        text = sa.cast(source.table(dataset).c[column], sa.Text())
        found = probe.session.fetch(source.name, sa.select(sa.func.min(text))).scalar()
    except ScorecardError:
        return ""
    return "" if found is None else shown(found)
