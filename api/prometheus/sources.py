"""Whether sources answered, and until when their data reach."""

from __future__ import annotations

from prometheus_client.core import GaugeMetricFamily

from api.project.project import Project
from scorecard.freshness import usual_end


def source_families(project: Project) -> tuple[GaugeMetricFamily, ...]:
    """Return how each source and dataset was when it was last read."""
    up = GaugeMetricFamily("kpi_source_up", "Whether a source answered when last asked", labels=["source"])
    success = _instant("kpi_source_last_success", "When a source last answered", "source")
    watermark = _instant(
        "kpi_source_watermark",
        "The instant up to which the data of a source is known: the least of its datasets",
        "source",
    )
    each = _instant(
        "kpi_dataset_watermark", "The instant up to which the data of a dataset is known", "source", "dataset"
    )
    late = _instant(
        "kpi_dataset_late",
        "The instant from which a dataset stands still for longer than it usually does",
        "source",
        "dataset",
    )
    catalog = project.catalog
    for name, known in project.store.dataset_health().items():
        if name in catalog.datasets:
            each.add_metric([known.source, name], known.watermark.timestamp())
            end = usual_end(catalog.datasets[name], known, catalog)
            if end is not None:
                late.add_metric([known.source, name], end.timestamp())
    for name, health in project.store.source_health().items():
        up.add_metric([name], 1 if health.up else 0)
        for family, instant in ((success, health.last_success), (watermark, health.watermark)):
            if instant is not None:
                family.add_metric([name], instant.timestamp())
    return up, success, watermark, each, late


def _instant(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{name}_timestamp_seconds", words, labels=labels, unit="seconds")
