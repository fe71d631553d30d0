"""The response rates of surveys, beside the live period of each figure over one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prometheus_client.core import GaugeMetricFamily

from api.project.project import Project
from metrics.grain import Period
from metrics.operations.response import responses


def response_families(
    project: Project, periods: Mapping[str, Collection[Period]]
) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    """Return answers by invitations, and the invitations, of each metric's live periods; empty but for surveys."""
    rate = GaugeMetricFamily(
        "kpi_survey_response_ratio",
        "Answers by invitations, of a survey, in the period of the metric's live series",
        labels=["metric", "grain"],
    )
    invited = GaugeMetricFamily(
        "kpi_survey_invited",
        "How many a survey asked in the period of the metric's live series",
        labels=["metric", "grain"],
    )
    for name, metric in project.catalog.metrics.items():
        told = responses(project.store, project.catalog, metric, by=())
        for period in periods[name] if told else ():
            found = told.get((period, ()))
            if found is not None:
                rate.add_metric([name, period.grain.value], found.rate)
                invited.add_metric([name, period.grain.value], found.invited)
    return rate, invited
