"""Who is asked in which order, and when a source is given up: what must be waited for delays nobody else.

A source that cannot be reached is given up for the rest of a run. A query that times out is its metric's own
failure; the second one of a source shows that it is the source. What a source that is given up is needed for
fails at once, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from metrics.errors import SourceError, SourceTimeout, SourceUnavailable
from metrics.model import Catalog
from metrics.parts import inputs

_TIMEOUTS = 2
"""With which timeout in one run a source is given up."""


class Patience:
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


def in_turn(
    catalog: Catalog, metrics: Iterable[str], doubtful: Mapping[str, float]
) -> tuple[tuple[str, ...], ...]:
    """Return metrics, which come inputs first, in groups that are computed one after the other.

    The first group is of those that nothing is known against. Each doubtful metric, and what is computed
    from one, is a group of its own, the one for which its run waited longest last: what failed only because
    another had been waited for shall not fail by it again.
    """
    sure: list[str] = []
    waited: dict[str, float] = {}
    for name in metrics:
        found = [waited[each] for each in inputs(catalog.metric(name)) if each in waited]
        found += [doubtful[name]] if name in doubtful else []
        if found:
            waited[name] = max(found)
        else:
            sure.append(name)
    # Inputs were waited for no longer than what is computed from them: they stay before it.
    late = sorted(waited, key=lambda name: waited[name])
    return (tuple(sure), *((name,) for name in late))
