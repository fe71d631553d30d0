"""Whether a metric that is made of others adds up whole counts and sums, of which nothing was sampled."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.catalog.catalog import Catalog
from metrics.expressions.nodes import Name, Node, walk
from metrics.kind import kind_of
from metrics.kinds._shared.additivity import is_linear


def whole_formula(formula: Node, catalog: Catalog) -> bool:
    """Tell whether a formula only adds and subtracts metrics that are whole counts or sums."""
    nodes = tuple(walk(formula))
    names = (".".join(node.parts) for node in nodes if isinstance(node, Name))
    return all(is_linear(node) for node in nodes) and whole_names(names, catalog)


def whole_names(names: Iterable[str], catalog: Catalog) -> bool:
    """Tell whether metrics are all whole counts or sums; none at all are not."""
    known = [catalog.metrics.get(name) for name in names]
    return bool(known) and all(one is not None and kind_of(one).is_whole(one, catalog) for one in known)
