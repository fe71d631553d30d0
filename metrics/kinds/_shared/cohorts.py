"""Cohorts that are followed through a window: outcomes counted in SQL, finished with Kaplan-Meier.

A cohort is never deflated by windows that are still open: until the last has closed, the value is the
Kaplan-Meier estimate over right-censored entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from metrics.catalog.metric import Metric
from metrics.frame import Frame
from metrics.grain import Grain, Period, Span
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.cells import Answers, cells_in
from metrics.sql.scan import Cell
from metrics.sql.scope import Selectable
from metrics.statistics.intervals import wilson
from metrics.statistics.survival import conversion_by, kaplan_meier


@dataclass(frozen=True)
class Outcomes:
    """Counted outcomes of a cohort: (converted, window over, elapsed, entries)."""

    lines: tuple[tuple[bool, bool, int | None, int], ...]

    @property
    def entries(self) -> int:
        """Return how many entries the cohort has."""
        return sum(count for *_, count in self.lines)

    @property
    def converted(self) -> int:
        """Return how many converted so far."""
        return sum(count for converted, _, _, count in self.lines if converted)

    @property
    def completed(self) -> int:
        """Return for how many the whole window has passed."""
        return sum(count for _, over, _, count in self.lines if over)


def first_open(frame: Frame, grain: Grain, window: Span | None) -> date | None:
    """Return the first day of the first cohort that may hold open windows, None where none does."""
    if grain is Grain.ALL or window is None:
        return None
    return next((period.start for period in frame.periods(grain) if not frame.closed(period, window)), None)


def counted(rows: sa.Subquery, frame: Frame, window: Span | None, dimensions: tuple[str, ...]) -> Selectable:
    """Count entries (converted, over, elapsed, p_*, d_*) by cohort, outcome and, where needed, age.

    The elapsed time is kept only where the curve is needed: from the first cohort with open windows.
    """
    columns: list[Any] = [column for column in rows.c if column.name != "elapsed"]
    for grain in frame.grains:
        open_from = first_open(frame, grain, window)
        if grain is Grain.ALL:
            age: Any = rows.c.elapsed
        elif open_from is None:
            age = sa.cast(sa.null(), sa.BigInteger())
        else:
            age = sa.case((rows.c[f"p_{grain}"] >= open_from, rows.c.elapsed), else_=sa.null())
        columns.append(age.label(f"e_{grain}"))
    return _grouped(sa.select(*columns).subquery("a"), frame, dimensions)


def _grouped(rows: sa.Subquery, frame: Frame, dimensions: tuple[str, ...]) -> Selectable:
    cells = [rows.c[f"p_{grain}"] for grain in frame.grains if grain is not Grain.ALL]
    cells += [rows.c[f"d_{name}"] for name in dimensions]
    ages = [rows.c[f"e_{grain}"] for grain in frame.grains]
    sets = [
        sa.tuple_(
            *([rows.c[f"p_{grain}"]] if grain is not Grain.ALL else []), rows.c[f"e_{grain}"],
            rows.c.converted, rows.c.over, *(rows.c[f"d_{name}"] for name in cut),
        )
        for grain in frame.grains
        for cut in frame.cuts
    ]  # fmt: skip
    marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in cells]
    outcome = [rows.c.converted, rows.c.over, sa.func.count().label("entries")]
    select = sa.select(*cells, *marks, *ages, *outcome).select_from(rows)
    return select.group_by(sa.func.grouping_sets(*sets))


def read_outcomes(answers: Answers) -> Mapping[Cell, Outcomes]:
    """Return the counted outcomes of each cohort."""
    found: dict[Cell, list[tuple[bool, bool, int | None, int]]] = {}
    for grains, columns in answers:
        place = {grain: index for index, grain in enumerate(grains)}
        ages = columns.rows(*(f"e_{grain}" for grain in grains))
        outcomes = columns.rows("converted", "over", "entries")
        for cell, age, line in zip(cells_in(columns, grains), ages, outcomes, strict=True):
            converted, over, entries = line
            found.setdefault(cell, []).append(
                (bool(converted), bool(over), age[place[cell[0]]], int(entries))
            )
    return {cell: Outcomes(tuple(lines)) for cell, lines in found.items()}


def cells_of(frame: Frame, found: set[Cell]) -> Iterator[tuple[Cell, Period, Dimensions]]:
    """Yield the cells of every period that something was found for, and the total of each."""
    segments: dict[tuple[Grain, date | None], set[Dimensions]] = {}
    for at, start, segment in found:
        segments.setdefault((at, start), set()).add(segment)
    total: set[Dimensions] = {()} if () in frame.cuts else set()
    for grain in frame.grains:
        for period in frame.periods(grain):
            for segment in sorted(segments.get((grain, period.start), set()) | total):
                yield (grain, period.start, segment), period, segment


def cohorts(metric: Metric, frame: Frame, outcomes: Mapping[Cell, Outcomes], *, closes: bool,
            window: Span | None) -> Iterator[Estimate]:  # fmt: skip
    """Yield one estimate per cohort and segment.

    `window` is what must pass after a cohort's period until it is final; it does not close where it never ends.
    """
    for cell, period, segment in cells_of(frame, set(outcomes)):
        cohort = outcomes.get(cell)
        if cohort is None:
            yield Estimate(period, segment, State.NO_DATA, numerator=0.0, denominator=0.0, sample_size=0)
            continue
        yield _cohort(metric, frame, (period, segment), cohort, closes, window)


def _cohort(metric: Metric, frame: Frame, key: tuple[Period, Dimensions], cohort: Outcomes, closes: bool,
            window: Span | None) -> Estimate:  # fmt: skip
    period, segment = key
    n, k = cohort.entries, cohort.converted
    whole = cohort.completed == n
    final = frame.final(period, window) and whole and closes
    value: float | None = k / n
    interval = wilson(k, n)
    if not final and closes:
        # A young cohort does not identify the rate, however it is estimated.
        if cohort.completed < metric.min_sample:
            value, interval = None, None
        elif not whole:
            value, interval = conversion_by(curve_of(cohort), np.inf)
    state = State.PROVISIONAL
    if final:
        state = State.SMALL_SAMPLE if n < metric.min_sample else State.FINAL
    return Estimate(
        period,
        segment,
        state,
        value=value,
        numerator=float(k),
        denominator=float(n),
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=n,
        maturity=cohort.completed / n if closes else None,
    )


def curve_of(cohort: Outcomes) -> Any:
    """Return the Kaplan-Meier curve of a cohort; completed windows are censored at infinity."""
    times, events, censored = [], [], []
    for converted, over, age, count in cohort.lines:
        times.append(np.inf if age is None or (over and not converted) else float(age))
        events.append(count if converted else 0)
        censored.append(0 if converted else count)
    return kaplan_meier(times, events, censored)
