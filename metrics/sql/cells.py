"""Where the rows of a select that was grouped by grouping sets stand: grain, first day, segment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from metrics.columns import Columns
from metrics.grain import Grain
from metrics.sql.scan import Cell

Answers = Sequence[tuple[tuple[Grain, ...], Columns]]
"""What the selects of a query gave, each with the grains that it answers."""


def cells_in(columns: Columns, grains: tuple[Grain, ...]) -> list[Cell]:
    """Return the cell of each row: the columns that it was grouped by are marked 0, as `g_<column>`."""
    dims = sorted(name for name in columns.names if name.startswith("d_"))
    dated = [] if "p_grain" in columns else [grain for grain in grains if grain is not Grain.ALL]
    starts = ["p_start"] if "p_grain" in columns else [f"p_{grain}" for grain in dated]
    marks = [f"g_{name}" for name in dims] + [f"g_p_{grain}" for grain in dated]
    if not marks and not starts:
        return [(Grain.ALL, None, ())] * len(columns)
    values = list(columns.rows(*dims, *starts))
    marked: Sequence[tuple[Any, ...]] = list(columns.rows(*marks)) if marks else [()] * len(columns)
    # Rows that are grouped by the same columns are read in the same way.
    named = {mark: tuple((name[2:], place) for place, name in enumerate(dims) if mark[place] == 0)
             for mark in set(marked)}  # fmt: skip
    segments = [
        tuple([(name, row[place]) for name, place in named[mark]])
        for row, mark in zip(values, marked, strict=True)
    ]
    if "p_grain" in columns:
        grain_of = {name: Grain(name) for name in set(columns["p_grain"])}
        return [
            (grain, None if grain is Grain.ALL else row[-1], segment)
            for grain, row, segment in zip(
                map(grain_of.__getitem__, columns["p_grain"]), values, segments, strict=True
            )
        ]
    places = {mark: _dated(mark[len(dims) :], dated, len(dims)) for mark in named}
    return [
        (grain, None if place is None else row[place], segment)
        for (grain, place), row, segment in zip(
            map(places.__getitem__, marked), values, segments, strict=True
        )
    ]


def _dated(marks: tuple[Any, ...], grains: Sequence[Grain], first: int) -> tuple[Grain, int | None]:
    """Return the grain that rows are grouped by, and where its day stands; the first that is marked."""
    for place, (mark, grain) in enumerate(zip(marks, grains, strict=True)):
        if mark == 0:
            return grain, first + place
    return Grain.ALL, None


def places_of(cells: Sequence[Cell]) -> dict[Cell, list[int]]:
    """Return where the rows of each cell stand, in the order in which the cells come."""
    found: dict[Cell, list[int]] = {}
    for place, cell in enumerate(cells):
        found.setdefault(cell, []).append(place)
    return found


def possible(cell: Cell) -> bool:
    """Tell whether a calendar here holds a cell's day: an engine gives one of the year 20260 in its own form."""
    return cell[1] is None or isinstance(cell[1], date)
