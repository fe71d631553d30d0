"""What has a start and an end in one row ends before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from metrics.catalog.dataset import Dataset
from metrics.data_check import Probe
from metrics.data_checks._samples import shown
from metrics.errors import Finding, Level, ScorecardError
from metrics.expressions.nodes import Node, Operation
from metrics.kind import kind_of

CODE = "ends-before-start"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each validity, case and pause with such rows."""
    readable = {dataset.dataset: dataset for dataset in probe.readable()}
    for dataset in readable.values():
        valid = dataset.valid
        if valid is not None and valid.from_ is not None and valid.to is not None:
            effect = "they are valid at no time"
            yield from _reversed(probe, dataset, valid.from_.node, valid.to.node, effect, "dataset",
                                 dataset.dataset, "valid")  # fmt: skip
    seen = set()
    for metric in probe.catalog.metrics.values():
        for path, name, start, end in kind_of(metric).intervals(metric, probe.catalog):
            if name in readable and (name, start, end) not in seen:
                # Two metrics over the same two times are told once.
                seen.add((name, start, end))
                effect = "what ends before it starts has no length"
                yield from _reversed(
                    probe, readable[name], start, end, effect, "metric", metric.metric, *path
                )


def _reversed(probe: Probe, dataset: Dataset, start: Node, end: Node, effect: str, kind: str, name: str,
              *path: str) -> Iterator[Finding]:  # fmt: skip
    try:
        rows = probe.rows(dataset)
        early = rows.condition(Operation("<", (end, start)))
        key = {"key": sa.cast(rows.key()[0], sa.Text())} if dataset.key else {}
        inner = rows.select({"one": sa.literal(1), **key}, [early]).subquery()
        such = [sa.func.min(inner.c.key).label("key")] if key else []
        select: Any = sa.select(sa.func.count().label("found"), *such).select_from(inner)
        found = probe.session.fetch_one(probe.session.source_of(dataset.dataset), select)
    except ScorecardError:
        # What cannot be compiled or read has a finding of its own.
        return
    if found["found"]:
        count = found["found"]
        rows_ = "1 row ends" if count == 1 else f"{count:,} rows end"
        first = f", such as {dataset.key[0]} {shown(found['key'])}" if key else ""
        message = f"{rows_} before the start{first}: {effect}; correct the times at their source"
        yield probe.finding(CODE, message, kind, name, *path, level=Level.ADVICE)
