"""Impact: what a change of definitions does to the values, both computed on the same data.

    with Comparison(base, head, root, now) as both:
        for impact in both.impacts([Pair("csat", "csat")]):
            ...

Each source is opened once and read through one connection for both, in one transaction where it has such; both are
read up to the lesser of their watermarks. A base and a head that are each refreshed alone give the same values, unless
both are computed on a sample: then each metric is, on the same rows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from metrics.catalog.catalog import Catalog
from metrics.engine.outcome import Outcome, as_metric_error
from metrics.engine.planner import Planner
from metrics.engine.schedule import MetricRequest, request_for
from metrics.engine.session import Connections, Session
from metrics.errors import ScorecardError
from metrics.grain import Grain, Period, Span
from metrics.observation import Dimensions, Estimate
from metrics.operations.members import Turnover, turnover
from metrics.operations.sampling import sample_of
from metrics.sql.scope import Sample

Key = tuple[Period, Dimensions]


@dataclass(frozen=True)
class Pair:
    """A metric by its name on either side; None where it is not defined there."""

    base: str | None
    head: str | None

    @property
    def name(self) -> str:
        """Return the name that it is known by: the head's where it has one."""
        found = self.head or self.base
        assert found is not None
        return found


@dataclass(frozen=True)
class Line:
    """One period and segment by both definitions; None where one says nothing of it."""

    period: Period
    dimensions: Dimensions
    before: Estimate | None
    after: Estimate | None

    @property
    def difference(self) -> float | None:
        """Return by how much the value would differ, None where either is none."""
        before, after = (None if each is None else each.value for each in (self.before, self.after))
        return None if before is None or after is None else after - before

    @property
    def moved(self) -> bool:
        """Tell whether anything would differ that people see."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return (self.before.state, self.before.figures()) != (self.after.state, self.after.figures())


@dataclass(frozen=True)
class Impact:
    """What a change does to one metric: every value by both definitions, or why that is not known.

    `watermark` is until when both read. `turnover` says by period who would be counted and who no longer, where
    that is known.
    """

    pair: Pair
    lines: tuple[Line, ...] = ()
    watermark: datetime | None = None
    before: Outcome | None = None
    after: Outcome | None = None
    turnover: Turnover | None = None
    error: ScorecardError | None = None
    failed: str | None = None
    """Which side the error is of: base or head."""

    @property
    def moved(self) -> tuple[Line, ...]:
        """Return the lines in which anything would differ."""
        return tuple(line for line in self.lines if line.moved)

    def totals(self, grain: Grain) -> tuple[Line, ...]:
        """Return the lines of the total at a grain, oldest first."""
        return tuple(line for line in self.lines if not line.dimensions and line.period.grain is grain)


@dataclass
class _Side:
    """One of the two: its planner, and what is known of the metrics that are asked of it."""

    name: str
    planner: Planner
    errors: dict[str, ScorecardError] = field(default_factory=dict)

    @property
    def catalog(self) -> Catalog:
        return self.planner.catalog

    def sampled(self, sample: Sample) -> _Side:
        """Return the same side on a sample of its rows, which reach from when to when all of them do."""
        whole = self.planner.session
        session = Session(whole.catalog, whole.root, whole.now, connections=whole.connections, sample=sample)
        return replace(self, planner=Planner(session, self.planner.extents))

    def watermark(self, metric: str | None) -> datetime | None:
        """Return until when a metric's data is complete; what stands against it is kept as its error."""
        if metric is None or metric in self.errors:
            return None
        try:
            return self.planner.watermark(metric)
        except Exception as error:
            self.planner.session.circuit_breaker.met(error)
            self.errors[metric] = as_metric_error(metric, error)
            return None

    def outcomes(self, metrics: Iterable[str], until: datetime | None) -> dict[str, Outcome]:
        """Compute metrics with all that a refresh stores of them."""
        asked = [request_for(self.catalog.metric(name)) for name in metrics if name not in self.errors]
        found = (
            {outcome.metric: outcome for outcome in self.planner.compute(asked, until=until)} if asked else {}
        )
        return {ask.metric: self._stored(found[ask.metric]) for ask in asked}

    def _stored(self, outcome: Outcome) -> Outcome:
        """Return an outcome with what is a metric's own: an input may have been asked for more."""
        metric = self.catalog.metrics[outcome.metric]
        cuts = {tuple(sorted(cut)) for cut in metric.cut_sets}
        own = [
            each for each in outcome.estimates
            if each.period.grain in metric.grains and tuple(name for name, _ in each.dimensions) in cuts
        ]  # fmt: skip
        return replace(outcome, estimates=tuple(own))


