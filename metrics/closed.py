"""Read the final values of a metric's whole past, as columns: there may be hundreds of thousands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine, Select, null

from metrics.grain import Grain, Period
from metrics.observation import Dimensions, State
from metrics.store_tables import observations
from metrics.store_versions import first, newest

FIGURES = ("value", "lower", "upper", "numerator", "denominator", "sample_size")
_KEYS = ("grain", "period_start", "period_end", "dimensions")
_CLOSED = observations.c.state.in_([State.FINAL.value, State.SMALL_SAMPLE.value])


@dataclass(frozen=True)
class Closed:
    """Final values: row by row a period, a segment and, where it was asked for, a watermark.

    `figures` has one line for each of FIGURES, nan where there is none.
    """

    periods: tuple[Period, ...]
    segments: tuple[Dimensions, ...]
    watermarks: tuple[datetime | None, ...]
    figures: npt.NDArray[np.float64]


def current_closed(engine: Engine, metric: str, definition_hash: str, *, watermarks: bool = False) -> Closed:
    """Return what is final of what is known now; a small sample is final too."""
    of = observations.c.metric == metric, observations.c.definition_hash == definition_hash
    return _read(engine, newest(*of).where(_CLOSED), watermarks)


def first_closed(engine: Engine, metric: str, *, watermarks: bool = False) -> Closed:
    """Return what was first written as final, whatever its definition."""
    return _read(engine, first(observations.c.metric == metric, _CLOSED), watermarks)


def _read(engine: Engine, wanted: Select[Any], watermarks: bool) -> Closed:
    keys, figures = ([observations.c[name] for name in names] for names in (_KEYS, FIGURES))
    # To read an instant costs as much as all the rest of a row.
    watermark = observations.c.watermark if watermarks else null()
    with engine.connect() as connection:
        rows = connection.execute(wanted.with_only_columns(*keys, watermark, *figures)).all()
    columns = list(zip(*rows, strict=True)) or [()] * (len(_KEYS) + 1 + len(FIGURES))
    periods = _Periods()
    return Closed(
        tuple(periods[key] for key in zip(*columns[:3], strict=True)),
        columns[3],
        columns[4],
        # None becomes nan.
        np.array(columns[5:], dtype=np.float64),
    )


class _Periods(dict[tuple[str, date | None, date | None], Period]):
    """The periods of columns, each made once."""

    def __missing__(self, key: tuple[str, date | None, date | None]) -> Period:
        self[key] = Period(Grain(key[0]), key[1], key[2])
        return self[key]
