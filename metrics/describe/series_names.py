"""How values are named as Prometheus series: families, labels and base units. Pure naming.

One family a metric, base unit and part: `kpi_<metric>_<unit>[_provisional][_lower|_upper|_numerator|
_denominator|_sample_size]`. Labels are the grain, `by` (the names of the cut, empty for the total) and every
dimension of the metric, empty where the value is not cut by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.describe.units import unit_of
from metrics.grain import Grain
from metrics.kind import RATIO, kind_of
from metrics.observation import Dimensions, Observation

PREFIX = "kpi_"
VINTAGE = "vintage"
"""The label that series of the history bear, and live ones do not."""

_SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0, "weeks": 604800.0}


@dataclass(frozen=True)
class Base:
    """How a metric's unit is written in a series name, and what its values are multiplied by."""

    suffix: str
    factor: float


def base_unit(unit: str, currency: str) -> Base:
    """Return the base unit of a declared unit: seconds for times, the ratio, the currency, else none."""
    if unit in _SECONDS:
        return Base("_seconds", _SECONDS[unit])
    if unit == RATIO:
        return Base("_ratio", 1.0)
    return Base(f"_{unit}" if unit == currency.lower() else "", 1.0)


def base_of(metric: Metric, catalog: Catalog) -> Base:
    """Return the base unit of a metric."""
    return base_unit(unit_of(metric, catalog), catalog.company.currency.report)


@dataclass(frozen=True)
class SeriesPart:
    """One figure of an observation: its attribute, its ending, and what it is in words.

    `in_unit` says that it is in the metric's unit; of a duration the numerator counts cases.
    """

    name: str
    suffix: str
    in_unit: bool
    words: str

    def factor(self, metric: Metric, base: Base) -> float:
        """Return what a stored figure is multiplied by."""
        counted = self.name == "numerator" and not kind_of(metric).numerator_in_unit
        return base.factor if self.in_unit and not counted else 1.0


PARTS = (
    SeriesPart("value", "", True, "{label}"),
    SeriesPart("lower", "_lower", True, "Lower bound of the 95% interval of: {label}"),
    SeriesPart("upper", "_upper", True, "Upper bound of the 95% interval of: {label}"),
    SeriesPart("numerator", "_numerator", True, "Numerator of: {label}"),
    SeriesPart("denominator", "_denominator", False, "Denominator of: {label}"),
    SeriesPart("sample_size", "_sample_size", False, "Rows or entities behind: {label}"),
)


def family_name(metric: Metric, base: Base, part: SeriesPart = PARTS[0], *, provisional: bool = False) -> str:
    """Return the name of a family."""
    return f"{PREFIX}{metric.metric}{base.suffix}{'_provisional' if provisional else ''}{part.suffix}"


def families(metric: Metric, base: Base) -> Iterator[tuple[str, SeriesPart, bool]]:
    """Yield every family that a metric may have, with its part and whether it is the provisional one."""
    for provisional in (False, True):
        for part in PARTS:
            yield family_name(metric, base, part, provisional=provisional), part, provisional


def describe(metric: Metric, part: SeriesPart, *, provisional: bool, assumes: str | None = None) -> str:
    """Return what HELP says of a family: the metric's label and question, and which part it is.

    `assumes` is what its values rest on, which stands behind the label.
    """
    label = f"{metric.label} ({assumes})" if assumes else metric.label
    words = f"{label}: {metric.question}" if metric.question else label
    return part.words.format(label=words) + (" (period still open)" if provisional else "")


def dimension_labels(metric: Metric) -> tuple[str, ...]:
    """Return the labels that a metric's series have beside `grain` and `by`."""
    return tuple(sorted({name for cut in metric.cut_sets for name in cut}))


def has_series(metric: Metric) -> Callable[[Grain, Dimensions], bool]:
    """Return what tells whether a metric, as it is defined now, has series of a grain and segment.

    The store keeps values of grains and cuts that were taken out of a definition; nobody computes them anew,
    and their labels may be those of other series.
    """
    cuts, grains = {tuple(sorted(cut)) for cut in metric.cut_sets}, frozenset(metric.grains)
    return lambda grain, segment: grain in grains and tuple(name for name, _ in segment) in cuts


def labels(observation: Observation, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of `grain`, `by` and the named dimensions."""
    segment = dict(observation.dimensions)
    return (
        observation.grain.value,
        ",".join(observation.by),
        *(segment.get(name, "") for name in names),
    )
