"""Set a period that is not over against as many days of the period before, and of a year before.

A figure is what its kind says where the watermark stands at the end of a whole local day: of the period itself
the last one that is complete, of another the one that is as old. So the events of a cohort that is followed count
as far as they were known at the same age. What is made of other metrics is made of theirs, at the same days.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.engine.outcome import Outcome
from metrics.engine.partly_covered import beginning_of
from metrics.engine.plan import Plan, share_scans
from metrics.engine.planner import Planner
from metrics.engine.suppression import suppress
from metrics.grain import Calendar, Grain, Period, Span, Unit
from metrics.kind import kind_of
from metrics.observation import Dimensions, Estimate, Offset, State, ToDate
from metrics.request import in_one_pass
from metrics.sql.periods import TICK

log = logging.getLogger(__name__)

_YEAR = Span(1, Unit.YEAR)
_TOTAL = ((),)
_SHOWN = 2
"""One that has only begun stands beside one that is over, but not final."""


@dataclass(frozen=True, order=True)
class Stretch:
    """The first `days` of a period, as they were known when the local day `until` began."""

    period: Period
    days: int
    until: date

    def of(self, period: Period) -> Stretch:
        """Return as many days of another period, or all of a shorter one, known at the same age."""
        assert period.start is not None
        assert period.end is not None
        assert self.period.end is not None
        whole = (period.end - period.start).days
        if self.until >= self.period.end:
            return Stretch(period, whole, period.end + (self.until - self.period.end))
        days = min(self.days, whole)
        return Stretch(period, days, period.start + timedelta(days=days))


def stretches(base: Period, today: date, calendar: Calendar) -> dict[Offset, Stretch]:
    """Return the days of a period before `today`, and as many of the two that it is set against."""
    if base.start is None or base.end is None or today <= base.start:
        return {}
    own = Stretch(base, (min(today, base.end) - base.start).days, today)
    return {
        Offset.NONE: own,
        Offset.PERIOD: own.of(calendar.previous(base)),
        Offset.YEAR: own.of(calendar.shift(base, _YEAR)),
    }


class ToDates:
    """Computes what is to date by the plans that a planner has computed by; every stretch of a metric once."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._catalog = planner.catalog
        self._calendar = planner.catalog.company.calendar
        self._known: dict[tuple[str, Stretch], Estimate | None] = {}

    def beside(self, outcome: Outcome) -> Outcome:
        """Return an outcome with what is to date, and the time that it took."""
        started = time.perf_counter()
        found = self.of(outcome)
        return replace(outcome, to_date=found, seconds=outcome.seconds + time.perf_counter() - started)

    def of(self, outcome: Outcome) -> tuple[ToDate, ...]:
        """Return what a metric's provisional totals are set against; nothing where that fails."""
        metric, mark = self._catalog.metric(outcome.metric), outcome.watermark
        if mark is None or not self._comparable(metric):
            return ()
        today = self._calendar.local_day(mark)
        bases = (
            base
            for base in _provisional(outcome.estimates, bool(inputs(metric)))
            # Before the rows of one that is covered in part there is nothing to set it against.
            if base.grain in metric.grains and beginning_of(outcome.partly_covered, base) is None
        )
        wanted = {base: stretches(base, today, self._calendar) for base in bases}
        try:
            self._read(metric, {each for found in wanted.values() for each in found.values()})
        except Exception as error:  # the values themselves are there
            log.warning("metric %s: nothing is compared to date: %s", metric.metric, error)
            return ()
        return tuple(
            self._figures(metric, base, offset, stretch)
            for base, found in wanted.items()
            for offset, stretch in found.items()
        )

    def _comparable(self, metric: Metric) -> bool:
        below = (self._catalog.metric(name) for name in inputs(metric))
        # A curve has no total to compare.
        own = kind_of(metric).same_days and not metric.own_dimensions
        return own and all(map(self._comparable, below))

    def _figures(self, metric: Metric, base: Period, offset: Offset, stretch: Stretch) -> ToDate:
        found = self._known[metric.metric, stretch]
        figures = found.figures() if found else {}
        state = found.state if found else State.NO_DATA
        return ToDate(
            base=base, offset=offset, period=stretch.period, days=stretch.days, state=state, **figures
        )

    # -- computing --------------------------------------------------------------------------------

    def _read(self, metric: Metric, wanted: set[Stretch]) -> None:
        """Compute the stretches of a metric that are not known yet."""
        new = {stretch for stretch in wanted if (metric.metric, stretch) not in self._known}
        if not new:
            return
        self._known |= {(metric.metric, stretch): None for stretch in new}
        found = self._made_of(metric, new) if inputs(metric) else self._from_rows(metric, new)
        self._known |= {(metric.metric, stretch): estimate for stretch, estimate in found}

    def _from_rows(self, metric: Metric, wanted: set[Stretch]) -> Iterator[tuple[Stretch, Estimate]]:
        plan = self._planner.planned[metric.metric]
        first = plan.frame.first
        # What came before the first row is not known to be nothing.
        known = [stretch for stretch in wanted if first is not None and first <= _start(stretch)]
        for together in _rounds(known):
            yield from self._read_together(plan, together)

    def _read_together(self, plan: Plan, wanted: tuple[Stretch, ...]) -> Iterator[tuple[Stretch, Estimate]]:
        """Compute a metric's stretches, in one pass where its requests allow, else with each one's watermark."""
        shared = self._answers(_at(plan, wanted, self._calendar), once=True)
        for until in sorted({stretch.until for stretch in wanted}):
            then = {stretch.period: stretch for stretch in wanted if stretch.until == until}
            known = _at(plan, then.values(), self._calendar)
            results = shared | self._answers(known, once=False)
            for estimate in self._finished(known, results):
                yield then[estimate.period], estimate

    def _made_of(self, metric: Metric, wanted: set[Stretch]) -> Iterator[tuple[Stretch, Estimate]]:
        kind, calendar = kind_of(metric), self._calendar
        parts = {
            stretch: [
                (name, stretch.of(at)) for name, at in kind.input_periods(metric, stretch.period, calendar)
            ]
            for stretch in wanted
        }
        for name in inputs(metric):
            asked = {part for each in parts.values() for read, part in each if read == name}
            self._read(self._catalog.metric(name), asked)
        for stretch, below in parts.items():
            read: dict[str, dict[tuple[Period, Dimensions], Estimate]] = {}
            for name, part in below:
                estimate = self._known[name, part]
                if estimate is not None:
                    read.setdefault(name, {})[estimate.key] = estimate
            plan = self._planner.planned[metric.metric]
            frame = replace(plan.frame, grains=(stretch.period.grain,), cuts=_TOTAL, inputs=read)
            for estimate in self._finished(replace(plan, frame=frame), {}):
                if estimate.period == stretch.period:
                    yield stretch, estimate

    def _answers(self, plan: Plan, *, once: bool) -> dict[str, Any]:
        """Return what comes back for a plan's requests that are read in one pass, or for all others."""
        asked = {name: each for name, each in plan.requests.items() if in_one_pass(each) is once}
        [shared] = share_scans([replace(plan, requests=asked)], self._planner.session.source_of)
        return self._planner.answer(shared)

    def _finished(self, plan: Plan, results: Mapping[str, Any]) -> Iterator[Estimate]:
        found = kind_of(plan.metric).finish(plan.metric, plan.frame, results)
        return (each for each in suppress(plan.metric, self._catalog.company, found) if not each.dimensions)


