"""Every dataset, source, metric and lookup that a definition names exists."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.walk import Field, walk_fields
from metrics.checks._expressions import Written, expressions
from metrics.errors import Finding, suggest
from metrics.expressions.nodes import Expression, Name, names
from metrics.loading.loader import Places

CODE = "unknown-reference"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each name that nothing bears."""
    yield from _named(catalog, at, "company", "", catalog.company)
    for entity, identity in catalog.identities.items():
        yield from _named(catalog, at, "identity", entity, identity)
    for name, dataset in catalog.datasets.items():
        yield from _named(catalog, at, "dataset", name, dataset)
        yield from _identities(catalog, at, name, dataset)
    for name, metric in catalog.metrics.items():
        yield from _named(catalog, at, "metric", name, metric)
    for written in expressions(catalog):
        yield from _lookups(catalog, at, written)


def _named(catalog: Catalog, at: Places, kind: str, name: str, record: object) -> Iterator[Finding]:
    known = {
        "dataset": catalog.datasets,
        "source": catalog.sources,
        "metric": catalog.metrics,
        "calendar": catalog.company.calendars,
    }
    for part in walk_fields(record):
        if part.refers in known:
            for target, offset in _targets(part):
                if target not in known[part.refers] and not at.failed(part.refers, target):
                    message = f"no {part.refers} is called {target!r}{suggest(target, known[part.refers])}"
                    yield Finding(at(kind, name, *part.path, offset=offset), CODE, message)


def _identities(catalog: Catalog, at: Places, name: str, dataset: Dataset) -> Iterator[Finding]:
    for entity, column in dataset.entities.items():
        if column.system is None or entity in catalog.identities or at.failed("identity", entity):
            continue
        # Otherwise each system's own ids would be counted as if they were other customers.
        hint = suggest(entity, catalog.identities) or ": write it in identities.yml, or leave system out"
        message = f"no identity is called {entity!r}{hint}"
        yield Finding(at("dataset", name, "entities", entity, "system"), CODE, message)


def _targets(part: Field) -> Iterator[tuple[str, int]]:
    if isinstance(part.value, Expression):
        yield from ((".".join(name.parts), name.offset) for name in names(part.value.node))
    else:
        yield part.value, 0


def _lookups(catalog: Catalog, at: Places, written: Written) -> Iterator[Finding]:
    for name in names(written.part.node) if written.part.node else ():
        missing = _missing_lookup(catalog, written.dataset, name)
        if missing:
            position = at(written.kind, written.name, *written.part.path, offset=name.offset)
            yield Finding(position, CODE, missing)


def _missing_lookup(catalog: Catalog, dataset: str, name: Name) -> str:
    for lookup in name.parts[:-1]:
        found = catalog.datasets.get(dataset)
        if found is None:
            return ""
        if lookup not in found.lookups:
            return f"dataset {dataset!r} has no lookup {lookup!r}{suggest(lookup, found.lookups)}"
        dataset = found.lookups[lookup].dataset
    return ""
