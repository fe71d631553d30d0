"""A column is compared with a text that it never holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import sqlalchemy as sa

from metrics.catalog.dataset import Dataset
from metrics.catalog.walk import Field, uses, walk_fields
from metrics.data_check import Probe
from metrics.data_checks._samples import shown
from metrics.dialect import Type
from metrics.errors import Finding, Level, ScorecardError
from metrics.expressions.nodes import Literal, Name, Node, Operation, children
from metrics.sql.rows import Rows

CODE = "absent-literal"

_ELSEWHERE = ("union", "complete_through", "invited", "freshness")
_MANY = 1000
_NEAR = 0.8
_LONG = 5
"""Of shorter texts, such as codes, one letter makes another: only case and spaces are taken for a slip."""
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class _Compared:
    """A column and a text that it is compared with, and where; `wanted` where rows are chosen by it."""

    column: Name
    text: str
    wanted: bool
    place: Place
    offset: int


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each text that does not occur: one scan a dataset, one more for a column that lacks some."""
    compared: dict[str, list[_Compared]] = {}
    for name, dataset in probe.catalog.datasets.items():
        for part in walk_fields(dataset):
            if part.path[0] not in _ELSEWHERE:
                compared.setdefault(name, []).extend(_found(part, ("dataset", name)))
    for name, metric in probe.catalog.metrics.items():
        for use in uses(metric):
            for part in use.fields():
                compared.setdefault(use.dataset, []).extend(_found(part, ("metric", name)))
    for dataset in probe.readable():
        asked = compared.get(dataset.dataset)
        if asked:
            yield from _absent(probe, dataset, asked)


def _found(part: Field, owner: tuple[str, str]) -> Iterator[_Compared]:
    if part.node is not None:
        for column, literal, wanted in _pairs(part.node, "exclude" not in part.path):
            assert isinstance(literal.value, str)
            yield _Compared(column, literal.value, wanted, (*owner, *part.path), literal.offset)


def _pairs(node: Node, wanted: bool) -> Iterator[tuple[Name, Literal, bool]]:
    """Yield each column with each text that it is held equal to, or not."""
    if isinstance(node, Operation) and node.operator in ("=", "<>", "in"):
        first, *others = node.operands
        if isinstance(first, Literal) and len(others) == 1:
            first, others = others[0], [first]
        if isinstance(first, Name):
            # In a list, what has not occurred yet stands beside what has.
            chosen = wanted and node.operator == "="
            for other in others:
                if isinstance(other, Literal) and isinstance(other.value, str):
                    yield first, other, chosen
    below = wanted and not (isinstance(node, Operation) and node.operator in ("not", "or"))
    for child in children(node):
        yield from _pairs(child, below)


def _absent(probe: Probe, dataset: Dataset, asked: list[_Compared]) -> Iterator[Finding]:
    # Of all its rows: those that its own conditions leave out hold what these are compared with.
    whole = replace(dataset, where=None, exclude={})
    rows = Rows(probe.scope(dataset), whole)
    columns: dict[Name, Any] = {}
    for each in asked:
        try:
            value = rows.value(each.column)
        except ScorecardError:
            # What cannot be compiled has a finding of its own.
            continue
        if value.type is Type.TEXT:
            columns[each.column] = value.sql
    pairs = list(dict.fromkeys((each.column, each.text) for each in asked if each.column in columns))
    if not pairs:
        return
    source = probe.session.source_of(dataset.dataset)
    labels = {name: f"c{index}" for index, name in enumerate(columns)}
    inner = rows.select({labels[name]: sql for name, sql in columns.items()}).subquery()
    counts: list[Any] = [sa.func.count().label("all")]
    for index, (column, text) in enumerate(pairs):
        counts.append(sa.func.count().filter(inner.c[labels[column]] == text).label(f"n{index}"))
    try:
        found = probe.session.fetch_one(source, sa.select(*counts))
        missing = {pair for index, pair in enumerate(pairs) if found["all"] and not found[f"n{index}"]}
        held = {
            column: _values(probe, source, inner, labels[column]) for column in {pair[0] for pair in missing}
        }
    except ScorecardError:
        return
    for each in asked:
        if (each.column, each.text) in missing:
            yield from _said(probe, dataset, each, held[each.column])


def _values(probe: Probe, source: str, inner: sa.Subquery, label: str) -> dict[str, int] | None:
    """Return a column's texts, each with its rows; None where there are too many to compare with."""
    column = inner.c[label]
    select = sa.select(column, sa.func.count().label("rows")).where(column.is_not(None)).group_by(column)
    found = probe.session.fetch(source, select.order_by(sa.desc("rows"), column).limit(_MANY + 1))
    return {str(text): int(rows) for text, rows in found.rows()} if len(found) <= _MANY else None


def _said(probe: Probe, dataset: Dataset, each: _Compared, held: dict[str, int] | None) -> Iterator[Finding]:
    if held is None or (not held and not each.wanted):
        return
    folded = {text.casefold().strip(): text for text in reversed(held)}
    wanted = each.text.casefold().strip()
    near = get_close_matches(wanted, folded, n=1, cutoff=_NEAR if len(wanted) >= _LONG else 1.0)
    # A text beside one that is near may be one that has only not occurred yet; by another case it is mistyped.
    if not near and not each.wanted:
        return
    column, (kind, name, *path) = ".".join(each.column.parts), each.place
    if near:
        text = folded[near[0]]
        rows = "1 row" if held[text] == 1 else f"{held[text]:,} rows"
        more = f"{shown(text)} does, in {rows}"
    else:
        more = f"it holds {', '.join(shown(text) for text in list(held)[:3])}" if held else "it holds nothing"
        more += f" and {len(held) - 3:,} more" if len(held) > 3 else ""
    message = f"{column} = {shown(each.text)} never occurs in {dataset.dataset!r}; {more}"
    yield probe.finding(CODE, message, str(kind), str(name), *path, offset=each.offset, level=Level.ADVICE)
