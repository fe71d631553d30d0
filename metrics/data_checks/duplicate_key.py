"""A dataset's key stands on more than one row: the rows would be counted twice."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from metrics.data_check import Probe
from metrics.errors import ExpressionError, Finding, SourceError

CODE = "duplicate-key"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each dataset whose key repeats."""
    for dataset in probe.readable():
        if not dataset.key:
            continue
        try:
            rows = probe.rows(dataset)
            columns = {f"k{index}": column for index, column in enumerate(rows.key())}
            inner = rows.select(columns).subquery()
            twice = sa.select(*inner.c).group_by(*inner.c).having(sa.func.count() > 1).subquery()
            found = probe.count(dataset, sa.select(sa.func.count()).select_from(twice))
        except (ExpressionError, SourceError):
            continue
        if found:
            keys = "1 value" if found == 1 else f"{found} values"
            message = f"{keys} of the key ({', '.join(dataset.key)}) stand on more than one row"
            yield probe.finding(CODE, message, "dataset", dataset.dataset, "key")
