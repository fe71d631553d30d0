"""Spell a metric's definition out: every parameter that decides its value, the defaults included."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference, Window
from metrics.catalog.walk import is_record, yaml_key
from metrics.expressions.nodes import Expression, Measure
from metrics.kind import kind_of


@dataclass(frozen=True)
class Parameter:
    """One parameter: its key and value as YAML has them, whether it is the default, and what it means."""

    key: str
    value: str
    default: bool = False
    says: str | None = None


_SAYS = {
    ("at", "period_start"): "read as it stood when the period began",
    ("at", "period_end"): "read as it stood when the period ended",
}
"""What words mean in every kind; a kind's own are its `says`."""


def kind_text(metric: Metric) -> str:
    """Return what a metric's kind computes, in a sentence."""
    return kind_of(metric).summary


def parameters(metric: Metric, catalog: Catalog) -> tuple[Parameter, ...]:
    """Return the parameters of a metric's kind in their order, then those that every kind has."""
    return (*_own(metric, catalog), *_assumed(metric, catalog), *_common(metric))


def assumptions(metric: Metric, catalog: Catalog) -> str | None:
    """Return what a metric's values rest on, its inputs' included: `12 months, 10% a year, GBP, margin 40%`.

    None where its kind assumes nothing that a label should say.
    """
    return kind_of(metric).assumes(metric, catalog)


def full_label(metric: Metric, catalog: Catalog) -> str:
    """Return a metric's label with what its values rest on in parentheses, where there is something."""
    text = assumptions(metric, catalog)
    return f"{metric.label} ({text})" if text else metric.label


def _assumed(metric: Metric, catalog: Catalog) -> Iterator[Parameter]:
    text = assumptions(metric, catalog)
    if text is not None:
        yield Parameter("assumes", text, says="what every value of it rests on")


def _own(metric: Metric, catalog: Catalog) -> Iterator[Parameter]:
    options, kind = metric.options, kind_of(metric)
    says = {**_SAYS, **kind.says}
    for member in dataclasses.fields(options):
        value, key = getattr(options, member.name), yaml_key(member)
        if key == "time" and value is None and hasattr(options, "dataset"):
            yield from _time(options.dataset, catalog)
        elif value is not None and value != {}:
            text = _text(value, catalog)
            said = says.get((key, text)) or _meaning(value, catalog)
            yield Parameter(key, text, value == member.default, said)


def _time(name: str, catalog: Catalog) -> Iterator[Parameter]:
    dataset = catalog.datasets.get(name)
    if dataset is not None and dataset.time is not None:
        yield Parameter(
            "time", _text(dataset.time, catalog), True, "the dataset's own; it decides the period of a row"
        )


def _common(metric: Metric) -> Iterator[Parameter]:
    plain = {member.name: member.default for member in dataclasses.fields(metric)}
    yield Parameter("grains", ", ".join(metric.grains), metric.grains == plain["grains"])
    if metric.dimensions:
        yield Parameter("dimensions", ", ".join(metric.dimensions))
    if metric.cuts:
        yield Parameter("cuts", "; ".join(", ".join(cut) for cut in metric.cuts))
    below = f"a value of fewer than {metric.min_sample} is shown with its interval and not scored"
    yield Parameter("min_sample", str(metric.min_sample), metric.min_sample == plain["min_sample"], below)
    if metric.private:
        named = metric.private_entity
        yield Parameter(
            "private",
            named or "true",
            False,
            f"withheld where too few {'of them' if named else 'people'} stand behind a value",
        )


def _meaning(value: Any, catalog: Catalog) -> str | None:
    if hasattr(value, "meaning"):
        return str(value.meaning(catalog))
    if isinstance(value, Window):
        if value.span is None:
            return "there is no deadline"
        return "an entity's time to get there; one whose time is not over yet never counts as a failure"
    if isinstance(value, Over):
        if value.trailing is not None:
            return f"each value covers the {value.trailing} that end with its period"
        return (
            "each value covers the fiscal year of its period's last day, up to that day"
            if value.to_date
            else "each value covers its period"
        )
    return None


def _text(value: Any, catalog: Catalog) -> str:
    """Return a value as YAML has it, on one line."""
    if isinstance(value, Expression | Measure):
        return " ".join(value.text.split())
    if isinstance(value, Reference):
        return _reference(value, catalog)
    if is_record(value):
        written = {yaml_key(member): getattr(value, member.name) for member in dataclasses.fields(value)}
        return ", ".join(f"{key} {_text(each, catalog)}" for key, each in written.items() if each is not None)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(each, catalog)}" for key, each in value.items())
    if isinstance(value, tuple):
        return ", ".join(_text(each, catalog) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.value if isinstance(value, StrEnum) else str(value)


def _reference(reference: Reference, catalog: Catalog) -> str:
    """Return `count of leads where qualified, by created_at`."""
    measure = f"{_text(reference.measure, catalog)} of " if reference.measure else ""
    where = f" where {_text(reference.where, catalog)}" if reference.where else ""
    dataset = catalog.datasets.get(reference.dataset)
    time = reference.time or (dataset.time if dataset else None)
    by = f", by {_text(time, catalog)}" if time else ""
    at = f", at {reference.at}" if reference.at else ""
    return f"{measure}{reference.dataset}{where}{by}{at}"
