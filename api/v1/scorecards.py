"""`/api/v1/scorecards`: the report that the page shows, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from api.context import look_back, now, project
from api.v1 import etag
from api.v1.dataclass_schema import schema_of
from api.v1.endpoint import endpoint
from api.v1.moment import instant_in
from api.v1.schemas import ScorecardQuerySchema, ScorecardsSchema
from scorecard.report import to_dict
from scorecard.report_model import ScorecardReport

blueprint = Blueprint(
    "scorecards", __name__, url_prefix="/api/v1/scorecards", description="What the departments share"
)

# What says when the question was asked rather than what the answer is.
_PASSING = frozenset({"reported_at", "age"})


@endpoint(blueprint, "", ScorecardsSchema)
def list_scorecards() -> Any:
    """List the scorecards."""
    items = [
        {"scorecard": one.scorecard, "label": one.label, "vision": one.vision, "grain": one.grain.value,
         "metrics": one.metrics}
        for one in project().board.scorecards.values()
    ]  # fmt: skip
    return {"items": items}


@endpoint(blueprint, "/<scorecard>", schema_of(ScorecardReport), query=ScorecardQuerySchema, tagged=True)
def get_scorecard(query: Mapping[str, str], scorecard: str) -> Response:
    """Show a scorecard for one period: scores, statuses, values, targets, coverage.

    Without a period it is the latest one for which an indicator has a final value. Ages are in seconds. With
    `as_known` it is what was shown then: the values, definitions, goals and weights known before that instant.
    """
    instant = instant_in(query, project().catalog.company.calendar)
    if instant is not None:
        look_back(instant)
    report = to_dict(project().report(scorecard, query.get("period"), now()))
    tag = etag.tag_of((orjson.dumps(_lasting(report)).hex(),))
    unchanged = etag.unchanged(tag)
    if unchanged is not None:
        return unchanged
    return Response(orjson.dumps(report), mimetype="application/json", headers=etag.headers(tag))


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(item) for name, item in value.items() if name not in _PASSING}
    return [_lasting(item) for item in value] if isinstance(value, list) else value
