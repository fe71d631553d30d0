"""Spread an amount that belongs to no segment over the segments, so that they add up to the total.

Two amounts of a period are spread in a cut. The pool is what `where` picks: it is spread over all segments of
the cut by their weights, w / sum of w. An amount of a numerator whose dataset lacks a dimension of the cut is
known by the other dimensions alone: it is spread by the weights over the segments that agree with it. Weights
of a cut add up to those of a coarser cut, and so do the amounts spread by them: the segments of two dimensions
add up to those of either. What nothing can be weighed by stays, as `(unallocated)`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from metrics.catalog.catalog import Catalog
from metrics.expressions.nodes import Call, Expression, Literal, Operation
from metrics.frame import Cells, number
from metrics.grain import Grain
from metrics.observation import Dimensions
from metrics.sql.scan import Aggregate, Cell

UNALLOCATED = "(unallocated)"
"""The value of a dimension along which an amount belongs to no segment."""


class By(StrEnum):
    """What an amount is spread by: the denominator, the segment's own direct numerator, or nothing."""

    NEW_CUSTOMERS = "new_customers"
    SPEND = "spend"
    NONE = "none"


@dataclass(frozen=True)
class Allocate:
    """Which rows of the numerator belong to no segment, and how their amount is spread."""

    by: By
    where: Expression | None = None

    def meaning(self, _: Catalog) -> str:
        """Return what the choice means, for people to read."""
        return f"what belongs to no segment {_MEANS[self.by]}"


_MEANS = {
    By.NEW_CUSTOMERS: "is spread over the segments in proportion to the denominator",
    By.SPEND: "is spread over the segments in proportion to what they have themselves",
    By.NONE: "stays a row of its own, (unallocated)",
}


def split(value: Aggregate, allocate: Allocate) -> tuple[Aggregate, Aggregate | None]:
    """Return what is counted directly and what is spread, of a numerator's item; None where nothing is."""
    if allocate.where is None:
        return value, None
    picked = allocate.where.node
    # Where the condition is null it is false, and the row counts directly.
    rest = Operation("not", (Call("coalesce", (picked, Literal(False))),))
    return (
        Aggregate("direct", value.measure, (*value.where, rest)),
        Aggregate("pool", value.measure, (*value.where, picked)),
    )


@dataclass(frozen=True)
class Amounts:
    """The numerator's cells: direct amounts by the dimensions that its dataset has, and the pool."""

    cells: Cells
    direct: Aggregate
    pool: Aggregate | None

    def of(self, grain: Grain, start: date | None, known: tuple[str, ...]) -> dict[Dimensions, float]:
        """Return the direct amounts of a period by segments of the known dimensions."""
        return {
            segment: amount
            for segment in self._segments.get((grain, start, tuple(sorted(known))), ())
            if (amount := self._number((grain, start, segment), self.direct))
        }

    def pooled(self, grain: Grain, start: date | None) -> float:
        """Return the pool of a period."""
        return self._number((grain, start, ()), self.pool) if self.pool is not None else 0.0

    def _number(self, cell: Cell, item: Aggregate) -> float:
        row = self.cells.get(cell)
        return (number(row[item]) or 0.0) if row else 0.0

    @cached_property
    def _segments(self) -> Mapping[tuple[Grain, date | None, tuple[str, ...]], list[Dimensions]]:
        found: dict[tuple[Grain, date | None, tuple[str, ...]], list[Dimensions]] = defaultdict(list)
        for grain, start, segment in self.cells:
            found[grain, start, tuple(name for name, _ in segment)].append(segment)
        return found


def spread(direct: Mapping[Dimensions, float], pool: float, weights: Mapping[Dimensions, float],
           cut: Iterable[str], by: By) -> dict[Dimensions, float]:  # fmt: skip
    """Return the amount of every segment of a cut, `(unallocated)` ones included.

    Args:
        direct: Amounts by segment, of all dimensions of the cut or of some.
        pool: The amount that belongs to no segment.
        weights: The denominator by segment of the cut; below 0 counts as 0.
        cut: The cut's dimensions.
        by: What is spread by.

    Returns:
        The amounts, which add up to those of `direct` and the pool.
    """
    names = tuple(sorted(cut))
    found: dict[Dimensions, float] = defaultdict(float)
    counted = weights if by is By.NEW_CUSTOMERS else {}
    for known, amount in direct.items():
        if len(known) == len(names):
            found[known] += amount
        else:
            agreeing = {segment: weight for segment, weight in counted.items() if set(known) <= set(segment)}
            _share(found, amount, agreeing, known, names)
    pooled_by = (
        {_placed(known, names): amount for known, amount in direct.items()} if by is By.SPEND else counted
    )
    if pool:
        _share(found, pool, pooled_by, (), names)
    return dict(found)


def _share(found: dict[Dimensions, float], amount: float, weights: Mapping[Dimensions, float], known: Dimensions,
           names: tuple[str, ...]) -> None:  # fmt: skip
    heavy = {segment: weight for segment, weight in weights.items() if weight > 0}
    whole = sum(heavy.values())
    if not whole:
        found[_placed(known, names)] += amount
    for segment, weight in heavy.items():
        found[segment] += amount * (weight / whole)


def _placed(known: Dimensions, names: tuple[str, ...]) -> Dimensions:
    """Return a segment of all dimensions of a cut, what is not known being `(unallocated)`."""
    values = dict(known)
    return tuple((name, values.get(name, UNALLOCATED)) for name in names)
