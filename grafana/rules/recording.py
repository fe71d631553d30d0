"""Recording rules, named level:metric:operations: what boards and ad-hoc queries ask for again and again.

They record the live series, as they are now; what is recorded is not restated. For the past there is the
history.
"""

from __future__ import annotations

from collections.abc import Iterator

from grafana.promql import once, select
from grafana.rules.breach import family
from grafana.rules.rule import Group, Rule
from metrics.catalog.catalog import Catalog
from scorecard.model import Board


def groups(catalog: Catalog, board: Board) -> tuple[Group, ...]:
    """Return the groups: the scorecard's own figures, and each metric's total."""
    return Group("scorecard_recording", tuple(_shared())), Group("scorecard_totals", tuple(_totals(catalog)))


def _shared() -> Iterator[Rule]:
    levels = {
        "scorecard:scorecard_score:max": ("scorecard_score", "scorecard"),
        "scorecard_objective:scorecard_objective_score:max": (
            "scorecard_objective_score",
            "scorecard",
            "objective",
        ),
        "scorecard_status:scorecard_indicators:max": ("scorecard_indicators", "scorecard", "status"),
        "metric_grain_kind:scorecard_target:max": ("scorecard_target", "metric", "grain", "kind"),
    }
    for name, (family_of, *labels) in levels.items():
        yield Rule(once(family_of, *labels), record=name)
    watermark = once("kpi_source_watermark_timestamp_seconds", "source")
    yield Rule(f"time() - {watermark}", record="source:kpi_source_watermark_age_seconds:max")


def _totals(catalog: Catalog) -> Iterator[Rule]:
    for metric in catalog.metrics.values():
        name, own = family(metric, catalog), sorted(metric.own_dimensions)
        level = "_".join(("grain", *own))
        yield Rule(once(select(name, by=",".join(own)), "grain", *own), record=f"{level}:{name}:max")
