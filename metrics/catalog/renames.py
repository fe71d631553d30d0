"""Which metrics bear another name in a later catalog, and a catalog in which they are called by it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import canonical_text, own_part
from metrics.catalog.metric import Metric
from metrics.catalog.walk import is_record
from metrics.expressions.nodes import Call, Case, Cast, Expression, Name, Node, Operation

Names = Mapping[str, str]


def renames(base: Catalog, head: Catalog) -> Names:
    """Return the later name of each metric that is gone by its own and says the same under a new one.

    What reads a renamed metric by its new name says the same, too. Of several that fit, the label decides,
    then the order of the names.
    """
    found: dict[str, str] = {}
    new = {
        name: canonical_text(own_part(head.metrics[name])) for name in set(head.metrics) - set(base.metrics)
    }
    while True:
        gone = sorted(set(base.metrics) - set(head.metrics) - set(found))
        said = {name: canonical_text(own_part(_renamed(base.metrics[name], found))) for name in gone}
        free = {name: text for name, text in sorted(new.items()) if name not in found.values()}
        pairs = _pairs(
            said, free, lambda before, after: base.metrics[before].label == head.metrics[after].label
        )
        if not pairs:
            return found
        found |= pairs


def _pairs(gone: Names, new: Names, alike: Callable[[str, str], bool]) -> dict[str, str]:
    """Return which of the gone says the same as which of the new, those that are alike besides first."""
    found: dict[str, str] = {}
    for fits in (alike, lambda *_: True):
        for before, text in gone.items():
            free = (name for name, other in new.items() if other == text and name not in found.values())
            after = next((name for name in free if fits(before, name)), None)
            if before not in found and after is not None:
                found[before] = after
    return found


def followed(catalog: Catalog, names: Names) -> Catalog:
    """Return a catalog in which metrics are called by their later names, wherever they are named."""
    if not names:
        return catalog
    metrics = {
        names.get(name, name): dataclasses.replace(_renamed(metric, names), metric=names.get(name, name))
        for name, metric in catalog.metrics.items()
    }
    return dataclasses.replace(catalog, metrics=MappingProxyType(metrics))


def _renamed(metric: Metric, names: Names) -> Metric:
    renamed: Metric = _record(metric, names)
    return renamed


def _record(record: Any, names: Names) -> Any:
    changed: dict[str, Any] = {}
    for member in dataclasses.fields(record):
        value = getattr(record, member.name)
        named = member.metadata.get("refers") == "metric"
        changed[member.name] = _value(value, names, named)
    return dataclasses.replace(record, **changed)


def _value(value: Any, names: Names, named: bool) -> Any:
    if isinstance(value, tuple):
        return tuple(_value(each, names, named) for each in value)
    if is_record(value):
        return _record(value, names)
    if named and isinstance(value, str):
        return names.get(value, value)
    if named and isinstance(value, Expression):
        return dataclasses.replace(value, node=_node(value.node, names))
    return value


def _node(node: Node, names: Names) -> Node:
    """Return a tree in which the metrics that it reads are called by their later names."""
    match node:
        case Name(parts=parts):
            known = names.get(".".join(parts))
            return node if known is None else Name((known,), offset=node.offset)
        case Operation(operands=operands):
            return dataclasses.replace(node, operands=tuple(_node(each, names) for each in operands))
        case Call(arguments=arguments):
            return dataclasses.replace(node, arguments=tuple(_node(each, names) for each in arguments))
        case Case(branches=branches, otherwise=otherwise):
            pairs = tuple((_node(when, names), _node(then, names)) for when, then in branches)
            return dataclasses.replace(node, branches=pairs, otherwise=_node(otherwise, names))
        case Cast(operand=operand):
            return dataclasses.replace(node, operand=_node(operand, names))
    return node
