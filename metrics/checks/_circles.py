"""Find what depends on itself among datasets, columns, conditions and lookups."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.cycles import find_cycles
from metrics.catalog.dependencies import Dependency, needs

_COMPUTED = ("column", "condition")


def all_circles(catalog: Catalog) -> Iterator[tuple[str, tuple[Dependency, ...]]]:
    """Yield each circle with its sort: column, union or lookup."""
    for circle in find_cycles(_items(catalog), lambda item: needs(catalog, item)):
        kinds = {item.kind for item in circle}
        if kinds <= set(_COMPUTED):
            yield "column", circle
        elif kinds <= {"dataset", "raw"}:
            yield "union", circle
        else:
            yield "lookup", circle


def _items(catalog: Catalog) -> Iterator[Dependency]:
    for name, dataset in catalog.datasets.items():
        yield Dependency(name, "dataset")
        yield from (Dependency(name, "column", each) for each in dataset.columns)
        yield from (Dependency(name, "condition", each) for each in dataset.conditions)
        yield from (Dependency(name, "lookup", each) for each in dataset.lookups)
        yield from (Dependency(name, "entity", each) for each in dataset.entities)


def spelled(circle: tuple[Dependency, ...], whole: bool = True) -> str:
    """Return a circle as a message shows it; `whole` names the datasets too."""
    steps = [str(item) if whole else item.name for item in (*circle, circle[0])]
    return " -> ".join(dict.fromkeys(steps[:-1])) + f" -> {steps[-1]}"
