"""CDNOW's customers of 1997, from the log that is beside this checkout or ships with lifetimes."""

from __future__ import annotations

import gzip
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from metrics.statistics.histories import Histories, Spends

# The last day of calibration, and the first weeks that it leaves for a look at what came after.
CALIBRATED = date(1997, 9, 30)
HOLDOUT_WEEKS = 39

_LOG = Path(__file__).parents[4] / "shared" / "data" / "cdnow" / "cdnow_sample_elog.csv.gz"


@dataclass(frozen=True, eq=False)
class Cdnow:
    """One element for each customer: x, t_x and T in weeks, the mean repeat value, holdout purchases."""

    rows: int
    customer_days: int
    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    mean: np.ndarray
    later: np.ndarray

    def histories(self) -> Histories:
        return Histories.of(self.frequency, self.recency, self.age)

    def spends(self) -> Spends:
        again = self.frequency > 0
        return Spends.of(self.frequency[again], self.mean[again])


def load() -> Cdnow:
    """Return the customers, or skip the test where the log is not to be had."""
    rows = _rows()
    if rows is None:
        pytest.skip("CDNOW's log is neither in ../shared/data nor, as lifetimes is not installed, there")
    return _customers(rows)


@cache
def _rows() -> tuple[tuple[str, date, Decimal], ...] | None:
    """Return customer, day and value of each purchase."""
    if _LOG.is_file():
        with gzip.open(_LOG, "rt") as lines:
            split = [line.strip().split(",") for line in lines][1:]
    else:
        found = find_spec("lifetimes")
        if found is None or found.origin is None:
            return None
        log = Path(found.origin).parent / "datasets" / "CDNOW_sample.txt"
        split = [line.split() for line in log.read_text().splitlines() if line.strip()]
    return tuple((row[1], datetime.strptime(row[2], "%Y%m%d").date(), Decimal(row[4])) for row in split)  # noqa: DTZ007


@cache
def _customers(rows: tuple[tuple[str, date, Decimal], ...]) -> Cdnow:
    spent: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for customer, day, value in rows:
        spent[customer][day] += value
    columns: list[tuple[float, ...]] = []
    for days in spent.values():
        first, *repeats = sorted(day for day in days if day <= CALIBRATED)
        last = repeats[-1] if repeats else first
        mean = float(sum(days[day] for day in repeats)) / len(repeats) if repeats else 0.0
        later = sum(day > CALIBRATED for day in days)
        columns.append((len(repeats), (last - first).days / 7, (CALIBRATED - first).days / 7, mean, later))
    return Cdnow(len(rows), sum(map(len, spent.values())), *np.array(columns).T)
