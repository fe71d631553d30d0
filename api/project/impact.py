"""What a change of definitions does to a project: values, scorecards, alerts and boards, by both definitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grafana.boards._company import Company
from grafana.build import dashboards
from grafana.rules.firing import firing
from metrics.catalog.definition_hash import definition_hash
from metrics.catalog.diff import ChangeClass
from metrics.describe.series_names import base_of, family_name
from metrics.engine.partly_covered import of_diagnostics
from metrics.grain import Grain, Span
from metrics.observation import Observation
from metrics.operations.impact import Comparison, Impact, Pair
from metrics.store.store import Store
from scorecard.diff.model import DefinitionDiff
from scorecard.edition import Edition
from scorecard.equal_goal import equal_goal
from scorecard.impact import (
    AlertImpact,
    DefinitionImpact,
    ScorecardComparison,
    TouchedObjective,
    series_of,
)
from scorecard.value_selection import MetricSeries


@dataclass(frozen=True)
class Compared:
    """What is compared: two sides, the metrics that change, and those that only bear another name.

    `renamed` are the head's names by the base's.
    """

    base: Edition
    head: Edition
    pairs: Sequence[Pair]
    renamed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, diff: DefinitionDiff, base: Edition, head: Edition) -> Compared:
        """Return what is compared where definitions changed so: what is counted otherwise, new or gone."""
        pairs, renamed = [], {}
        for change in diff.changes:
            known = change.before or change.metric
            before = known if known in base.catalog.metrics else None
            after = change.metric if change.metric in head.catalog.metrics else None
            if before is None or after is None or change.recounted or ChangeClass.BREAKING in change.classes:
                pairs.append(Pair(before, after))
            if before is not None and after is not None and before != after:
                renamed[before] = after
        return cls(base, head, pairs, renamed)

    def grain_of(self, metric: str) -> Grain | None:
        """Return the grain of the first scorecard that a metric is on, None where it is on none."""
        cards = (*self.head.board.scorecards.values(), *self.base.board.scorecards.values())
        back = {new: old for old, new in self.renamed.items()}
        return next((card.grain for card in cards if {metric, back.get(metric)} & set(card.metrics)), None)

    @property
    def scored(self) -> Iterator[tuple[str, Grain]]:
        """Yield what scorecards read that does not change: the base's names of metrics, with the grain."""
        changed = {pair.base for pair in self.pairs}
        back = {new: old for old, new in self.renamed.items()}
        for side in (self.base, self.head):
            for card in side.board.scorecards.values():
                for name in card.metrics:
                    known = back.get(name, name)
                    if known not in changed and known in self.base.catalog.metrics:
                        yield known, card.grain


def impact_of(
    compared: Compared,
    root: Path,
    store: Store | None,
    now: datetime,
    timeout: Span | None = None,
    sample: float | None = None,
) -> DefinitionImpact:
    """Compute what a change does, each source read once for both sides.

    What does not change is read from the store where that holds it by the base's definition, and computed besides
    where it does not. What cannot be computed is in the result as it failed, and stops nothing else.
    On a `sample` of the rows no status, score, goal or alert is said: they are of the whole.
    """
    base, head = compared.base, compared.head
    grains = {pair.name: grain for pair in compared.pairs if (grain := compared.grain_of(pair.name))}
    with Comparison(base.catalog, head.catalog, root, now, timeout, sample) as both:
        impacts = tuple(both.impacts(compared.pairs, grains))
        moved = [each for each in impacts if each.moved]
        boards, objectives = tuple(_boards(head, moved, now)), tuple(_objectives(compared, moved))
        if sample is not None:
            return DefinitionImpact(impacts, boards=boards, objectives=objectives, sample=sample)
        known = _Known(compared, both, store, now)
        cards = tuple(ScorecardComparison(base, head, impacts, known.total, now, compared.renamed).compare())
        alerts = tuple(_alerts(compared, impacts, known, now))
    goals = {
        each.pair.name: found
        for each in impacts
        if (grain := grains.get(each.pair.name))
        and (found := equal_goal(each, base.catalog, head.catalog, grain))
    }
    return DefinitionImpact(impacts, cards, goals, alerts, boards, objectives)


