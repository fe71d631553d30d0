"""Observations as the API writes them: what orjson takes, with the keys of `ObservationSchema`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from api.metric.outlook import Outlooks
from api.project.project import Project
from api.v1.to_date import to_date
from metrics.grain import Period
from metrics.observation import Observation, State
from scorecard.report import to_dict
from scorecard.to_date import NOTHING_TO_DATE, Known

_CHUNK = 200


class _Once(dict[Any, Any]):
    """What is made of cells: the same few periods and segments come again and again."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __missing__(self, cell: Any) -> Any:
        self[cell] = self._make(cell)
        return self[cell]


def written(
    seen: Project, unit: str, metric: str, page: Iterable[Observation], beside: Known = NOTHING_TO_DATE
) -> Iterator[dict[str, Any]]:
    """Yield observations of a metric as orjson writes them, provisional totals with what they are set against."""
    name, outlooks = seen.catalog.company.calendar.name, Outlooks(seen, metric)

    def spelt(period: Period) -> dict[str, str | None]:
        start, end = (day.isoformat() if day else None for day in (period.start, period.end))
        return {"grain": period.grain.value, "period": name(period), "period_start": start, "period_end": end}

    periods, segments = _Once(spelt), _Once(dict)
    more = {"unit": unit, "final_on": None, "awaits": None, "to_date": None}
    for one in page:
        # What a record holds is what is sent; to name each of its fields here would take longer than to send it.
        item = {**vars(one), **periods[one.period], "dimensions": segments[one.dimensions], **more}
        if one.state is State.PROVISIONAL:
            outlook = outlooks.of(one)
            against = None if one.dimensions else to_date(seen, one.period, beside)
            item |= {"final_on": outlook.final_on, "awaits": outlook.words, "to_date": to_dict(against)}
        yield item


def as_list(items: Iterable[Mapping[str, Any]]) -> orjson.Fragment:
    """Return records as a list of JSON; only a few of them are held as such at a time."""
    left, parts = iter(items), []
    while chunk := list(islice(left, _CHUNK)):
        parts.append(orjson.dumps(chunk)[1:-1])
    return orjson.Fragment(b"[" + b",".join(parts) + b"]")
