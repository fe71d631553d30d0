"""`/api/v1/metrics`: the catalogue, and one metric's values, history, definition and lineage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request, url_for
from flask_smorest import Blueprint
from marshmallow import ValidationError

from api.context import project
from api.metric import lineage
from api.metric.grains import usual_grain
from api.metric.history import DefinitionHistory, definition_history
from api.project.project import Project
from api.v1 import etag
from api.v1.dataclass_schema import schema_of
from api.v1.endpoint import endpoint
from api.v1.moment import instant_in
from api.v1.schemas import (
    DefinitionSchema,
    HistoryQuerySchema,
    HistorySchema,
    LineageSchema,
    MetricSchema,
    MetricsQuerySchema,
    MetricsSchema,
    ObservationQuerySchema,
    ObservationsSchema,
)
from api.v1.written import as_list, written
from metrics.catalog.dated import turns
from metrics.catalog.metric import Metric
from metrics.describe.life import life_words
from metrics.describe.parameters import assumptions
from metrics.describe.units import shown_unit, unit_of
from metrics.errors import GrainNotAllowed, UnknownDimension, UsageError
from metrics.grain import Grain
from metrics.kind import kinds
from metrics.observation import Dimensions, State
from metrics.operations.response import responses
from scorecard.report import to_dict
from scorecard.response import report_response

blueprint = Blueprint(
    "metrics", __name__, url_prefix="/api/v1/metrics", description="What is measured, and the values"
)


@endpoint(blueprint, "", MetricsSchema, query=MetricsQuerySchema)
def list_metrics(query: Mapping[str, str]) -> Any:
    """List the metrics."""
    seen = project()
    department, stage = query.get("department"), query.get("stage")
    chosen = [
        metric
        for metric in seen.catalog.metrics.values()
        if (department is None or department in (metric.leads, *metric.supports))
        and (stage is None or stage == metric.stage)
    ]
    return {"items": [describe(seen, metric) for metric in chosen]}


@endpoint(blueprint, "/<metric>", MetricSchema)
def get_metric(metric: str) -> Any:
    """Say what a metric is."""
    seen = project()
    return describe(seen, seen.catalog.metric(metric))


@endpoint(blueprint, "/<metric>/observations", ObservationsSchema, query=ObservationQuerySchema, tagged=True)
def list_observations(query: Mapping[str, Any], metric: str) -> Response:
    """List a metric's values, by grain, period and segment.

    The values are the last written ones, or with as_known those that had been written by then. They follow
    the definition of the last successful run.
    """
    seen = project()
    found = seen.catalog.metric(metric)
    by, grain = cut_of(found, query["by"]), grain_of(found, query.get("grain"))
    states, as_known = states_of(query.get("state")), instant_in(query, seen.catalog.company.calendar)
    run = seen.store.last_run(metric)
    earlier, unit = seen.computed_by(metric), value_unit(seen, found)
    assumed = assumptions(found, seen.catalog) if earlier is None else None
    told = responses(seen.store, seen.catalog, found, grain, by, as_known)
    # Response rates are a run of their own, written by the same refresh.
    asked = tuple(map(repr, told.values()))
    tag = etag.tag_of((seen.hash_of(metric), unit, assumed, run and run.id, run and run.watermark, *asked))
    unchanged = etag.unchanged(tag)
    if unchanged is not None:
        return unchanged
    listed = seen.store.latest(
        metric, grain=grain, by=by, start=query.get("from_"), end=query.get("to"), as_known=as_known
    )
    kept = [one for one in listed if one.state in states]
    beside = seen.store.to_date(metric, as_known)
    offset, limit = query["offset"], query["limit"]
    shown = kept[offset : offset + limit]
    items: Iterable[dict[str, Any]] = (
        item | {"response": to_dict(report_response(told.get(one.key))) if told else None}
        for one, item in zip(shown, written(seen, unit, metric, shown, beside), strict=True)
    )
    page = {
        "metric": metric,
        "unit": unit,
        "assumptions": assumed,
        "computed_by": to_dict(earlier),
        "total": len(kept),
        "next": _next(metric, offset + limit) if offset + limit < len(kept) else None,
        "items": as_list(items),
    }
    return Response(orjson.dumps(page), mimetype="application/json", headers=etag.headers(tag))


@endpoint(blueprint, "/<metric>/history", HistorySchema, query=HistoryQuerySchema)
def get_history(query: Mapping[str, Any], metric: str) -> Response:
    """Follow one value through every version that was ever written."""
    seen = project()
    found = seen.catalog.metric(metric)
    grain = grain_of(found, query["grain"])
    period = seen.catalog.company.calendar.parse(query["period"])
    if grain is None or period.grain is not grain:
        raise UsageError(f"{query['period']!r} is a {period.grain}, not a {query['grain']}")
    versions = seen.store.history(metric, grain, period, _segment(found, query["dimension"]))
    unit = value_unit(seen, found)
    page = {"metric": metric, "unit": unit, "items": as_list(written(seen, unit, metric, versions))}
    return Response(orjson.dumps(page), mimetype="application/json")


@endpoint(blueprint, "/<metric>/definition", DefinitionSchema)
def get_definition(metric: str) -> Any:
    """Show a metric's definition as it runs now."""
    seen = project()
    found = seen.catalog.metric(metric)
    return {
        "metric": metric,
        "hash": seen.hash_of(metric),
        "code_version": kinds()[found.kind].code_version,
        "commit": seen.commit,
        "file": found.position.file,
        "line": found.position.line,
        "text": seen.text_of(metric),
    }


