"""Find what a query failed of: the columns and expressions that a metric reads, asked one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from metrics.catalog.dataset import Dataset
from metrics.catalog.dependencies import Dependency, reached
from metrics.catalog.metric import Metric
from metrics.catalog.walk import uses, walk_fields
from metrics.data_check import Probe
from metrics.data_checks._samples import columns_in, example
from metrics.dialect import Type, Value
from metrics.errors import ExpressionError, ScorecardError, SourceError
from metrics.expressions.nodes import Call, Measure, Name, Node, names
from metrics.expressions.written import written
from metrics.sql.rows import Rows

# What is read of a dataset with every row of it, then what only some metrics read.
_ROWS = ("where", "exclude", "time", "loaded_at", "valid")
_NAMED = {"columns": "column", "conditions": "condition", "dimensions": "dimension", "entities": "entity",
          "lookups": "lookup"}  # fmt: skip
_CURE = "correct it at its source, or clean it under `columns`, such as by replace() before a cast()"
_LONGEST = 200
_HUGE = 1e30
"""No amount is so great; what is added up is, where it is more than a number holds."""


@dataclass(frozen=True)
class Fault:
    """What a metric fails of, and where it stands: a kind of definition, its name, and a path in it."""

    place: tuple[str, ...]
    words: str
    offset: int = 0
    key: bool = False


def faults(probe: Probe, metric: Metric, message: str) -> list[Fault]:
    """Return what a metric's query fails of; nothing where each part of it can be read by itself."""
    items = reached(probe.catalog, [metric])
    bad: set[tuple[str, str]] = set()
    found: list[Fault] = []
    for dataset in probe.readable():
        if Dependency(dataset.dataset, "dataset") in items:
            found += _dataset(probe, dataset, items, bad)
    readable = {dataset.dataset: dataset for dataset in probe.readable()}
    for use in uses(metric):
        if use.dataset in readable:
            for part in use.fields():
                if part.node is not None:
                    path = ("metric", metric.metric, *map(str, part.path))
                    found += _expression(probe, readable[use.dataset], part.node, path, bad)
    return found or list(_too_great(probe, metric, message))


def _dataset(probe: Probe, dataset: Dataset, items: frozenset[Dependency],
             bad: set[tuple[str, str]]) -> Iterator[Fault]:  # fmt: skip
    own = dataset.dataset
    for column in dataset.types:
        if Dependency(own, "raw", column) in items:
            yield from _expression(
                probe, dataset, Name((column,)), ("dataset", own, "types", column), bad, raw=True
            )
    fields = [part for part in walk_fields(dataset) if part.node is not None]
    for part in sorted(fields, key=lambda part: part.path[0] not in _ROWS):
        kind = _NAMED.get(str(part.path[0]))
        read = part.path[0] in _ROWS or (kind and Dependency(own, kind, str(part.path[1])) in items)
        if read and part.node is not None:
            path = ("dataset", own, *map(str, part.path))
            yield from _expression(probe, dataset, part.node, path, bad)


def _expression(probe: Probe, dataset: Dataset, node: Node, place: tuple[str, ...],
                bad: set[tuple[str, str]], *, raw: bool = False) -> Iterator[Fault]:  # fmt: skip
    """Yield a fault where an expression cannot be calculated; what reads it then fails of nothing else."""
    own = dataset.dataset
    if (own, "*") in bad or (not raw and any((own, name.parts[0]) in bad for name in names(node))):
        if place[2] in ("columns", "conditions"):
            bad.add((own, place[3]))
        return
    words = _failing(probe, dataset, node)
    if words is None:
        return
    if place[0] == "dataset":
        bad.add((own, "*" if place[2] in ("where", "exclude") else place[3] if len(place) > 3 else place[2]))
    what = f"column {written(node)}" if isinstance(node, Name) else written(node)
    yield Fault(place, f"{what} of {own!r} cannot be read ({_clipped(words)}){_advice(probe, dataset, node)}")


def _advice(probe: Probe, dataset: Dataset, node: Node) -> str:
    """Return a value that an expression is made of, where the source's words have none, and what to do."""
    for name, type_ in columns_in(probe, dataset, node):
        if type_ is Type.UNKNOWN and (value := example(probe, dataset, name)):
            return (
                f": {name} holds such as {value}, and is compared as text alone: write cast({name} as text)"
            )
        if type_.number and (greatest := _greatest(probe, dataset, Name((name,)))) is not None:
            return f": the greatest of {name} is {greatest:g}; {_CURE}"
    return f": {_CURE}"


def _clipped(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 60]} ... {words[-50:]}"


def _failing(probe: Probe, dataset: Dataset, node: Node) -> str | None:
    """Return what the source says where it cannot calculate an expression over a dataset's rows."""
    try:
        rows = _in_period(probe.rows(dataset))
        inner = rows.select({"value": rows.value(node).sql}).subquery()
        text = sa.cast(inner.c.value, sa.Text())
        probe.session.fetch(probe.session.source_of(dataset.dataset), sa.select(sa.func.min(text)))
    except SourceError as error:
        return None if error.transient else error.message
    except ExpressionError:
        # What cannot be compiled has a finding of its own.
        return None
    return None


def _in_period(rows: Rows) -> Rows:
    # Any day will do.
    day = Value(rows.translator.day(rows.value(Call("as_of", ()))), Type.DATE)
    return Rows(rows.scope, rows.dataset, period=(day, day))


def _too_great(probe: Probe, metric: Metric, message: str) -> Iterator[Fault]:
    """Yield a fault for each measure of numbers so great that their sum is none."""
    for use in uses(metric):
        dataset = probe.catalog.datasets[use.dataset]
        for part in use.fields():
            if not isinstance(part.value, Measure) or part.node is None:
                continue
            greatest = _greatest(probe, dataset, part.node)
            if greatest is not None and greatest > _HUGE:
                of = f"the greatest of {written(part.node)} in {use.dataset!r} is {greatest:g}"
                cure = "correct it at its source, or leave such rows out by `where`"
                rows = "union" if dataset.union else "files" if dataset.files else "table"
                yield Fault(("dataset", use.dataset, rows), f"{message}; {of}: {cure}")


def _greatest(probe: Probe, dataset: Dataset, node: Node) -> float | None:
    try:
        rows = probe.rows(replace(dataset, columns={}) if isinstance(node, Name) else dataset)
        value = rows.value(node)
        if not value.type.number:
            return None
        inner = rows.select({"value": value.sql}).subquery()
        size: Any = sa.func.max(sa.func.abs(sa.cast(inner.c.value, sa.Double())))
        found = probe.session.fetch(probe.session.source_of(dataset.dataset), sa.select(size)).scalar()
    except ScorecardError:
        return None
    return None if found is None else float(found)
