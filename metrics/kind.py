"""What a metric kind is: it asks for scans or selects of its own, and finishes what comes back.

Every module of `metrics.kinds` offers

- `Options`: the kind's own keys, a frozen dataclass
- `CODE_VERSION`: raised whenever its SQL or results change
- `bases(metric)`: the references whose rows and times bound the metric
- `requests(metric, frame)`: what it asks of sources, by name
- `finish(metric, frame, results)`: estimates from the aggregates that came back

and may offer `covering(metric)`, the references whose first rows say from when it is covered, `SAYS`, what
its words mean, `closing(metric, segment, period)`, the span that must pass after a period until it is final,
`decided(metric, value)`, that span where a value is known that may end it sooner, and `beside(metric, frame,
results)`, plain JSON values by name that are published beside the estimates and stored with the run: a
model's fit, ids that were not matched, customers that were left out; `fits(metric)`, whether a model is
fitted; `stretch(metric, period, calendar)`, the days behind a value where they are more than `over` says;
`input_periods(metric, period, calendar)`, at which periods it reads its inputs where these are others;
`absent(metric, state)`, what no value in a state means, in words; `at_least(metric, state)`, what a value that
is none in a state certainly reaches, all the same; and `uncertainty(metric, catalog, below)`, whether its values
may have an interval, where `below` says so of its inputs (a kind without it has one).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.catalog.walk import inputs
from metrics.frame import Frame
from metrics.grain import Grain, Period
from metrics.observation import Estimate, State
from metrics.registry import discover
from metrics.sql.cells import Answers
from metrics.sql.periods import TimeFrame, covered
from metrics.sql.scan import Scan
from metrics.sql.scope import Scope, Selectable


class Uncertainty(StrEnum):
    """What is known of the chance in a metric's values: nothing, limits, or draws, which a formula takes over."""

    NONE = "none"
    LIMITS = "limits"
    DRAWS = "draws"


class KindQuery(Protocol):
    """A select of a kind's own, which no other metric shares."""

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the selects, each with the grains that it answers."""

    def read(self, answers: Answers) -> Any:
        """Turn the columns that came back into what `finish` wants."""


Request = Scan | KindQuery


class Kind(Protocol):
    """The functions of one module of `metrics.kinds`."""

    CODE_VERSION: int
    Options: type

    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""

    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Return what the kind asks of sources, by name."""

    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return the estimates."""


def kinds() -> dict[str, Any]:
    """Return every kind by name."""
    return discover("metrics.kinds", "kind")


def kind_of(metric: Metric) -> Any:
    """Return the module of a metric's kind."""
    return kinds()[metric.kind]


def absent(metric: Metric, state: State) -> str | None:
    """Return what no value in a state means in words, None where the kind has none for it."""
    kind = kind_of(metric)
    said: str | None = kind.absent(metric, state) if hasattr(kind, "absent") else None
    return said


def at_least(metric: Metric, state: State) -> float | None:
    """Return what no value in a state certainly reaches, None where that says nothing of how much it is."""
    kind = kind_of(metric)
    bound: float | None = kind.at_least(metric, state) if hasattr(kind, "at_least") else None
    return bound


def share_rows(catalog: Catalog, one: tuple[Metric, Period], other: tuple[Metric, Period]) -> bool:
    """Tell whether two values, each a metric's at a period, come in part from the same rows.

    Rows are told apart by the metric at the bottom that reads them and by its days: of two metrics over the
    same dataset nothing is known here. A period without an end shares nothing that it could be compared with.
    """
    behind = list(_stretches(catalog, *other))
    return any(
        name == known and begin < until and since < end
        for name, begin, end in _stretches(catalog, *one)
        for known, since, until in behind
    )


def _stretches(catalog: Catalog, metric: Metric, period: Period) -> Iterator[tuple[str, date, date]]:
    """Yield each metric at the bottom of one with the local days [from, to) that it reads for a period."""
    kind, calendar = kind_of(metric), catalog.company.calendar
    if period.start is None or period.end is None:
        return
    if hasattr(kind, "input_periods"):
        below = kind.input_periods(metric, period, calendar)
    else:
        below = [(name, period) for name in inputs(metric)]
    for name, at in below:
        yield from _stretches(catalog, catalog.metric(name), at)
    if below:
        return
    if hasattr(kind, "stretch"):
        yield metric.metric, *kind.stretch(metric, period, calendar)
        return
    over = getattr(metric.options, "over", None)
    yield metric.metric, *covered(period, over if isinstance(over, Over) else Over(), calendar)
