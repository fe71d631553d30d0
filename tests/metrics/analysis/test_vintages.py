"""Tracks: which period is the latest that was final at an instant, where each value takes its own time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from metrics.analysis.finality import Finality
from metrics.analysis.vintages import Vintage, milliseconds, tracks
from metrics.describe.series_names import PARTS
from metrics.grain import NO_SPAN, Calendar, Grain
from metrics.loading.loader import load
from metrics.store.final_values import FINAL_FIGURES, FinalValues
from tests.metrics.analysis.test_finality import GOLDEN

CALENDAR = Calendar()


@pytest.fixture(scope="module")
def catalog():
    """Return the golden project's catalog, where nothing has to settle."""
    found = load(GOLDEN).catalog
    datasets = {name: replace(each, settle=NO_SPAN) for name, each in found.datasets.items()}
    return replace(found, datasets=datasets)


def closed(*rows, mark=None):
    """Return final values of (period, segment, value)."""
    figures = np.full((len(FINAL_FIGURES), len(rows)), np.nan)
    figures[0] = [np.nan if value is None else value for *_, value in rows]
    periods, segments = (list(dict.fromkeys(row[place] for row in rows)) for place in (0, 1))
    codes = [np.array([known.index(row[place]) for row in rows], np.int64)
             for place, known in enumerate((periods, segments))]  # fmt: skip
    return FinalValues(tuple(CALENDAR.parse(period) for period in periods), tuple(segments), (mark,), *codes,
                  np.zeros(len(rows), np.int64), figures)  # fmt: skip


def made(catalog, name, *rows):
    return tracks(catalog.metric(name), Finality(catalog), closed(*rows), Vintage.CURRENT)


def at(*days):
    return np.array([milliseconds(datetime(*day, tzinfo=UTC)) for day in days], dtype=np.int64)


def test_every_part_is_among_the_figures_that_are_read():
    assert {part.name for part in PARTS} == set(FINAL_FIGURES)


def test_what_decides_itself_late_is_overtaken_and_each_segment_takes_its_own_time(catalog):
    # In London winter is UTC. January is paid back in 3 months, but for the web in 1; February in 1.
    web = (("channel", "web"),)
    (track,) = made(catalog, "payback", ("2024-01", (), 3.0), ("2024-01", web, 1.0), ("2024-02", (), 1.0))
    assert track.segments == ((), web)
    instants = at((2024, 2, 28), (2024, 3, 1), (2024, 3, 31), (2024, 4, 1), (2024, 6, 1))
    found = track.valued("value", instants)
    # From April on February is the latest, before January's total was ever known.
    np.testing.assert_array_equal(found, [[np.nan, np.nan, np.nan, 1, 1], [np.nan, 1, 1, np.nan, np.nan]])


def test_what_was_never_reached_is_final_after_the_horizon(catalog):
    (track,) = made(catalog, "payback", ("2024-01", (), None))
    assert track.at(at((2024, 4, 30, 22), (2024, 4, 30, 23))).tolist() == [-1, 0]


def test_a_watermark_before_the_instant_holds(catalog):
    mark = datetime(2024, 3, 10, tzinfo=UTC)
    rows = closed(("2024-01", (), 3.0), mark=mark)
    (track,) = tracks(catalog.metric("payback"), Finality(catalog), rows, Vintage.CURRENT)
    assert track.final_at.tolist() == [milliseconds(mark)]


def test_ages_are_tracks_of_their_own(catalog):
    first, second = (("age", "00"),), (("age", "01"),)
    found = made(catalog, "retention_curve", ("2024-01", first, 1.0), ("2024-01", second, 0.5),
                 ("2024-02", first, 1.0))  # fmt: skip
    assert [track.segments for track in found] == [(first,), (second,)]
    assert [len(track.periods) for track in found] == [2, 1]
    assert found[1].final_at[0] > found[0].final_at[0]


def test_other_grains_cuts_and_the_whole_have_no_track(catalog):
    metric = catalog.metric("payback")
    assert metric.grains == (Grain.MONTH,)
    assert (
        made(catalog, "payback", ("2024-Q1", (), 1.0), ("all", (), 1.0), ("2024-01", (("x", "y"),), 1.0))
        == ()
    )
    assert made(catalog, "payback") == ()


def test_labels_are_sorted_and_none_is_empty(catalog):
    (track,) = made(catalog, "payback", ("2024-01", (), 1.0), ("2024-01", (("channel", "web"),), 1.0))
    assert track.labels == (
        (("grain", "month"), ("vintage", "current")),
        (("by", "channel"), ("channel", "web"), ("grain", "month"), ("vintage", "current")),
    )
