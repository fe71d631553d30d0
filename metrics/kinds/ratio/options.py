"""The keys of a ratio."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from metrics.catalog.options import KindOptions, Over, Reference
from metrics.grain import Span
from metrics.kinds.ratio.allocation import Allocate


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys."""

    numerator: Reference
    denominator: Reference
    entity: str | None = field(default=None, metadata={"refers": "entity"})
    over: Over = Over()
    lag: Span | None = None
    allocate: Allocate | None = None

    @property
    @override
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return that what is spread is told by the rows of the numerator."""
        return ((("allocate",), self.numerator.dataset, self.allocate),) if self.allocate is not None else ()
