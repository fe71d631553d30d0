"""What a target of one grain says about another, of a metric that is made of others."""

from __future__ import annotations

from metrics.catalog.catalog import Catalog
from metrics.expressions.nodes import Call, Case, Name, Node, Operation, walk
from metrics.kind import Additivity, kind_of


def of_names(names: tuple[str, ...], catalog: Catalog, seen: frozenset[str]) -> Additivity:
    """Return what metrics have in common; `seen` are those on the way to them."""
    known = [catalog.metrics[name] for name in names if name in catalog.metrics]
    found = {
        Additivity.EXACT if metric.metric in seen else kind_of(metric).additivity(metric, catalog, seen)
        for metric in known
    }
    return found.pop() if len(found) == 1 and len(known) == len(names) else Additivity.EXACT


def of_formula(formula: Node, catalog: Catalog, seen: frozenset[str]) -> Additivity:
    """Return that a quotient holds, and that what is linear does as the metrics in it do."""
    if isinstance(formula, Operation) and formula.operator == "/":
        return Additivity.HOLDS
    nodes = tuple(walk(formula))
    names = tuple(".".join(node.parts) for node in nodes if isinstance(node, Name))
    shared = of_names(names, catalog, seen)
    linear = all(is_linear(node) for node in nodes)
    return shared if linear or shared is Additivity.HOLDS else Additivity.EXACT


def is_linear(node: Node) -> bool:
    """Tell whether a node of a formula only adds, subtracts, or is a name or a number."""
    if isinstance(node, Call | Case):
        return False
    return not isinstance(node, Operation) or node.operator in ("+", "-", "neg")
