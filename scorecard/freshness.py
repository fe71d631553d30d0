"""Which datasets a metric reads, through other metrics and lookups, and how old they may become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from metrics.expression import Expression, names
from metrics.grain import Span
from metrics.model import Catalog


def datasets_of(metric: str, catalog: Catalog) -> tuple[str, ...]:
    """Return the names of all datasets that a metric's value depends on, sorted."""
    seen: set[tuple[str, str]] = set()
    ahead = [("metric", metric)]
    while ahead:
        what = ahead.pop()
        if what not in seen:
            seen.add(what)
            ahead.extend(_direct(what, catalog))
    return tuple(sorted(name for kind, name in seen if kind == "dataset" and name in catalog.datasets))


def longest_age(metric: str, catalog: Catalog) -> Span | None:
    """Return the age from which a metric's data count as stale: the least `freshness.warn` behind it."""
    declared = [catalog.datasets[name].freshness for name in datasets_of(metric, catalog)]
    spans = [freshness.warn for freshness in declared if freshness is not None and freshness.warn is not None]
    return min(spans, key=lambda span: span.approximate_seconds, default=None)


def _direct(what: tuple[str, str], catalog: Catalog) -> Iterator[tuple[str, str]]:
    kind, name = what
    if kind == "metric" and name in catalog.metrics:
        yield from _references(catalog.metrics[name].options)
    elif kind == "dataset" and name in catalog.datasets:
        yield from _references(catalog.datasets[name])


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (dataset or metric, name) for every field below a dataclass that says it refers to one."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _references(item)
    elif is_dataclass(value):
        for one in fields(value):
            held = getattr(value, one.name)
            refers = one.metadata.get("refers")
            if refers in ("dataset", "metric") and held is not None:
                yield from ((refers, name) for name in _named(held))
            else:
                yield from _references(held)


def _named(held: Any) -> tuple[str, ...]:
    if isinstance(held, Expression):
        return tuple(".".join(name.parts) for name in names(held.node))
    return held if isinstance(held, tuple) else (held,)
