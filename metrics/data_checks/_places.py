"""Where a dataset says what rules ask about."""

from __future__ import annotations

from metrics.catalog.dataset import Dataset


def event_path(dataset: Dataset) -> tuple[str, ...]:
    """Return the place of what decides the period of a row."""
    if dataset.time is not None:
        return ("time",)
    return ("valid", "from" if dataset.valid and dataset.valid.from_ else "snapshot")
