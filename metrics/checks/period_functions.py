"""period_start() and period_end() stand only where a metric says what it counts."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.walk import Field, walk_fields
from metrics.checks._expressions import expressions
from metrics.errors import Finding
from metrics.expressions.nodes import Call, Expression, walk
from metrics.loading.loader import Places

CODE = "period-functions"


FUNCTIONS = ("period_start", "period_end")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each call in a dataset, a plan or a formula over metrics."""
    for written in expressions(catalog):
        if not written.in_use:
            yield from _calls(at, written.kind, written.name, written.part)
    for name, metric in catalog.metrics.items():
        for part in walk_fields(metric.options):
            if part.refers == "metric" and isinstance(part.value, Expression):
                yield from _calls(at, "metric", name, part)


def _calls(at: Places, kind: str, name: str, part: Field) -> Iterator[Finding]:
    for node in walk(part.node) if part.node is not None else ():
        if isinstance(node, Call) and node.function in FUNCTIONS:
            message = f"{node.function}() has no period here: only a metric's own expressions have one"
            yield Finding(at(kind, name, *part.path, offset=node.offset), CODE, message)