def _rounds(known: Iterable[Stretch]) -> list[tuple[Stretch, ...]]:
    """Return stretches that are read together: each period once, and all that were known on one day in one round.

    A period may be wanted twice, as it is and as another one's past.
    """
    rounds: list[dict[Period, Stretch]] = []
    for _, same in groupby(sorted(known, key=lambda one: one.until), key=lambda one: one.until):
        then = {stretch.period: stretch for stretch in same}
        free = next((each for each in rounds if each.keys().isdisjoint(then)), None)
        if free is None:
            rounds.append(then)
        else:
            free |= then
    return [tuple(each.values()) for each in rounds]


def _at(plan: Plan, wanted: Iterable[Stretch], calendar: Calendar) -> Plan:
    """Return a plan of the totals of some stretches alone, as they are known by the last of their days."""
    only = {stretch.period: stretch.until for stretch in wanted}
    grains = tuple(dict.fromkeys(period.grain for period in only))
    mark = calendar.instant(max(only.values())) - TICK
    frame = replace(plan.frame, grains=grains, cuts=_TOTAL, only=only, watermark=mark)
    return replace(plan, frame=frame, requests=kind_of(plan.metric).requests(plan.metric, frame))


def _start(stretch: Stretch) -> date:
    assert stretch.period.start is not None
    return stretch.period.start


def _provisional(estimates: Iterable[Estimate], made: bool) -> Iterator[Period]:
    """Yield, by grain, the last two provisional periods in which the total may have a value to date."""
    found: dict[Grain, list[Period]] = {}
    for each in estimates:
        shown = each.state is State.PROVISIONAL and not each.dimensions
        if shown and (each.value is not None or made) and each.period.start is not None:
            found.setdefault(each.period.grain, []).append(each.period)
    for periods in found.values():
        yield from sorted(periods)[-_SHOWN:]
