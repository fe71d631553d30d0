"""The keys of a coverage: which datasets are looked at, and what is compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, permutations

from typing_extensions import override

from metrics.catalog.options import KindOptions, Reference
from metrics.expressions.nodes import Expression

PAIR = "pair"
"""The dimension by which the values of several pairs stand."""


class Share(StrEnum):
    """Seen in all of the datasets, the overlap of every two, or what of one the other has."""

    ALL = "all"
    PAIRWISE = "pairwise"
    DIRECTED = "directed"


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
class Options(KindOptions):
    """The kind's own keys."""

    entity: str = field(metadata={"refers": "entity"})
    of: tuple[Seen, ...]
    share: Share = Share.ALL

    @property
    @override
    def own_dimensions(self) -> tuple[str, ...]:
        """Return the dimension that the kind adds where there is more than one pair."""
        one = self.share is Share.ALL or (self.share is Share.PAIRWISE and len(self.of) == 2)
        return () if one else (PAIR,)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return a name for each of the datasets, with what tells it apart from its like."""
        names = [seen.dataset for seen in self.of]
        return tuple(_label(seen) if names.count(seen.dataset) > 1 else seen.dataset for seen in self.of)

    def pairs(self) -> Iterator[tuple[str, int, int]]:
        """Yield each pair's name with the places of its datasets."""
        directed = self.share is Share.DIRECTED
        for one, other in (permutations if directed else combinations)(range(len(self.of)), 2):
            sign = "->" if directed else "&"
            yield f"{self.labels[one]} {sign} {self.labels[other]}", one, other


def _label(seen: Seen) -> str:
    where = f" where {seen.where.text}" if seen.where else ""
    return f"{seen.dataset}{where}" + (f" by {seen.time.text}" if seen.time else "")
