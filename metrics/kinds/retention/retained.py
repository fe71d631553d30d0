"""Shares of one row a customer: sums per cell or, for revenue, counted pairs and moments of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.sql.cells import Answers, cells_in
from metrics.sql.scan import Cell
from metrics.sql.scope import Selectable
from metrics.statistics.intervals import PAIRS_LIMIT, Moments, Pairs


@dataclass(frozen=True, eq=False)
class Retained:
    """Customers at the start, both sides of the share, and what the interval of revenue is made from."""

    customers: int
    n: float
    d: float
    pairs: Pairs | None = None
    moments: Moments | None = None


def sums(
    rows: sa.Subquery, cuts: Sequence[tuple[str, ...]], *, pairs: bool, most: int | None = None
) -> list[Selectable]:
    """Return the selects that add up rows of p_grain, p_start, dimensions, n and d by cell.

    With `pairs` they count equal (n, d); a cell with more than `most` different ones (100,000 where it does
    not say) has one row without them. Each row adds up, and has the squares too.
    """
    most = PAIRS_LIMIT if most is None else most
    if not pairs:
        return [_grouped(rows, cuts, [], _sums({"sum_n": rows.c.n, "sum_d": rows.c.d}))]
    counted = _grouped(rows, cuts, [rows.c.n, rows.c.d], [sa.func.count().label("customers")]).subquery("c")
    cell = [column for column in counted.c if column.name not in ("n", "d", "customers")]
    unique = sa.func.count().over(partition_by=cell).label("unique_pairs")
    each = sa.select(*counted.c, unique).subquery("u")
    cell = [each.c[column.name] for column in cell]
    few = each.c.unique_pairs <= most
    pair = [sa.case((few, each.c[name])).label(name) for name in ("n", "d")]
    lines = sa.select(*cell, *pair, each.c.n.label("one_n"), each.c.d.label("one_d"), each.c.customers)
    line = lines.subquery("l")
    many: ColumnElement[Any] = line.c.customers
    n: ColumnElement[float] = sa.cast(line.c.one_n, sa.Double())
    d: ColumnElement[float] = sa.cast(line.c.one_d, sa.Double())
    terms = {
        "sum_n": sa.func.sum(line.c.one_n * many), "sum_d": sa.func.sum(line.c.one_d * many),
        "sum_nn": sa.func.sum(n * n * many), "sum_nd": sa.func.sum(n * d * many),
        "sum_dd": sa.func.sum(d * d * many),
    }  # fmt: skip
    keys = [column for column in line.c if column.name not in ("one_n", "one_d", "customers")]
    values = [value.label(name) for name, value in terms.items()]
    return [sa.select(*keys, sa.func.sum(many).label("size"), *values).group_by(*keys)]


def _grouped(rows: sa.Subquery, cuts: Sequence[tuple[str, ...]], own: list[Any],
             values: list[Any]) -> Selectable:  # fmt: skip
    cell = [rows.c.p_grain, rows.c.p_start]
    names = dict.fromkeys(name for cut in cuts for name in cut)
    dims = [rows.c[f"d_{name}"] for name in names]
    marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in dims]
    sets = [sa.tuple_(*cell, *own, *(rows.c[f"d_{name}"] for name in cut)) for cut in cuts]
    return sa.select(*cell, *dims, *marks, *own, *values).group_by(sa.func.grouping_sets(*sets))


def _sums(terms: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [sa.func.count().label("size"), *(sa.func.sum(each).label(name) for name, each in terms.items())]


def read_sums(answers: Answers) -> Mapping[Cell, Retained]:
    """Return what is known of each cell."""
    found: dict[Cell, Retained] = {}
    pairs: dict[Cell, list[tuple[Decimal, Decimal, int]]] = {}
    for grains, columns in answers:
        sums = [name for name in columns.names if name.startswith("sum_")]
        paired = columns.rows("n", "d") if "n" in columns else repeat((None, None))
        lines = zip(cells_in(columns, grains), paired, columns.rows("size", *sums), strict=False)
        for cell, (n, d), (size, *values) in lines:
            if n is not None:
                pairs.setdefault(cell, []).append((Decimal(n), Decimal(d), int(size)))
                continue
            added = {name: float(value) for name, value in zip(sums, values, strict=True)}
            moments = Moments(int(size), **added) if "sum_nn" in added else None
            found[cell] = Retained(int(size), added["sum_n"], added["sum_d"], moments=moments)
    return {**found, **{cell: _of_pairs(lines) for cell, lines in pairs.items()}}


def _of_pairs(lines: list[tuple[Decimal, Decimal, int]]) -> Retained:
    table = np.array(lines, dtype=float)
    return Retained(
        sum(count for *_, count in lines),
        float(sum(n * count for n, _, count in lines)),
        float(sum(d * count for _, d, count in lines)),
        pairs=Pairs(table[:, 0], table[:, 1], table[:, 2].astype(np.int64)),
    )