class Comparison:
    """Two catalogs over the same open sources, which are where the base says; close it, or use `with`.

    No source is waited for longer than its own timeout, or than `timeout` where that says so. Under a `share` what
    changes is computed on a sample of as many.
    """

    def __init__(
        self,
        base: Catalog,
        head: Catalog,
        root: Path,
        now: datetime,
        timeout: Span | None = None,
        share: float | None = None,
    ) -> None:
        if timeout is not None:
            known = {name: replace(each, timeout=timeout) for name, each in base.sources.items()}
            base = replace(base, sources=known)
        self.connections = Connections(root, base, head)
        self.base, self.head = (
            _Side(name, Planner(Session(catalog, root, now, connections=self.connections)))
            for name, catalog in (("base", base), ("head", head))
        )
        self.share = share

    def __enter__(self) -> Comparison:
        return self

    def __exit__(self, *_: object) -> None:
        self.connections.close()

    def impacts(
        self, pairs: Iterable[Pair], counted_at: Mapping[str, Grain] | None = None
    ) -> Iterator[Impact]:
        """Yield what a change does to each metric; what one meets stops no other.

        `counted_at` names the grain at which it is said who would be counted, by metric; else it is the longest
        of its own.
        """
        grains = counted_at or {}
        known: dict[Sample | None, tuple[_Side, _Side]] = {None: (self.base, self.head)}
        for (until, sample), group in self._together(pairs).items():
            if sample is not None and sample not in known:
                known[sample] = self.base.sampled(sample), self.head.sampled(sample)
            sides = known[sample]
            before = sides[0].outcomes(dict.fromkeys(pair.base for pair in group if pair.base), until)
            after = sides[1].outcomes(dict.fromkeys(pair.head for pair in group if pair.head), until)
            for pair in group:
                found = self._impact(pair, before, after, until)
                if found.before is not None and found.after is not None:
                    found = replace(found, turnover=_turnover(sides, pair, until, grains.get(pair.name)))
                yield found

    def _together(self, pairs: Iterable[Pair]) -> dict[tuple[datetime | None, Sample | None], list[Pair]]:
        """Return the pairs by the lesser of both watermarks, and by their sample: what has the same shares scans."""
        found: dict[tuple[datetime | None, Sample | None], list[Pair]] = {}
        for pair in pairs:
            marks = (self.base.watermark(pair.base), self.head.watermark(pair.head))
            until = min((mark for mark in marks if mark is not None), default=None)
            found.setdefault((until, self._sample(pair)), []).append(pair)
        return found

    def _sample(self, pair: Pair) -> Sample | None:
        """Return the sample of a metric; what stands against one is kept as its error."""
        if self.share is None:
            return None
        try:
            sides = (self.base.catalog, pair.base), (self.head.catalog, pair.head)
            return sample_of(pair.name, self.share, sides)
        except ScorecardError as error:
            for side, name in ((self.base, pair.base), (self.head, pair.head)):
                if name is not None:
                    side.errors.setdefault(name, error)
            return None

    def _impact(self, pair: Pair, before: Mapping[str, Outcome], after: Mapping[str, Outcome],
                until: datetime | None) -> Impact:  # fmt: skip
        for side, name, found in ((self.base, pair.base, before), (self.head, pair.head, after)):
            if name is not None:
                error = side.errors.get(name) or found[name].error
                if error is not None:
                    return Impact(pair, error=error, failed=side.name, watermark=until)
        one = before[pair.base] if pair.base else None
        other = after[pair.head] if pair.head else None
        return Impact(pair, _lines(one, other), until, one, other)

    def unchanged(self, metrics: Sequence[str], grain: Grain) -> dict[str, Outcome]:
        """Return the totals of metrics that mean the same on both sides, at one grain; an error is in its outcome."""
        catalog = self.base.catalog
        asked = [MetricRequest(name, (grain,), ((),)) for name in metrics]
        for name in metrics:
            catalog.metric(name)
        found = {outcome.metric: outcome for outcome in self.base.planner.compute(asked)}
        return {name: found[name] for name in metrics}


_LENGTHS = (
    Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.FISCAL_QUARTER, Grain.QUARTER, Grain.FISCAL_YEAR, Grain.YEAR,
)  # fmt: skip


def _turnover(
    sides: tuple[_Side, _Side], pair: Pair, until: datetime | None, grain: Grain | None
) -> Turnover | None:
    assert pair.base is not None
    assert pair.head is not None
    metrics = sides[0].catalog.metrics[pair.base], sides[1].catalog.metrics[pair.head]
    shared = [each for each in metrics[0].grains if each in metrics[1].grains and each is not Grain.ALL]
    if grain not in shared:
        grain = max(shared, key=_LENGTHS.index, default=None)
    if grain is None or any(metric.private for metric in metrics):
        return None
    return turnover(sides[0].planner, sides[1].planner, metrics, grain, until)


def _lines(before: Outcome | None, after: Outcome | None) -> tuple[Line, ...]:
    """Return the lines of two outcomes in order of grain, period and segment."""
    one: dict[Key, Estimate] = {each.key: each for each in before.estimates} if before else {}
    other: dict[Key, Estimate] = {each.key: each for each in after.estimates} if after else {}
    keys = sorted({*one, *other}, key=lambda key: (str(key[0].grain), key[0].start or date.min, key[1]))
    return tuple(Line(*key, one.get(key), other.get(key)) for key in keys)
