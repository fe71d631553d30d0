"""Coverage: which share of all customers that are seen somewhere is seen in every system.

The universe is the entities that at least one dataset has seen in the period, each by its own time; the
numerator those that all have seen (Wilson interval). Of two datasets it is their Jaccard index, which
`share: pairwise` says. Rows without a resolved entity count nowhere. Nobody seen: no value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.expression import Expression
from metrics.grain import Grain
from metrics.kind import Frame, Request
from metrics.kinds._clock import Clock
from metrics.kinds._cohort import cells_of
from metrics.kinds.proportion import share_of
from metrics.model import Metric, Reference
from metrics.observation import Estimate
from metrics.relation import Rows, Scope, Selectable
from metrics.scan import Cell, cell_of, dimension
from metrics.stretch import When

CODE_VERSION = 1

SAYS = {
    ("share", "all"): "seen in all of the datasets, of those seen in any",
    ("share", "pairwise"): "seen in both datasets, of those seen in either",
}
"""What the kind's words mean, for people to read."""


class Share(StrEnum):
    """Seen in all of the datasets, or the overlap of exactly two."""

    ALL = "all"
    PAIRWISE = "pairwise"


@dataclass(frozen=True)
class Seen:
    """Rows of a dataset that show that an entity was seen there."""

    SHORTHAND = "dataset"
    dataset: str = field(metadata={"refers": "dataset"})
    where: Expression | None = None
    time: Expression | None = None

    @property
    def reference(self) -> Reference:
        """Return the rows as a reference."""
        return Reference(self.dataset, where=self.where, time=self.time)


@dataclass(frozen=True)
class Options:
    """The kind's own keys."""

    entity: str = field(metadata={"refers": "entity"})
    of: tuple[Seen, ...]
    share: Share = Share.ALL


@dataclass(frozen=True)
class Overlap:
    """How many entities any dataset has seen, and how many all have."""

    universe: int
    joined: int


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    return tuple(each.reference for each in metric.options.of)


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for the entities seen anywhere and everywhere, per period and segment."""
    return {"seen": CoverageQuery(metric, frame)}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Mapping[Cell, Overlap]]) -> list[Estimate]:
    """Return one estimate per period and segment."""
    found, estimates = results["seen"], []
    for cell, period, segment in cells_of(frame, set(found)):
        seen = found.get(cell, Overlap(0, 0))
        estimates.append(share_of(metric, frame, period, segment, seen.joined, seen.universe))
    return estimates


class CoverageQuery:
    """Counts the entities that datasets have seen, in any and in all of them."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.frame = frame
        self.options: Options = metric.options
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.of[0].dataset

    def selects(self, scope: Scope, when: When) -> list[tuple[tuple[Grain, ...], Selectable]]:
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
        # 1 where the dataset with the fewest sightings of the entity has one.
        flags = [sa.func.max(rows.c[f"s{index}"]) for index in range(len(parts))]
        everywhere = sa.func.least(*flags) if len(flags) > 1 else flags[0]
        each = sa.select(*cells, *marks, everywhere.label("everywhere")).select_from(rows)
        entities = each.group_by(sa.func.grouping_sets(*sets)).subquery("e")
        keys = [column for column in entities.c if column.name != "everywhere"]
        counts = [sa.func.count().label("universe"), sa.func.sum(entities.c.everywhere).label("joined")]
        counted = sa.select(*keys, *counts).select_from(entities)
        return [(self.frame.grains, counted.group_by(*keys) if keys else counted)]

    def _cells(self) -> list[str]:
        days = [f"p_{grain}" for grain in self.frame.grains if grain is not Grain.ALL]
        return [*days, *(f"d_{name}" for name in self.dimensions)]

    def _seen(self, scope: Scope, when: When, index: int) -> Selectable:
        """Return the sightings of one dataset that are known by the watermark."""
        seen = self.options.of[index]
        rows = Rows(scope, scope.catalog.datasets[seen.dataset])
        time = rows.time(seen.time.node if seen.time else None)
        clock = Clock.of([time], rows.translator, when)
        entity, moment = rows.entity(self.options.entity), clock.moment(time)
        where = [entity.is_not(None), *clock.known(moment)]
        where += [rows.condition(seen.where.node)] if seen.where else []
        columns: dict[str, ColumnElement[Any]] = {
            f"p_{grain}": clock.start_of(moment, grain)
            for grain in self.frame.grains
            if grain is not Grain.ALL
        }
        columns |= {f"d_{name}": dimension(rows, name) for name in self.dimensions}
        columns["entity"] = entity
        for other in range(len(self.options.of)):
            columns[f"s{other}"] = sa.literal_column("1" if other == index else "0")
        return rows.select(columns, where)

    def read(
        self, answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]]
    ) -> Mapping[Cell, Overlap]:
        """Return how many entities were seen, per period and segment."""
        return {
            cell_of(row, grains): Overlap(int(row["universe"]), int(row["joined"]))
            for grains, rows in answers
            for row in rows
            if row["universe"]
        }
