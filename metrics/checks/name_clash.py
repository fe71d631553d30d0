"""A dataset's columns, conditions and lookups have different names."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "name-clash"


SECTIONS = ("columns", "conditions", "lookups")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each name that expressions could read as two things."""
    for name, dataset in catalog.datasets.items():
        first: dict[str, str] = {}
        for section in SECTIONS:
            for each in getattr(dataset, section):
                if each in first:
                    message = f"{each!r} is one of the {first[each]} already: rename one of them"
                    yield Finding(at("dataset", name, section, each, key=True), CODE, message)
                first.setdefault(each, section)
