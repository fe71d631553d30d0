"""Prometheus' label matchers: =, !=, =~ and !~, whole texts, an absent label being an empty text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache, partial

import re2

from api.prometheus.remote_read.wire import BadRequest, Match, Matcher

Test = Callable[[str], bool]


class Matchers:
    """Every condition of one query."""

    def __init__(self, matchers: Iterable[Matcher]) -> None:
        self._tests = [(each.name, _test(each)) for each in matchers]

    @property
    def names(self) -> frozenset[str]:
        """Return the labels that there is a condition on."""
        return frozenset(name for name, _ in self._tests)

    def test(self, name: str) -> Test:
        """Return what tells whether one label may have a value; it remembers what it was asked."""
        return lru_cache(maxsize=1 << 16)(partial(self.allow, name))

    def without(self, names: Collection[str]) -> bool:
        """Tell whether a series that has these labels alone may lack all others."""
        return all(test("") for label, test in self._tests if label not in names)

    def allow(self, name: str, value: str) -> bool:
        """Tell whether one label may have a value."""
        return all(test(value) for label, test in self._tests if label == name)

    def accept(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a series with these labels is asked for."""
        return all(test(labels.get(name, "")) for name, test in self._tests)


def _test(matcher: Matcher) -> Test:
    value = matcher.value
    if matcher.match is Match.EQUAL:
        return lambda seen: seen == value
    if matcher.match is Match.NOT_EQUAL:
        return lambda seen: seen != value
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        # Prometheus' own engine: its time grows with the text alone, whatever the pattern.
        pattern = re2.compile(value, options)
    except re2.error as error:
        raise BadRequest(f"{value!r} is not a regular expression: {_words(error)}") from error
    if matcher.match is Match.REGEX:
        return lambda seen: pattern.fullmatch(seen) is not None
    return lambda seen: pattern.fullmatch(seen) is None


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode() if isinstance(said, bytes) else str(said)
