"""From when to when data reaches: the first row of a dataset, and until when it is complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.dataset import Dataset
from metrics.catalog.dependencies import is_planned
from metrics.catalog.options import Reference
from metrics.dialect import INSTANT, Type, Value
from metrics.engine.session import Session
from metrics.errors import EmptyDataset, ScorecardError
from metrics.expressions.nodes import Expression, Node
from metrics.grain import NO_SPAN, Calendar
from metrics.sql.rows import Rows, default_time, event_time

_EARLIEST, _LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Extent:
    """From when to when a dataset's rows reach; `through` is the dataset's own watermark.

    `first` is the local day of the first row, or the day from which the dataset says that it is complete. `gap` is
    how many days may lie between two days with rows: 99 of 100 such gaps are no longer; None where there is none.
    `ahead` rows have a time after now, and count nowhere until it has come. `arriving` are dated after now by what
    says until when the dataset is complete, and do not say it.
    """

    first: date | None
    through: datetime | None
    ahead: int = 0
    arriving: int = 0
    gap: int | None = None


@dataclass(frozen=True)
class Start:
    """Where the rows of a dataset begin, and the first day on which a stretch may begin that they cover."""

    dataset: str
    day: date
    covers: date


def has_watermark(dataset: Dataset) -> bool:
    """Tell whether a dataset says itself until when it is complete: a union's parts do, unless it does too."""
    if dataset.union:
        return dataset.complete_through is not None
    return bool(dataset.complete_through or dataset.loaded_at or default_time(dataset))


class Extents:
    """Reads each dataset's extent once in a run."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = session.as_of or session.now
        self.calendar = session.catalog.company.calendar
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
        datasets = self.session.catalog.datasets
        return {
            name: extent.through
            for (name, _), extent in self._known.items()
            if isinstance(extent, Extent) and extent.through is not None and has_watermark(datasets[name])
        }

    def read(self) -> Iterator[tuple[str, Node | None, Extent]]:
        """Yield each extent that was read, with its dataset and the time that it was asked by."""
        for (name, time), extent in self._known.items():
            if isinstance(extent, Extent):
                yield name, time, extent

    def _read(self, dataset: Dataset, time: Node | None) -> Extent:
        rows = Rows(self.session.scope(dataset.dataset), dataset)
        node, arrival = time or default_time(dataset), arrival_of(dataset)
        asked: dict[str, Value] = {}
        if node is not None:
            first = asked["first"] = rows.time(node)
            day = sa.case((possible(first), rows.translator.day(first)))
            asked["day"] = Value(day, Type.DATE)
        if arrival is not None:
            asked["last"] = rows.value(arrival.node)
        lines: list[Mapping[str, Any]] = []
        if asked:
            inner = rows.select({name: value.sql for name, value in asked.items()}).subquery()
            moments = {name: Value(inner.c[name], value.type) for name, value in asked.items()}
            columns: list[ColumnElement[Any]] = []
            if node is not None:
                columns += [inner.c.day, self._later(moments["first"], "ahead")]
            if arrival is not None:
                columns.append(self._greatest(dataset, arrival.node, moments["last"]))
                if arrival.node != node:
                    columns.append(self._later(moments["last"], "arriving"))
            select = sa.select(*columns).group_by(inner.c.day) if node is not None else sa.select(*columns)
            found = self.session.fetch(self.session.source_of(dataset.dataset), select)
            lines = [dict(zip(found.names, line, strict=True)) for line in found.rows()]
        return self._extent(dataset, lines)

    def _extent(self, dataset: Dataset, lines: Sequence[Mapping[str, Any]]) -> Extent:
        """Return the extent that is told by one line a local day, the days before and after all calendars as None."""
        complete = dataset.complete_through
        if complete is not None and complete.dataset is not None:
            log = self._log(self.session.catalog.datasets[complete.dataset], complete.time)
            last, arriving = log.get("last"), int(log.get("arriving") or 0)
        else:
            last = max((line["last"] for line in lines if line.get("last") is not None), default=None)
            # An arrival that is the event time itself is counted once.
            arriving = sum(int(line.get("arriving") or 0) for line in lines)
        days = sorted(line["day"] for line in lines if line.get("day") is not None)
        return Extent(
            first=dataset.complete_from or (days[0] if days else None),
            through=self._through(dataset, last),
            ahead=sum(int(line.get("ahead") or 0) for line in lines),
            arriving=arriving,
            gap=usual_gap(day for day in days if day <= self.calendar.local_day(self.now)),
        )

    def _log(self, log: Dataset, time: Expression | None) -> Mapping[str, Any]:
        """Return until when another dataset says that one is complete, and how many of its rows lie after now."""
        rows = Rows(self.session.scope(log.dataset), log)
        done = rows.time(time.node if time else None)
        inner = rows.select({"last": done.sql}).subquery()
        moment, node = Value(inner.c.last, done.type), time.node if time else default_time(log)
        assert node is not None
        select = sa.select(self._greatest(log, node, moment), self._later(moment, "arriving"))
        return self.session.fetch_one(self.session.source_of(log.dataset), select)

    def _greatest(self, dataset: Dataset, node: Node, moment: Value) -> ColumnElement[Any]:
        """Return the greatest time as `last`: a later one than now has not come, and tells nothing of what has."""
        kept = possible(moment)
        # What is known beforehand may lie ahead: a plan that has next month has this one.
        if not is_planned(self.session.catalog, dataset.dataset, node):
            kept = sa.and_(kept, sa.not_(is_after(moment, self.now, self.calendar)))
        return sa.func.max(moment.sql).filter(kept).label("last")

    def _later(self, moment: Value, label: str) -> ColumnElement[Any]:
        return sa.func.count().filter(is_after(moment, self.now, self.calendar)).label(label)

    def _through(self, dataset: Dataset, last: Any) -> datetime | None:
        """Return the dataset's watermark: never later than now, whatever its rows say."""
        complete = dataset.complete_through
        if complete is not None and complete.lag is not None:
            return complete.lag.after(self.now, self.calendar.zone, -1)
        if last is None:
            return None
        if not isinstance(last, datetime):
            # A row of a day says that the day is there: complete to its end.
            return min(self.now, self.calendar.instant(last + timedelta(days=1)))
        return min(self.now, _aware(last))

    def watermark(self, bases: Sequence[Reference], used: set[str]) -> datetime | None:
        """Return the least watermark of the datasets that are used; None where none has a time."""
        own = {base.dataset for base in bases}
        marks = []
        for name in sorted(used | own):
            dataset = self.session.catalog.datasets[name]
            bounded = name in own or dataset.time or dataset.loaded_at or dataset.complete_through
            if bounded and not (dataset.union and name not in own):
                extent = self.of(dataset, _time_of(bases, name))
                if name in own and self.session.as_of is None:
                    _refuse_empty(dataset, extent)
                marks.append(self._ahead(bases, name, extent.through))
        known = [mark for mark in marks if mark is not None]
        return min(known, default=None)

    def _ahead(self, bases: Sequence[Reference], name: str, mark: datetime | None) -> datetime | None:
        """Return until when all rows of a dataset count, where they count later than they happened."""
        spans = [base.ahead for base in bases if base.dataset == name]
        least = min(spans, key=lambda span: span.approximate_seconds, default=NO_SPAN)
        if mark is None or not least.count:
            return mark
        return min(self.now, least.after(mark, self.calendar.zone))

    def first(self, bases: Sequence[Reference]) -> date | None:
        """Return the local day from which every reference has rows; None where one has none."""
        datasets = self.session.catalog.datasets
        found = [(base, self.of(datasets[base.dataset], _node(base)).first) for base in bases]
        firsts = [day if day is None else base.ahead.after_day(day) for base, day in found]
        # There are periods from where every side has rows.
        return None if None in firsts else max(day for day in firsts if day is not None)

    def starts(self, bases: Sequence[Reference]) -> tuple[Start, ...]:
        """Return where each dataset that is referred to begins: with the earliest of the times it is read by.

        Rows of a single day, such as those of one survey, do not say how far apart days with rows lie: they begin
        too late for nothing.
        """
        found: dict[str, Start] = {}
        for base in bases:
            dataset = self.session.catalog.datasets[base.dataset]
            extent = self.of(dataset, _node(base))
            gap = 0 if extent.gap is None and dataset.complete_from else extent.gap
            if extent.first is not None and gap is not None:
                covers = base.ahead.after_day(extent.first) - timedelta(days=gap)
                start = Start(base.dataset, extent.first, covers)
                known = found.get(base.dataset, start)
                found[base.dataset] = min(start, known, key=lambda each: each.covers)
        return tuple(found.values())


