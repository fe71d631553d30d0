"""MetricFlow's semantic manifest, as dbt writes it to `target/semantic_manifest.json`, as frozen dataclasses.

What is read here is what can travel or has to be told; keys that say nothing of that are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from metrics.errors import UsageError


@dataclass(frozen=True)
class Entity:
    """An id of a model: primary, unique, natural or foreign."""

    name: str
    type: str
    expr: str


@dataclass(frozen=True)
class Dimension:
    """What a model can be cut by: categorical, or a time with its granularity."""

    name: str
    type: str
    expr: str
    granularity: str | None
    starts: bool
    ends: bool
    partition: bool


@dataclass(frozen=True)
class Measure:
    """An aggregation of a model's rows; `percentile` is the share, `discrete` and `approximate` how it is taken."""

    name: str
    agg: str
    expr: str | None
    model: str
    time: str | None
    percentile: float | None
    discrete: bool
    approximate: bool
    non_additive: bool


@dataclass(frozen=True)
class Model:
    """A semantic model: a table with its entities, dimensions and measures."""

    name: str
    database: str | None
    table: str
    primary: str | None
    time: str | None
    entities: tuple[Entity, ...]
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Input:
    """A measure or metric as another metric uses it; `offset` and `to_grain` move it in time."""

    name: str
    filters: tuple[str, ...] = ()
    alias: str | None = None
    offset: tuple[int, str] | None = None
    to_grain: str | None = None
    fill: int | None = None


@dataclass(frozen=True)
class Metric:
    """A metric; `own` is the measure that it brings itself, `hidden` that dbt made it, the rest is by type."""

    name: str
    type: str
    label: str | None
    description: str | None
    filters: tuple[str, ...]
    owner: str | None
    measure: Input | None
    own: Measure | None
    fill: int | None
    hidden: bool
    numerator: Input | None
    denominator: Input | None
    expr: str | None
    inputs: tuple[Input, ...]
    window: tuple[int, str] | None
    to_date: str | None
    aggregates: str | None
    entity: str | None
    calculation: str | None
    constants: int
    base: Input | None
    conversion: Input | None


@dataclass(frozen=True)
class Manifest:
    """The whole: models and metrics by name, and the names of what is told of alone."""

    models: Mapping[str, Model]
    metrics: Mapping[str, Metric]
    saved_queries: tuple[str, ...]

    @property
    def measures(self) -> Mapping[str, Measure]:
        """Return every measure by name; a name stands for one measure in the whole manifest."""
        return {each.name: each for model in self.models.values() for each in model.measures}


def read_manifest(text: str) -> Manifest:
    """Read a manifest; raise UsageError where it is none, with the place."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise UsageError(f"this is no JSON: {error}") from error
    top = _Node(whole, "")
    if not isinstance(whole, dict) or "semantic_models" not in whole or "metrics" not in whole:
        raise UsageError("this is no semantic manifest: it has no semantic_models and metrics")
    models = [_model(each) for each in top.list("semantic_models")]
    metrics = [_metric(each) for each in top.list("metrics")]
    saved = tuple(each.text("name") for each in top.list("saved_queries"))
    return Manifest({each.name: each for each in models}, {each.name: each for each in metrics}, saved)


class _Node:
    """A JSON object and where it stands."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise UsageError(f"{path or 'the manifest'} is not an object")
        self.value = value
        self.path = path

    def optional(self, key: str) -> Any:
        return self.value.get(key)

    def text(self, key: str) -> str:
        found = self.value.get(key)
        if not isinstance(found, str):
            raise UsageError(f"{self.path}.{key} is not a text")
        return found

    def node(self, key: str) -> _Node:
        return _Node(self.value.get(key) or {}, f"{self.path}.{key}")

    def list(self, key: str) -> list[_Node]:
        found = self.value.get(key) or []
        if not isinstance(found, list):
            raise UsageError(f"{self.path}.{key} is not a list")
        return [_Node(each, f"{self.path}.{key}[{place}]".lstrip(".")) for place, each in enumerate(found)]


