"""Expand a formula or a difference to the metrics at its bottom, and tell which of them stand side by side.

Formulas are read down to metrics that read rows. Money is told by its power: clv / cac is a plain number,
clv - cac is money. Whatever is multiplied, divided, added or subtracted stands side by side; but where plain
numbers are added or subtracted, as in clv_a / cac_a - clv_b / cac_b, each stands by itself, and so does an
input that is a plain number: its own formula is looked at where it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.expressions.nodes import Call, Name, Node, Operation
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference


@dataclass(frozen=True)
class Leaf:
    """A metric that reads rows, and the key and offset in the top definition that lead to it."""

    key: str
    offset: int
    metric: Metric


@dataclass(frozen=True)
class Leaves:
    """What a formula is made of: `groups` stand side by side, `every` is all down to the bottom."""

    power: int
    group: tuple[Leaf, ...] = ()
    apart: tuple[tuple[Leaf, ...], ...] = ()
    every: tuple[Leaf, ...] = ()

    @property
    def groups(self) -> tuple[tuple[Leaf, ...], ...]:
        """Return the metrics that stand side by side, each group by itself."""
        return (*self.apart, self.group)


def leaves(catalog: Catalog, metric: Metric, power: Callable[[Metric], int]) -> Leaves:
    """Return what a formula or difference is made of; `power` is 1 for a metric of money, else 0."""
    return _Reading(catalog, power).formula(metric, None, frozenset())


@dataclass(frozen=True)
class _Reading:
    catalog: Catalog
    power: Callable[[Metric], int]

    def formula(self, metric: Metric, place: tuple[str, int] | None, seen: frozenset[str]) -> Leaves:
        """Read a metric's formula; `place` is where the top definition names it, None for the top."""
        options, below = metric.options, seen | {metric.metric}
        if isinstance(options, derived.Options):
            return self.node(options.formula.node, place, below)
        sides = [("of", options.of), ("minus", options.minus)]
        read = [self.named(name, place or (key, 0), below) for key, name in sides if name is not None]
        return _added(read)

    def node(self, node: Node, place: tuple[str, int] | None, seen: frozenset[str]) -> Leaves:
        if isinstance(node, Name):
            return self.named(".".join(node.parts), place or ("formula", node.offset), seen)
        if isinstance(node, Operation):
            read = [self.node(each, place, seen) for each in node.operands]
            return _multiplied(read, node.operator) if node.operator in ("*", "/") else _added(read)
        if isinstance(node, Call):
            return _added([self.node(each, place, seen) for each in node.arguments])
        return Leaves(0)

    def named(self, name: str, place: tuple[str, int], seen: frozenset[str]) -> Leaves:
        metric = self.catalog.metrics.get(name)
        if metric is None or name in seen:
            return Leaves(0)
        if isinstance(metric.options, derived.Options | difference.Options):
            inner = self.formula(metric, place, seen)
            group = inner.group if inner.power else ()
            return Leaves(inner.power, group, (), inner.every)
        leaf = (Leaf(*place, metric),)
        return Leaves(self.power(metric), leaf, (), leaf)


def _multiplied(read: list[Leaves], operator: str) -> Leaves:
    powers = [each.power for each in read]
    return _joined(read, sum(powers) if operator == "*" else powers[0] - sum(powers[1:]))


def _added(read: list[Leaves]) -> Leaves:
    """Join what is added, subtracted or chosen from: plain numbers need have nothing in common."""
    power = next((each.power for each in read if each.power), 0)
    if power or len(read) < 2:
        return _joined(read, power)
    apart = tuple(group for each in read for group in each.groups)
    return Leaves(0, (), apart, tuple(leaf for each in read for leaf in each.every))


def _joined(read: list[Leaves], power: int) -> Leaves:
    return Leaves(
        power,
        tuple(leaf for each in read for leaf in each.group),
        tuple(group for each in read for group in each.apart),
        tuple(leaf for each in read for leaf in each.every),
    )
