"""The response rates beside the values on a metric's page."""

from __future__ import annotations

from collections.abc import Mapping

from api.project.project import Project
from metrics.catalog.metric import Metric
from metrics.grain import Grain
from metrics.operations.response import Key, responses
from scorecard.report_model import ResponseReport
from scorecard.response import report_response


def responses_beside(
    seen: Project, metric: Metric, grain: Grain, by: str | None
) -> Mapping[Key, ResponseReport | None]:
    """Return the response rates of a metric's periods, of the total and of one cut; empty but for surveys."""
    cuts = [(), *([(by,)] if by else [])]
    found = [responses(seen.store, seen.catalog, metric, grain, cut) for cut in cuts]
    return {key: report_response(one) for each in found for key, one in each.items()}
