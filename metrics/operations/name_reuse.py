"""A name once published is not reused for another meaning, unless the definition says what it supersedes.

Any edit of a definition that stays is an edit. Another kind or unit is another meaning, and so are other datasets
under a name that was gone in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import canonical_text, hash_of, resolved
from metrics.describe.units import shown_unit
from metrics.errors import NameReused
from metrics.store.store import Run, Store

NamesIn = Callable[[str], Collection[str]]
"""Read which metrics a refresh knew, from the record of what it was scored by."""


@dataclass(frozen=True)
class _Meaning:
    """What a name stands for; `currency` is the company's, `unit` None where it is not known."""

    kind: str
    unit: str | None
    currency: str
    reads: frozenset[str]

    @classmethod
    def of(cls, canonical: Mapping[str, Any], unit: str | None) -> Self:
        own = canonical["metric"]
        currency = canonical["company"].get("currency", {}).get("report", "")
        reads = {*_named(own), *canonical["metrics"]}
        return cls(own["kind"], unit, currency.lower(), frozenset(reads))

    @property
    def in_money(self) -> bool:
        return self.unit == self.currency != ""

    def same_unit(self, other: Self) -> bool:
        """Tell whether two values can be set side by side; the company's money may be another."""
        return (
            None in (self.unit, other.unit) or self.unit == other.unit or (self.in_money and other.in_money)
        )

    def words(self, *, reads: bool) -> str:
        said = f"{self.kind} {f'in {self.unit}' if self.unit else 'without a unit'}"
        return f"{said} of {', '.join(sorted(self.reads)) or 'nothing'}" if reads else said


def refuse_reuse(store: Store, catalog: Catalog, name: str, names_in: NamesIn | None) -> None:
    """Raise NameReused where a metric's stored values mean something else than its definition."""
    run, metric = store.last_success(name), catalog.metric(name)
    canonical = json.loads(canonical_text(resolved(catalog, name)))
    if run is None or run.definition_hash in (hash_of(canonical), metric.supersedes):
        return
    held = store.definitions.find(run.definition_hash, name)
    if held is None:
        return
    was, now = (
        _Meaning.of(json.loads(held.canonical), held.unit),
        _Meaning.of(canonical, shown_unit(metric, catalog)),
    )
    if was.kind != now.kind or not was.same_unit(now):
        raise NameReused(name, was.words(reads=False), now.words(reads=False), held.hash)
    if was.reads.isdisjoint(now.reads) and names_in is not None and _was_gone(store, run, name, names_in):
        raise NameReused(name, was.words(reads=True), now.words(reads=True), held.hash)


def _was_gone(store: Store, run: Run, name: str, names_in: NamesIn) -> bool:
    """Tell whether a refresh since a run did not know the metric."""
    texts = (store.scorings.find(use.hash) for use in store.scorings.uses(run.started_at))
    return any(name not in names_in(text) for text in texts if text is not None)


def _named(value: Any) -> Iterator[str]:
    """Yield the datasets that a canonical definition names itself."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key == "dataset" and isinstance(each, str):
                yield each
            else:
                yield from _named(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)
