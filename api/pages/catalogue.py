"""The catalogue: every metric by stage, with its newest value and its trend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import render_template, request
from markupsafe import Markup

from api.context import project
from api.metric.grains import usual_grain
from api.pages.chart import spark
from api.pages.freshness import DataTo, data_to
from api.pages.points import trend_points
from api.pages.response import responses_beside
from api.pages.site import pages
from api.project.project import Project
from api.prometheus.current_periods import live
from metrics.catalog.metric import Metric
from metrics.describe.life import life_words
from metrics.describe.parameters import assumptions
from metrics.observation import Observation
from metrics.store.store import DatasetHealth
from scorecard.cause_model import ComputedBy
from scorecard.model import label_of
from scorecard.report_model import ResponseReport

_TREND = 10


@dataclass(frozen=True)
class Row:
    """One metric in the list."""

    metric: Metric
    unit: str
    assumes: str | None
    life: str | None
    latest: Observation | None
    spark: Markup
    failed: bool
    computed_by: ComputedBy | None
    data_to: DataTo
    response: ResponseReport | None

    @property
    def label(self) -> str:
        """Return what the metric is called by the definition that its values follow."""
        return (self.computed_by.label if self.computed_by else None) or self.metric.label

    @property
    def question(self) -> str | None:
        """Return what those values answer."""
        return self.computed_by.question if self.computed_by else self.metric.question


@dataclass(frozen=True)
class Group:
    """The metrics of one stage."""

    label: str
    phase: str | None
    leads: str | None
    rows: tuple[Row, ...]


@pages.route("/catalogue")
def catalogue() -> str:
    """Show every metric, or those that one department answers for."""
    seen = project()
    department = request.args.get("department") or None
    chosen = [
        metric
        for metric in seen.catalog.metrics.values()
        if department is None or department in (metric.leads, *metric.supports)
    ]
    groups = list(_groups(seen, chosen))
    days = [row.data_to.day for group in groups for row in group.rows if row.data_to.day is not None]
    return render_template(
        "catalogue.html",
        section="catalogue",
        total=len(chosen),
        department=department,
        departments=[(name, found.label) for name, found in seen.board.departments.items()],
        groups=groups,
        data_to=min(days, default=None),
    )


def _groups(seen: Project, metrics: Iterable[Metric]) -> Iterator[Group]:
    """Yield the metrics by stage in the journey's order; those without one come last."""
    by_stage: dict[str | None, list[Metric]] = {}
    health = seen.store.dataset_health()
    for metric in metrics:
        by_stage.setdefault(metric.stage, []).append(metric)
    for stage in seen.board.stages:
        if stage.stage in by_stage:
            rows = tuple(_row(seen, metric, health) for metric in by_stage.pop(stage.stage))
            yield Group(label_of(stage.stage), stage.phase.value, seen.board.label(stage.leads), rows)
    for name, left in by_stage.items():
        label = label_of(name) if name else "Across all stages"
        yield Group(label, None, None, tuple(_row(seen, metric, health) for metric in left))


def _row(seen: Project, metric: Metric, health: Mapping[str, DatasetHealth]) -> Row:
    grain = usual_grain(metric)
    totals = seen.store.latest(metric.metric, grain=grain, by=())
    newest = live(totals).get(grain)
    points = trend_points(seen, metric, totals, most=_TREND)
    title = f"{metric.label}: the last {len(points)} periods"
    run, by = seen.store.last_run(metric.metric), seen.computed_by(metric.metric)
    failed = run is not None and run.outcome == "failed"
    success = seen.store.last_success(metric.metric) if failed else run
    return Row(
        metric=metric,
        unit=seen.unit(metric),
        assumes=assumptions(metric, seen.catalog) if by is None else None,
        life=life_words(metric, seen.catalog),
        latest=newest[1][0] if newest else None,
        spark=spark(points, name=f"spark-{metric.metric}", title=title),
        failed=failed,
        computed_by=by,
        data_to=data_to(seen, metric.metric, success, health),
        response=responses_beside(seen, metric, grain, None).get(newest[1][0].key) if newest else None,
    )
