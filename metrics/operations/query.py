"""A question about one metric, and where its answer comes from: the store, or a live computation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import definition_hash
from metrics.catalog.metric import Metric
from metrics.engine.planner import Planner
from metrics.engine.schedule import MetricRequest
from metrics.engine.session import Session
from metrics.errors import GrainNotAllowed, ScorecardError, UnknownDimension
from metrics.grain import Grain
from metrics.observation import Observation, State
from metrics.operations.refresh import observations_of
from metrics.store.store import Store


class Origin(StrEnum):
    """Where an answer came from."""

    STORE = "store"
    LIVE = "live"


@dataclass(frozen=True)
class MetricQuery:
    """What is asked: periods that start in [start, end), cut by dimensions.

    `as_of` hides data that came later; `as_known` shows what the store said then.
    """

    metric: str
    grain: Grain
    by: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    as_of: datetime | None = None
    as_known: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """Observations in order of period and segment, where they come from, and until when data is known."""

    observations: tuple[Observation, ...]
    origin: Origin
    watermark: datetime | None


def answer(query: MetricQuery, catalog: Catalog, root: Path, store: Store, now: datetime) -> Answer:
    """Answer from the store where it holds the cut at the current definition and watermark, else live.

    A live answer is not stored. Raises UnknownMetric, UnknownDimension, GrainNotAllowed for `all` of a
    metric whose grains leave it out of the store under `as_known`, and what a computation raises.
    """
    metric, query = catalog.metric(query.metric), whole(query, catalog)
    stored = query.grain in metric.grains and _cut(query.by) in {_cut(cut) for cut in metric.cut_sets}
    if query.as_known is not None:
        if query.grain not in metric.grains:
            raise GrainNotAllowed(query.metric, query.grain, metric.grains)
        return Answer(_stored(query, store), Origin.STORE, None)
    last = store.last_success(query.metric)
    held = (
        query.as_of is None
        and stored
        and last is not None
        and last.definition_hash == definition_hash(catalog, query.metric)
        and _covers(metric, last.grains, last.cuts)
    )
    if held and last is not None and _is_current(query, catalog, root, now, last.watermark):
        return Answer(_stored(query, store), Origin.STORE, last.watermark)
    return live(query, catalog, root, now)


def whole(query: MetricQuery, catalog: Catalog) -> MetricQuery:
    """Return a query with the dimensions of its kind; raise UnknownMetric or UnknownDimension."""
    metric = catalog.metric(query.metric)
    known = metric.whole_cut(metric.dimensions)
    for name in query.by:
        if name not in known:
            raise UnknownDimension(query.metric, name, known)
    return replace(query, by=metric.whole_cut(query.by))


def _is_current(
    query: MetricQuery, catalog: Catalog, root: Path, now: datetime, watermark: datetime | None
) -> bool:
    """Tell whether the sources hold nothing newer; where one cannot say, the last good value stands."""
    try:
        with Session(catalog, root, now) as session:
            return Planner(session).watermark(query.metric) == watermark
    except ScorecardError:
        return True


def _stored(query: MetricQuery, store: Store) -> tuple[Observation, ...]:
    rows = store.latest(
        query.metric, grain=query.grain, by=_cut(query.by), start=query.start, end=query.end,
        as_known=query.as_known,
    )  # fmt: skip
    return tuple(row for row in rows if not (row.state is State.NO_DATA and row.dimensions))


def live(query: MetricQuery, catalog: Catalog, root: Path, now: datetime) -> Answer:
    """Compute an answer now, without storing it; raise the error that it fails with."""
    with Session(catalog, root, now, query.as_of) as session:
        return live_in(Planner(session), query)


def live_in(planner: Planner, query: MetricQuery) -> Answer:
    """Compute an answer in a planner's session; raise the error that it fails with."""
    outcome = list(planner.compute([MetricRequest(query.metric, (query.grain,), (query.by,))]))[-1]
    if outcome.error is not None:
        raise outcome.error
    found = observations_of(planner.catalog, outcome, planner.session.now, None)
    kept = [
        seen
        for seen in found
        if seen.by == _cut(query.by) and seen.grain is query.grain and within(seen.period.start, query)
    ]
    kept.sort(key=lambda seen: (seen.period.start or date.min, seen.dimensions))
    return Answer(tuple(kept), Origin.LIVE, outcome.watermark)


def within(start: date | None, query: MetricQuery) -> bool:
    """Tell whether a period that starts on a day is asked for."""
    if start is None:
        return True
    return (query.start is None or start >= query.start) and (query.end is None or start < query.end)


def _covers(metric: Metric, grains: tuple[Grain, ...], cuts: tuple[tuple[str, ...], ...]) -> bool:
    """Tell whether a run computed all that the metric now stores: cuts and grains are not in its hash."""
    wanted = {_cut(cut) for cut in metric.cut_sets}
    return set(metric.grains) <= set(grains) and wanted <= {_cut(cut) for cut in cuts}


def _cut(by: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(by))
