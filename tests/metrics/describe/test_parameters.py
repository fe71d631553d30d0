"""A kind's words are its own: the same word may mean something else in another kind."""

from __future__ import annotations

import dataclasses
import typing
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from metrics.catalog.walk import is_record, yaml_key
from metrics.describe.parameters import parameters
from metrics.kind import kinds
from metrics.loading.loader import load

GOLDEN = Path(__file__).parents[2] / "golden" / "project"


def _words(record: type) -> set[tuple[str, str]]:
    """Return every key of a record that takes one of a few words, with each word."""
    found: set[tuple[str, str]] = set()
    hints = typing.get_type_hints(record)
    for member in dataclasses.fields(record):
        for hint in (hints[member.name], *typing.get_args(hints[member.name])):
            if isinstance(hint, type) and issubclass(hint, StrEnum):
                found |= {(yaml_key(member), str(word)) for word in hint}
            elif isinstance(hint, type) and dataclasses.is_dataclass(hint) and not is_record(hint):
                found |= _words(hint)
    return found


@pytest.mark.parametrize("kind", [name for name, kind in kinds().items() if kind.says])
def test_a_kind_explains_words_that_it_takes(kind: str) -> None:
    module: Any = kinds()[kind]
    assert set(module.says) <= _words(module.options)


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("conversion", "follows the entities that enter in a period"),
        ("win_back", "follows the customers who lapsed in a period"),
        ("duration", "labelled by the start; who still waits counts"),
    ],
)
def test_basis_is_explained_as_the_kind_means_it(metric: str, says: str) -> None:
    catalog = load(GOLDEN).catalog
    assert catalog is not None
    assert [term.says for term in parameters(catalog.metrics[metric], catalog) if term.key == "basis"] == [
        says
    ]


def test_an_allocation_says_what_becomes_of_an_amount_without_a_segment() -> None:
    catalog = load(GOLDEN).catalog
    assert catalog is not None
    found = {
        term.key: (term.value, term.says) for term in parameters(catalog.metrics["ratio_allocated"], catalog)
    }
    assert found["allocate"] == (
        "by new_customers, where amount < 100",
        "what belongs to no segment is spread over the segments in proportion to the denominator",
    )
    lagged = {term.key: term.value for term in parameters(catalog.metrics["ratio_lagged"], catalog)}
    assert lagged["lag"] == "1 month"
