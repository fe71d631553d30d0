"""When a source is given up, so that it is not waited for again and again.

A source that cannot be reached is given up for the rest of a run. A query that times out is its metric's own
failure; the second one of a source shows that it is the source. What a source that is given up is needed for
fails at once, with the reason.
"""

from __future__ import annotations

from metrics.errors import SourceError, SourceTimeout, SourceUnavailable

_TIMEOUTS = 2
"""With which timeout in one run a source is given up."""


class CircuitBreaker:
    """Remembers, for one run, what was waited for in vain."""

    def __init__(self) -> None:
        self._met: dict[str, list[SourceError]] = {}
        self._given_up: dict[str, SourceError] = {}

    def ask(self, source: str) -> None:
        """Raise the error with which a source was given up; do nothing otherwise."""
        if source in self._given_up:
            raise self._given_up[source]

    def met(self, error: Exception) -> None:
        """Take notice of an error; the same one may be met by several metrics."""
        if not isinstance(error, SourceUnavailable | SourceTimeout):
            return
        known = self._met.setdefault(error.source, [])
        if error not in known:
            known.append(error)
        if isinstance(error, SourceUnavailable) or len(known) >= _TIMEOUTS:
            self._given_up.setdefault(error.source, error)
