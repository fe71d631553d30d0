"""A metric's resolved definition, and its hash.

Two definitions with one hash give the same values on the same rows. Labels, owners, comments and targets
stay out, and so does everything in a dataset that the metric does not reach; expressions count by their
tree, not by how they are written; a key that says what would hold without it counts as absent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from metrics.business_hours import week_of
from metrics.catalog.catalog import Catalog
from metrics.catalog.company import BusinessCalendar, Company
from metrics.catalog.dataset import Dataset
from metrics.catalog.dependencies import RATES, Dependency, reached
from metrics.catalog.lineage import chain_of
from metrics.catalog.metric import Metric
from metrics.catalog.options import KindOptions
from metrics.catalog.walk import calendars, is_record, yaml_key
from metrics.expressions.nodes import (
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
    chain = [catalog.metrics[name] for name in chain_of(catalog, metric) if name in catalog.metrics]
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


def own_part(metric: Metric) -> dict[str, Any]:
    """Return what a metric says itself that can change its value, without its name."""
    return {key: value for key, value in _metric(metric).items() if key != "metric"}


def whole(catalog: Catalog) -> dict[str, Any]:
    """Return everything that can change a value of any metric, in the form and under the keys of `resolved`."""
    company = _company(catalog.company, money=True, calendars=set(catalog.company.calendars))
    return {
        "metrics": {name: _metric(each) for name, each in catalog.metrics.items()},
        "datasets": {name: _plain(each) for name, each in catalog.datasets.items()},
        "identities": {name: _plain(each) for name, each in catalog.identities.items()},
        "company": company,
    }


def _has_money(catalog: Catalog, items: Iterable[Dependency]) -> bool:
    columns = (item for item in items if item.kind == "column")
    return any(catalog.datasets[item.dataset].columns[item.name].currency is not None for item in columns)


def _metric(metric: Metric) -> dict[str, Any]:
    plain = {**_plain(metric), **_plain(metric.options)}
    plain.pop("options", None)
    options: KindOptions = metric.options
    if options.unit_changes_values and metric.unit is not None:
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


def _dataset(dataset: Dataset, items: Iterable[Dependency]) -> dict[str, Any]:
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
