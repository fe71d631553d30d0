"""From when to when data reaches: the first row of a dataset, and until when it is complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.options import Reference
from metrics.columns import Columns
from metrics.dialect import INSTANT, Type
from metrics.errors import ExpressionError, ScorecardError
from metrics.expressions.nodes import Node
from metrics.grain import NO_SPAN
from metrics.sql.rows import Rows, default_time
from metrics.sql.scope import Scope, Selectable

_EARLIEST, _LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Extent:
    """From when to when a dataset's rows reach; `through` is the dataset's own watermark."""

    first: date | None
    through: datetime | None


def has_watermark(dataset: Dataset) -> bool:
    """Tell whether a dataset says itself until when it is complete: a union's parts do, unless it does too."""
    if dataset.union:
        return dataset.complete_through is not None
    return bool(dataset.complete_through or dataset.loaded_at or default_time(dataset))


class Run(Protocol):
    """What reading an extent needs of a session."""

    catalog: Catalog
    now: datetime
    as_of: datetime | None

    def scope(self, dataset: str) -> Scope:
        """Return a fresh scope on the source of a dataset."""

    def source_of(self, dataset: str) -> str:
        """Return the source of a dataset."""

    def fetch(self, source: str, select: Selectable | sa.CompoundSelect[Any]) -> Columns:
        """Run a select."""


class Extents:
    """Reads each dataset's extent once in a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._known: dict[tuple[str, Node | None], Extent | ScorecardError] = {}

    def of(self, dataset: Dataset, time: Node | None = None) -> Extent:
        """Return from when to when a dataset's rows reach."""
        key = (dataset.dataset, time)
        if key not in self._known:
            try:
                self._known[key] = self._read(dataset, time)
            except ScorecardError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, ScorecardError):
            raise found
        return found

    def watermarks(self) -> dict[str, datetime]:
        """Return until when each dataset that was read is complete, of those that have a watermark of their own."""
        datasets = self.run.catalog.datasets
        return {
            name: extent.through
            for (name, _), extent in self._known.items()
            if isinstance(extent, Extent) and extent.through is not None and has_watermark(datasets[name])
        }

    def _read(self, dataset: Dataset, time: Node | None) -> Extent:
        rows = Rows(self.run.scope(dataset.dataset), dataset)
        asked: dict[str, Any] = {}
        kinds: dict[str, Type] = {}
        node = time or default_time(dataset)
        if node is not None:
            moment = rows.time(node)
            asked["first"], kinds["first"] = moment.sql, moment.type
        arrival = self._arrival(dataset)
        if arrival is not None:
            came = rows.value(arrival)
            asked["last"], kinds["last"] = came.sql, came.type
        found: Mapping[str, Any] = {}
        if asked:
            inner = rows.select(asked).subquery()
            ends = {"first": sa.func.min, "last": sa.func.max}
            columns = [
                ends[name](inner.c[name]).filter(_possible(inner.c[name], kind)).label(name)  # type: ignore[operator]
                for name, kind in kinds.items()
            ]
            select = sa.select(*columns)
            found = self.run.fetch(self.run.source_of(dataset.dataset), select).one()
        first = found.get("first")
        day = (
            self.run.catalog.company.calendar.local_day(_aware(first))
            if isinstance(first, datetime)
            else first
        )
        return Extent(day, self._through(dataset, found.get("last")))

    def _arrival(self, dataset: Dataset) -> Node | None:
        complete = dataset.complete_through
        if complete is not None:
            return complete.time.node if complete.time is not None and complete.dataset is None else None
        return dataset.loaded_at.node if dataset.loaded_at else default_time(dataset)

    def _through(self, dataset: Dataset, last: Any) -> datetime | None:
        """Return the dataset's watermark: never later than now, whatever its rows say."""
        now, calendar = self.run.as_of or self.run.now, self.run.catalog.company.calendar
        complete = dataset.complete_through
        if complete is not None and complete.lag is not None:
            return complete.lag.after(now, calendar.zone, -1)
        if complete is not None and complete.dataset is not None:
            log = self.run.catalog.datasets[complete.dataset]
            rows = Rows(self.run.scope(log.dataset), log)
            done = rows.time(complete.time.node if complete.time else None)
            inner = rows.select({"last": done.sql}).subquery()
            latest = sa.func.max(inner.c.last).filter(_possible(inner.c.last, done.type)).label("last")
            last = self.run.fetch(self.run.source_of(log.dataset), sa.select(latest)).scalar()
        if last is None:
            return None
        if not isinstance(last, datetime):
            # A row of a day says that the day is there: complete to its end.
            return min(now, calendar.instant(last + timedelta(days=1)))
        return min(now, _aware(last))

    def watermark(self, bases: Sequence[Reference], used: set[str]) -> datetime | None:
        """Return the least watermark of the datasets that are used; None where none has a time."""
        own = {base.dataset for base in bases}
        marks = []
        for name in sorted(used | own):
            dataset = self.run.catalog.datasets[name]
            bounded = name in own or dataset.time or dataset.loaded_at or dataset.complete_through
            if bounded and not (dataset.union and name not in own):
                mark = self.of(dataset, _time_of(bases, name)).through
                if (
                    mark is None
                    and name in own
                    and self.run.as_of is None
                    and default_time(dataset) is not None
                ):
                    # A table that is empty now may be one that is being loaded anew: nothing becomes 0 by it.
                    raise ExpressionError(
                        f"dataset {name!r} has no rows: until when it is complete is not known", 0
                    )
                marks.append(self._ahead(bases, name, mark))
        known = [mark for mark in marks if mark is not None]
        return min(known, default=None)

    def _ahead(self, bases: Sequence[Reference], name: str, mark: datetime | None) -> datetime | None:
        """Return until when all rows of a dataset count, where they count later than they happened."""
        spans = [base.ahead for base in bases if base.dataset == name]
        least = min(spans, key=lambda span: span.approximate_seconds, default=NO_SPAN)
        if mark is None or not least.count:
            return mark
        return min(self.run.as_of or self.run.now, least.after(mark, self.run.catalog.company.calendar.zone))

    def first(self, bases: Sequence[Reference]) -> date | None:
        """Return the local day from which every reference has rows; None where one has none."""
        datasets = self.run.catalog.datasets
        found = [(base, self.of(datasets[base.dataset], _node(base)).first) for base in bases]
        firsts = [day if day is None else base.ahead.after_day(day) for base, day in found]
        # A period counts as covered from where every side has rows.
        return None if None in firsts else max(day for day in firsts if day is not None)


def _possible(moment: Any, kind: Type) -> Any:
    """Tell whether a moment is one that a calendar holds: no year 20260, and no year 1 for "never"."""
    if kind is Type.DATE:
        return moment.between(sa.literal(_EARLIEST.date(), sa.Date()), sa.literal(_LATEST.date(), sa.Date()))
    return moment.between(sa.literal(_EARLIEST, INSTANT), sa.literal(_LATEST, INSTANT))


def _node(reference: Reference) -> Node | None:
    return reference.time.node if reference.time else None


def _time_of(bases: Sequence[Reference], dataset: str) -> Node | None:
    return next((_node(base) for base in bases if base.dataset == dataset), None)


def _aware(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
