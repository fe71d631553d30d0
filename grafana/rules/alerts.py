"""Alert rules: red flags, counter-metrics that pay for an improvement, stale datasets, failing sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from grafana import units
from grafana.literal import in_rules
from grafana.names import camel
from grafana.promql import once, quoted, select
from grafana.rules.breach import alert_grains, bounded, crossed, improves, live_value
from grafana.rules.freshness import limits
from grafana.rules.rule import Group, Rule, duration
from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.metric import Metric
from scorecard.cause_model import Cause
from scorecard.model import Board

NOBODY = "unassigned"
"""The department of an alert about a metric that nobody leads."""

_NEWS = timedelta(days=7)

PLATFORM = "platform"
"""The department of an alert about the server and its sources."""


def by_department(catalog: Catalog, board: Board, url: str, held: timedelta) -> dict[str, Group]:
    """Return the alerts of each department, by its name: of the metrics that it leads."""
    found: dict[str, list[Rule]] = {}
    for metric in catalog.metrics.values():
        rules = found.setdefault(metric.leads or NOBODY, [])
        # What is only proposed has no goal to miss yet.
        if not metric.proposed:
            rules += _red_flags(metric, catalog, board, url, held)
            rules += _guards(metric, catalog, board, url, held)
    for name, rules in found.items():
        mine = [metric.metric for metric in catalog.metrics.values() if (metric.leads or NOBODY) == name]
        rules += (_refresh(name, mine, url, held), _outdated(name, mine, url), _moved(name, mine, url))
    return {name: Group(f"scorecard_{name}", tuple(rules)) for name, rules in found.items()}


def _red_flags(metric: Metric, catalog: Catalog, board: Board, url: str, held: timedelta) -> Iterator[Rule]:
    for grain in alert_grains(metric, board):
        behind = crossed(metric, catalog, grain)
        if behind is None:
            continue
        shown, label = units.written(metric, catalog), in_rules(metric.label)
        what = "its whole interval lies" if bounded(metric, catalog) else "it lies"
        yield Rule(
            f"{live_value(metric, catalog, grain)} and on (grain) {behind}",
            alert=camel("red_flag", metric.metric),
            held=held,
            labels={**_labels(metric, "warning"), "grain": grain.value},
            annotations={
                "summary": f"{label} has crossed its red flag",
                "description": f"{label} of the latest final {grain.value.replace('_', ' ')} is {shown}, "
                f"and {what} behind the red flag.",
                "runbook_url": _page(metric, url),
            },
        )


def _guards(metric: Metric, catalog: Catalog, board: Board, url: str, held: timedelta) -> Iterator[Rule]:
    for guard in (catalog.metrics[name] for name in metric.guards if name in catalog.metrics):
        for grain in alert_grains(metric, board):
            better = improves(metric, catalog, grain)
            broken = crossed(guard, catalog, grain, past=True) if grain in guard.grains else None
            if better is None or broken is None or guard.proposed:
                continue
            clearly, label = "clearly " if bounded(metric, catalog) else "", in_rules(metric.label)
            yield Rule(
                f"{live_value(guard, catalog, grain, past=True)} and on (grain) {broken} and on (grain) ({better})",
                alert=camel("guard_broken", metric.metric, guard.metric),
                held=held,
                labels={**_labels(metric, "warning"), "grain": grain.value, "guard": guard.metric},
                annotations={
                    "summary": f"{label} improves while {in_rules(guard.label)} has crossed its red flag",
                    "description": f"{label} is {clearly}better than a {grain.value.replace('_', ' ')} before. "
                    f"Its counter-metric {in_rules(guard.label)} is {units.written(guard, catalog)}: "
                    "the one may be paid for by the other.",
                    "runbook_url": _page(guard, url),
                },
            )


def _refresh(department: str, metrics: list[str], url: str, held: timedelta) -> Rule:
    """Return one rule for all metrics of a department: a source that is down stops many at once."""
    chosen = select("kpi_refresh_success", f"metric=~{quoted('|'.join(metrics))}")
    return Rule(
        f"{once(chosen, 'metric')} == 0",
        alert="RefreshFailing",
        held=held,
        labels={"department": department, "severity": "warning"},
        annotations={
            "summary": "{{ $labels.metric }} cannot be computed",
            "description": f"No refresh has computed {{{{ $labels.metric }}}} for {duration(held)}; "
            "it keeps its last good value. Its page says why.",
            "runbook_url": f"{url}/catalogue/{{{{ $labels.metric }}}}",
        },
    )


def _outdated(department: str, metrics: list[str], url: str) -> Rule:
    """Return one rule for all metrics of a department that are still computed by an earlier definition."""
    chosen = select("scorecard_definition_current", f"metric=~{quoted('|'.join(metrics))}")
    return Rule(
        f"{once(chosen, 'metric')} == 0",
        alert="DefinitionNotRefreshed",
        held=timedelta(days=1),
        labels={"department": department, "severity": "info"},
        annotations={
            "summary": "{{ $labels.metric }} is still computed by an earlier definition",
            "description": "The definition changed and no refresh has computed the metric by the new one for a day: "
            "scorecard refresh --metric {{ $labels.metric }}",
            "runbook_url": f"{url}/catalogue/{{{{ $labels.metric }}}}",
        },
    )


def _moved(department: str, metrics: list[str], url: str) -> Rule:
    """Return one rule for all statuses of a department that moved because a definition did."""
    chosen = select(
        "scorecard_status_moved_timestamp_seconds",
        f"metric=~{quoted('|'.join(metrics))}",
        cause=Cause.DEFINITION.value,
    )
    since = once(chosen, "scorecard", "metric", "status_before", "status")
    return Rule(
        f"time() - {since} < {_NEWS.total_seconds():.0f}",
        alert="StatusMovedByDefinition",
        held=timedelta(0),
        labels={"department": department, "severity": "info"},
        annotations={
            "summary": "{{ $labels.metric }} has another status because it is counted differently",
            "description": "It went from {{ $labels.status_before }} to {{ $labels.status }} by a changed definition, "
            "not by what happened. Its page says what changed and by how much.",
            "runbook_url": f"{url}/catalogue/{{{{ $labels.metric }}}}",
        },
    )


def health(catalog: Catalog, url: str, held: timedelta) -> Group:
    """Return the alerts about sources, datasets and the server itself."""
    rules = (*_sources(catalog, url, held), *_datasets(catalog, url, held), _gone(held))
    return Group("scorecard_health", rules)


def _sources(catalog: Catalog, url: str, held: timedelta) -> Iterator[Rule]:
    for source in catalog.sources:
        owners = {each.department for each in catalog.datasets.values() if each.source == source} - {None}
        # What several departments read is nobody's own.
        owner = next(iter(owners)) if len(owners) == 1 else None
        up = once(select("kpi_source_up", source=source), "source")
        yield Rule(
            f"{up} == 0", alert=camel("source_down", source), held=held,
            labels={"department": owner or PLATFORM, "severity": "warning"},
            annotations={
                "summary": f"The source {source} does not answer",
                "description": f"{source} has not answered for {duration(held)}; what is computed from it stays "
                "as it was.",
                "runbook_url": f"{url}/catalogue",
            },
        )  # fmt: skip


def _datasets(catalog: Catalog, url: str, held: timedelta) -> Iterator[Rule]:
    """Yield an alert a dataset and limit."""
    for each in limits(catalog):
        age = _age(each.watched)
        if each.warn is not None:
            yield _stale(each.dataset, f"{age} > {each.warn:g}", each.warn, "info", url, held)
        if each.fail is not None:
            yield _stale(each.dataset, f"{age} > {each.fail:g}", each.fail, "warning", url, held)


def _age(watched: tuple[str, ...]) -> str:
    family = "kpi_dataset_watermark_timestamp_seconds"
    if len(watched) == 1:
        return f"time() - {once(select(family, dataset=watched[0]), 'source', 'dataset')}"
    chosen = select(family, f"dataset=~{quoted('|'.join(watched))}")
    return f"time() - min by (source) ({once(chosen, 'source', 'dataset')})"


def _stale(dataset: Dataset, expression: str, limit: float, severity: str, url: str, held: timedelta) -> Rule:
    return Rule(
        expression, alert=camel("dataset_stale", dataset.dataset), held=held,
        labels={"department": dataset.department or PLATFORM, "dataset": dataset.dataset, "severity": severity},
        annotations={
            "summary": f"The dataset {dataset.dataset} is stale",
            "description": f"What {dataset.dataset} says is {{{{ $value | humanizeDuration }}}} old; "
            f"more than {duration(timedelta(seconds=limit))} is too much.",
            "runbook_url": f"{url}/catalogue",
        },
    )  # fmt: skip


def _gone(held: timedelta) -> Rule:
    return Rule(
        "absent(scorecard_definition_info)", alert="ScorecardAbsent", held=held,
        labels={"department": PLATFORM, "severity": "critical"},
        annotations={
            "summary": "The scorecard server is not scraped",
            # A page of the server that is gone would explain nothing.
            "description": f"No series of it have come for {duration(held)}: every other alert is blind. What to "
            "look at stands in docs/grafana.md, under 'When nothing is scraped'.",
        },
    )  # fmt: skip


def _labels(metric: Metric, severity: str) -> dict[str, str]:
    return {"department": metric.leads or NOBODY, "metric": metric.metric, "severity": severity}


def _page(metric: Metric, url: str) -> str:
    return f"{url}/catalogue/{metric.metric}"
