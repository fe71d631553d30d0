"""The catalog: everything that the definitions say, frozen."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from metrics.catalog.company import Company
from metrics.catalog.dataset import Dataset, Identity, SourceDefinition
from metrics.catalog.fields import empty
from metrics.catalog.metric import Metric
from metrics.errors import UnknownMetric


@dataclass(frozen=True)
class Catalog:
    """Everything that the definitions say, frozen.

    `roots` are folders beside the project's own that files are read in; relative ones start there.
    """

    company: Company
    sources: Mapping[str, SourceDefinition] = field(default_factory=empty)
    identities: Mapping[str, Identity] = field(default_factory=empty)
    datasets: Mapping[str, Dataset] = field(default_factory=empty)
    metrics: Mapping[str, Metric] = field(default_factory=empty)
    roots: tuple[str, ...] = ()

    def metric(self, name: str) -> Metric:
        """Return a metric by name; raise UnknownMetric with a suggestion."""
        if name not in self.metrics:
            raise UnknownMetric(name, tuple(self.metrics))
        return self.metrics[name]

    @cached_property
    def worked_out(self) -> dict[Hashable, Any]:
        """Return what was worked out of these definitions alone, for whoever asks again."""
        return {}
