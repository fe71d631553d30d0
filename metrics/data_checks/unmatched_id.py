"""A system's ids are not in the crosswalk, so their rows belong to nobody."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from metrics.catalog.dataset import Dataset
from metrics.data_check import Probe
from metrics.errors import ExpressionError, Finding, Level, SourceError
from metrics.sql.id_matching import matched

CODE = "unmatched-id"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each dataset and entity with ids that the crosswalk does not know."""
    for dataset in probe.readable():
        for name, declared in dataset.entities.items():
            if declared.system is None or name not in probe.catalog.identities:
                continue
            try:
                unmatched = _count(probe, dataset, name)
            except (ExpressionError, SourceError):
                continue
            if unmatched:
                crosswalk = probe.catalog.identities[name].crosswalk.dataset
                message = (
                    f"{unmatched} rows have an id of {declared.system!r} that {crosswalk!r} does not know"
                )
                yield probe.finding(
                    CODE, message, "dataset", dataset.dataset, "entities", name, level=Level.ADVICE
                )


def _count(probe: Probe, dataset: Dataset, name: str) -> int:
    counts = matched(probe.rows(dataset), name).subquery()
    return probe.count(dataset, sa.select(counts.c.unmatched))
