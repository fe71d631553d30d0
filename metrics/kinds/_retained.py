"""Shares of one row a customer: sums per cell or, for revenue, counted pairs and moments of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.grain import Grain
from metrics.relation import Selectable
from metrics.scan import Cell, cell_of
from metrics.statistics.intervals import PAIRS_LIMIT, Moments, Pairs


@dataclass(frozen=True, eq=False)
class Retained:
    """Customers at the start, both sides of the share, and what the interval of revenue is made from."""

    customers: int
    n: float
    d: float
    pairs: Pairs | None = None
    moments: Moments | None = None


def sums(rows: sa.Subquery, cuts: Sequence[tuple[str, ...]], *, pairs: bool) -> list[Selectable]:
    """Return the selects that add up rows of p_grain, p_start, dimensions, n and d by cell.

    With `pairs` they count equal (n, d), and add up squares for the cells that have too many different ones.
    """
    if not pairs:
        return [_grouped(rows, cuts, [], _sums({"sum_n": rows.c.n, "sum_d": rows.c.d}))]
    counted = _grouped(rows, cuts, [rows.c.n, rows.c.d], [sa.func.count().label("customers")]).subquery("c")
    cell = [column for column in counted.c if column.name not in ("n", "d", "customers")]
    unique = sa.func.count().over(partition_by=cell).label("unique_pairs")
    each = sa.select(*counted.c, unique).subquery("u")
    few = sa.select(*each.c).where(each.c.unique_pairs <= PAIRS_LIMIT)
    n: ColumnElement[float] = sa.cast(rows.c.n, sa.Double())
    d: ColumnElement[float] = sa.cast(rows.c.d, sa.Double())
    terms = {"sum_n": rows.c.n, "sum_d": rows.c.d, "sum_nn": n * n, "sum_nd": n * d, "sum_dd": d * d}
    many = _grouped(rows, cuts, [], _sums(terms)).having(sa.func.count() > PAIRS_LIMIT)
    return [few, many]


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


def read_sums(
    answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]],
) -> Mapping[Cell, Retained]:
    """Return what is known of each cell."""
    found: dict[Cell, Retained] = {}
    pairs: dict[Cell, list[tuple[Decimal, Decimal, int]]] = {}
    for grains, rows in answers:
        for row in rows:
            cell = cell_of(row, grains)
            if "size" not in row:
                line = (Decimal(row["n"]), Decimal(row["d"]), int(row["customers"]))
                pairs.setdefault(cell, []).append(line)
                continue
            added = {name: float(value) for name, value in row.items() if name.startswith("sum_")}
            moments = Moments(int(row["size"]), **added) if "sum_nn" in added else None
            found[cell] = Retained(int(row["size"]), added["sum_n"], added["sum_d"], moments=moments)
    # Many customers may share few pairs: then the pairs say more than the moments.
    return {**found, **{cell: _of_pairs(lines) for cell, lines in pairs.items()}}


def _of_pairs(lines: list[tuple[Decimal, Decimal, int]]) -> Retained:
    table = np.array(lines, dtype=float)
    return Retained(
        sum(count for *_, count in lines),
        float(sum(n * count for n, _, count in lines)),
        float(sum(d * count for _, d, count in lines)),
        pairs=Pairs(table[:, 0], table[:, 1], table[:, 2].astype(np.int64)),
    )
