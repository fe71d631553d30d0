"""A lookup joins by key, or picks one row of an entity, and its target allows it."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset, Lookup
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "lookup-shape"

Problems = Iterator[tuple[tuple[str, ...], str]]


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each lookup that could not be joined to at most one row."""
    for name, dataset in catalog.datasets.items():
        for key, lookup in dataset.lookups.items():
            target = catalog.datasets.get(lookup.dataset)
            for path, message in _problems(dataset, lookup, target):
                yield Finding(at("dataset", name, "lookups", key, *path), CODE, message)


def _problems(dataset: Dataset, lookup: Lookup, target: Dataset | None) -> Problems:
    picks = lookup.by is not None or lookup.pick is not None
    if bool(lookup.on) == picks:
        yield (), "a lookup has either on, or by and pick"
    elif lookup.on:
        yield from _by_key(lookup, target)
    else:
        yield from _by_pick(dataset, lookup, target)


def _by_key(lookup: Lookup, target: Dataset | None) -> Problems:
    for key in ("before", "after", "within"):
        if getattr(lookup, key) is not None:
            yield (key,), f"{key} goes with by and pick, not with on"
    if target is None:
        return
    if not target.key:
        yield ("dataset",), f"dataset {target.dataset!r} has no key, so a lookup by on could fan out"
    elif len(lookup.on) > len(target.key):
        keys = ", ".join(target.key)
        yield ("on",), f"on has {len(lookup.on)} values, but the key of {target.dataset!r} is {keys}"
    if lookup.valid_at is not None and target.valid is None:
        yield ("valid_at",), f"dataset {target.dataset!r} has no valid, so valid_at cannot choose a row"


def _by_pick(dataset: Dataset, lookup: Lookup, target: Dataset | None) -> Problems:
    if lookup.by is None or lookup.pick is None:
        yield (), f"missing key {'by' if lookup.by is None else 'pick'!r}: by and pick go together"
    if lookup.valid_at is not None:
        yield ("valid_at",), "valid_at goes with on, not with by and pick"
    if lookup.within is not None and lookup.before is None and lookup.after is None:
        yield ("within",), "within needs before or after to count from"
    if not dataset.key:
        yield ("pick",), f"dataset {dataset.dataset!r} needs a key, so that each row picks its own"
    for each in (dataset, target):
        if each is not None and lookup.by is not None and lookup.by not in each.entities:
            yield ("by",), f"dataset {each.dataset!r} has no entity {lookup.by!r}"
    if target is not None and target.time is None and target.valid is None:
        yield ("dataset",), f"dataset {target.dataset!r} has no time, so it has no first or last row"
