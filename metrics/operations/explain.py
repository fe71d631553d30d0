"""Explain a metric: what it asks, how it is defined, where its rows come from, and the SQL that is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset, Lookup
from metrics.catalog.dated import turns
from metrics.catalog.definition_hash import definition_hash
from metrics.catalog.lineage import upstream
from metrics.catalog.metric import Metric
from metrics.describe.life import life_words, stretch_words
from metrics.describe.parameters import Parameter, kind_text, parameters
from metrics.describe.units import unit_of
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session, Statement
from metrics.engine.unmatched import Unmatched
from metrics.engine.watermarks import arrival_of
from metrics.errors import Position, ScorecardError
from metrics.kind import kind_of
from metrics.sql.id_matching import Match
from metrics.sql.rows import Rows, event_time


@dataclass(frozen=True)
class Upstream:
    """Something that a metric is computed from: a metric, dataset, lookup or source, and where it stands."""

    kind: str
    name: str
    says: str
    position: Position


@dataclass(frozen=True)
class Exclusion:
    """Rows that a dataset leaves out under a name; `rows` is None where they could not be counted."""

    dataset: str
    name: str
    condition: str
    rows: int | None


@dataclass(frozen=True)
class Ahead:
    """Rows of a dataset that lie after now.

    By their `event` they count nowhere yet; by anything else they do not say until when data is complete.
    """

    dataset: str
    time: str
    rows: int
    event: bool


@dataclass(frozen=True)
class Explanation:
    """Everything that it takes to trust a metric's numbers, or to doubt them.

    `statements` were all run for this metric, its inputs included; `error` says why they ended early.
    `diagnostics` is what the kind publishes beside the values.
    """

    metric: Metric
    unit: str
    kind: str
    parameters: tuple[Parameter, ...]
    definition_hash: str
    code_version: int
    upstream: tuple[Upstream, ...]
    exclusions: tuple[Exclusion, ...]
    ahead: tuple[Ahead, ...]
    matches: tuple[Match, ...]
    as_of: datetime | None
    watermark: datetime | None
    statements: tuple[Statement, ...]
    diagnostics: Mapping[str, Any]
    error: ScorecardError | None
    life: str | None = None


def explain(
    catalog: Catalog, root: Path, metric: str, now: datetime, as_of: datetime | None = None
) -> Explanation:
    """Compute a metric without storing it, and return how; raise UnknownMetric.

    An error of a source or of the computation is in the explanation.
    """
    found = catalog.metric(metric)
    with Session(catalog, root, now, as_of) as session:
        planner = Planner(session)
        outcome = list(planner.compute([request_for(found)]))[-1]
        statements = tuple(session.statements)
        ahead = tuple(dict.fromkeys(_ahead(planner, metric)))
        matches = Unmatched(session).of(metric)
        exclusions = tuple(_exclusions(session, upstream(catalog, metric).datasets))
    return Explanation(
        metric=found,
        unit=unit_of(found, catalog),
        kind=kind_text(found),
        parameters=parameters(found, catalog),
        definition_hash=definition_hash(catalog, metric),
        code_version=kind_of(found).code_version,
        upstream=tuple(_upstream(catalog, metric)),
        exclusions=exclusions,
        ahead=ahead,
        matches=matches,
        as_of=as_of,
        watermark=outcome.watermark,
        statements=statements,
        diagnostics=outcome.diagnostics,
        error=outcome.error,
        life=life_words(found, catalog),
    )


def _upstream(catalog: Catalog, metric: str) -> Iterator[Upstream]:
    """Yield what a metric is computed from, the nearest first."""
    found = upstream(catalog, metric)
    for name in reversed(found.metrics):
        each = catalog.metrics[name]
        yield Upstream("metric", name, f"{each.label}, a {each.kind}", each.position)
    for name in reversed(found.datasets):
        dataset = catalog.datasets[name]
        yield Upstream("dataset", name, _rows(dataset), dataset.position)
        for label, lookup in dataset.lookups.items():
            if lookup.dataset in found.datasets:
                yield Upstream("lookup", f"{name}.{label}", _lookup(lookup), dataset.position)
        for label in dict.fromkeys(turn.condition for turn in turns(catalog, metric) if turn.dataset == name):
            said = stretch_words(dataset.conditions[label])
            yield Upstream("condition", f"{name}.{label}", said, dataset.position)
    for name in found.sources:
        source = catalog.sources[name]
        # The scheme alone: a URL may hold what should have been a secret.
        yield Upstream("source", name, source.url.partition(":")[0], source.position)


def _rows(dataset: Dataset) -> str:
    where = f" where {dataset.where.text}" if dataset.where else ""
    if dataset.union:
        return f"union of {', '.join(part.dataset for part in dataset.union)}{where}"
    return f"{dataset.table or ', '.join(dataset.files)} in {dataset.source}{where}"


def _lookup(lookup: Lookup) -> str:
    if lookup.by is not None:
        pick = f"{lookup.pick} row" if lookup.pick else "row"
        return f"{pick} of {lookup.dataset} by {lookup.by}"
    on = ", ".join(each.text for each in lookup.on)
    valid = f", as it was at {lookup.valid_at.text}" if lookup.valid_at else ""
    return f"{lookup.dataset} on {on}{valid}"


def _exclusions(session: Session, datasets: Iterable[str]) -> Iterator[Exclusion]:
    for name in datasets:
        dataset = session.catalog.datasets[name]
        counts = _excluded(session, dataset) if dataset.exclude else {}
        for label, condition in dataset.exclude.items():
            yield Exclusion(name, label, " ".join(condition.text.split()), counts.get(label))


def _ahead(planner: Planner, metric: str) -> Iterator[Ahead]:
    """Yield the rows after now of each time by which a dataset was read."""
    catalog = planner.catalog
    read = [catalog.metrics[name] for name in (metric, *upstream(catalog, metric).metrics)]
    references = [
        base for each in read for base in (*kind_of(each).bases(each), *kind_of(each).covering(each))
    ]
    times = {(base.dataset, base.time.node if base.time else None): base.time for base in references}
    for name, node, extent in planner.extents.read():
        dataset = catalog.datasets[name]
        time, arrival = times.get((name, node)) or event_time(dataset), arrival_of(dataset)
        if extent.ahead and time is not None:
            # A row that is only looked up is found whatever its time.
            yield Ahead(name, time.text, extent.ahead, (name, node) in times)
        if extent.arriving:
            log = dataset.complete_through.dataset if dataset.complete_through else None
            yield Ahead(name, arrival.text if arrival else str(log), extent.arriving, event=False)


def _excluded(session: Session, dataset: Dataset) -> dict[str, int]:
    """Count the rows that meet each exclusion; one row may meet several."""
    try:
        rows = Rows(session.scope(dataset.dataset), replace(dataset, exclude={}))
        met = {
            label: sa.case((rows.condition(each.node), 1), else_=0) for label, each in dataset.exclude.items()
        }
        inner = rows.select(met).subquery()
        select = sa.select(*(sa.func.sum(column).label(column.name) for column in inner.c))
        found = session.fetch_one(session.source_of(dataset.dataset), select)
    except ScorecardError:
        return {}
    return {label: int(found[label] or 0) for label in dataset.exclude}
