"""An expression names a column that the data does not have, or uses one as what it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metrics.catalog.dataset import Dataset
from metrics.catalog.metric import Metric
from metrics.catalog.walk import Field, uses, walk_fields
from metrics.data_check import Probe
from metrics.data_checks._samples import columns_in, misfits
from metrics.dialect import Type, Value
from metrics.errors import ExpressionError, Finding
from metrics.expressions.measures import measures_in
from metrics.expressions.nodes import Call, Expression, Measure, Name, SpanLiteral, names
from metrics.kinds.proportion.per_entity import said_of
from metrics.sql.rows import Rows
from metrics.sql.scan_query import argument

CODE = "expression-type"

_CONDITIONS = ("where", "share", "of", "positive", "negative", "conditions", "exclude")
# Which rows there are; then what is made of them; then the rest.
_ROWS = ("where", "exclude", "time", "loaded_at")
_ORDER: dict[str | int, int] = {**dict.fromkeys(_ROWS, 0), "columns": 1, "conditions": 1}
# These are read in another dataset's scope, or in none.
_VALID = (("valid", "from"), ("valid", "snapshot"))
_TEXT_FOR_NUMBER = (
    "a number is wanted here, got text",
    *(f"{each} works on numbers, got text" for each in "+-*/"),
)
_ELSEWHERE = ("union", "complete_through", "invited", "freshness")


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each expression that does not fit its columns."""
    spoiled: set[tuple[str, str]] = set()
    readable = {dataset.dataset: dataset for dataset in probe.readable()}
    for dataset in readable.values():
        yield from _dataset(probe, dataset, spoiled)
    for metric in probe.catalog.metrics.values():
        for use in uses(metric):
            if use.dataset in readable:
                yield from _metric(probe, metric, readable[use.dataset], use.fields(), spoiled)


def _dataset(probe: Probe, dataset: Dataset, spoiled: set[tuple[str, str]]) -> Iterator[Finding]:
    own = dataset.dataset
    try:
        probe.rows(dataset)
    except ExpressionError as error:
        yield probe.finding(CODE, error.message, "dataset", own, "union")
        spoiled.add((own, "*"))
        return
    for index, column in enumerate(dataset.key):
        wrong = _attempt(probe, dataset, Name((column,)), ())
        if wrong:
            yield probe.finding(CODE, wrong.message, "dataset", own, "key", index)
    for column in dataset.types:
        wrong = _attempt(probe, dataset, Name((column,)), ())
        if wrong:
            yield probe.finding(CODE, wrong.message, "dataset", own, "types", column, key=True)
    listed = [
        part for part in walk_fields(dataset) if part.node is not None and part.path[0] not in _ELSEWHERE
    ]
    # What everything else builds on comes first, so that what fails because of it is not said twice.
    for part in sorted(listed, key=lambda part: _ORDER.get(part.path[0], 2)):
        money = part.path[0] == "columns" and part.path[1] in _money(dataset)
        if _tainted(part, own, spoiled) or (money and (own, _ROWS[0]) in spoiled):
            continue
        wrong = _attempt(probe, dataset, part.value, part.path)
        if wrong:
            if part.path[0] in ("columns", "conditions"):
                spoiled.add((own, str(part.path[1])))
            elif part.path[0] in _ROWS:
                spoiled |= {(own, _ROWS[0]), *((own, name) for name in _money(dataset))}
            words = _explained(probe, dataset, part, wrong)
            yield probe.finding(CODE, words, "dataset", own, *part.path, offset=wrong.offset)


def _metric(probe: Probe, metric: Metric, dataset: Dataset, listed: Iterator[Field],
            spoiled: set[tuple[str, str]]) -> Iterator[Finding]:  # fmt: skip
    for part in listed:
        own = dataset.dataset
        if part.node is None or (own, _ROWS[0]) in spoiled or _tainted(part, own, spoiled):
            continue
        wrong = _attempt(probe, dataset, part.value, part.path)
        if wrong:
            words = _explained(probe, dataset, part, wrong)
            yield probe.finding(CODE, words, "metric", metric.metric, *part.path, offset=wrong.offset)


def _explained(probe: Probe, dataset: Dataset, part: Field, wrong: ExpressionError) -> str:
    """Return what is wrong, and where a text is no number or time, which text, and what to do."""
    time = wrong.message.endswith("is text, not a date or time")
    if part.node is None or not (time or wrong.message in _TEXT_FOR_NUMBER):
        return wrong.message
    texts = [name for name, type_ in columns_in(probe, dataset, part.node) if type_ is Type.TEXT]
    if not texts:
        return wrong.message
    said, mixed = misfits(probe, dataset, texts[0], time=time)
    cure = ""
    if time:
        cure = (
            "; correct it at its source, or say under `types` that it is a date or timestamp, and its format"
        )
    elif mixed:
        cure = "; correct it at its source, or clean it under `columns`, such as by cast(replace(...) as decimal)"
    return f"{wrong.message}: {said}{cure}"


def _money(dataset: Dataset) -> set[str]:
    """Return the columns that are converted: their guard reads all rows."""
    return {name for name, column in dataset.columns.items() if column.currency is not None}


def _tainted(part: Field, dataset: str, spoiled: set[tuple[str, str]]) -> bool:
    if (dataset, "*") in spoiled:
        return True
    own = str(part.path[1]) if part.path[0] in ("columns", "conditions") and len(part.path) > 1 else None
    used = {name.parts[0] for name in names(part.node)} if part.node is not None else set()
    return any((dataset, name) in spoiled for name in used - {own})


def _attempt(
    probe: Probe, dataset: Dataset, value: Any, path: tuple[str | int, ...]
) -> ExpressionError | None:
    rows = probe.rows(dataset)
    rows = Rows(rows.scope, dataset, period=_period(rows))
    try:
        if isinstance(value, Measure):
            # count_new names an entity, which is not a column.
            if value.argument is not None and value.function != "count_new":
                argument(rows, value)
            return None
        node = value.node if isinstance(value, Expression) else value
        if isinstance(node, SpanLiteral):
            return None  # A constant span, such as a duration's standard, reads no column.
        wants_truth = any(part in _CONDITIONS for part in path if isinstance(part, str))
        if any(measures_in(node)):
            said_of(rows, node)
        elif _is_time(path):
            rows.time(node)
        elif wants_truth and not (path and path[0] == "columns"):
            rows.condition(node)
        else:
            rows.value(node)
    except ExpressionError as error:
        return error
    return None


def _is_time(path: tuple[str | int, ...]) -> bool:
    return path[-1:] == ("time",) or path[:1] == ("loaded_at",) or path[:2] in _VALID


def _period(rows: Rows) -> tuple[Value, Value]:
    # Any day will do: only the types are looked at.
    day = Value(rows.translator.day(rows.value(Call("as_of", ()))), Type.DATE)
    return day, day
