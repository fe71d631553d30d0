"""Answer a query from the history: match families, vintages and labels, and value every instant."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

import numpy as np

from api.project import Project
from api.remote_read.instants import Sampling, sampling
from api.remote_read.matching import Matchers
from api.remote_read.wire import Asked, Series
from metrics.finality import Finality
from metrics.grain import Grain
from metrics.history import Instants, Numbers, Track, Vintage, milliseconds, tracks
from metrics.model import Metric
from metrics.series import PARTS, VINTAGE, Part, base_of, dimension_labels, family_name
from scorecard.target import target_for

PERIOD_END = "kpi_period_end_timestamp_seconds"
TARGET = "scorecard_target"
NAME = "__name__"

Tracks = tuple[Track, ...]


class Histories:
    """The tracks of every metric, each read again once its metric was computed anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._project: Project | None = None
        self._held: dict[tuple[str, Vintage], tuple[str, Tracks]] = {}
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
            run, found = self._held.get(key, ("", ()))
            finality = self._finality
        if run != success.id:
            read = project.store.latest if vintage is Vintage.CURRENT else project.store.first_final
            found = tracks(metric, finality, read(metric.metric))
            with self._lock:
                if self._project is project:
                    self._held[key] = (success.id, found)
        return found


def answer(project: Project, histories: Histories, asked: Asked) -> list[Series]:
    """Return the series that a query asks for.

    Only a query that names the vintage is answered: without it, Prometheus would lay the history and its own
    samples of the live series side by side. Raises TooMany, and BadRequest on a bad regular expression.
    """
    matchers = Matchers(asked.matchers)
    vintages = [each for each in Vintage if matchers.allow(VINTAGE, each.value)]
    if matchers.allow(VINTAGE, "") or not vintages:
        return []
    samples = sampling(asked)
    found: list[Series] = []
    for vintage in vintages:
        for metric in project.catalog.metrics.values():
            found += of_metric(project, histories, metric, vintage, matchers, samples)
    return found


def of_metric(project: Project, histories: Histories, metric: Metric, vintage: Vintage, matchers: Matchers,
              samples: Sampling) -> Iterator[Series]:  # fmt: skip
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
        chosen = track.at(samples.valued_at)
        for part in parts:
            name, factor = family_name(metric, base, part), part.factor(metric, base)
            yield from _values(metric, track, (name, part, factor), vintage, matchers, samples, chosen)
        # A curve has a track for each age: the first one's periods are the newest.
        if others and track.grain not in told:
            told.add(track.grain)
            yield from _beside(project, metric, track, vintage, matchers, samples, chosen)


def _values(metric: Metric, track: Track, family: tuple[str, Part, float], vintage: Vintage,
            matchers: Matchers, samples: Sampling, chosen: Instants) -> Iterator[Series]:  # fmt: skip
    name, part, factor = family
    names = dimension_labels(metric)
    for segment, line in track.lines.items():
        of = dict(segment)
        labels = {
            NAME: name, "grain": track.grain.value, "by": ",".join(each for each, _ in segment),
            VINTAGE: vintage.value, **{each: of.get(each, "") for each in names},
        }  # fmt: skip
        if matchers.accept(labels):
            yield from _series(labels, line[part.name] * factor, samples, chosen)


def _beside(project: Project, metric: Metric, track: Track, vintage: Vintage, matchers: Matchers,
            samples: Sampling, chosen: Instants) -> Iterator[Series]:  # fmt: skip
    """Yield the period's end and the targets that stood beside the values."""
    shared = {"metric": metric.metric, "grain": track.grain.value, VINTAGE: vintage.value}
    calendar = project.catalog.company.calendar
    labels = {NAME: PERIOD_END, **shared}
    if matchers.accept(labels):
        ends = [calendar.bounds(period) for period in track.periods]
        seconds = [np.nan if end is None else milliseconds(end[1]) / 1000 for end in ends]
        yield from _series(labels, np.array(seconds), samples, chosen)
    if not matchers.allow(NAME, TARGET):
        return
    factor = base_of(metric, project.catalog).factor
    targets: dict[str, Numbers] = {}
    for index, period in enumerate(track.periods):
        target = target_for(metric, period, project.catalog)
        for kind, level in target.numbers() if target else ():
            targets.setdefault(kind, np.full(len(track.periods), np.nan))[index] = level * factor
    for kind, line in targets.items():
        labels = {NAME: TARGET, **shared, "kind": kind}
        if matchers.accept(labels):
            yield from _series(labels, line, samples, chosen)


def _series(labels: dict[str, str], line: Numbers, samples: Sampling, chosen: Instants) -> Iterator[Series]:
    """Yield the series of a line, unless no instant has a value."""
    values = np.where(chosen >= 0, line[np.maximum(chosen, 0)], np.nan)
    there = ~np.isnan(values)
    if there.any():
        # An empty label is an absent one to Prometheus.
        bare = tuple(sorted((name, value) for name, value in labels.items() if value))
        yield Series(bare, samples.stamps[there], values[there])
