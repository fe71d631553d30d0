"""What a metric kind is: it asks for scans or selects of its own, and finishes what comes back.

A kind is one folder (or file) of `metrics.kinds` whose module `kind` holds it as `KIND`. What every kind must
say is abstract here; everything else has a default that is right for a kind that has nothing to say about it.
Nothing outside `metrics.kinds` looks into a kind's options: it asks the kind.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum, auto
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from metrics.catalog import walk
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import KindOptions, Over, Reference
from metrics.catalog.walk import DatasetUse, inputs
from metrics.errors import Finding
from metrics.expressions.nodes import Expression, Measure, Node
from metrics.frame import Frame
from metrics.grain import Calendar, Period, Span
from metrics.loading.loader import Places
from metrics.observation import Dimensions, Estimate, State
from metrics.registry import discover
from metrics.request import ComponentsQuery, Members, Request
from metrics.sql.periods import covered

RATIO = "ratio"
RATIO_DIFFERENCE = "ratio difference"
MONTHS = "months"
SCORE = "score"
TIMES = "times"
"""Units that kinds give their values. A currency is written as its lower-case code; a count has none."""


class Uncertainty(StrEnum):
    """What is known of the chance in a metric's values: nothing, limits, or draws, which a formula takes over."""

    NONE = "none"
    LIMITS = "limits"
    DRAWS = "draws"


class Additivity(Enum):
    """What a target of one grain says about another grain."""

    SUMS = auto()
    """A flow: the quarters' targets add up to the year's."""
    HOLDS = auto()
    """A ratio, an average or a stock: the same number for every grain."""
    EXACT = auto()
    """Neither: the target says nothing about other grains."""


@dataclass(frozen=True)
class Compared:
    """What a value is a difference of: a metric less another, or less itself some time ago."""

    of: str
    minus: str | None = None
    shift: Span | None = None


class Rule(Protocol):
    """A module that checks definitions."""

    __name__: str
    CODE: str

    def check(self, catalog: Catalog, at: Places) -> Iterator[Finding]:
        """Yield what is wrong, at its place."""


Options = TypeVar("Options", bound=KindOptions)


