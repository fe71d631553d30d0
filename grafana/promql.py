"""The expressions of a metric: of now from the live series, of the past from the history.

The two never meet in one expression: live series bear no `vintage`, and every expression over the past names
it. Two servers that are scraped for one store are one answer, so that live series are always merged by `max`.
"""

from __future__ import annotations

from dataclasses import dataclass

from metrics.analysis.vintages import Vintage
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.describe.series_names import PARTS, VINTAGE, Base, SeriesPart, base_of, family_name

PART = {part.name: part for part in PARTS}
VALUE = PART["value"]
TARGET = "scorecard_target"
CURRENT = {VINTAGE: Vintage.CURRENT.value}


def quoted(text: str) -> str:
    """Return a PromQL string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def select(family: str, *matchers: str, **equal: str) -> str:
    """Return a selector: labels that are equal, and other matchers as they are written."""
    inside = [f"{name}={quoted(value)}" for name, value in equal.items()]
    return f"{family}{{{','.join([*inside, *matchers])}}}" if inside or matchers else family


def once(expression: str, *labels: str) -> str:
    """Return a live expression, once however many servers are scraped."""
    return f"max by ({', '.join(labels)}) ({expression})"


def shifted(selector: str, days: int) -> str:
    """Return a selector that is answered for so many days before."""
    return f"{selector} offset {days}d" if days else selector


def period_end(metric: str, grain: str, days: int = 0) -> str:
    """Return the instant at which the period ends that a metric's past shows, in seconds."""
    return shifted(select("kpi_period_end_timestamp_seconds", metric=metric, grain=grain, **CURRENT), days)


@dataclass(frozen=True)
class Figures:
    """The series of one metric at one grain, which may be a variable such as `$grain`."""

    metric: Metric
    base: Base
    grain: str

    @classmethod
    def of(cls, metric: Metric, catalog: Catalog, grain: str) -> Figures:
        """Return the series of a metric at a grain."""
        return cls(metric, base_of(metric, catalog), grain)

    @property
    def own(self) -> tuple[str, ...]:
        """Return the labels of the total: those that the kind adds, such as a curve's age."""
        return tuple(sorted(self.metric.own_dimensions))

    def live(self, part: SeriesPart = VALUE, *, provisional: bool = False) -> str:
        """Return the total of the latest final period, or of the latest open one."""
        return once(self.total(part, provisional=provisional), "grain", *self.own)

    def past_at(self, days: int, part: SeriesPart = VALUE) -> str:
        """Return the total so many days before, as it is known now; of days to come where they are negative."""
        return shifted(self.total(part, past=True), days)

    def past(self, part: SeriesPart = VALUE) -> str:
        """Return the total at any instant of the past, as it is known now."""
        return self.total(part, past=True)

    def total(self, part: SeriesPart = VALUE, *, provisional: bool = False, past: bool = False) -> str:
        """Return the selector of the total."""
        family = family_name(self.metric, self.base, part, provisional=provisional)
        return select(family, grain=self.grain, by=",".join(self.own), **(CURRENT if past else {}))

    def past_by(self, by: str, *matchers: str) -> str:
        """Return the segments of one cut in the past, as they are known now."""
        family = family_name(self.metric, self.base)
        return select(family, *matchers, grain=self.grain, by=by, **CURRENT)

    def target(self, kind: str, *, past: bool = False) -> str:
        """Return the target of the live period, or of the periods of the past."""
        more = CURRENT if past else {}
        chosen = select(TARGET, metric=self.metric.metric, grain=self.grain, kind=kind, **more)
        return chosen if past else once(chosen, "grain")
