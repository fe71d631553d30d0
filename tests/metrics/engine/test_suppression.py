"""No cell of a private metric below k leaves the planner, and none can be had by subtraction."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog.company import Company, Currency, Privacy
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import KindOptions, Reference
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.engine.suppression import people_behind, suppress
from metrics.expressions.nodes import Measure
from metrics.expressions.parser import parse
from metrics.grain import WHOLE, Calendar, Grain, Period
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.derived import options as derived
from metrics.kinds.ratio import options as ratio
from metrics.kinds.retention import options as retention
from metrics.observation import FIGURES, Dimensions, Estimate, Observation, State
from metrics.operations.query import MetricQuery, Origin, answer
from metrics.store.store import Store
from tests.metrics.live import Live, at

K = 10
COMPANY = Company("Acme", "UTC", Currency("GBP"), privacy=Privacy(K))
JANUARY, FEBRUARY = Calendar().parse("2026-01"), Calendar().parse("2026-02")
COUNT, SUM = Measure("count", "count"), Measure("sum(x)", "sum")
PARTS = (*FIGURES, "draws")


def metric(private: bool = True, kind: str = "proportion", options: KindOptions | None = None) -> Metric:
    return Metric("m", "M", kind, Direction.UP, options or KindOptions(), private=private)


class OfAges(KindOptions):
    """The keys of a kind whose values are all cut by age."""

    @property
    def own_dimensions(self) -> tuple[str, ...]:
        return ("age",)


def cell(size: int | None, segment: str | None = None, state: State = State.FINAL,
         period: Period = JANUARY, dimension: str = "team") -> Estimate:  # fmt: skip
    dimensions: Dimensions = () if segment is None else ((dimension, segment),)
    return Estimate(period, dimensions, state, lambda seed: np.ones(seed), value=0.5, numerator=2.0, denominator=4.0,
                    lower=0.4, upper=0.6, sample_size=size, maturity=1.0)  # fmt: skip


def bare(estimate: Estimate) -> bool:
    return all(getattr(estimate, part) is None for part in PARTS)


def states(sizes: dict[str, int | None], k: int = K) -> dict[str, str]:
    """Return which segments of one cut are served and which suppressed."""
    company = replace(COMPANY, privacy=Privacy(k))
    done = suppress(metric(), company, [cell(size, segment) for segment, size in sizes.items()])
    assert all(bare(each) == (each.state is State.SUPPRESSED) for each in done)
    return {dict(each.dimensions)["team"]: str(each.state) for each in done}


def test_each_age_of_a_curve_is_a_cut_of_its_own() -> None:
    """Web's nine would be told by the whole less phone's twelve, at every age."""
    sizes = {"phone": 12, "shop": 30, "web": 9}
    cells = [
        replace(cell(size), dimensions=(("age", age), ("team", team)))
        for age in ("00", "01")
        for team, size in sizes.items()
    ]
    done = suppress(metric(options=OfAges()), COMPANY, cells)
    told = {each.dimensions[0][1] + each.dimensions[1][1]: str(each.state) for each in done}
    assert [name for name, state in told.items() if state == "suppressed"] == [
        "00phone", "00web", "01phone", "01web",
    ]  # fmt: skip


# -- one cut ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "suppressed"),
    [
        ({"a": 10, "b": 11}, ""),
        ({"a": 9, "b": 8, "c": 30}, "ab"),
        ({"a": 9, "b": 40, "c": 30}, "ac"),  # alone: the next smallest goes too
        ({"b": 30, "c": 30, "a": 9, "d": 40}, "ab"),  # ties by name
        ({"c": 30, "b": 30, "z": 9}, "bz"),
        ({"a": 9}, "a"),
        ({"a": 0, "b": 20, "c": 30}, "ab"),
        ({"a": None, "b": 20, "c": 30}, "ab"),  # nobody knows how many: not served
        ({"a": None, "b": None, "c": 30}, "abc"),  # nor that they are many enough together
        ({"a": 3, "b": 0, "c": 30, "d": 40}, "abc"),  # who knows that b is empty knows a
        ({"a": 3, "b": 0, "c": 0}, "abc"),
        ({"a": 2, "b": 3, "c": 30, "d": 40}, "abc"),  # five people are told by the total less the rest
        ({"a": 4, "b": 3, "c": 2, "d": 40}, "abcd"),
        ({"a": 4, "b": 3, "c": 3, "d": 40}, "abc"),
        ({"a": 0, "b": 0, "c": 30, "d": 40}, "abc"),
    ],
)
def test_which_cells_of_a_cut_are_suppressed(sizes: dict[str, int | None], suppressed: str) -> None:
    assert states(sizes) == {name: "suppressed" if name in suppressed else "final" for name in sizes}


def test_the_bound_is_the_companys() -> None:
    assert states({"a": 4, "b": 5, "c": 6}, k=5) == {"a": "suppressed", "b": "suppressed", "c": "final"}
    assert states({"a": 4, "b": 5, "c": 6}, k=4) == {"a": "final", "b": "final", "c": "final"}


def test_the_total_stands_alone_in_its_cut() -> None:
    found = [cell(30), cell(9, "a"), cell(21, "b")]
    done = suppress(metric(), COMPANY, found)
    assert [each.state for each in done] == [State.FINAL, State.SUPPRESSED, State.SUPPRESSED]
    assert done[0] is found[0]
    small = suppress(metric(), COMPANY, [cell(9), cell(21, period=FEBRUARY)])
    assert [each.state for each in small] == [State.SUPPRESSED, State.FINAL]


def test_periods_grains_and_cuts_are_apart() -> None:
    found = [cell(9, "a"), cell(20, "b"), cell(30, "c"), cell(12, "a", period=FEBRUARY),
             cell(12, "a", period=WHOLE), cell(11, "x", dimension="site"), cell(11, "y", dimension="site")]  # fmt: skip
    done = suppress(metric(), COMPANY, found)
    assert [each.key for each in done] == [each.key for each in found]
    assert [each.state is State.SUPPRESSED for each in done] == [True, True, *[False] * 5]


@pytest.mark.parametrize("state", [State.PROVISIONAL, State.SMALL_SAMPLE, State.FINAL])
def test_suppressed_comes_before_what_else_a_value_is(state: State) -> None:
    (done,) = suppress(metric(), COMPANY, [cell(9, state=state)])
    assert done == Estimate(JANUARY, (), State.SUPPRESSED)
    assert done.draws is None


def test_no_data_comes_first_bares_its_parts_and_hides_nobody_else() -> None:
    nothing = replace(cell(0, "a", State.NO_DATA), value=None)
    done = suppress(metric(), COMPANY, [nothing, cell(9, "b"), cell(20, "c"), cell(30, "d")])
    assert [str(each.state) for each in done] == ["no_data", "suppressed", "suppressed", "final"]
    assert bare(done[0])


def test_what_is_not_private_is_left_alone() -> None:
    found = (cell(0), cell(None, "a"), cell(3, "b", State.NO_DATA))
    done = suppress(metric(private=False), COMPANY, found)
    assert all(one is other for one, other in zip(done, found, strict=True))


def test_a_formula_over_a_suppressed_value_has_no_value() -> None:
    found = [cell(None, "a", State.SUPPRESSED), cell(None, "b")]
    done = suppress(metric(private=False), COMPANY, found)
    assert done == (Estimate(JANUARY, (("team", "a"),), State.SUPPRESSED), found[1])


# -- how many people ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "estimate", "people"),
    [
        (aggregate.Options("d", SUM), {"sample_size": 7}, 7),
        (aggregate.Options("d", COUNT), {"value": 12.0}, 12),
        (aggregate.Options("d", Measure("count_distinct(p)", "count_distinct")), {"value": 3.0}, 3),
        (aggregate.Options("d", Measure("count_new(p)", "count_new")), {"value": 4.0}, 4),
        (aggregate.Options("d", SUM), {"value": 1200.0}, None),
        (aggregate.Options("d", Measure("max(x)", "max")), {"value": 12.0}, None),
        (ratio.Options(Reference("d", SUM), Reference("d", COUNT)), {}, 40),
        (ratio.Options(Reference("d", COUNT), Reference("d", COUNT)), {}, 20),
        (ratio.Options(Reference("d"), Reference("d")), {}, 20),
        (ratio.Options(Reference("d", COUNT), Reference("d", SUM)), {}, None),
        (ratio.Options(Reference("d", COUNT), Reference("d", COUNT), entity="p"), {}, None),
        (derived.Options(parse("a / b")), {"value": 12.0}, None),
        (retention.Options(retention.Share.LOGO, "p"), {"value": 0.5}, None),
    ],
)
def test_how_many_people_stand_behind_a_cell(
    options: KindOptions, estimate: dict[str, Any], people: int | None
) -> None:
    given = Estimate(
        JANUARY, (), State.FINAL, **{"value": 0.5, "numerator": 20.0, "denominator": 40.0, **estimate}
    )
    assert (
        people_behind(metric(kind=type(options).__module__.split(".")[-2], options=options), given) == people
    )


# -- any cells --------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from([JANUARY, FEBRUARY]),
            st.sampled_from([None, *"abcde"]),
            st.none() | st.integers(0, 25),
            st.sampled_from(State),
        ),
        unique_by=lambda drawn: drawn[:2],
    ),
    st.integers(0, 20),
)
def test_no_cell_below_k_is_served_and_none_is_suppressed_alone(drawn, k) -> None:
    found = [cell(size, segment, state, period) for period, segment, size, state in drawn]
    done = suppress(metric(), replace(COMPANY, privacy=Privacy(k)), found)
    assert [each.key for each in done] == [each.key for each in found]
    for before, after in zip(found, done, strict=True):
        if after.state in (State.SUPPRESSED, State.NO_DATA):
            assert bare(after)
        else:
            assert after is before
            assert after.sample_size is not None
            assert after.sample_size >= k
        assert (after.state is State.NO_DATA) == (before.state is State.NO_DATA)
    for period in (JANUARY, FEBRUARY):
        pairs = [(before, after) for before, after in zip(found, done, strict=True)
                 if after.period is period and after.dimensions and after.state is not State.NO_DATA]  # fmt: skip
        withheld = [_size(before) for before, after in pairs if after.state is State.SUPPRESSED]
        if len(withheld) < len(pairs):
            _nobody_is_told(withheld, k)
        _none_is_withheld_without_need(pairs, k)


def _size(before: Estimate) -> int | None:
    return None if before.state is State.SUPPRESSED else before.sample_size


def _nobody_is_told(withheld: list[int | None], k: int) -> None:
    """Try what somebody finds out who knows the total, all cells that are shown, and who is in no cell."""
    people = [size for size in withheld if size != 0]
    if not people:
        # Empty segments alone would be known to be empty.
        assert not withheld
        return
    # The total less what is shown is the sum of these: it is of one cell alone only where that is not small.
    assert len(people) > 1 or (people[0] or 0) >= k
    assert sum(size or 0 for size in people) >= k


def _none_is_withheld_without_need(pairs: list[tuple[Estimate, Estimate]], k: int) -> None:
    """Put the largest cell back that goes with others for company: somebody would be told."""
    withheld = [_size(before) for before, after in pairs if after.state is State.SUPPRESSED]
    company = [size for size in withheld if size is not None and size >= k]
    if company:
        few = [size for size in withheld if size is None or size < k]
        left = sorted(company)[:-1]
        people = [size for size in (*few, *left) if size != 0]
        asked = 2 if any(size != 0 for size in few) else 1
        assert len(people) < asked or sum(size or 0 for size in people) < k


# -- the whole way ----------------------------------------------------------------------------------

SIZES = {"north": 7, "south": 41, "east": 23, "west": 37}
SECRETS = ("north", "east")
SURVEYS = """\
dataset: surveys
source: sheets
files: data/surveys.csv
key: survey_id
time: answered_on
types: {answered_on: {type: date, format: "%d/%m/%Y"}}
dimensions: {team: team}
"""
CSAT = """\
metric: csat
label: csat
direction: up
kind: proportion
dataset: surveys
share: score >= 4
dimensions: [team]
grains: [month]
private: true
"""
ANSWERS = CSAT.replace("csat", "answers").replace("kind: proportion", "kind: aggregate")
ANSWERS = ANSWERS.replace("share: score >= 4", "measure: count")
POINTS = ANSWERS.replace("answers", "points").replace("measure: count", "measure: sum(score)")
FORMULA = """\
metric: {name}
label: {name}
direction: up
kind: derived
formula: "{formula}"
dimensions: [team]
grains: [month]
"""
CHANGE = """\
metric: change
label: change
direction: up
kind: difference
of: csat
shift: 1 month
dimensions: [team]
grains: [month]
"""
ALL = ("csat", "answers", "points", "doubled", "guessed", "change")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    made = Live(tmp_path)
    made.only()
    made.define("datasets/orders.yml", None)
    made.define("datasets/tickets.yml", None)
    made.define("datasets/surveys.yml", SURVEYS)
    made.define("metrics/service/csat.yml", CSAT)
    made.define("metrics/service/answers.yml", ANSWERS)
    made.define("metrics/service/points.yml", POINTS)
    made.define("metrics/service/doubled.yml", FORMULA.format(name="doubled", formula="csat * 2"))
    made.define(
        "metrics/service/guessed.yml", FORMULA.format(name="guessed", formula="coalesce(csat, 0.123456)")
    )
    made.define("metrics/service/change.yml", CHANGE)
    with made.file("sheets").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["survey_id", "answered_on", "score", "team"])
        number = 0
        for month in (1, 2):
            for team, size in SIZES.items():
                for answer_ in range(size):
                    number += 1
                    day = date(2026, month, 1) + timedelta(days=answer_ % 28)
                    writer.writerow([number, f"{day:%d/%m/%Y}", 5 if answer_ % 3 else 1, team])
    return made


@pytest.fixture
def store(live: Live):
    with Store.open(live.url) as opened:
        yield opened


def told(found: Any) -> dict[str, str]:
    """Return the states of February's segments, all suppressed ones being without any number."""
    assert all(bare_observation(seen) for seen in found if seen.state is State.SUPPRESSED)
    return {dict(seen.dimensions).get("team", "total"): str(seen.state) for seen in found
            if str(seen.period.start) == "2026-02-01"}  # fmt: skip


