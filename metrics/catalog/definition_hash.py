"""A metric's resolved definition, its hash, and where its numbers come from.

Two definitions with one hash give the same values on the same rows. Labels, owners, comments and targets
stay out, and so does everything in a dataset that the metric does not reach; expressions count by their
tree, not by how they are written; a key that says what would hold without it counts as absent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from graphlib import TopologicalSorter
from typing import Any

from metrics.business_hours import week_of
from metrics.catalog.dependencies import RATES, Item, needs, reached
from metrics.catalog.model import BusinessCalendar, Catalog, Company, Dataset, Metric
from metrics.catalog.walk import calendars, inputs, is_record, yaml_key
from metrics.errors import UnknownMetric
from metrics.expressions.parser import (
    Call,
    Case,
    Cast,
    Expression,
    Literal,
    Measure,
    Name,
    Node,
    Operation,
    SpanLiteral,
)

HASH_LENGTH = 16


@dataclass(frozen=True)
class Upstream:
    """What a metric is computed from, each after what it depends on itself."""

    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    sources: tuple[str, ...]


def definition_hash(catalog: Catalog, metric: str) -> str:
    """Return the definition hash of a metric: 16 hexadecimal digits."""
    return hash_of(resolved(catalog, metric))


def hash_of(definition: Mapping[str, Any]) -> str:
    """Return the hash of a resolved definition, also of a stored one."""
    return hashlib.sha256(canonical_text(definition).encode()).hexdigest()[:HASH_LENGTH]


def canonical_text(definition: Mapping[str, Any]) -> str:
    """Return a resolved definition as JSON text: keys sorted, no blanks."""
    return json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def resolved(catalog: Catalog, metric: str) -> dict[str, Any]:
    """Return everything that can change a metric's value, as plain JSON values.

    The keys are metric, metrics (its inputs), datasets (what it reaches of each), identities and
    company. Raises UnknownMetric.
    """
    own = catalog.metric(metric)
    chain = [catalog.metrics[name] for name in _metrics(catalog, metric) if name in catalog.metrics]
    items = reached(catalog, chain)
    datasets = sorted({item.dataset for item in items if item.dataset})
    identities = sorted({item.name for item in items if item.kind == "identity"})
    return {
        "metric": _metric(own),
        "metrics": {each.metric: _metric(each) for each in chain if each is not own},
        "datasets": {name: _dataset(catalog.datasets[name], items) for name in datasets},
        "identities": {name: _plain(catalog.identities[name]) for name in identities},
        "company": _company(
            catalog.company,
            money=RATES in items or _has_money(catalog, items),
            calendars={name for each in chain for name in calendars(each)},
        ),
    }


def upstream(catalog: Catalog, metric: str) -> Upstream:
    """Return the datasets, metrics and sources that a metric is computed from; raise UnknownMetric."""
    names = _metrics(catalog, metric)
    chain = [catalog.metrics[name] for name in names if name in catalog.metrics]
    items = reached(catalog, chain)
    below: dict[str, set[str]] = {item.dataset: set() for item in sorted(items) if item.dataset}
    for item in items:
        for each in needs(catalog, item):
            # Rates and identities stand in no dataset: what they need is needed by the item itself.
            direct = (each,) if each.dataset else needs(catalog, each)
            for part in direct:
                if item.dataset and part.dataset in below and part.dataset != item.dataset:
                    below[item.dataset].add(part.dataset)
    datasets = _ordered(below)
    sources = {source: None for name in datasets if (source := catalog.datasets[name].source)}
    return Upstream(datasets, tuple(name for name in names if name != metric), tuple(sources))


def _metrics(catalog: Catalog, metric: str) -> tuple[str, ...]:
    """Return a metric's inputs and the metric, each after its own inputs; unknown ones are left out."""
    if metric not in catalog.metrics:
        raise UnknownMetric(metric, catalog.metrics)
    below: dict[str, set[str]] = {}
    waiting = [metric]
    while waiting:
        name = waiting.pop()
        if name not in below:
            below[name] = {each for each in inputs(catalog.metrics[name]) if each in catalog.metrics}
            waiting.extend(below[name])
    return _ordered(dict(sorted(below.items())))


