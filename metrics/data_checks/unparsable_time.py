"""A text does not fit the declared format of a date or timestamp."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from metrics.data_check import Probe
from metrics.dialect import Type
from metrics.errors import Finding, SourceError

CODE = "unparsable-time"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each column with texts that its format cannot read."""
    for dataset in probe.readable():
        columns = probe.columns(dataset)
        source = probe.session.source_of(dataset.dataset)
        for name, declared in dataset.types.items():
            spec = (columns or {}).get(name)
            if declared.format is None or spec is None or spec.type is not Type.TEXT:
                continue
            opened = probe.session.source(source)
            column = opened.table(dataset).c[name]
            parsed = opened.dialect.parse_time(column, declared.format, strict=False)
            bad = sa.and_(column.is_not(None), parsed.is_(None))
            select: Any = sa.select(sa.func.count(), sa.func.min(column)).where(bad)
            try:
                found, example = probe.session.fetch(source, select).one().values()
            except SourceError:
                continue
            if found:
                message = f"{found} texts do not fit the format {declared.format!r}, such as {example!r}"
                yield probe.finding(CODE, message, "dataset", dataset.dataset, "types", name)
