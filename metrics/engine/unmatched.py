"""Count, for any metric, the rows whose ids no crosswalk knows: they belong to nobody and count nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.dependencies import reached
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.engine.watermarks import Run
from metrics.errors import ScorecardError
from metrics.sql.id_matching import Match, match_of, matched
from metrics.sql.rows import Rows


def crosswalked(catalog: Catalog, metric: str) -> tuple[tuple[str, str], ...]:
    """Return the datasets and entities that a metric reads through a crosswalk, its inputs' included."""
    chain: dict[str, Metric] = {}
    waiting = [metric]
    while waiting:
        name = waiting.pop()
        if name not in chain:
            chain[name] = catalog.metric(name)
            waiting += [each for each in inputs(chain[name]) if each in catalog.metrics]
    found = {(item.dataset, item.name) for item in reached(catalog, chain.values()) if item.kind == "entity"}
    return tuple(sorted(each for each in found if _through_crosswalk(catalog, *each)))


def _through_crosswalk(catalog: Catalog, dataset: str, entity: str) -> bool:
    declared = catalog.datasets[dataset].entities.get(entity)
    return declared is not None and declared.system is not None and entity in catalog.identities


class Unmatched:
    """Counts each dataset's unmatched rows once in a run, whatever number of metrics use it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._known: dict[tuple[str, str], Match] = {}

    def of(self, metric: str) -> tuple[Match, ...]:
        """Return how the rows of a metric's datasets were matched, one line a dataset and entity.

        Counts are of all rows that have arrived; they are None where the source gives none, as a count that
        fails is no reason to withhold a number.
        """
        return tuple(self._match(*each) for each in crosswalked(self.run.catalog, metric))

    def beside(self, metric: str) -> Mapping[str, Any]:
        """Return the counts as plain JSON values by dataset and system, nothing without a crosswalk."""
        lines = [
            {"dataset": each.dataset, "system": each.system, **each.as_json()} for each in self.of(metric)
        ]
        return {"unmatched": lines} if lines else {}

    def _match(self, dataset: str, entity: str) -> Match:
        key = (dataset, entity)
        if key not in self._known:
            self._known[key] = match_of(self.run.catalog, dataset, entity, self._count(dataset, entity))
        return self._known[key]

    def _count(self, dataset: str, entity: str) -> Mapping[str, Any] | None:
        try:
            rows = Rows(self.run.scope(dataset), self.run.catalog.datasets[dataset])
            return self.run.fetch(self.run.source_of(dataset), matched(rows, entity)).one()
        except ScorecardError:
            return None
