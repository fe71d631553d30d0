"""The tables of docs/scoring.md say what the code does."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from metrics.catalog.metric import Direction
from metrics.grain import Calendar
from scorecard.model import MissingRule
from scorecard.score import STATUS_STYLE, Status, scale_score, status_of
from scorecard.target import target_for
from tests.scorecard.builders import catalog, metric, target

DOCS = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text(encoding="utf-8")


def table(first):
    """Return the cells of the table whose first row starts so, without the ruler."""
    rows = DOCS[DOCS.index(first) :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if not row.startswith("|-")]


def test_the_scale():
    values, places, statuses = table("| goal 700, red flag 500")
    for value, place, status in zip(values[1:], places[1:], statuses[1:], strict=True):
        score = scale_score(float(value.split()[0]), Direction.UP, 700, 500)
        assert score == pytest.approx(float(Fraction(place)))
        assert status_of(score) == status


def test_the_band():
    values, places = table("| goal [0.4, 0.6]")
    for value, place in zip(values[1:], places[1:], strict=True):
        score = scale_score(float(value), Direction.BAND, (0.4, 0.6), (0.3, 0.7))
        assert score == pytest.approx(float(Fraction(place)))


def test_the_ramp():
    periods, goals, flags = table("| | 2026-Q2")
    kept = metric("kept", targets=(target("2026-04-01", 0.24, 0.18, ramp_from=0.20),))
    for period, goal, flag in zip(periods[1:], goals[1:], flags[1:], strict=True):
        found = target_for(kept, Calendar().parse(period.split()[0]), catalog(kept))
        assert (found.goal, found.red_flag) == (pytest.approx(float(goal)), pytest.approx(float(flag)))


def test_the_statuses():
    rows = {row[0]: row[2] for row in table("| status | means")[1:]}
    assert rows == {
        str(status): f"{STATUS_STYLE[status].glyph} {STATUS_STYLE[status].word}" for status in Status
    }


def test_the_rules_for_what_is_missing():
    said = " ".join(row[0] for row in table("| `missing` |"))
    assert set(re.findall(r"redistribute|propagate|zero|carry_forward", said)) == set(MissingRule)
