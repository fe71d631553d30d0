"""Coverage: which share of all customers that are seen somewhere is seen in every system, or in another one.

The universe is the entities that at least one dataset has seen in the period, each by its own time; the
numerator those that all have seen (Wilson interval). `share: pairwise` compares every two datasets (their
Jaccard index: seen in both, of those seen in either), `directed` asks for each of two which share of those that
one has seen the other has seen too; their values stand by an own dimension, `pair`. Rows without a resolved
entity count nowhere: how many there are is published beside the values. Nobody seen: no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.columns import Columns
from metrics.frame import Frame
from metrics.grain import Grain
from metrics.kind import RATIO, Kind
from metrics.kinds._shared.cohorts import cells_of
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.coverage import coverage_shape
from metrics.kinds.coverage.options import PAIR, Options, Share
from metrics.kinds.proportion.kind import share_of
from metrics.observation import Dimensions, Estimate
from metrics.request import Request
from metrics.sql.cells import Answers, cells_in
from metrics.sql.id_matching import Match, match_of, matched
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scan import Cell
from metrics.sql.scan_query import dimension
from metrics.sql.scope import Scope, Selectable


class Coverage(Kind[Options]):
    """Entities that several datasets know."""

    options = Options
    code_version = 3
    follows = True
    says: ClassVar = {
        ("share", "all"): "seen in all of the datasets, of those seen in any",
        ("share", "pairwise"): "seen in both datasets of a pair, of those seen in either",
        ("share", "directed"): "seen in the second dataset of a pair too, of those seen in the first",
    }
    rules = (coverage_shape,)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that values are shares."""
        return RATIO

    @override
    def is_share(self, metric: Metric) -> bool:
        """Tell that it is part of a whole."""
        return True

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        return tuple(each.reference for each in self.of(metric).of)

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for the entities seen anywhere and everywhere, per period and segment; and for unmatched rows."""
        return {"seen": CoverageQuery(metric, _by_rows(metric, frame)), "match": MatchQuery(metric)}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per period and segment, and per pair where there are several."""
        options = self.of(metric)
        found: Mapping[Cell, Overlap] = results["seen"]
        estimates = []
        for cell, period, segment in cells_of(_by_rows(metric, frame), set(found)):
            seen = found.get(cell) or Overlap(0, 0)
            if not options.own_dimensions:
                estimates.append(share_of(metric, frame, period, segment, seen.joined, seen.universe))
                continue
            for name, one, other in options.pairs():
                k, n = _of_pair(seen, one, other, options.share)
                # Of the total every pair is said, of a segment those that have anybody.
                if n or not segment:
                    place: Dimensions = tuple(sorted((*segment, (PAIR, name))))
                    estimates.append(share_of(metric, frame, period, place, k, n))
        return estimates

    @override
    def diagnostics(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return how the rows of each dataset were matched, and how many were not, as of the watermark."""
        options = self.of(metric)
        counts: Mapping[int, Mapping[str, Any]] = results["match"]
        found: dict[str, Match] = {
            label: match_of(frame.catalog, seen.dataset, options.entity, counts.get(index))
            for index, (label, seen) in enumerate(zip(options.labels, options.of, strict=True))
        }
        return {"match": {label: match.as_json() for label, match in found.items()}}


KIND = Coverage()


@dataclass(frozen=True)
class Overlap:
    """How many entities any dataset has seen, how many all have; and each, and each two (of the pairs)."""

    universe: int
    joined: int
    alone: tuple[int, ...] = ()
    both: Mapping[tuple[int, int], int] = field(default_factory=dict)


def _by_rows(metric: Metric, frame: Frame) -> Frame:
    """Return the frame with the dimensions that rows have: without the pair."""
    own = metric.own_dimensions
    cuts = dict.fromkeys(tuple(name for name in cut if name not in own) for cut in frame.cuts)
    return replace(frame, cuts=tuple(cuts))


def _of_pair(seen: Overlap, one: int, other: int, share: Share) -> tuple[int, int]:
    """Return how many both have seen, and of how many that is a share."""
    if not seen.alone:
        return 0, 0
    both = seen.both[min(one, other), max(one, other)]
    if share is Share.DIRECTED:
        return both, seen.alone[one]
    return both, seen.alone[one] + seen.alone[other] - both


def sightings(options: Options, index: int, scope: Scope, when: TimeFrame) -> tuple[
    Rows, Clock, ColumnElement[Any], list[ColumnElement[bool]]
]:  # fmt: skip
    """Return the rows of one dataset with their time, and what chooses those known by the watermark."""
    seen = options.of[index]
    at = seen.time.node if seen.time else None
    rows = Rows(scope, scope.catalog.datasets[seen.dataset], event=at)
    time = rows.time(at)
    clock = Clock.of([time], rows.translator, when)
    moment = clock.moment(time)
    where = [*clock.known(moment)]
    where += [rows.condition(seen.where.node)] if seen.where else []
    return rows, clock, moment, where


class MatchQuery:
    """Counts the rows of each dataset, and those whose id is nobody's."""

    def __init__(self, metric: Metric) -> None:
        self.options: Options = metric.options

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the selects."""
        return self.options.of[0].dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select a dataset."""
        selects: list[tuple[tuple[Grain, ...], Selectable]] = []
        for index in range(len(self.options.of)):
            rows, _, _, where = sightings(self.options, index, scope, when)
            select = matched(rows, self.options.entity, where)
            selects.append(((Grain.ALL,), select.add_columns(sa.literal_column(str(index)).label("place"))))
        return selects

    def read(self, answers: Answers) -> Mapping[int, Mapping[str, Any]]:
        """Return the counts by the place of the dataset."""
        return {int(columns["place"][0]): columns.one() for _, columns in answers}


class CoverageQuery:
    """Counts the entities that datasets have seen: in any, in all of them, and in each two."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.options: Options = metric.options
        self.frame = frame
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))
        several = bool(self.options.own_dimensions)
        self.pairs = tuple(combinations(range(len(self.options.of)), 2)) if several else ()

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.of[0].dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        parts = [self._seen(scope, when, index) for index in range(len(self.options.of))]
        rows = sa.union_all(*parts).subquery("s")
        cells = [rows.c[name] for name in self._cells()]
        sets = [
            sa.tuple_(
                *([rows.c[f"p_{grain}"]] if grain is not Grain.ALL else []),
                *(rows.c[f"d_{name}"] for name in cut), rows.c.entity,
            )
            for grain in self.frame.grains
            for cut in self.frame.cuts
        ]  # fmt: skip
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in cells]
        flags = [sa.func.max(rows.c[f"s{index}"]) for index in range(len(parts))]
        # 1 where the dataset with the fewest sightings of the entity has one.
        everywhere = sa.func.least(*flags) if len(flags) > 1 else flags[0]
        apart = [flag.label(f"f{index}") for index, flag in enumerate(flags)] if self.pairs else []
        each = sa.select(*cells, *marks, everywhere.label("everywhere"), *apart).select_from(rows)
        entities = each.group_by(sa.func.grouping_sets(*sets)).subquery("e")
        said = {"everywhere", *(column.name for column in apart)}
        keys = [column for column in entities.c if column.name not in said]
        counts = [sa.func.count().label("universe"), sa.func.sum(entities.c.everywhere).label("joined")]
        counts += [sa.func.sum(entities.c[column.name]).label(column.name) for column in apart]
        counts += [
            sa.func.sum(entities.c[f"f{one}"] * entities.c[f"f{other}"]).label(f"b{one}_{other}")
            for one, other in self.pairs
        ]
        counted = sa.select(*keys, *counts).select_from(entities)
        return [(self.frame.grains, counted.group_by(*keys) if keys else counted)]

    def _cells(self) -> list[str]:
        days = [f"p_{grain}" for grain in self.frame.grains if grain is not Grain.ALL]
        return [*days, *(f"d_{name}" for name in self.dimensions)]

    def _seen(self, scope: Scope, when: TimeFrame, index: int) -> Selectable:
        """Return the sightings of one dataset that are known by the watermark."""
        rows, clock, moment, known = sightings(self.options, index, scope, when)
        entity = rows.entity(self.options.entity)
        columns: dict[str, ColumnElement[Any]] = {
            f"p_{grain}": clock.start_of(moment, grain)
            for grain in self.frame.grains
            if grain is not Grain.ALL
        }
        columns |= {f"d_{name}": dimension(rows, name) for name in self.dimensions}
        columns["entity"] = entity
        for other in range(len(self.options.of)):
            columns[f"s{other}"] = sa.literal_column("1" if other == index else "0")
        return rows.select(columns, [entity.is_not(None), *known])

    def read(self, answers: Answers) -> Mapping[Cell, Overlap]:
        """Return how many entities were seen, per period and segment."""
        return {
            cell: overlap
            for grains, columns in answers
            for cell, overlap in zip(cells_in(columns, grains), self._overlaps(columns), strict=True)
            if overlap is not None
        }

    def _overlaps(self, columns: Columns) -> Iterator[Overlap | None]:
        """Yield what was counted of each cell, None where nobody was seen."""
        many = len(self.options.of) if self.pairs else 0
        names = [*(f"f{index}" for index in range(many)), *(f"b{one}_{other}" for one, other in self.pairs)]
        for universe, joined, *counts in columns.rows("universe", "joined", *names):
            if not universe:
                yield None
                continue
            both = dict(zip(self.pairs, map(int, counts[many:]), strict=True))
            yield Overlap(int(universe), int(joined), tuple(map(int, counts[:many])), both)
