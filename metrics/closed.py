"""Read the final values of a metric's whole past as plain columns: it has hundreds of thousands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select

from metrics.grain import Grain, Period
from metrics.observation import Dimensions, State
from metrics.store_tables import observations
from metrics.store_versions import first, newest

FIGURES = ("value", "lower", "upper", "numerator", "denominator", "sample_size")
_KEYS = ("grain", "period_start", "period_end", "dimensions", "watermark")
_COLUMNS = tuple(observations.c[name] for name in (*_KEYS, *FIGURES))
_CLOSED = observations.c.state.in_([State.FINAL.value, State.SMALL_SAMPLE.value])


class Closed(NamedTuple):
    """One final value; `figures` are those of FIGURES in their order, None where there is none."""

    grain: Grain
    period: Period
    dimensions: Dimensions
    watermark: datetime | None
    figures: tuple[float | None, ...]


def current_closed(engine: Engine, metric: str, definition_hash: str) -> list[Closed]:
    """Return what is final of what is known now; a small sample is final too."""
    of = observations.c.metric == metric, observations.c.definition_hash == definition_hash
    return _read(engine, newest(*of).where(_CLOSED))


def first_closed(engine: Engine, metric: str) -> list[Closed]:
    """Return what was first written as final, whatever its definition."""
    return _read(engine, first(observations.c.metric == metric, _CLOSED))


def _read(engine: Engine, wanted: Select[Any]) -> list[Closed]:
    periods = _Periods()
    with engine.connect() as connection:
        rows = connection.execute(wanted.with_only_columns(*_COLUMNS))
        return [
            Closed(*periods[grain, start, end], dimensions, watermark, tuple(figures))
            for grain, start, end, dimensions, watermark, *figures in rows
        ]


class _Periods(dict[tuple[str, date | None, date | None], tuple[Grain, Period]]):
    """The grain and period of columns, each made once."""

    def __missing__(self, key: tuple[str, date | None, date | None]) -> tuple[Grain, Period]:
        grain = Grain(key[0])
        self[key] = grain, Period(grain, key[1], key[2])
        return self[key]
