"""Find the files of datasets that links lead to where nothing may be read; here alone files are looked at."""

from __future__ import annotations

import glob
from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.file_roots import FileRoots
from metrics.loading.loader import Places

CODE = "file-link"


def misleading_links(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each pattern of a dataset of which a file is a link to elsewhere: the first one."""
    roots = FileRoots(at.home, catalog.roots)
    for name, dataset in catalog.datasets.items():
        for place, pattern in enumerate(dataset.files):
            if roots.refusal(pattern) is None and (message := _misled(roots, pattern)):
                yield Finding(at("dataset", name, "files", place), CODE, message)


def _misled(roots: FileRoots, pattern: str) -> str | None:
    found = sorted(glob.glob(pattern, root_dir=roots.home, recursive=True))
    return next((said for path in found if (said := roots.misled(roots.home / path, path))), None)