class Kind(ABC, Generic[Options]):
    """One kind of metric; its public methods are the whole of what others may ask of it.

    `code_version` rises when the kind's results change, and only then. `says` is what the words of its keys mean,
    by key and word. `rules` check its definitions.
    """

    options: type[Options]
    code_version: ClassVar[int]
    says: ClassVar[Mapping[tuple[str, str], str]] = {}
    rules: ClassVar[tuple[Rule, ...]] = ()

    follows: ClassVar[bool] = False
    """It follows entities through time, so that its rows need a time even at grain `all`."""
    crosses_sources: ClassVar[bool] = False
    """Its datasets may lie in different sources, but for those that know an entity it follows."""
    one_side: ClassVar[bool] = False
    """An entity need be known to one of its datasets only."""
    names_people: ClassVar[bool] = False
    """It counts rows, so that `private` may name the entity whose rows they are."""
    numerator_in_unit: ClassVar[bool] = True
    """Its numerator is in the unit of its values; else it counts."""
    closes_by_value: ClassVar[bool] = False
    """A value may say by itself that it is final before the kind's time is over."""
    same_days: ClassVar[bool] = False
    """An open period can be set against as many days of another, as they were known at the same age."""
    rests_on_money: ClassVar[bool] = False
    """Its values come from money, whatever their unit."""
    component_names: ClassVar[tuple[str, ...]] = ()
    """The components of its values, in order; empty where it has none."""

    def __init_subclass__(cls) -> None:
        """Refuse a public name that a kind does not have: nobody would ever ask for it."""
        super().__init_subclass__()
        unknown = [name for name in vars(cls) if not name.startswith("_") and not hasattr(Kind, name)]
        if unknown := [name for name in unknown if name not in Kind.__annotations__]:
            raise TypeError(f"a kind has no {', '.join(unknown)}: {cls.__module__}")

    @property
    def summary(self) -> str:
        """Return what the kind computes, in a sentence: the first line of its module."""
        text = sys.modules[type(self).__module__].__doc__ or type(self).__name__
        return text.strip().split("\n")[0].strip()

    def of(self, metric: Metric) -> Options:
        """Return a metric's own keys."""
        options: Options = metric.options
        return options

    # -- what every kind must say --------------------------------------------------------------------

    @abstractmethod
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric; none for one that reads metrics."""

    @abstractmethod
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return the unit of values whose definition declares none: `ratio`, a currency, a name, or nothing."""

    @abstractmethod
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Return what the kind asks of sources, by name."""

    @abstractmethod
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per period and segment from the results, by the names of the requests."""

    # -- time ------------------------------------------------------------------------------------------

    def covering(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose first rows say from when a metric is covered."""
        return self.bases(metric)

    def closing(
        self, metric: Metric, period: Period, segment: Dimensions, value: float | None = None
    ) -> Span | None:
        """Return what must pass after a period until it is final; with its value, what that value takes."""
        return None

    def closes(self, metric: Metric) -> bool:
        """Tell whether a period becomes final in time; one whose window never ends does not."""
        return True

    def input_periods(self, metric: Metric, period: Period, calendar: Calendar) -> list[tuple[str, Period]]:
        """Return the metrics that a period's value is made of, each with the period that it is read at."""
        return [(name, period) for name in inputs(metric)]

    def covered_days(self, metric: Metric, period: Period, calendar: Calendar) -> tuple[date, date]:
        """Return the local days [from, to) whose rows stand behind the value of a period with an end."""
        over = getattr(metric.options, "over", None)
        return covered(period, over if isinstance(over, Over) else Over(), calendar)

    def cohort_window(self, metric: Metric) -> Span | None:
        """Return the window through which those who enter in a period are followed, None where none are."""
        return None

    def ages(self, metric: Metric) -> range:
        """Return the ages at which a curve has values, empty where a metric is none."""
        return range(0)

    # -- what is behind a value ---------------------------------------------------------------------------

    def measured(self, metric: Metric) -> Measure | None:
        """Return the one measure that a value is, None where it is made of more."""
        return None

    def sides(self, metric: Metric) -> tuple[Reference, Reference] | None:
        """Return what is divided by what, None where nothing is."""
        return None

    def compared(self, metric: Metric) -> Compared | None:
        """Return what a value is a difference of, None where it is none."""
        return None

    def stages(self, metric: Metric) -> tuple[Reference, Reference] | None:
        """Return the rows from which and to which entities go, None where they do not."""
        return None

    def clock_times(self, metric: Metric) -> Iterator[tuple[tuple[str, ...], str, Expression | None]]:
        """Yield each time that must have a time of day: its path in the definition, its dataset, and itself."""
        return iter(())

    def intervals(
        self, metric: Metric, catalog: Catalog
    ) -> Iterator[tuple[tuple[str, ...], str, Node, Node]]:
        """Yield what starts and ends in one row: the place of its end, the dataset, its start and end."""
        return iter(())

    def elapsed_times(
        self, metric: Metric, catalog: Catalog
    ) -> Iterator[tuple[tuple[str, ...], str, Expression | None]]:
        """Yield the times, each with its place and dataset, between which less than days are asked for."""
        return iter(())

    def is_share(self, metric: Metric) -> bool:
        """Tell whether no value can be above 1."""
        return False

    def dimension_uses(self, metric: Metric) -> tuple[DatasetUse, ...]:
        """Return the uses of datasets that must have each of a metric's dimensions."""
        return tuple(use for use in walk.dimension_uses(metric) if use.path != ("allocate",))

    def is_whole(self, metric: Metric, catalog: Catalog) -> bool:
        """Tell whether a value is a whole count or sum, or adds such up: nothing of it was sampled."""
        return False

    def counts_rows(self, metric: Metric) -> bool:
        """Tell whether what is held against privacy.k is a number of rows, or of nothing that is counted."""
        return False

    def counted_entity(self, metric: Metric) -> str | None:
        """Return the entity of which each counts once instead of its rows."""
        return None

    def people_behind(self, metric: Metric, estimate: Estimate) -> int | None:
        """Return how many people stand behind an estimate without a sample size, None where that is unknown."""
        return None

    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Return whether values may have an interval; `below` says so of the metric's inputs."""
        return Uncertainty.LIMITS

    def additivity(self, metric: Metric, catalog: Catalog, seen: frozenset[str] = frozenset()) -> Additivity:
        """Return what a target of one grain says about another; `seen` are the metrics on the way to this one."""
        return Additivity.HOLDS

    # -- what is said --------------------------------------------------------------------------------------

    def unit_of(self, metric: Metric, catalog: Catalog) -> str:
        """Return the declared unit of a metric, else its kind's."""
        return metric.unit if metric.unit is not None else self.unit(metric, catalog)

    def shown_unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return the unit that people read values in."""
        return self.unit_of(metric, catalog)

    def assumes(self, metric: Metric, catalog: Catalog) -> str | None:
        """Return what every value rests on, for its label: `12 months, 10% a year, GBP`; None for nothing."""
        below = [catalog.metrics[name] for name in inputs(metric) if name in catalog.metrics]
        found = {each.metric: kind_of(each).assumes(each, catalog) for each in below}
        return "; ".join(f"{name}: {text}" for name, text in found.items() if text) or None

    def absent(self, metric: Metric, state: State) -> str | None:
        """Return what no value in a state means in words, None where there is nothing to add."""
        return None

    def at_least(self, metric: Metric, state: State) -> float | None:
        """Return what no value in a state certainly reaches, None where that says nothing of how much it is."""
        return None

    # -- what is published beside values -------------------------------------------------------------------

    def fits(self, metric: Metric) -> bool:
        """Tell whether a model is fitted, which may be refused."""
        return False

    def diagnostics(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return plain JSON values by name, stored with the run: a fit, unmatched ids, who was left out."""
        return {}

    def members(self, metric: Metric, frame: Frame) -> Members | None:
        """Ask who or what is counted in each period; None where no rows say that one by one."""
        return None

    def components(self, metric: Metric, frame: Frame) -> ComponentsQuery:
        """Ask for the components of values; raise NotImplementedError where there are none."""
        raise NotImplementedError(f"{type(self).__name__} has no components")


def kinds() -> dict[str, Kind[Any]]:
    """Return every kind by name."""
    return {name: module.KIND for name, module in discover("metrics.kinds", "kind").items()}


def kind_of(metric: Metric) -> Kind[Any]:
    """Return a metric's kind."""
    return kinds()[metric.kind]


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
    below = kind.input_periods(metric, period, calendar)
    for name, at in below:
        yield from _stretches(catalog, catalog.metric(name), at)
    if not below:
        yield metric.metric, *kind.covered_days(metric, period, calendar)
