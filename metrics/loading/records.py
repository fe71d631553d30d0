"""Read a document's nodes as dataclasses; what is wrong becomes findings, each at its own place."""

from __future__ import annotations

import dataclasses
from collections import abc
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from marshmallow import ValidationError

from metrics.catalog.dataset import Identity, SourceDefinition
from metrics.catalog.metric import Metric
from metrics.errors import Finding, suggest
from metrics.loading.fields import shown
from metrics.loading.nodes import MappingNode, Node, ScalarNode, locate
from metrics.loading.schema import internal_fields, record_schema
from metrics.registry import discover

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class SourcesFile:
    """The sources, by name, and folders besides the project's that their files may lie in."""

    sources: abc.Mapping[str, SourceDefinition]
    roots: tuple[str, ...] = dataclasses.field(default=(), metadata={"single": True})


@dataclasses.dataclass(frozen=True)
class IdentitiesFile:
    """How each entity is recognised across systems, by entity."""

    identities: abc.Mapping[str, Identity]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was read of a node: the values by field name, whole or in part, and the findings."""

    values: dict[str, Any]
    findings: tuple[Finding, ...]


def read(
    record: type[T], node: Node, ignored: Collection[str] = (), **internal: Any
) -> tuple[T | None, tuple[Finding, ...]]:
    """Read a node as a dataclass; None where it has findings.

    `ignored` are further keys that somebody else reads. `internal` fills fields that are not in YAML;
    `position` is set by itself.
    """
    outcome = read_values((record,), node, ignored)
    if outcome.findings:
        return None, outcome.findings
    if "position" in internal_fields(record):
        internal["position"] = node.position
    return record(**outcome.values, **internal), ()


def read_values(records: tuple[type, ...], node: Node, ignored: Collection[str] = ()) -> Outcome:
    """Read the fields of one or several dataclasses from one mapping; keep those that are right."""
    if not isinstance(node, MappingNode):
        empty = isinstance(node, ScalarNode) and node.value is None
        message = "the file is empty" if empty else f"expected a mapping, got {shown(node)}"
        return Outcome({}, (Finding(node.position, "bad-value", message),))
    schema = record_schema(records, frozenset(ignored))
    try:
        return Outcome(schema.load({entry.key: entry.value for entry in node.entries}), ())
    except ValidationError as error:
        values = error.valid_data if isinstance(error.valid_data, dict) else {}
        return Outcome(values, tuple(_findings(error.messages, node, ())))


def _findings(messages: Any, node: Node, path: tuple[str | int, ...]) -> Iterator[Finding]:
    """Turn marshmallow's nested messages into findings, each at its own node."""
    if isinstance(messages, dict):
        for part, inner in messages.items():
            yield from _findings(inner, node, (*path, part))
        return
    for problem in messages:
        position = problem.position or locate(node, path, problem.key)
        yield Finding(position, problem.code, problem.message)


# -- metrics ----------------------------------------------------------------------------------------


def kind_options() -> dict[str, type]:
    """Return the dataclass of each kind's own keys, by kind."""
    return {name: module.KIND.options for name, module in discover("metrics.kinds", "kind").items()}


def read_metric(node: Node, domain: str = "") -> tuple[Metric | None, tuple[Finding, ...]]:
    """Read a metric and its kind's own keys from one mapping; None where it has findings."""
    kinds = kind_options()
    named = node.get("kind") if isinstance(node, MappingNode) else None
    options = kinds.get(named.text) if isinstance(named, ScalarNode) else None
    if options is None:
        return None, _without_kind(node, named, kinds)
    foreign = tuple(_foreign_keys(node, named.text, kinds)) if isinstance(named, ScalarNode) else ()
    outcome = read_values((Metric, options), node, _keys(kinds.values()))
    if outcome.findings or foreign:
        return None, (*outcome.findings, *foreign)
    own = {member.name for member in dataclasses.fields(options)}
    chosen = options(**{name: value for name, value in outcome.values.items() if name in own})
    common = {name: value for name, value in outcome.values.items() if name not in own}
    return Metric(**common, options=chosen, domain=domain, position=node.position), ()


def _without_kind(node: Node, named: Node | None, kinds: dict[str, type]) -> tuple[Finding, ...]:
    """Return what can be said of a metric whose kind is not known: the keys of every kind pass."""
    found = read_values((Metric,), node, _keys(kinds.values())).findings
    if not isinstance(named, ScalarNode) or not isinstance(named.value, str):
        return found
    message = f"{named.text!r} is not one of {', '.join(kinds)}{suggest(named.text, kinds)}"
    return (*found, Finding(named.position, "bad-value", message))


def _foreign_keys(node: Node, kind: str, kinds: dict[str, type]) -> Iterator[Finding]:
    """Yield a finding for each key that other kinds have, but this one has not."""
    own = _keys((Metric, kinds[kind]))
    entries = node.entries if isinstance(node, MappingNode) else ()
    for entry in (each for each in entries if each.key not in own):
        having = [other for other, options in kinds.items() if entry.key in _keys((options,))]
        if having:
            known = f"{', '.join(having)} {'has' if len(having) == 1 else 'have'}"
            message = f"the kind {kind!r} has no key {entry.key!r}: {known}"
            yield Finding(entry.key_position, "unknown-key", message)


def _keys(records: Iterable[type]) -> frozenset[str]:
    fields = (field for record in records for field in record_schema((record,)).fields.values())
    return frozenset(field.data_key for field in fields if field.data_key)
