"""Label matchers as Prometheus means them."""

from __future__ import annotations

import pytest

from api.prometheus.remote_read.matching import Matchers
from api.prometheus.remote_read.wire import BadRequest, Match, Matcher

LABELS = {"__name__": "kpi_won_ratio", "channel": "web", "note": "two\nlines"}


@pytest.mark.parametrize(
    ("name", "match", "value", "expected"),
    [
        ("channel", Match.EQUAL, "web", True),
        ("channel", Match.EQUAL, "we", False),
        ("channel", Match.NOT_EQUAL, "web", False),
        ("channel", Match.NOT_EQUAL, "fair", True),
        ("channel", Match.REGEX, "w.b|fair", True),
        ("channel", Match.REGEX, "w", False),
        ("channel", Match.NOT_REGEX, "w", True),
        ("channel", Match.NOT_REGEX, "w.*", False),
        ("absent", Match.EQUAL, "", True),
        ("absent", Match.EQUAL, "x", False),
        ("absent", Match.NOT_EQUAL, "x", True),
        ("absent", Match.REGEX, ".*", True),
        ("absent", Match.REGEX, ".+", False),
        ("channel", Match.NOT_EQUAL, "", True),
        ("note", Match.REGEX, "two.lines", True),
    ],
)
def test_a_matcher_accepts(name, match, value, expected):
    matchers = Matchers([Matcher(name, match, value)])
    assert matchers.accept(LABELS) is expected
    assert matchers.allow(name, LABELS.get(name, "")) is expected


def test_all_matchers_must_hold():
    both = Matchers([Matcher("channel", Match.REGEX, "web|fair"), Matcher("channel", Match.NOT_EQUAL, "web")])
    assert not both.accept(LABELS)
    assert both.allow("channel", "fair")


def test_a_bad_pattern_is_refused_in_words():
    with pytest.raises(BadRequest, match=r"^'\(' is not a regular expression: missing \): \($"):
        Matchers([Matcher("channel", Match.REGEX, "(")])


def test_no_pattern_takes_long():
    # A backtracking engine would try 2^5000 ways.
    matchers = Matchers([Matcher("channel", Match.REGEX, "(a+)+b")])
    assert not matchers.accept({"channel": "a" * 5000})