def bare_observation(seen: Observation) -> bool:
    return all(getattr(seen, part) is None for part in PARTS if part != "draws")


HIDDEN = {"total": "final", "north": "suppressed", "east": "suppressed", "south": "final", "west": "final"}


def test_nothing_of_a_suppressed_cell_is_in_the_store(live: Live, store: Store) -> None:
    assert [line.error for line in live.refresh(store).lines] == [None] * len(ALL)
    for name in ("csat", "answers", "doubled", "guessed", "change"):
        assert told(store.latest(name)) == HIDDEN, name
    # How many people a sum is of is not known.
    assert set(told(store.latest("points")).values()) == {"suppressed"}
    with closing(sqlite3.connect(live.root / ".scorecard" / "store.db")) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM observations")]
    hidden = [row for row in rows if any(team in row["dimensions"] for team in SECRETS)]
    assert len(hidden) == 2 * len(ALL) * 2 - 2  # the change has no January
    for row in hidden:
        assert row["state"] == "suppressed"
        assert [row[name] for name in FIGURES] == [None] * 7
    shown = [row[name] for row in rows for name in FIGURES if row[name] is not None]
    assert shown
    # Neither cell, nor both together, is a number anywhere: 7 and 23 answers, 2 of 3 of which are good.
    assert not {7, 23, 4, 15, 4 / 7, 15 / 23, 0.123456} & set(shown)


