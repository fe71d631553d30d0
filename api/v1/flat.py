"""`/api/v1/flat`: values and scorecards as plain arrays of flat records, for tools that draw tables.

Grafana's Infinity data source reads them as they are: no nesting, one key a column, instants in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint
from marshmallow import ValidationError

from api.context import now, project
from api.project.project import Project
from api.v1.endpoint import endpoint
from api.v1.flat_schemas import (
    FlatIndicatorSchema,
    FlatObservationQuerySchema,
    FlatObservationSchema,
    FlatScorecardQuerySchema,
)
from api.v1.metrics import cut_of, grain_of, states_of, value_unit
from api.v1.schemas import MOST
from metrics.catalog.metric import Metric
from metrics.errors import UnknownMetric, UnknownScorecard, UsageError
from metrics.grain import Period
from metrics.observation import FIGURES, Observation
from metrics.operations.response import ResponseRate, responses
from scorecard.report_model import (
    IndicatorReport,
    ObjectiveReport,
    PerspectiveReport,
    ResponseReport,
    ScorecardReport,
)

blueprint = Blueprint(
    "flat", __name__, url_prefix="/api/v1/flat", description="The same numbers as flat records in one array"
)

# In the order of the columns, which a reader sees.
_FIGURES = tuple(name for name in FlatObservationSchema().fields if name in FIGURES)


@endpoint(blueprint, "/observations", FlatObservationSchema(many=True), query=FlatObservationQuerySchema)
def list_flat_observations(query: Mapping[str, Any]) -> Response:
    """List a metric's values, one record each, its dimensions as keys of their own.

    There are no pages: more than 10,000 records are refused rather than cut off.
    """
    seen = project()
    with _named("metric"):
        metric = seen.catalog.metric(query["metric"])
    by, grain = cut_of(metric, query["by"]), grain_of(metric, query.get("grain"))
    states = states_of(query.get("state"))
    listed = seen.store.latest(
        metric.metric, grain=grain, by=by, start=query.get("from_"), end=query.get("to")
    )
    kept = [one for one in listed if one.state in states]
    if len(kept) > MOST:
        raise UsageError(
            f"that is {len(kept):,} records, more than {MOST:,}: narrow them by grain, from and to"
        )
    told = responses(seen.store, seen.catalog, metric, grain, by)
    # The records of anything but a survey have no such keys.
    return _array([_observation(seen, metric, one) | (_response(told.get(one.key)) if told else {})
                   for one in kept])  # fmt: skip


@endpoint(blueprint, "/scorecard", FlatIndicatorSchema(many=True), query=FlatScorecardQuerySchema)
def list_flat_indicators(query: Mapping[str, str]) -> Response:
    """List the indicators of a scorecard for one period, one record each.

    Without a name it is the first scorecard; without a period the latest for which an indicator is final.
    """
    with _named("scorecard"):
        report = project().report(query.get("scorecard"), query.get("period"), now())
    return _array(list(_indicators(report)))


@contextmanager
def _named(parameter: str) -> Iterator[None]:
    """Say of a name that is not known that the parameter is wrong: the address itself is there."""
    try:
        yield
    except (UnknownMetric, UnknownScorecard) as error:
        raise ValidationError([f"{error}."], parameter) from error


def _array(records: Sequence[Mapping[str, Any]]) -> Response:
    return Response(orjson.dumps(records), mimetype="application/json")


def _observation(seen: Project, metric: Metric, one: Observation) -> dict[str, Any]:
    start, end = _bounds(seen, one.period)
    return {
        "metric": metric.metric,
        "label": metric.label,
        "unit": value_unit(seen, metric),
        "grain": one.grain.value,
        "period": seen.catalog.company.calendar.name(one.period),
        "time": start,
        "end": end,
        **dict(one.dimensions),
        **{name: getattr(one, name) for name in _FIGURES},
        "state": one.state.value,
        "watermark": one.watermark,
        "computed_at": one.computed_at,
    }


def _bounds(seen: Project, period: Period) -> tuple[datetime | None, datetime | None]:
    """Return the instants at which a period begins and ends, in the company's zone."""
    calendar = seen.catalog.company.calendar
    found = calendar.bounds(period)
    return (
        (None, None)
        if found is None
        else (found[0].astimezone(calendar.zone), found[1].astimezone(calendar.zone))
    )


def _indicators(report: ScorecardReport) -> Iterator[dict[str, Any]]:
    for perspective in report.perspectives:
        for objective in perspective.objectives:
            for indicator in objective.indicators:
                yield _indicator(report, perspective, objective, indicator)


def _indicator(
    report: ScorecardReport, perspective: PerspectiveReport, objective: ObjectiveReport, one: IndicatorReport
) -> dict[str, Any]:
    scored, target = one.scored, one.target
    return {
        "scorecard": report.scorecard,
        "period": report.period_name,
        "scorecard_score": report.score,
        "scorecard_score_lower": report.score_lower,
        "scorecard_score_upper": report.score_upper,
        "perspective": perspective.perspective,
        "objective": objective.objective,
        "statement": objective.statement,
        "objective_score": objective.score,
        "objective_score_lower": objective.score_lower,
        "objective_score_upper": objective.score_upper,
        "metric": one.metric,
        "label": one.label,
        "leads": one.leads,
        "unit": one.unit,
        "value": scored.value if scored else None,
        "lower": scored.lower if scored else None,
        "upper": scored.upper if scored else None,
        "value_period": scored.period_name if scored else None,
        "goal": _side(target.goal if target else None, 0),
        "goal_upper": _side(target.goal if target else None, 1),
        "red_flag": _side(target.red_flag if target else None, 0),
        "red_flag_upper": _side(target.red_flag if target else None, 1),
        "score": one.performance,
        "status": one.status.value,
        **_response(scored.response if scored else None),
        "status_certain": one.status_certain,
        "could_be": ", ".join(status.value for status in one.could_be),
        "as_of": one.as_of,
        "stale": one.stale,
    }


def _response(found: ResponseRate | ResponseReport | None) -> dict[str, float | None]:
    return {"response_rate": found.rate if found else None, "invited": found.invited if found else None}


def _side(level: float | tuple[float, float] | None, side: int) -> float | None:
    """Return a level, or one end of a band; a level that is no band has no upper end."""
    if isinstance(level, tuple):
        return level[side]
    return level if side == 0 else None