def _ordered(below: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return names so that each stands after those below it; in a circle, by name."""
    sorter = TopologicalSorter({name: sorted(each) for name, each in below.items()})
    try:
        return tuple(sorter.static_order())
    except ValueError:
        return tuple(sorted(below))


def _has_money(catalog: Catalog, items: Iterable[Item]) -> bool:
    columns = (item for item in items if item.kind == "column")
    return any(catalog.datasets[item.dataset].columns[item.name].currency is not None for item in columns)


# -- the canonical form -----------------------------------------------------------------------------


def _metric(metric: Metric) -> dict[str, Any]:
    plain = {**_plain(metric), **_plain(metric.options)}
    plain.pop("options", None)
    if metric.kind == "duration" and metric.unit is not None:
        # A duration is computed in its unit, so that the unit changes its value.
        plain["unit"] = metric.unit
    if "dimensions" in plain:
        plain["dimensions"] = sorted(set(plain["dimensions"]))
    return plain


def _company(company: Company, money: bool, calendars: set[str]) -> dict[str, Any]:
    plain = {key: value for key, value in _plain(company).items() if key != "calendars"}
    if not money:
        plain.pop("currency", None)
    known = sorted(calendars & set(company.calendars))
    if known:
        plain["calendars"] = {name: _calendar(company, company.calendars[name]) for name in known}
    return plain


def _calendar(company: Company, calendar: BusinessCalendar) -> dict[str, Any]:
    """Return when a calendar is open, however its hours are written; holidays by their days, not their file."""
    return {
        "week": [[list(stretch) for stretch in day] for day in week_of(calendar.hours)],
        "closed": [str(day) for day in calendar.closed],
        "timezone": calendar.timezone or company.timezone,
    }


_REACHED = {
    "column": "columns",
    "condition": "conditions",
    "lookup": "lookups",
    "entity": "entities",
    "dimension": "dimensions",
    "raw": "types",
}


def _dataset(dataset: Dataset, items: Iterable[Item]) -> dict[str, Any]:
    """Return a dataset's canonical form, with what is reached of its named parts alone."""
    named: dict[str, set[str]] = {key: set() for key in _REACHED.values()}
    for item in items:
        if item.dataset == dataset.dataset and item.kind in _REACHED:
            named[_REACHED[item.kind]].add(item.name)
    plain = _plain(dataset)
    for key, names in named.items():
        plain[key] = _only(plain.get(key, {}), names)
    for part in plain.get("union", ()):
        part["columns"] = _only(part.get("columns", {}), named["types"])
    return {key: value for key, value in plain.items() if value != {}}


def _only(values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


def _plain(value: Any) -> Any:
    """Return a value of a definition as plain JSON, without what no number depends on."""
    if isinstance(value, Expression):
        return {"expression": _tree(value.node)}
    if isinstance(value, Measure):
        argument = _tree(value.argument) if value.argument is not None else None
        return {"measure": [value.function, argument, value.parameter]}
    if is_record(value):
        return {
            yaml_key(member): _plain(getattr(value, member.name))
            for member in dataclasses.fields(value)
            if _counts(value, member)
        }
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, StrEnum | date) or hasattr(value, "parse"):
        return str(value)
    return value


def _counts(record: Any, member: dataclasses.Field[Any]) -> bool:
    if not member.compare or not member.metadata.get("hashed", True):
        return False
    default = member.default
    if default is dataclasses.MISSING and member.default_factory is not dataclasses.MISSING:
        default = member.default_factory()
    # A key that is left out counts like its default, so that a later optional key changes no old hash.
    return default is dataclasses.MISSING or getattr(record, member.name) != default


def _tree(node: Node) -> Any:
    """Return an expression's tree: a literal as itself, all else as a mapping of what it is."""
    match node:
        case Literal(value=value):
            return {"decimal": str(value.normalize())} if isinstance(value, Decimal) else value
        case SpanLiteral(span=span):
            return {"span": str(span)}
        case Name(parts=parts):
            return {"name": list(parts)}
        case Operation(operator=operator, operands=operands):
            return {operator: [_tree(each) for each in operands]}
        case Call(function=function, arguments=arguments):
            return {"call": [function, *(_tree(each) for each in arguments)]}
        case Cast(operand=operand, type=type_):
            return {"cast": [_tree(operand), type_]}
        case Case(branches=branches, otherwise=otherwise):
            pairs = [[_tree(when), _tree(then)] for when, then in branches]
            return {"case": [pairs, _tree(otherwise)]}
    raise TypeError(f"an expression holds {node!r}")
