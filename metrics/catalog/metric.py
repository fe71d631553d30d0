"""One metric: what every kind shares, its targets and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from metrics.catalog.fields import place, unhashed
from metrics.catalog.options import KindOptions
from metrics.errors import Position
from metrics.expressions.nodes import Expression
from metrics.grain import Grain


class Direction(StrEnum):
    """Which way is better; `none` is context that is shown and never scored."""

    UP = "up"
    DOWN = "down"
    BAND = "band"
    NONE = "none"


class Indication(StrEnum):
    """Whether a metric moves before its outcome or after it."""

    LEADING = "leading"
    LAGGING = "lagging"


class DefinitionStatus(StrEnum):
    """Where a definition stands in its life: a proposed one is computed and never scored."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DEPRECATED = "deprecated"


@dataclass(frozen=True)
class Target:
    """A target from a date on: numbers, bands (pairs), or a plan dataset's columns (texts)."""

    from_: date = field(metadata={"key": "from"})
    goal: float | tuple[float, float] | str | None = None
    red_flag: float | tuple[float, float] | str | None = None
    per: Grain | None = None
    ramp_from: float | None = None
    dataset: str | None = field(default=None, metadata={"refers": "dataset"})
    time: Expression | None = None


@dataclass(frozen=True)
class Benchmark:
    """A published number to compare with; never a target."""

    value: float
    says: str
    verified: bool = False


@dataclass(frozen=True)
class Metric:
    """One metric: what every kind shares, and its kind's own keys in `options`.

    `supersedes` is the hash of the earlier definition whose name the metric takes over with another meaning.
    """

    metric: str
    label: str = field(metadata={"hashed": False})
    kind: str
    direction: Direction = field(metadata={"hashed": False})
    options: Any = field(metadata={"internal": True})
    question: str | None = unhashed()
    stage: str | None = unhashed()
    leads: str | None = unhashed()
    supports: tuple[str, ...] = unhashed(())
    owner: str | None = unhashed()
    type: Indication | None = unhashed()
    unit: str | None = unhashed()
    dimensions: tuple[str, ...] = field(default=(), metadata={"refers": "dimension"})
    cuts: tuple[tuple[str, ...], ...] = field(default=(), metadata={"refers": "dimension", "hashed": False})
    grains: tuple[Grain, ...] = field(default=(Grain.MONTH, Grain.QUARTER), metadata={"hashed": False})
    min_sample: int = 10
    private: bool | str = False
    guards: tuple[str, ...] = unhashed((), refers="metric")
    targets: tuple[Target, ...] = unhashed(())
    benchmarks: tuple[Benchmark, ...] = unhashed(())
    status: DefinitionStatus = unhashed(DefinitionStatus.APPROVED)
    replaced_by: str | None = unhashed(refers="metric")
    sunset: date | None = unhashed()
    supersedes: str | None = unhashed()
    domain: str = field(default="", metadata={"hashed": False, "internal": True})
    position: Position = place()

    @property
    def joint(self) -> bool:
        """Tell whether more than one department answers for the metric."""
        return bool(self.supports)

    @property
    def proposed(self) -> bool:
        """Tell whether the metric is not approved yet: it is computed and shown, and never scored."""
        return self.status is DefinitionStatus.PROPOSED

    @property
    def private_entity(self) -> str | None:
        """Return the entity whose number is held against privacy.k, None where the kind says how many there are."""
        return self.private if isinstance(self.private, str) else None

    @property
    def own_dimensions(self) -> tuple[str, ...]:
        """Return the dimensions that the kind adds, such as a curve's `age`: every value is cut by them."""
        options: KindOptions = self.options
        return options.own_dimensions

    @property
    def cut_sets(self) -> tuple[tuple[str, ...], ...]:
        """Return the cuts that are stored: the total, each dimension, the listed combinations."""
        return tuple(map(self.whole_cut, ((), *((name,) for name in self.dimensions), *self.cuts)))

    def whole_cut(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the dimensions of a cut with the kind's own, without which there is no value."""
        return tuple(dict.fromkeys((*names, *self.own_dimensions)))
