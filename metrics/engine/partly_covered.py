"""Periods that begin before the rows that they are made of do: provisional for as long as that is so.

A value covers a stretch, which mostly is its period. The stretch is partly covered where the rows of a dataset
that the metric reads begin later than on its first day, and later than rows usually follow each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from metrics.catalog.metric import Metric
from metrics.engine.watermarks import Start
from metrics.grain import Calendar, Grain, Period
from metrics.kind import kind_of
from metrics.observation import PUBLISHED, Estimate, State

KEY = "partly_covered"
"""Where a run's diagnostics hold what is said here."""


@dataclass(frozen=True)
class Beginning:
    """The day on which a dataset's rows begin, too late for periods of a grain up to that which starts on `through`."""

    dataset: str
    day: date
    through: date

    @property
    def words(self) -> str:
        """Say from when the rows go: `ad spend begins on 4 March 2024`."""
        return f"{self.dataset.replace('_', ' ')} begins on {self.day.day} {self.day:%B %Y}"


Beginnings = Mapping[Grain, Beginning]


def partly_covered(
    metric: Metric,
    calendar: Calendar,
    starts: Sequence[Start],
    periods: Iterable[Period],
    inputs: Mapping[str, Beginnings],
) -> dict[Grain, Beginning]:
    """Return, by grain, what makes the first of a metric's periods partly covered; nothing where none is.

    `starts` are those of what the metric reads itself, `inputs` hold what is true of the metrics it is made of.
    """
    late = max(starts, key=lambda start: start.covers, default=None)
    found: dict[Grain, Beginning] = {}
    for period in sorted(
        {each for each in periods if each.start is not None}, key=lambda each: str(each.start)
    ):
        assert period.start is not None
        known = [(each.day, each.dataset) for each in _below(metric, calendar, period, inputs)]
        if late is not None and kind_of(metric).covered_days(metric, period, calendar)[0] < late.covers:
            known.append((late.day, late.dataset))
        if known:
            day, dataset = max(known)
            found[period.grain] = Beginning(dataset, day, period.start)
    return found


def _below(
    metric: Metric, calendar: Calendar, period: Period, inputs: Mapping[str, Beginnings]
) -> Iterator[Beginning]:
    """Yield what makes the inputs of a period's value partly covered."""
    for name, at in kind_of(metric).input_periods(metric, period, calendar) if inputs else ():
        beginning = beginning_of(inputs[name], at)
        if beginning is not None:
            yield beginning


def beginning_of(beginnings: Beginnings, period: Period) -> Beginning | None:
    """Return what makes a period partly covered, None where it is covered."""
    found = beginnings.get(period.grain)
    late = found is not None and period.start is not None and period.start <= found.through
    return found if late else None


def kept_open(estimates: Iterable[Estimate], beginnings: Beginnings) -> list[Estimate]:
    """Return the estimates, those of partly covered periods provisional that were final."""
    return [
        replace(each, state=State.PROVISIONAL)
        if each.state in PUBLISHED and beginning_of(beginnings, each.period) is not None
        else each
        for each in estimates
    ]


def as_diagnostics(beginnings: Beginnings) -> dict[str, Any]:
    """Return the part of a run's diagnostics that says so, as plain JSON values."""
    told = {
        str(grain): {"dataset": each.dataset, "begins": str(each.day), "through": str(each.through)}
        for grain, each in beginnings.items()
    }
    return {KEY: told} if told else {}


def of_diagnostics(diagnostics: Mapping[str, Any]) -> Beginnings:
    """Read what a run's diagnostics say of partly covered periods."""
    return {
        Grain(grain): Beginning(
            each["dataset"], date.fromisoformat(each["begins"]), date.fromisoformat(each["through"])
        )
        for grain, each in diagnostics.get(KEY, {}).items()
    }
