"""Files and databases are read in the project folder alone, and in the folders that are named as roots."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.file_roots import FileRoots
from metrics.loading.loader import Places
from metrics.registry import discover

CODE = "file-outside"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each path that leads elsewhere as it is written; links are looked at where files are."""
    roots = FileRoots(at.home, catalog.roots)
    for name, source in catalog.sources.items():
        path = database_file(source.url)
        if path is not None and (message := roots.refusal(path)):
            yield Finding(at("source", name, "url"), CODE, message)
    for name, dataset in catalog.datasets.items():
        for place, pattern in enumerate(dataset.files):
            if message := roots.refusal(pattern):
                yield Finding(at("dataset", name, "files", place), CODE, message)


def database_file(url: str) -> str | None:
    """Return the file of a database that is read from one; None where there is none, or only secrets tell it."""
    engines = [module for module in discover("metrics.sources", "source").values() if module.READS_FILES]
    try:
        read = make_url(url)
    except ArgumentError:
        return None
    known = any(read.get_backend_name() in module.BACKENDS for module in engines)
    path = read.database or ":memory:"
    return path if known and path != ":memory:" and "${" not in path else None