class _Known:
    """Reads the totals of what does not change."""

    def __init__(self, compared: Compared, both: Comparison, store: Store | None, now: datetime) -> None:
        self.compared, self.both, self.store, self.now = compared, both, store, now
        self.catalog = compared.base.catalog
        self._series: dict[tuple[str, Grain], MetricSeries] = {}

    def total(self, metric: str, grain: Grain) -> MetricSeries:
        """Return a metric's total at a grain, by the name that the base knows it by."""
        if (metric, grain) not in self._series:
            self._read(metric, grain)
        return self._series.get((metric, grain), MetricSeries())

    def _read(self, metric: str, grain: Grain) -> None:
        if metric not in self.catalog.metrics:
            return
        stored = self._stored(metric, grain)
        if stored is not None:
            self._series[metric, grain] = stored
            return
        # What shares scans is computed together: all that scorecards read and the store does not hold.
        scored = {
            name for name, at in self.compared.scored if at is grain and self._stored(name, grain) is None
        }
        for name, outcome in self.both.unchanged(sorted({metric, *scored}), grain).items():
            self._series[name, grain] = series_of(self.catalog, outcome, grain, self.now)

    def _stored(self, metric: str, grain: Grain) -> MetricSeries | None:
        """Return what the store holds of a metric by the base's definition, None where it has another or none."""
        success = self.store.last_success(metric) if self.store is not None else None
        if self.store is None or success is None or grain not in success.grains:
            return None
        if success.definition_hash != definition_hash(self.catalog, metric):
            return None
        return MetricSeries(
            observations=self.store.latest(metric, grain=grain, by=()),
            watermark=success.watermark,
            computed_at=success.finished_at,
            partly_covered=of_diagnostics(success.diagnostics),
        )


def _alerts(
    compared: Compared, impacts: Sequence[Impact], known: _Known, now: datetime
) -> Iterator[AlertImpact]:
    """Yield the alerts that would begin to fire or stop, of what changes and of what has it as counter-metric."""
    changed = {each.pair.name: each for each in impacts if each.error is None}
    before, after = (
        {
            name: set(firing(metric, side.catalog, side.board, _totals(compared, side, changed, known, now)))
            for name, metric in side.catalog.metrics.items()
            if _concerns(metric.metric, side, compared, set(changed))
        }
        for side in (compared.base, compared.head)
    )
    was = {compared.renamed.get(name, name): found for name, found in before.items()}
    for name in sorted({*was, *after}):
        for alert in sorted(after.get(name, set()) - was.get(name, set())):
            yield AlertImpact(alert, name, starts=True)
        for alert in sorted(was.get(name, set()) - after.get(name, set())):
            yield AlertImpact(alert, name, starts=False)


def _concerns(name: str, side: Edition, compared: Compared, changed: set[str]) -> bool:
    """Tell whether an alert of a metric may say anything else: by its own values or goals, or its counter-metrics'."""
    own = compared.renamed.get(name, name)
    if own != name or (own in compared.head.catalog.metrics) != (name in compared.base.catalog.metrics):
        return own in changed
    metrics = (compared.base.catalog.metrics[name], compared.head.catalog.metrics[name])
    return (
        own in changed
        or metrics[0].targets != metrics[1].targets
        or bool({guard for each in metrics for guard in each.guards} & changed)
    )


def _totals(
    compared: Compared, side: Edition, changed: Mapping[str, Impact], known: _Known, now: datetime
) -> Callable[[str, Grain], Sequence[Observation]]:
    head = side is compared.head
    back = {new: old for old, new in compared.renamed.items()}
    own = {(each.pair.head if head else each.pair.base): each for each in changed.values()}

    def read(metric: str, grain: Grain) -> Sequence[Observation]:
        impact = own.get(metric)
        outcome = None if impact is None else impact.after if head else impact.before
        if outcome is not None:
            return series_of(side.catalog, outcome, grain, now).observations
        return known.total(back.get(metric, metric) if head else metric, grain).observations

    return read


def _objectives(compared: Compared, moved: Sequence[Impact]) -> Iterator[TouchedObjective]:
    """Yield the objectives that show a metric which moves, those that would be gone last."""
    names = {name for each in moved for name in (each.pair.base, each.pair.head)}
    yield from dict.fromkeys(
        TouchedObjective(card.scorecard, objective.objective)
        for side in (compared.head, compared.base)
        for card in side.board.scorecards.values()
        for objective in card.objectives
        if names & {indicator.metric for indicator in objective.indicators}
    )


def _boards(head: Edition, impacts: Sequence[Impact], now: datetime) -> Iterator[str]:
    """Yield the titles of the dashboards that show a metric which moves."""
    named = []
    for each in impacts:
        metric = head.catalog.metrics.get(each.pair.name)
        if metric is not None:
            family = re.escape(family_name(metric, base_of(metric, head.catalog)))
            named.append(
                rf"\b{family}\b|\b{family}_(?:provisional|lower|upper)\b|metric=\\*\"{metric.metric}\\*\""
            )
    if not named:
        return
    pattern = re.compile("|".join(named))
    for board in dashboards(Company(head.catalog, head.board, "", now)):
        if pattern.search(board.text()):
            yield board.title
