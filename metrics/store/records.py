"""What the store keeps besides observations: runs, definitions, refreshes, and the health of sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from metrics.grain import Grain
from metrics.observation import Dimensions

Cut = tuple[str, ...]
"""The names of the dimensions that a value is cut by, sorted; empty for the total."""

ADVANCES = 10
"""How many advances of a dataset's watermark are kept."""


@dataclass(frozen=True)
class Run:
    """One computation of one metric: what was computed, from data up to when, and how it ended.

    `grains` and `cuts` say what the run covers: a stored segment within them that the run does not give
    has vanished. `seconds` is how long it took. `watermark` is the instant up to which the data is known.
    `diagnostics` is what the kind publishes beside the values, as plain JSON values.
    """

    id: str
    metric: str
    definition_hash: str
    code_version: int
    started_at: datetime
    finished_at: datetime
    watermark: datetime | None
    outcome: Literal["ok", "failed"]
    error: str | None
    grains: tuple[Grain, ...]
    cuts: tuple[Cut, ...]
    seconds: float
    diagnostics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """How many of a run's observations were new, how many said nothing new, and how many vanished."""

    written: int
    unchanged: int
    tombstones: int


@dataclass(frozen=True)
class SourceHealth:
    """Whether a source answered when it was last asked, and how far its data reaches."""

    source: str
    up: bool
    checked_at: datetime
    last_success: datetime | None
    watermark: datetime | None
    error: str | None


@dataclass(frozen=True)
class DatasetHealth:
    """Until when a dataset was complete when it was last read.

    `advances` are the last times that its watermark moved on, the newest last: by how many seconds. The store
    fills them.
    """

    dataset: str
    source: str
    read_at: datetime
    watermark: datetime
    advances: tuple[float, ...] = ()

    def after(self, earlier: DatasetHealth) -> DatasetHealth:
        """Return this reading with the advances that the earlier one knew, and its own."""
        moved = (self.watermark - earlier.watermark).total_seconds()
        advances = (*earlier.advances, moved) if moved > 0 else earlier.advances
        return replace(self, advances=advances[-ADVANCES:])

    def same_mark(self, earlier: DatasetHealth | None) -> bool:
        """Tell whether an earlier reading, if there was one, says as much of when the dataset is complete."""
        return earlier is not None and replace(self, read_at=earlier.read_at) == earlier


@dataclass(frozen=True)
class Definition:
    """A definition as it was computed: its hash, its canonical JSON text and the commit it came from.

    `label`, `question` and `unit` are those that it was last computed under; no hash depends on them.
    """

    hash: str
    metric: str
    code_version: int | None
    canonical: str
    commit: str | None
    first_seen: datetime
    label: str | None = None
    question: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class DefinitionChange:
    """That a metric was first computed by another definition than its first, and when."""

    metric: str
    hash: str
    first_seen: datetime


@dataclass(frozen=True)
class Recounted:
    """That a metric's values follow another definition than those before them, and since which refresh.

    `commit` is what the definitions were read from then; None where that is not known, or where it is the
    commit of the earlier definition too, so that the change was in no commit.
    """

    metric: str
    before: str
    after: str
    since: datetime
    commit: str | None


@dataclass(frozen=True)
class ScoringUse:
    """That refreshes were scored by a record: its hash, the last one's instant, and when the next ones began."""

    hash: str
    last_used: datetime
    replaced_at: datetime | None
    replaced_by_commit: str | None


@dataclass(frozen=True)
class Refresh:
    """One refresh of the whole project: when it ran, how many metrics came through and how many failed."""

    started_at: datetime
    finished_at: datetime
    ok: int
    failed: int


@dataclass(frozen=True)
class Progress:
    """How far a store has come; it differs from an earlier one where anything was computed in between.

    The numbers of its last run and last refresh, None where there is none, and of each metric's last success:
    they grow, and mean nothing else.
    """

    run: int | None
    refresh: int | None
    successes: Mapping[str, int]


def canonical_cut(names: Iterable[str]) -> Cut:
    """Return the names of a cut in their stored order."""
    return tuple(sorted(names))


def canonical_dimensions(dimensions: Iterable[tuple[str, str]]) -> Dimensions:
    """Return the pairs of a segment in their stored order."""
    return tuple(sorted(dimensions))
