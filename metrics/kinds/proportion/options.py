"""The keys of a proportion, and of what else keeps one row per entity."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from metrics.catalog.options import KindOptions, Over
from metrics.expressions.nodes import Expression


class Within(StrEnum):
    """Where the latest row of an entity is looked for."""

    PERIOD = "period"
    ALL = "all"


@dataclass(frozen=True)
class LatestPer:
    """Count one row per entity: the latest `by` a time; at ties the greatest key."""

    entity: str = field(metadata={"refers": "entity"})
    by: Expression | None = None
    within: Within = Within.PERIOD


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys."""

    dataset: str = field(metadata={"refers": "dataset"})
    share: Expression = field(metadata={"measures": True})
    of: Expression | None = field(default=None, metadata={"measures": True})
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()
    per: str | None = field(default=None, metadata={"refers": "entity"})