def test_what_is_computed_live_is_suppressed_too(live: Live, store: Store) -> None:
    live.refresh(store)
    stored = answer(
        MetricQuery("csat", Grain.MONTH, ("team",)), live.catalog, live.root, store, live.clock.now
    )
    assert stored.origin is Origin.STORE
    as_of = answer(
        MetricQuery("csat", Grain.MONTH, ("team",), as_of=at("2026-03-20")),
        live.catalog,
        live.root,
        store,
        live.clock.now,
    )
    assert as_of.origin is Origin.LIVE
    year = answer(MetricQuery("csat", Grain.YEAR, ("team",)), live.catalog, live.root, store, live.clock.now)
    assert year.origin is Origin.LIVE
    segments = {name: state for name, state in HIDDEN.items() if name != "total"}
    assert told(stored.observations) == segments
    assert told(as_of.observations) == segments
    sizes = {dict(seen.dimensions)["team"]: (str(seen.state), seen.sample_size) for seen in year.observations}
    assert sizes == {"north": ("provisional", 14), "east": ("provisional", 46),
                    "south": ("provisional", 82), "west": ("provisional", 74)}  # fmt: skip


def test_nothing_but_suppressed_cells_leaves_a_session(live: Live) -> None:
    catalog = live.catalog
    with Session(catalog, live.root, live.clock.now) as session:
        outcomes = {
            each.metric: each for each in Planner(session).compute([request_for(catalog.metric("change"))])
        }
    for outcome in outcomes.values():
        hidden = [each for each in outcome.estimates if dict(each.dimensions).get("team") in SECRETS]
        assert hidden
        assert all(bare(each) and each.state is State.SUPPRESSED for each in hidden)
