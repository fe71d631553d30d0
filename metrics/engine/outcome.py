"""What a run found for one metric: its estimates, or the error that is its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from metrics.engine.partly_covered import Beginnings
from metrics.errors import ComputationError, ExpressionError, ScorecardError
from metrics.observation import Estimate, ToDate

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a run found for one metric: its estimates, or the error that it failed with.

    `diagnostics` is what its kind publishes beside them, as plain JSON values; nothing of a private metric.
    `partly_covered` is by grain what makes the first periods provisional for good.
    `to_date` sets its provisional periods against as many days of others, where that was asked for.
    """

    metric: str
    estimates: tuple[Estimate, ...] = ()
    watermark: datetime | None = None
    error: ScorecardError | None = None
    seconds: float = 0.0
    sources: tuple[str, ...] = ()
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    partly_covered: Beginnings = field(default_factory=dict)
    to_date: tuple[ToDate, ...] = ()


def as_metric_error(metric: str, error: Exception) -> ScorecardError:
    """Return an error as one of this metric; a fault of the program itself is logged with its trace."""
    if isinstance(error, ExpressionError):
        found = ComputationError(metric, error.message)
        found.__cause__ = error
        return found
    if isinstance(error, ScorecardError):
        return error
    log.error("metric %s", metric, exc_info=error)
    return ComputationError(metric, f"an error in this program: {type(error).__name__}: {error}")
