"""A scan: one pass over a dataset's rows that answers several metrics, grains and cuts at once.

Rows are read once into typed columns (period starts, dimensions, arguments, conditions) and aggregated
by grouping sets, one per grain and cut. Scans that read the same rows in the same way merge, so that a
dataset is read once however many metrics stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from metrics.catalog.options import At, Over
from metrics.expressions.nodes import Call, Measure, Node, walk
from metrics.grain import Grain
from metrics.observation import Dimensions

Cell = tuple[Grain, date | None, Dimensions]
"""Where a result stands: grain, first day of its period (None for `all`), segment."""


@dataclass(frozen=True)
class Aggregate:
    """One aggregate that a metric asks of a scan, over the rows that satisfy its conditions."""

    label: str
    measure: Measure
    where: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Latest:
    """Keep one row per entity (of each period, or of all): the greatest `by`, at ties the greatest key."""

    entity: str
    by: Node | None
    of: tuple[Node, ...]
    within_period: bool


@dataclass(frozen=True)
class Scan:
    """What a metric asks of one dataset. `items` may grow by merging; the rest says how rows are read."""

    dataset: str
    items: tuple[Aggregate, ...]
    grains: tuple[Grain, ...]
    cuts: tuple[tuple[str, ...], ...]
    time: Node | None = None
    over: Over = Over()
    at: At | None = None
    latest: Latest | None = None

    @property
    def merge_key(self) -> tuple[object, ...]:
        """Return what two scans must share to be merged into one."""
        alone: object = self.items if self.by_period else None
        return (self.dataset, self.time, self.over, self.at, self.latest, alone)

    @property
    def by_period(self) -> bool:
        """Tell whether rows are joined to periods: one row may count in several."""
        return self.at is not None or self.over != Over() or self.asks_period

    @property
    def asks_period(self) -> bool:
        """Tell whether an expression calls period_start() or period_end()."""
        nodes = [node for item in self.items for node in item.where]
        nodes += [item.measure.argument for item in self.items if item.measure.argument is not None]
        return any(
            isinstance(part, Call) and part.function in ("period_start", "period_end")
            for node in nodes
            for part in walk(node)
        )

    def merged(self, other: Scan) -> Scan:
        """Return one scan that answers both."""
        return replace(
            self,
            items=tuple(dict.fromkeys((*self.items, *other.items))),
            grains=tuple(dict.fromkeys((*self.grains, *other.grains))),
            cuts=tuple(dict.fromkeys((*self.cuts, *other.cuts))),
        )