@endpoint(blueprint, "/<metric>/definition/history", schema_of(DefinitionHistory))
def get_definition_history(metric: str) -> Any:
    """Show how a metric's definition changed: who changed it, when and why, and what that did to a figure.

    The youngest change comes first. Without a git repository it is what the store saw.
    """
    seen = project()
    found = seen.catalog.metric(metric)
    return definition_history(seen, found, usual_grain(found))


@endpoint(blueprint, "/<metric>/lineage", LineageSchema)
def get_lineage(metric: str) -> Any:
    """Show everything that a metric is computed from, what its values rest on, and the models that were fitted."""
    seen = project()
    found = seen.catalog.metric(metric)
    pairs = lineage.edges(seen.catalog, metric)
    nodes = sorted({node for pair in pairs for node in pair})
    return {
        "metric": metric,
        "nodes": [{"kind": kind, "name": name} for kind, name in nodes],
        "edges": [
            {"from_": {"kind": start[0], "name": start[1]}, "to": {"kind": end[0], "name": end[1]}}
            for start, end in pairs
        ],
        "assumptions": assumptions(found, seen.catalog),
        "currency": lineage.currency(seen.catalog, metric),
        "fits": [asdict(fit) for fit in lineage.fits(seen, metric)],
    }


def describe(seen: Project, metric: Metric) -> dict[str, Any]:
    """Return a metric as the API shows it."""
    run, success = seen.store.last_run(metric.metric), seen.store.last_success(metric.metric)
    by = seen.computed_by(metric.metric, success)
    plain = ("metric", "label", "question", "kind", "stage", "leads", "supports", "joint", "owner", "domain")
    more = ("dimensions", "guards")
    return {name: getattr(metric, name) for name in (*plain, *more)} | {
        "assumptions": assumptions(metric, seen.catalog) if by is None else None,
        "unit": value_unit(seen, metric),
        "direction": metric.direction.value,
        "type": metric.type.value if metric.type else None,
        "status": metric.status.value,
        "replaced_by": metric.replaced_by,
        "sunset": metric.sunset,
        "life": life_words(metric, seen.catalog),
        "turns": turns(seen.catalog, metric.metric),
        "cuts": metric.cut_sets,
        "grains": [grain.value for grain in metric.grains],
        "definition_hash": seen.hash_of(metric.metric),
        "watermark": success.watermark if success else None,
        "computed_at": success.finished_at if success else None,
        "error": run.error if run and run.outcome == "failed" else None,
        "computed_by": by,
    }


def value_unit(seen: Project, metric: Metric) -> str:
    """Return the unit of a metric's stored values: of the definition that they follow."""
    by = seen.computed_by(metric.metric)
    if by is None or by.unit in (None, shown_unit(metric, seen.catalog)):
        return unit_of(metric, seen.catalog)
    return by.unit or ""


def grain_of(metric: Metric, text: str | None) -> Grain | None:
    """Return a grain of a metric; raise GrainNotAllowed on any other."""
    if text is None:
        return None
    allowed = [grain.value for grain in metric.grains]
    if text not in allowed:
        raise GrainNotAllowed(metric.metric, text, allowed)
    return Grain(text)


def cut_of(metric: Metric, text: str) -> tuple[str, ...] | None:
    """Return the dimensions of the asked cut; None is all cuts."""
    if text == "*":
        return None
    known = metric.whole_cut(metric.dimensions)
    asked = tuple(name for name in text.split(",") if name)
    if len(set(asked)) < len(asked):
        raise UsageError(f"a dimension stands twice in by={text}")
    names = tuple(sorted(metric.whole_cut(asked)))
    for name in names:
        if name not in known:
            raise UnknownDimension(metric.metric, name, known)
    if names not in {tuple(sorted(cut)) for cut in metric.cut_sets}:
        raise UsageError(
            f"metric {metric.metric!r} is not stored by {', '.join(names)} together: add that to its `cuts:`"
        )
    return names


def states_of(text: str | None) -> frozenset[State]:
    """Return the asked states, by default all but `no_data`; raise ValidationError on any other."""
    if not text:
        return frozenset(State) - {State.NO_DATA}
    names = text.split(",")
    unknown = [name for name in names if name not in list(State)]
    if unknown:
        raise ValidationError([f"{unknown[0]!r} is not one of {', '.join(State)}."], "state")
    return frozenset(State(name) for name in names)


def _segment(metric: Metric, pairs: Iterable[str]) -> Dimensions:
    """Read `dimension:value` pairs."""
    found: dict[str, str] = {}
    known = metric.whole_cut(metric.dimensions)
    for pair in pairs:
        name, colon, value = pair.partition(":")
        if not colon:
            raise ValidationError([f"{pair!r} is not dimension:value."], "dimension")
        if name not in known:
            raise UnknownDimension(metric.metric, name, known)
        found[name] = value
    return tuple(sorted(found.items()))


def _next(metric: str, offset: int) -> str:
    """Return the address of the next page, relative to the server."""
    kept: Sequence[tuple[str, str]] = [pair for pair in request.args.items(multi=True) if pair[0] != "offset"]
    return (
        f"{url_for('metrics.list_observations', metric=metric)}?{urlencode([*kept, ('offset', str(offset))])}"
    )
