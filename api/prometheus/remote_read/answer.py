"""Answer a query from the history: match families, vintages and labels, and value every instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from api.project.project import Project
from api.prometheus.remote_read.instants import Budget, Sampling, sampling
from api.prometheus.remote_read.matching import Matchers
from api.prometheus.remote_read.wire import Asked, Labels, Series
from metrics.analysis.finality import Finality
from metrics.analysis.vintages import Numbers, Track, Vintage, milliseconds, tracks
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.describe.series_names import PARTS, VINTAGE, base_of, dimension_labels, family_name
from metrics.grain import Grain
from metrics.store.final_values import FinalValues
from scorecard.target import target_for

PERIOD_END = "kpi_period_end_timestamp_seconds"
TARGET = "scorecard_target"
NAME = "__name__"

Tracks = tuple[Track, ...]


@dataclass(frozen=True)
class _Held:
    """What is known of a metric's past, as of one of its runs."""

    run: str
    definition_hash: str
    closed: FinalValues
    tracks: Tracks


class Histories:
    """The tracks of every metric; once it was computed anew, what was written since is read and added."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._project: Project | None = None
        self._held: dict[tuple[str, Vintage], _Held] = {}
        self._finality: Finality | None = None

    def of(self, project: Project, metric: Metric, vintage: Vintage) -> Tracks:
        """Return a metric's tracks, one a grain."""
        success = project.store.last_success(metric.metric)
        if success is None:
            return ()
        key = (metric.metric, vintage)
        with self._lock:
            if self._project is not project or self._finality is None:
                self._project, self._finality, self._held = project, Finality(project.catalog), {}
            held, finality = self._held.get(key), self._finality
        if held is None or held.run != success.id:
            closed = _closed(project, metric, vintage, success.definition_hash, held)
            found = tracks(metric, finality, closed, vintage)
            held = _Held(success.id, success.definition_hash, closed, found)
            with self._lock:
                if self._project is project:
                    self._held[key] = held
        return held.tracks


def _closed(
    project: Project, metric: Metric, vintage: Vintage, hash_: str, held: _Held | None
) -> FinalValues:
    """Return a metric's final values: all of them, or what is held with what was written since."""
    stored, name = project.store.final_values, metric.metric
    # Of what is made of others, the rows alone may know when it was final.
    marks = bool(inputs(metric))
    if vintage is Vintage.FIRST:
        return stored.first(name, watermarks=marks, known=held.closed if held else None)
    known = held.closed if held and held.definition_hash == hash_ else None
    return stored.current(name, hash_, watermarks=marks, known=known)


def answer(
    project: Project, histories: Histories, asked: Asked, budget: Budget | None = None
) -> list[Series]:
    """Return the series that a query asks for; `budget` is what is left of its request's samples.

    Only a query that names the vintage is answered: without it, Prometheus would lay the history and its own
    samples of the live series side by side. Raises TooMany, and BadRequest on a bad regular expression.
    """
    matchers = Matchers(asked.matchers)
    vintages = [each for each in Vintage if matchers.allow(VINTAGE, each.value)]
    if matchers.allow(VINTAGE, "") or not vintages:
        return []
    samples, budget = sampling(asked), budget or Budget()
    found: list[Series] = []
    for vintage in vintages:
        for metric in project.catalog.metrics.values():
            found += of_metric(project, histories, metric, vintage, matchers, samples, budget)
    return found


def of_metric(project: Project, histories: Histories, metric: Metric, vintage: Vintage, matchers: Matchers,
              samples: Sampling, budget: Budget) -> Iterator[Series]:  # fmt: skip
    """Yield the series of one metric and vintage, its targets and periods' ends among them."""
    base = base_of(metric, project.catalog)
    parts = [part for part in PARTS if matchers.allow(NAME, family_name(metric, base, part))]
    others = matchers.allow("metric", metric.metric) and any(
        matchers.allow(NAME, name) for name in (PERIOD_END, TARGET)
    )
    if not parts and not others:
        return
    told: set[Grain] = set()
    for track in histories.of(project, metric, vintage):
        rows = _rows(metric, track, matchers) if parts else []
        labels = track.labels if len(rows) == len(track.segments) else [track.labels[row] for row in rows]
        for part in parts:
            budget.spend(len(rows), samples)
            numbers = track.valued(part.name, samples.valued_at, None if labels is track.labels else rows)
            numbers *= part.factor(metric, base)
            yield from _series((NAME, family_name(metric, base, part)), labels, numbers, samples)
        # A curve has a track for each age: the first one's periods are the newest.
        if others and track.grain not in told:
            told.add(track.grain)
            yield from _beside(project, metric, track, vintage, matchers, samples, budget)


def _rows(metric: Metric, track: Track, matchers: Matchers) -> Sequence[int]:
    """Return which segments of a track are asked for."""
    dimensions = dimension_labels(metric)
    fixed = {"grain": track.grain.value, VINTAGE: track.vintage.value}
    known = {NAME, "by", *fixed, *dimensions}
    if not matchers.without(known) or not all(matchers.allow(name, value) for name, value in fixed.items()):
        return []
    # A dimension has few values beside the series that bear them.
    wanted = {name: matchers.test(name) for name in ("by", *dimensions) if name in matchers.names}
    if not wanted:
        return range(len(track.segments))
    named = (dict(labels) for labels in track.labels)
    return [
        row for row, labels in enumerate(named)
        if all(test(labels.get(name, "")) for name, test in wanted.items())
    ]  # fmt: skip


def _beside(project: Project, metric: Metric, track: Track, vintage: Vintage, matchers: Matchers,
            samples: Sampling, budget: Budget) -> Iterator[Series]:  # fmt: skip
    """Yield the period's end and the targets that stood beside the values."""
    shared = {"metric": metric.metric, "grain": track.grain.value, VINTAGE: vintage.value}
    calendar = project.catalog.company.calendar
    lines: dict[tuple[tuple[str, str], ...], Numbers] = {}
    if matchers.accept({NAME: PERIOD_END, **shared}):
        ends = [calendar.bounds(period) for period in track.periods]
        seconds = [np.nan if end is None else milliseconds(end[1]) / 1000 for end in ends]
        lines[(NAME, PERIOD_END),] = np.array(seconds)
    factor = base_of(metric, project.catalog).factor
    for index, period in enumerate(track.periods if matchers.allow(NAME, TARGET) else ()):
        target = target_for(metric, period, project.catalog)
        for kind, level in target.numbers() if target else ():
            if matchers.accept({NAME: TARGET, "kind": kind, **shared}):
                key = (NAME, TARGET), ("kind", kind)
                lines.setdefault(key, np.full(len(track.periods), np.nan))[index] = level * factor
    budget.spend(len(lines), samples)
    chosen = track.at(samples.valued_at)
    for own, line in lines.items():
        numbers = np.where(chosen >= 0, line[np.maximum(chosen, 0)], np.nan)
        labels = tuple(sorted((*own[1:], *shared.items())))
        yield from _series(own[0], [labels], numbers[None, :], samples)


def _series(
    name: tuple[str, str], labels: Sequence[Labels], numbers: Numbers, samples: Sampling
) -> Iterator[Series]:
    """Yield one series a line, but for lines that no instant has a value of."""
    there: npt.NDArray[np.bool_] = ~np.isnan(numbers)
    counts = there.sum(axis=1)
    for row, rest in enumerate(labels):
        if not counts[row]:
            continue
        if counts[row] == len(samples.stamps):
            yield Series((name, *rest), samples.stamps, numbers[row])
        else:
            yield Series((name, *rest), samples.stamps[there[row]], numbers[row][there[row]])
