"""What provisional totals are set against: as many whole days of the period before, and of a year before."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prometheus_client.core import GaugeMetricFamily

from api.project.project import Project
from metrics.describe.series_names import base_of
from metrics.observation import ToDate


def to_date_families(
    project: Project, known: Mapping[str, Collection[ToDate]]
) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    """Return the values to date in base units, and how many days each is of."""
    names = ["metric", "grain", "offset"]
    value = GaugeMetricFamily(
        "kpi_to_date_value",
        "A metric's total over the whole days of its provisional period so far, or over as many of another",
        labels=names,
    )
    days = GaugeMetricFamily(
        "kpi_to_date_length", "How many whole local days a value to date is of", labels=names
    )
    for name, metric in project.catalog.metrics.items():
        factor = base_of(metric, project.catalog).factor
        for one in known[name]:
            if one.value is not None:
                labels = [name, one.base.grain.value, one.offset.value]
                value.add_metric(labels, one.value * factor)
                days.add_metric(labels, one.days)
    return value, days
