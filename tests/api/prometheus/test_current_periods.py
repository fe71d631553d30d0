from dataclasses import replace
from datetime import UTC, date, datetime

from api.prometheus.current_periods import awaited, live, still_open
from metrics.engine.partly_covered import Beginning
from metrics.grain import Calendar, Grain
from metrics.observation import Observation, State

CALENDAR = Calendar()
THEN = datetime(2026, 11, 20, tzinfo=UTC)


def seen(period, state=State.FINAL, segment=()):
    where = CALENDAR.parse(period)
    return Observation("m", "h", 1, where.grain, where, segment, state, THEN, THEN, value=1.0)


PAID, ORGANIC = (("channel", "paid"),), (("channel", "organic"),)


def test_each_grain_has_its_own_latest_final_period():
    found = live([seen("2026-09"), seen("2026-10"), seen("2026-Q3"), seen("2026-Q2")])
    assert {grain: CALENDAR.name(period) for grain, (period, _) in found.items()} == {
        Grain.MONTH: "2026-10",
        Grain.QUARTER: "2026-Q3",
    }


def test_a_segment_that_vanished_leaves():
    gone = replace(seen("2026-10", State.NO_DATA, PAID), value=None)
    found = live([seen("2026-09", segment=PAID), seen("2026-09", segment=ORGANIC), gone,
                  seen("2026-10", segment=ORGANIC), seen("2026-10")])  # fmt: skip
    assert found[Grain.MONTH][1] == (seen("2026-10"), seen("2026-10", segment=ORGANIC))


def test_small_samples_are_closed_and_suppressed_are_not():
    found = live([seen("2026-09"), seen("2026-10", State.SMALL_SAMPLE), seen("2026-11", State.SUPPRESSED)])
    assert CALENDAR.name(found[Grain.MONTH][0]) == "2026-10"


def still(period, segment=(), value=1.0):
    return replace(seen(period, State.PROVISIONAL, segment), value=value)


def test_the_open_period_is_the_latest_provisional_one():
    found = still_open([seen("2026-09"), still("2026-10"), still("2026-11")])
    assert found[Grain.MONTH][1] == (still("2026-11"),)


def test_an_open_period_without_a_value_hides_none_that_has_one():
    paid = still("2026-10", PAID)
    found = still_open([still("2026-09"), still("2026-10"), paid, still("2026-11", value=None)])
    assert found == {Grain.MONTH: (CALENDAR.parse("2026-10"), (still("2026-10"), paid))}


def test_the_total_decides_which_period_is_open_for_all_segments():
    organic = still("2026-10", ORGANIC)
    found = still_open(
        [
            still("2026-10"),
            organic,
            still("2026-11", PAID),
            still("2026-11", ORGANIC),
            still("2026-11", value=None),
        ]
    )
    assert found[Grain.MONTH][1] == (still("2026-10"), organic)


def test_without_a_total_a_segment_decides_and_without_any_value_the_latest():
    nothing, paid = still("2026-11", value=None), still("2026-10", PAID)
    assert still_open([still("2026-09", PAID), paid, nothing])[Grain.MONTH][1] == (paid,)
    assert still_open([still("2026-10", value=None), nothing])[Grain.MONTH][1] == (nothing,)


def test_each_age_of_a_curve_has_an_open_period_of_its_own():
    young, old = (("age", "00"),), (("age", "01"),)
    kept = still("2026-11", young), still("2026-10", old), still("2026-10", (*old, *PAID))
    found = still_open([*kept, still("2026-11", old, None), still("2026-11", (*old, *PAID))], ("age",))
    assert found[Grain.MONTH] == (CALENDAR.parse("2026-11"), (kept[1], kept[2], kept[0]))


def test_the_whole_is_a_period_too():
    assert live([seen("all")])[Grain.ALL][1] == (seen("all"),)


def test_nothing_gives_nothing():
    assert live([]) == {}
    assert still_open([seen("2026-09")]) == {}


def test_nobody_waits_for_a_period_that_is_over_and_covered_in_part():
    begins = {Grain.MONTH: Beginning("spend", date(2026, 9, 4), date(2026, 9, 1))}
    running = replace(still("2026-09"), watermark=datetime(2026, 9, 20, tzinfo=UTC))
    over = replace(still("2026-09"), watermark=datetime(2026, 10, 1, tzinfo=UTC))
    assert awaited([running, over, seen("2026-10")], begins, CALENDAR) == [running, seen("2026-10")]
    assert awaited([over, still("2026-10")], {}, CALENDAR) == [over, still("2026-10")]
