"""What ends a case is told by the definition of the day on which the case began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.grain import Grain
from metrics.kinds._shared.time_axis import Clock
from metrics.sql.rows import Rows


@dataclass(frozen=True)
class ByEntry:
    """Events by every definition that held on some day of entry; `days` are those on which one turns.

    Where none does the events are what they are, else `stretch` numbers the definition by which each is one.
    """

    events: sa.Subquery
    days: tuple[date, ...]
    clock: Clock

    @classmethod
    def of(cls, rows: Rows, found: sa.Subquery, again: Callable[[Rows], sa.Subquery], clock: Clock) -> Self:
        """Return the events that `again` finds in rows; `found` are those by their own days, made of `rows`."""
        days = tuple(sorted(rows.turns))
        if not days:
            return cls(found, (), clock)
        selects = []
        for number, day in enumerate((days[0] - timedelta(days=1), *days)):
            events = again(rows.on(day))
            selects.append(sa.select(*events.c, sa.literal_column(str(number)).label("stretch")))
        return cls(sa.union_all(*selects).subquery(), days, clock)

    def told_by(self, entry: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        """Return what chooses the events that count for a moment of entry."""
        if not self.days:
            return []
        day = self.clock.start_of(entry, Grain.DAY)
        numbers: list[tuple[Any, Any]] = [(day < sa.literal(each, sa.Date()), sa.literal_column(str(index)))
                   for index, each in enumerate(self.days)]  # fmt: skip
        return [self.events.c.stretch == sa.case(*numbers, else_=sa.literal_column(str(len(self.days))))]