def usual_gap(days: Iterable[date]) -> int | None:
    """Return the least number of days that 99 of 100 gaps between days in order do not exceed, None without a gap."""
    gaps = sorted((later - day).days for day, later in pairwise(days))
    return gaps[-(-99 * len(gaps) // 100) - 1] if gaps else None


def arrival_of(dataset: Dataset) -> Expression | None:
    """Return what says, row by row, until when a dataset is complete; None for a lag and for another dataset."""
    complete = dataset.complete_through
    if complete is not None:
        return complete.time if complete.dataset is None else None
    return dataset.loaded_at or event_time(dataset)


def possible(moment: Value) -> ColumnElement[Any]:
    """Tell whether a moment is one that a calendar holds: no year 20260, and no year 1 for "never"."""
    if moment.type is Type.DATE:
        first, last = (sa.literal(end.date(), sa.Date()) for end in (_EARLIEST, _LATEST))
        return moment.sql.between(first, last)
    return moment.sql.between(sa.literal(_EARLIEST, INSTANT), sa.literal(_LATEST, INSTANT))


def is_before(moment: Value) -> ColumnElement[Any]:
    """Tell whether a moment is earlier than any calendar here: -infinity, BC, the year 20."""
    if moment.type is Type.DATE:
        return moment.sql < sa.literal(_EARLIEST.date(), sa.Date())
    return moment.sql < sa.literal(_EARLIEST, INSTANT)


def is_after(moment: Value, now: datetime, calendar: Calendar) -> ColumnElement[Any]:
    """Tell whether a moment has not come: an instant later than now, a DATE later than the local day of now."""
    if moment.type is Type.DATE:
        return moment.sql > sa.literal(calendar.local_day(now), sa.Date())
    return moment.sql > sa.literal(now, INSTANT)


def _refuse_empty(dataset: Dataset, extent: Extent) -> None:
    """Raise EmptyDataset where rows should say until when a dataset is complete, and none does."""
    later = max(extent.ahead, extent.arriving)
    if extent.through is not None or (default_time(dataset) is None and not later):
        return
    # A table that is empty now may be one that is being loaded anew: nothing becomes 0 by it.
    none = f"no rows up to now, and {later:,} after it" if later else "no rows"
    raise EmptyDataset(dataset.dataset, none)


def _node(reference: Reference) -> Node | None:
    return reference.time.node if reference.time else None


def _time_of(bases: Sequence[Reference], dataset: str) -> Node | None:
    return next((_node(base) for base in bases if base.dataset == dataset), None)


def _aware(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
