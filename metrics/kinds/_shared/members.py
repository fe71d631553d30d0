"""Which rows, or whose, a scan counts, one by one: what tells two definitions' rows apart."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from typing_extensions import override

from metrics.catalog.dataset import Dataset
from metrics.expressions.nodes import Name
from metrics.grain import Grain
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scan import Scan
from metrics.sql.scan_query import ScanQuery
from metrics.sql.scope import Scope


class ScanMembers:
    """The rows that the first item of a scan counts or measures; those of the second are in the numerator.

    A row is told by its key, one that stands for an entity by the entity, and one of different ones by what it counts.
    """

    def __init__(self, scan: Scan, dataset: Dataset, outcome: str | None = None) -> None:
        self.scan = scan
        self.outcome = outcome
        self.noun = _noun(scan, dataset)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.scan.dataset

    def rows(self, scope: Scope, when: TimeFrame, grain: Grain) -> sa.Subquery:
        """Return the first day of the period, what a row is told by, and whether it is in the numerator."""
        rows, ((*_, period),) = _Told(self.scan, scope, when).period_rows((grain,))
        told = [column for column in rows.c if column.name.startswith("member")]
        counted = rows.c.get("f_m1", sa.true()) if self.outcome is not None else sa.true()
        kept: list[ColumnElement[Any]] = [rows.c[name] for name in ("f_m0",) if name in rows.c]
        if self.scan.items[0].measure.argument is not None and "a_m0" in rows.c:
            kept.append(rows.c.a_m0.is_not(None))
        select = sa.select(period.label("period"), *told, counted.label("counted")).where(*kept)
        return (select.distinct() if self._different else select).subquery()

    @property
    def _different(self) -> bool:
        return self.scan.items[0].measure.function == "count_distinct"


class _Told(ScanQuery):
    """Reads rows with what they are told by."""

    @override
    def _columns(
        self, rows: Rows, entity: str | None = None
    ) -> tuple[dict[str, ColumnElement[Any]], list[ColumnElement[Any]]]:
        columns, where = super()._columns(rows, entity)
        if self.scan.latest is not None:
            columns["member"] = columns["l_entity"]
        elif self.scan.items[0].measure.function == "count_distinct":
            columns["member"] = columns["a_m0"]
        else:
            columns |= {f"member{place}": column for place, column in enumerate(rows.key())}
        return columns, where


def _noun(scan: Scan, dataset: Dataset) -> str:
    """Return what one of the rows is called: the entity that it is told by, else a row of its dataset."""
    argument = scan.items[0].measure.argument
    if scan.latest is not None:
        return scan.latest.entity
    if scan.items[0].measure.function == "count_distinct" and argument is not None:
        return ".".join(argument.parts) if isinstance(argument, Name) else "value"
    own = [name for name, each in dataset.entities.items() if each.id.node == Name(dataset.key[:1])]
    return own[0] if own and len(dataset.key) == 1 else f"row of {dataset.dataset}"