def _model(node: _Node) -> Model:
    relation, name = node.node("node_relation"), node.text("name")
    time = node.node("defaults").optional("agg_time_dimension")
    schema, alias = relation.optional("schema_name"), relation.text("alias")
    return Model(
        name,
        relation.optional("database"),
        f"{schema}.{alias}" if schema else alias,
        node.optional("primary_entity"),
        time,
        tuple(_entity(each) for each in node.list("entities")),
        tuple(_dimension(each) for each in node.list("dimensions")),
        tuple(_measure(each, name, each.text("name")) for each in node.list("measures")),
    )


def _entity(node: _Node) -> Entity:
    name = node.text("name")
    return Entity(name, node.text("type").lower(), node.optional("expr") or name)


def _dimension(node: _Node) -> Dimension:
    name, more = node.text("name"), node.node("type_params")
    validity = more.node("validity_params")
    return Dimension(
        name,
        node.text("type").lower(),
        node.optional("expr") or name,
        more.optional("time_granularity"),
        bool(validity.optional("is_start")),
        bool(validity.optional("is_end")),
        bool(node.optional("is_partition")),
    )


def _measure(node: _Node, model: str, name: str) -> Measure:
    more = node.node("agg_params")
    return Measure(
        name,
        node.text("agg").lower(),
        node.optional("expr"),
        model,
        node.optional("agg_time_dimension"),
        more.optional("percentile"),
        bool(more.optional("use_discrete_percentile")),
        bool(more.optional("use_approximate_percentile")),
        bool(node.optional("non_additive_dimension")),
    )


def _metric(node: _Node) -> Metric:
    more, name = node.node("type_params"), node.text("name")
    cumulative, conversion = more.node("cumulative_type_params"), more.node("conversion_type_params")
    own = None
    if more.optional("metric_aggregation_params"):
        params = more.node("metric_aggregation_params")
        own = _measure(params, params.text("semantic_model"), name)
        own = replace(own, expr=more.optional("expr"))
    meta = node.node("config").node("meta")
    return Metric(
        name=name,
        type=node.text("type").lower(),
        label=node.optional("label"),
        description=node.optional("description"),
        filters=_filters(node.optional("filter")),
        owner=meta.optional("owner") if isinstance(meta.optional("owner"), str) else None,
        measure=_input(more, "measure"),
        own=own,
        fill=more.optional("fill_nulls_with"),
        hidden=bool(more.optional("is_private")),
        numerator=_input(more, "numerator"),
        denominator=_input(more, "denominator"),
        expr=more.optional("expr"),
        inputs=tuple(_input_of(each) for each in more.list("metrics")),
        window=_span(cumulative.optional("window") or more.optional("window"))
        or _span(conversion.optional("window")),
        to_date=cumulative.optional("grain_to_date") or more.optional("grain_to_date"),
        aggregates=cumulative.optional("period_agg"),
        entity=conversion.optional("entity"),
        calculation=conversion.optional("calculation"),
        constants=len(conversion.optional("constant_properties") or ()),
        base=_input(conversion, "base_measure") or _input(conversion, "base_metric"),
        conversion=_input(conversion, "conversion_measure") or _input(conversion, "conversion_metric"),
    )


def _input(node: _Node, key: str) -> Input | None:
    return _input_of(node.node(key)) if node.optional(key) else None


def _input_of(node: _Node) -> Input:
    return Input(
        node.text("name"),
        _filters(node.optional("filter")),
        node.optional("alias"),
        _span(node.optional("offset_window")),
        node.optional("offset_to_grain"),
        node.optional("fill_nulls_with"),
    )


def _filters(found: Any) -> tuple[str, ...]:
    """Return a filter's conditions: a text, one template, or a list of them, as the versions wrote it."""
    if not found:
        return ()
    if isinstance(found, dict):
        found = found.get("where_filters", found)
    parts: Sequence[Any] = found if isinstance(found, list) else [found]
    return tuple(str(each["where_sql_template"] if isinstance(each, dict) else each) for each in parts)


def _span(found: Any) -> tuple[int, str] | None:
    if isinstance(found, dict):
        return int(found["count"]), str(found["granularity"]).lower().removesuffix("s")
    if isinstance(found, str) and len(parts := found.split()) == 2 and parts[0].isdigit():
        return int(parts[0]), parts[1].lower().removesuffix("s")
    return None
