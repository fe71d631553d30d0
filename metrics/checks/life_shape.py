"""What comes after a definition is said of a deprecated one, and what came before by its hash."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import HASH_LENGTH
from metrics.catalog.metric import DefinitionStatus
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "life-shape"

_HASH = re.compile(f"[0-9a-f]{{{HASH_LENGTH}}}")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each `replaced_by`, `sunset` or `supersedes` that says nothing."""
    for name, metric in catalog.metrics.items():
        deprecated = metric.status is DefinitionStatus.DEPRECATED
        for key in ("replaced_by", "sunset"):
            if getattr(metric, key) is not None and not deprecated:
                message = (
                    f"{key} is said of a deprecated metric, and {name!r} is {metric.status}: "
                    "write status: deprecated"
                )
                yield Finding(at("metric", name, key), CODE, message)
        if metric.replaced_by == name:
            yield Finding(at("metric", name, "replaced_by"), CODE, f"metric {name!r} cannot replace itself")
        if metric.supersedes is not None and not _HASH.fullmatch(metric.supersedes):
            message = (
                f"supersedes takes the {HASH_LENGTH} hexadecimal digits of the earlier definition's hash, "
                f"got {metric.supersedes!r}"
            )
            yield Finding(at("metric", name, "supersedes"), CODE, message)
