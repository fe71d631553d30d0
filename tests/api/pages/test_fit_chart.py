"""The drawings that judge a fit."""

from __future__ import annotations

import re

from api.metric.fit import Group
from api.pages.fit_chart import Line, Since, lines, pairs

SIZE = {"name": "n", "title": "T", "description": "", "width": 400, "height": 200}


def numbers(text, pattern):
    return [float(each) for each in re.findall(pattern, text)]


def test_bars_stand_in_pairs_and_are_as_high_as_their_numbers():
    drawn = pairs([Group("0", None, 100, 50.0), Group("1", None, 25, 0.0)], **SIZE)
    heights = {kind: numbers(drawn, rf'<rect class="{kind}"[^>]* height="([0-9.]+)"')
               for kind in ("observed", "expected")}  # fmt: skip
    assert heights["observed"] == [144.0, 36.0]
    # Nought is a line on the axis, so that its place is seen.
    assert heights["expected"] == [72.0, 0.5]
    left, right = (numbers(drawn, rf'<rect class="{kind}" x="([0-9.]+)"') for kind in heights)
    assert all(one < other for one, other in zip(left, right, strict=True))
    assert "<title>0: 100 observed</title>" in drawn


def test_without_an_expectation_the_bar_stands_over_its_name():
    drawn = pairs([Group("0", None, 100, None)], **SIZE)
    (x,), (wide,) = (
        numbers(drawn, rf'<rect class="observed"[^>]* {name}="([0-9.]+)"') for name in ("x", "width")
    )
    (name,) = numbers(drawn, r'<text class="tick" x="([0-9.]+)" y="186"')
    assert x + wide / 2 == name
    assert "expected" not in drawn


def test_nothing_is_drawn_of_nothing():
    assert pairs([Group("0", None, 0, 0.0)], **SIZE) == ""
    assert lines([Line("observed", [None, None])], ["a", "b"], **SIZE) == ""


def test_a_gap_breaks_a_line():
    drawn = lines([Line("observed", [1.0, 2.0, None, 3.0, 4.0])], list("abcde"), **SIZE)
    assert drawn.count('<path class="observed"') == 2


def test_what_was_not_seen_is_marked_from_its_day_on():
    labels = list("abcd")
    drawn = lines([Line("observed", [0, 1, 2, 3])], labels, since=Since(1.5, "holdout"), **SIZE)
    (x,) = numbers(drawn, r'<path class="since" d="M([0-9.]+) ')
    places = numbers(drawn, r'<text class="tick" x="([0-9.]+)" y="186"')
    assert places[1] < x < places[2]
    assert ">holdout</text>" in drawn


def test_shares_reach_to_all():
    drawn = lines([Line("observed", [0.82, 0.9])], ["1", "2"], share=True, **SIZE)
    assert ">100%</text>" in drawn
    assert ">0%</text>" not in drawn
