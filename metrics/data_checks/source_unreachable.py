"""A source cannot be opened: no such file, no permission, no secret, no driver."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.errors import ExtraMissing, Finding, SourceError

CODE = "source-unreachable"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each source that does not open."""
    for name in probe.catalog.sources:
        try:
            probe.session.source(name)
        except SourceError as error:
            yield probe.finding(CODE, error.message, "source", name, "url")
        except ExtraMissing as error:
            yield probe.finding(CODE, str(error), "source", name, "url")
