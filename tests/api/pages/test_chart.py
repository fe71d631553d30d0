import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.chart import Point, ring, scale, series, spark, ticks

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False, allow_infinity=False)
# What is smaller is drawn as nought.
VALUES = NUMBERS.filter(lambda value: value == 0 or abs(value) > 1e-12)


def write(value):
    return f"{value:g}"


def draw(points, **more):
    options = {"name": "s", "title": "Title", "description": "Words", "write": write} | more
    return ElementTree.fromstring(series(points, **options))


def classes(drawing, name):
    return [one for one in drawing.iter() if name in one.get("class", "").split()]


def final(label, value, **more):
    return Point(label, value, **more)


SERIES = [
    final("2026-Q1", 0.2, lower=0.15, upper=0.25, goal=0.24, red_flag=0.18),
    final("2026-Q2", 0.22, lower=0.17, upper=0.27, goal=0.24, red_flag=0.18),
    final("2026-Q3", None),
    final("2026-Q4", 0.21, lower=0.16, upper=0.26, goal=0.24, red_flag=0.18),
    final("2027-Q1", 0.25, lower=0.12, upper=0.4, goal=0.24, red_flag=0.18, open=True),
]


@given(low=VALUES, high=VALUES, most=st.integers(2, 10))
def test_ticks_are_even_and_cover_the_range(low, high, most):
    low, high = min(low, high), max(low, high)
    found = ticks(low, high, most)
    step = found[1] - found[0]
    slack = step * 1e-6
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert 2 <= len(found) <= most + 3
    assert all(abs(after - before - step) <= slack for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (0.14, 0.25, (0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.26)),
        (0, 0, (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (-40, 30, (-40, -20, 0, 20, 40)),
        (1000, 1000, (1000, 1200, 1400, 1600, 1800, 2000)),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == expected


def test_a_chart_says_what_it_shows():
    drawing = draw(SERIES)
    title, description = drawing.get("aria-labelledby"), drawing.get("aria-describedby")
    by_id = {one.get("id"): one.text for one in drawing.iter() if one.get("id")}
    assert drawing.get("role") == "img"
    assert by_id == {title: "Title", description: "Words"}


def test_what_is_open_is_hollow_and_dashed():
    drawing = draw(SERIES)
    assert len(classes(drawing, "dot")) == 4
    (dot,) = [one for one in classes(drawing, "dot") if "open" in one.get("class")]
    (line,) = [one for one in classes(drawing, "line") if "open" in one.get("class")]
    assert line.get("d").endswith(f"L{dot.get('cx')},{dot.get('cy')}")
    (bar,) = [one for one in classes(drawing, "bar") if "open" in one.get("class")]
    assert bar.get("d").startswith(f"M{dot.get('cx')} ")


def test_no_line_leads_to_a_period_that_is_not_over():
    drawing = draw([*SERIES[:-1], replace(SERIES[-1], running=True)])
    assert [one for one in classes(drawing, "line") if "open" in one.get("class")] == []
    assert len(classes(drawing, "dot")) == 4


@pytest.mark.parametrize(
    ("far", "said"), [(13.3, "13.3 \N{UPWARDS ARROW}"), (-9.0, "-9 \N{DOWNWARDS ARROW}")]
)
def test_an_open_period_beyond_the_scale_of_what_is_final_stands_at_its_edge(far, said):
    known = [final("2026-Q1", 2.8, lower=2.3, upper=3.4), final("2026-Q2", 3.3, lower=2.8, upper=3.8)]
    drawing = draw([*known, final("2026-Q3", far, lower=far - 5, upper=far + 5, open=True)])
    words = [one.text for one in classes(drawing, "tick")]
    assert said in words
    (mark,) = [one for one in classes(drawing, "dot") if "open" in one.get("class")]
    without = [one.text for one in classes(draw(known), "tick")]
    scales = [[text for text in texts if re.fullmatch(r"-?[\d.]+", text)] for texts in (words, without)]
    assert scales[0] == scales[1]
    assert float(mark.get("cy")) == (14 if far > 0 else 320 - 34)
    near = draw([*known, final("2026-Q3", 3.9, open=True)])
    assert "\N{UPWARDS ARROW}" not in "".join(one.text for one in classes(near, "tick"))


def test_no_open_period_sets_the_scale_of_a_small_chart():
    known = [final("2026-Q1", 2.8), final("2026-Q2", 3.3)]
    drawings = [
        spark([*known, *more], name="s", title="T") for more in ([], [final("2026-Q3", 13.3, open=True)])
    ]
    heights = [[dot.get("cy") for dot in classes(ElementTree.fromstring(one), "dot")] for one in drawings]
    assert heights[1] == [*heights[0], "3"]


def test_where_nothing_is_final_the_open_values_are_drawn():
    drawing = draw([final("2026-Q3", 13.3, open=True)])
    assert len(classes(drawing, "dot")) == 1
    assert "\N{UPWARDS ARROW}" not in "".join(one.text for one in classes(drawing, "tick"))


def test_a_gap_is_not_bridged():
    drawing = draw([final("a", 1.0), final("b", 2.0), final("c", None), final("d", 3.0), final("e", 4.0)])
    (line,) = classes(drawing, "line")
    assert line.get("d").count("M") == 2
    assert len(classes(drawing, "dot")) == 4


def test_an_interval_is_a_band_over_neighbours_and_a_bar_alone():
    drawing = draw(SERIES)
    (band,) = classes(drawing, "band")
    assert len(band.get("points").split()) == 4
    bars = [one for one in classes(drawing, "bar") if "open" not in one.get("class")]
    assert len(bars) == 1


def test_targets_are_named_at_the_edge():
    words = [one.text for one in classes(draw(SERIES), "mark")]
    assert words == ["Goal", "0.24", "Red flag", "0.18"]


def test_targets_that_lie_close_do_not_overprint():
    points = [replace(point, red_flag=0.2399) for point in SERIES]
    names = [one for one in classes(draw(points), "mark") if one.text in ("Goal", "Red flag")]
    assert abs(float(names[0].get("y")) - float(names[1].get("y"))) >= 24


def test_targets_step_with_their_periods():
    points = [
        final("a", 1.0, goal=1.0),
        final("b", 1.0, goal=2.0),
        final("c", 1.0),
        final("d", 1.0, goal=3.0),
    ]
    paths = [one.get("d") for one in classes(draw(points), "goal")]
    assert len(paths) == 2
    assert paths[0].count("H") == 2


def test_a_small_sample_has_a_shape_of_its_own():
    drawing = draw([final("a", 1.0), final("b", 2.0, small=True)])
    (mark,) = classes(drawing, "small")
    assert mark.tag.endswith("path")


def test_the_newest_period_is_always_named():
    labels = [f"2024-{month:02d}" for month in range(1, 31)]
    drawing = draw([final(label, float(index)) for index, label in enumerate(labels)])
    named = [one.text for one in classes(drawing, "tick") if one.text in labels]
    assert labels[-1] in named
    assert len(named) < len(labels)


def test_words_are_escaped():
    text = series(
        [final("<b>", 1.0, words="<i>&")], name="s", title="<script>", description="a & b", write=write
    )
    assert "<script>" not in text
    ElementTree.fromstring(text)


@pytest.mark.parametrize("draw_it", [
    lambda points: series(points, name="s", title="t", description="d", write=write),
    lambda points: spark(points, name="s", title="t"),
])  # fmt: skip
def test_without_a_value_there_is_no_chart(draw_it):
    assert draw_it([]) == ""
    assert draw_it([final("a", None), final("b", None)]) == ""


@given(
    values=st.lists(st.none() | NUMBERS, min_size=1, max_size=20),
    kinds=st.lists(st.booleans(), min_size=20, max_size=20),
)
def test_every_mark_lies_on_the_drawing(values, kinds):
    points = [final(str(index), value, open=kinds[index]) for index, value in enumerate(values)]
    for text in (
        series(points, name="s", title="t", description="d", write=write),
        spark(points, name="s", title="t"),
    ):
        if not text:
            continue
        drawing = ElementTree.fromstring(text)
        width, height = (float(part) for part in drawing.get("viewBox").split()[2:])
        for dot in (one for one in drawing.iter() if one.tag.endswith("circle")):
            assert 0 <= float(dot.get("cx")) <= width
            assert -0.01 <= float(dot.get("cy")) <= height + 0.01


def test_no_drawing_has_styles_of_its_own_or_scripts():
    for text in (
        series(SERIES, name="s", title="t", description="d", write=write),
        spark(SERIES, name="s", title="t"),
        ring(61.2, "61", name="r", title="t", status="status-amber"),
        scale(61.2, name="r", title="t", status="status-amber"),
    ):
        assert "style=" not in text
        assert not re.search(r"<script|on\w+=|href", text)


def test_a_ring_is_filled_to_its_score():
    drawing = ElementTree.fromstring(ring(61.25, "61", name="r", title="Score", status="status-amber"))
    (fill,) = classes(drawing, "status-amber")
    assert fill.get("stroke-dasharray") == "61.25 100"
    assert [one.text for one in classes(drawing, "ring-value")] == ["61"]


def test_a_ring_without_a_score_is_empty():
    drawing = ElementTree.fromstring(ring(None, "–", name="r", title="Score", status="status-no-data"))
    assert classes(drawing, "fill") == []
    assert [one.text for one in classes(drawing, "ring-value")] == ["–"]


@pytest.mark.parametrize(
    ("performance", "x"), [(0, "5"), (33.3333333333, "44"), (66.6666666667, "88"), (100, "127")]
)
def test_a_scale_has_its_knob_where_the_value_stands(performance, x):
    drawing = ElementTree.fromstring(scale(performance, name="s", title="t", status="status-green"))
    (knob,) = classes(drawing, "knob")
    assert knob.get("cx") == x


def test_what_leads_from_an_open_period_is_dashed_and_its_value_keeps_off_the_axis():
    first = final("2023-Q4", 11.3, open=True)
    drawing = draw([first, *(final(f"2024-Q{number}", 2.0 + number / 10) for number in (1, 2, 3))])
    dot = next(one for one in classes(drawing, "dot") if "open" in one.get("class"))
    solid, dashed = [
        [one for one in classes(drawing, "line") if ("open" in one.get("class")) is open_]
        for open_ in (False, True)
    ]
    assert [len(solid), len(dashed)] == [1, 1]
    assert dashed[0].get("d").startswith(f"M{dot.get('cx')},{dot.get('cy')}L")
    (said,) = [one for one in classes(drawing, "tick") if one.text == "11.3 \N{UPWARDS ARROW}"]
    assert said.get("text-anchor") == "start"
    assert float(said.get("x")) > float(dot.get("cx"))
