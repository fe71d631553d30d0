"""What the store remembers of changed definitions and scorings, as reports tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.project.repository import commit_report
from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_difference import Difference, differences
from metrics.catalog.definition_hash import canonical_text, resolved
from metrics.grain import Period
from metrics.observation import Observation
from metrics.store.store import Definition, Store
from scorecard.cause_model import ComputedBy
from scorecard.causes import EarlierScoring, Past, Redefined
from scorecard.model import Scorecard
from scorecard.scoring_record import scored_by


def computed_by(
    store: Store, catalog: Catalog, root: Path, metric: str, hashes: tuple[str, str]
) -> ComputedBy | None:
    """Return the definition of a metric's stored values where another one runs; `hashes` are theirs and its."""
    stored, running = hashes
    if stored == running:
        return None
    held = store.definitions.find(stored, metric)
    zone = catalog.company.calendar
    return ComputedBy(
        hash=stored,
        since=None if held is None else zone.local_day(held.first_seen),
        label=None if held is None else held.label,
        question=None if held is None else held.question,
        unit=None if held is None else held.unit,
        canonical=None if held is None else held.canonical,
        commit=None if held is None else commit_report(root, held.commit),
        running_hash=running,
        differences=() if held is None else _between(held.canonical, resolved(catalog, metric)),
        refresh=f"scorecard refresh --metric {metric}",
    )


def past(store: Store, catalog: Catalog, root: Path, scorecard: Scorecard, period: Period) -> Past:
    """Return what is known of the past of a scorecard's metrics, for one of its periods."""
    known = store.definitions.recounted()
    redefined: dict[str, Redefined] = {}
    for name in scorecard.metrics:
        if name not in known:
            continue
        change = known[name]
        before, after = (store.definitions.find(each, name) for each in (change.before, change.after))
        redefined[name] = Redefined(
            change.before,
            change.after,
            change.since,
            before.unit if before else None,
            _apart(before, after),
            commit_report(root, change.commit),
        )

    def versions(metric: str, of: Period) -> tuple[Observation, ...]:
        return store.history(metric, of.grain, of)

    scorings = tuple(_scorings(store, catalog, root, scorecard, period))
    return Past(redefined, versions, scorings)


def _scorings(
    store: Store, catalog: Catalog, root: Path, scorecard: Scorecard, period: Period
) -> Iterator[EarlierScoring]:
    """Yield what refreshes since a period began were scored by, the last first."""
    calendar = catalog.company.calendar
    if period.start is None:
        return
    for use in store.scorings.uses(calendar.instant(period.start)):
        text = store.scorings.find(use.hash)
        found = scored_by(text, scorecard, catalog) if text is not None else None
        if found is not None:
            since = None if use.replaced_at is None else calendar.local_day(use.replaced_at)
            yield EarlierScoring(*found, since, commit_report(root, use.replaced_by_commit))


def _apart(before: Definition | None, after: Definition | None) -> tuple[Difference, ...]:
    if before is None or after is None:
        return ()
    return _between(before.canonical, json.loads(after.canonical))


def _between(before: str, after: Any) -> tuple[Difference, ...]:
    # Through the text, so that both are what JSON makes of them.
    return differences(json.loads(before), json.loads(canonical_text(after)))
