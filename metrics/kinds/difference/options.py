"""The keys of a difference: what is subtracted from what."""

from __future__ import annotations

from dataclasses import dataclass, field

from metrics.catalog.options import KindOptions
from metrics.grain import Span


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys: `of`, and either `minus` (another metric) or `shift` (itself, a span earlier)."""

    of: str = field(metadata={"refers": "metric"})
    minus: str | None = field(default=None, metadata={"refers": "metric"})
    shift: Span | None = None
