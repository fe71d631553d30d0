"""The counted unique pairs of a ratio that follows an entity: what its interval is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.options import Over
from metrics.grain import Grain
from metrics.request import OnePass
from metrics.sql.cells import Answers, cells_in, places_of
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell, Scan
from metrics.sql.scan_query import ScanQuery
from metrics.sql.scope import Scope, Selectable
from metrics.statistics.intervals import PAIRS_LIMIT, Moments, Pairs

SUMS = ("sum_n", "sum_d", "sum_nn", "sum_nd", "sum_dd")


@dataclass(frozen=True)
class Spread:
    """What the interval of one cell is computed from: counted pairs, or moments where they are too many."""

    pairs: Pairs | None = None
    moments: Moments | None = None


class PairsQuery(OnePass):
    """Counts how many entities have each (numerator, denominator), per period and segment."""

    def __init__(self, entity: str, scans: tuple[Scan, Scan], known: tuple[bool, bool]) -> None:
        self.entity = entity
        self.scans = scans
        self.known = known

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.scans[0 if self.known[0] else 1].dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the counted pairs, and the moments of cells that have too many."""
        grains = self.scans[0].grains
        parts = [grains]
        if self.scans[0].over != Over() and Grain.ALL in grains:
            # Whatever a period covers, `all` covers everything.
            parts = [(Grain.ALL,), tuple(grain for grain in grains if grain is not Grain.ALL)]
        return [
            each for part in parts if part and any(self.known) for each in self._counted(scope, when, part)
        ]

    def _counted(
        self, scope: Scope, when: TimeFrame, grains: tuple[Grain, ...]
    ) -> list[tuple[tuple[Grain, ...], Selectable]]:
        each = self._per_entity(scope, when, grains)
        cells = [column for column in each.c if column.name not in ("n", "d", "entity")]
        both = sa.select(
            *cells, each.c.entity, sa.func.sum(each.c.n).label("n"), sa.func.sum(each.c.d).label("d")
        )
        joined = both.group_by(*cells, each.c.entity).subquery("e")
        keys = [joined.c[column.name] for column in cells]
        unique = sa.func.count().over(partition_by=keys).label("unique_pairs")
        counted = sa.select(*keys, joined.c.n, joined.c.d, sa.func.count().label("entities"), unique)
        pairs = counted.group_by(*keys, joined.c.n, joined.c.d).subquery("c")
        few = sa.select(*pairs.c).where(pairs.c.unique_pairs <= PAIRS_LIMIT)
        n: ColumnElement[float] = sa.cast(joined.c.n, sa.Double())
        d: ColumnElement[float] = sa.cast(joined.c.d, sa.Double())
        sums = {"sum_n": n, "sum_d": d, "sum_nn": n * n, "sum_nd": n * d, "sum_dd": d * d}
        moments = sa.select(
            *keys,
            sa.func.count().label("size"),
            *(sa.func.sum(term).label(name) for name, term in sums.items()),
        )
        many = moments.group_by(*keys).having(sa.func.count() > PAIRS_LIMIT)
        return [(grains, few), (grains, many)]

    def _per_entity(self, scope: Scope, when: TimeFrame, grains: tuple[Grain, ...]) -> sa.Subquery:
        selects = []
        for index, (known, scan) in enumerate(zip(self.known, self.scans, strict=True)):
            if known:
                query = ScanQuery(scan, scope, when)
                selects.append(query.grouped(grains, self._values(query, index), entity=self.entity))
        return (sa.union_all(*selects) if len(selects) > 1 else selects[0]).subquery("s")

    @staticmethod
    def _values(query: ScanQuery, index: int) -> Callable[[sa.Subquery], list[Any]]:
        def values(rows: sa.Subquery) -> list[Any]:
            own = sa.func.coalesce(query.aggregates(rows)[0], 0)
            exact = sa.cast(own, sa.Numeric(38, 6))
            nought = sa.cast(sa.literal_column("0"), sa.Numeric(38, 6))
            return [
                (exact if index == 0 else nought).label("n"),
                (exact if index == 1 else nought).label("d"),
            ]

        return values

    def read(self, answers: Answers) -> Mapping[Cell, Spread]:
        """Return what the interval of each cell is computed from."""
        found: dict[Cell, Spread] = {}
        for grains, columns in answers:
            cells = cells_in(columns, grains)
            if "size" in columns:
                for cell, (size, *sums) in zip(cells, columns.rows("size", *SUMS), strict=True):
                    moments = dict(zip(SUMS, map(float, sums), strict=True))
                    found[cell] = Spread(moments=Moments(n=int(size), **moments))
                continue
            n, d, count = columns.floats("n"), columns.floats("d"), columns.integers("entities")
            for cell, places in places_of(cells).items():
                found[cell] = Spread(pairs=Pairs(n[places], d[places], count[places]))
        return found
