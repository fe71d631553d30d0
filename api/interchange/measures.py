"""Measures as rows of a dataset: what is added up, of which rows, by which time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.interchange.datasets import Draft, resolver
from api.interchange.filters import condition, expression
from api.interchange.manifest import Measure
from api.interchange.report import Left
from metrics.errors import ExpressionError
from metrics.expressions.parser import parse_measure

_AGGREGATES = {
    "sum": "sum", "sum_boolean": "sum", "count": "count", "count_distinct": "count_distinct", "average": "avg",
    "min": "min", "max": "max", "median": "median", "percentile": "percentile",
}  # fmt: skip
_EVERY_ROW = ("1", "*", "true", "TRUE", "True")
_NOUGHT_WITHOUT_ROWS = ("sum", "sum_boolean", "count", "count_distinct")


@dataclass(frozen=True)
class Rows:
    """A measure as our definitions say it, and what it means otherwise than there."""

    draft: Draft
    reference: Mapping[str, str]
    notes: tuple[str, ...]
    measure: str


def rows_of(
    measure: Measure, filters: tuple[str, ...], fill: int | None, drafts: Mapping[str, Draft]
) -> Rows:
    """Return a measure's rows that satisfy filters; raise Left."""
    if measure.model not in drafts:
        raise Left(f"its semantic model {measure.model!r} was left out")
    draft = drafts[measure.model]
    if measure.non_additive:
        raise Left(
            "it is taken at one moment of a period (non_additive_dimension): give the dataset `valid`, and the metric "
            "`at: period_end`"
        )
    reference = {"dataset": draft.model.name, "measure": _text(measure)}
    where = condition(filters, lambda path, _: resolver(draft, drafts, path))
    if where is not None:
        reference["where"] = where
    time = draft.times.get(measure.time) if measure.time else draft.time
    if time is None:
        raise Left("no time says in which period its rows count, or it is no expression here")
    if time != draft.time:
        reference["time"] = time
    notes = []
    if measure.agg == "percentile" and measure.approximate:
        notes.append("the percentile is exact here")
    if fill is not None and not (fill == 0 and measure.agg in _NOUGHT_WITHOUT_ROWS):
        notes.append(f"a period without rows is not {fill} here")
    return Rows(draft, reference, tuple(notes), measure.name)


def _text(measure: Measure) -> str:
    function = _AGGREGATES.get(measure.agg)
    if function is None:
        raise Left(f"no measure is called {measure.agg!r} here")
    argument = measure.expr if measure.expr is not None else measure.name
    if function in ("sum", "count") and argument.strip() in _EVERY_ROW:
        return "count"
    argument = expression(argument)
    if function == "percentile":
        if measure.discrete or measure.percentile is None:
            raise Left("its percentile is one of the values; here it lies between the two nearest")
        argument = f"{argument}, {measure.percentile:g}"
    text = f"{function}({argument})"
    try:
        parse_measure(text)
    except ExpressionError as error:
        raise Left(f"{text!r} is no measure here: {error.message}") from error
    return text
