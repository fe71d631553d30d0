"""Links to source systems are web addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "link-shape"


_LINK = re.compile(r"https?://[^\s{}<>\"']+(?:\{[A-Za-z_][A-Za-z0-9_]*\}[^\s{}<>\"']*)*")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each link that is no http(s) address with {column} in its path."""
    for name, dataset in catalog.datasets.items():
        if dataset.link is not None and not _LINK.fullmatch(dataset.link):
            message = (
                "a link is an https address with columns in braces, as in https://crm.example.com/leads/{id}"
            )
            yield Finding(at("dataset", name, "link"), CODE, message)
