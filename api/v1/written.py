"""Observations as the API writes them: plain values, in the order of `ObservationSchema`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from api.metric.outlook import Outlooks
from api.project.project import Project
from api.v1.to_date import to_date
from metrics.grain import Period
from metrics.observation import Observation, State
from scorecard.report import to_dict
from scorecard.to_date import NOTHING_TO_DATE, Known

_AS_THEY_ARE = attrgetter(
    "period", "dimensions", "value", "numerator", "denominator", "lower", "upper", "sample_size", "maturity",
    "state", "definition_hash", "code_version", "watermark", "computed_at", "run",
)  # fmt: skip


class _Once(dict[Any, Any]):
    """What is made of cells: the same few periods and segments come again and again."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __missing__(self, cell: Any) -> Any:
        self[cell] = self._make(cell)
        return self[cell]


def written(
    seen: Project, unit: str, metric: str, page: Sequence[Observation], beside: Known = NOTHING_TO_DATE
) -> list[dict[str, Any]]:
    """Return observations of a metric as values of JSON, provisional totals with what they are set against."""
    items = _settled(seen, unit, metric, page)
    outlooks = Outlooks(seen, metric)
    for one, item in zip(page, items, strict=True):
        if one.state is State.PROVISIONAL:
            outlook = outlooks.of(one)
            against = None if one.dimensions else to_date(seen, one.period, beside)
            item |= {"final_on": outlook.final_on, "awaits": outlook.words, "to_date": to_dict(against)}
    return items


def _settled(seen: Project, unit: str, metric: str, page: Iterable[Observation]) -> list[dict[str, Any]]:
    name = seen.catalog.company.calendar.name

    def spelt(period: Period) -> tuple[str, str, str | None, str | None]:
        start, end = (day.isoformat() if day else None for day in (period.start, period.end))
        return period.grain.value, name(period), start, end

    periods, segments = _Once(spelt), _Once(dict)
    instants = _Once(lambda instant: instant.isoformat() if instant else None)
    states = {state: state.value for state in State}
    return [
        {
            "metric": metric,
            "grain": grain,
            "period": named,
            "period_start": start,
            "period_end": end,
            "dimensions": segments[segment],
            "value": value,
            "unit": unit,
            "numerator": numerator,
            "denominator": denominator,
            "lower": lower,
            "upper": upper,
            "sample_size": size,
            "maturity": maturity,
            "state": states[state],
            "final_on": None,
            "awaits": None,
            "to_date": None,
            "definition_hash": hashed,
            "code_version": version,
            "watermark": instants[watermark],
            "computed_at": instants[computed],
            "run": run,
        }
        for period, segment, value, numerator, denominator, lower, upper, size, maturity, state,
            hashed, version, watermark, computed, run in map(_AS_THEY_ARE, page)
        for grain, named, start, end in (periods[period],)
    ]  # fmt: skip
