"""A sample is told by a hash of the entity that is followed, else of the key: what is in it is counted by hand here."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from hashlib import md5

import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import EntityColumn, UnionPart
from metrics.engine.session import Session
from metrics.expressions.parser import parse
from metrics.grain import Grain
from metrics.operations.impact import Comparison, Impact, Pair
from metrics.sql.rows import Rows
from metrics.sql.scope import Sample
from tests.metrics.kinds.conftest import golden_duckdb, golden_postgres  # noqa: F401
from tests.metrics.kinds.golden import NOW, PROJECT

ENGINES = ["golden_duckdb", pytest.param("golden_postgres", marks=pytest.mark.postgres)]
SHARE = 0.5


@pytest.fixture(scope="module", params=ENGINES)
def base(request: pytest.FixtureRequest) -> Catalog:
    return request.getfixturevalue(request.param)


def events() -> list[dict[str, str]]:
    with (PROJECT / "data" / "events.csv").open() as file:
        return list(csv.DictReader(file))


def kept(ids: Iterable[str]) -> set[str]:
    """Return the ids that are in the sample."""
    return {each for each in ids if int(md5(each.encode()).hexdigest()[:8], 16) < SHARE * 2**32}


def impact(base: Catalog, metric: str, head: Catalog | None = None) -> Impact:
    with Comparison(base, head or base, PROJECT, NOW, share=SHARE) as both:
        [found] = both.impacts([Pair(metric, metric)])
    return found


def counting_rows(base: Catalog, **changes: object) -> Catalog:
    """Return a catalog whose `aggregate` counts all rows of events, and whose events have changed."""
    counted = base.metrics["aggregate_dated"].options.measure
    rows = base.metrics["aggregate"]
    rows = replace(rows, options=replace(rows.options, measure=counted, where=None))
    dataset = replace(base.datasets["events"], **changes)
    return replace(
        base,
        metrics={**base.metrics, "aggregate": rows},
        datasets={**base.datasets, "events": dataset},
    )


def test_an_entity_is_in_it_with_all_of_its_rows(base: Catalog) -> None:
    leads = {line["lead_id"] for line in events()}
    assert 0 < len(kept(leads)) < len(leads)
    found = impact(base, "conversion")
    assert (found.error, found.moved) == (None, ())
    assert found.turnover is not None
    # In the first quarter of 2024 a, b, c, e and f entered; a and b came further in time.
    entered = kept("abcef")
    assert found.turnover.changes[date(2024, 1, 1)].before.all == len(entered)
    [line] = [each for each in found.totals(Grain.QUARTER) if each.period.start == date(2024, 1, 1)]
    assert line.after is not None
    assert line.after.denominator == len(entered)


def test_rows_go_by_their_key_where_nobody_is_followed(base: Catalog) -> None:
    found = impact(counting_rows(base), "aggregate")
    assert (found.error, found.moved) == (None, ())
    some = kept(line["event_id"] for line in events())
    by_hand = Counter(line["at"][:7] for line in events() if line["event_id"] in some)
    assert 0 < by_hand.total() < len(events())
    counted = {
        f"{line.period.start:%Y-%m}": line.after.value
        for line in found.totals(Grain.MONTH)
        if line.after is not None and line.after.value
    }
    assert counted == by_hand


def test_a_row_of_nobody_goes_by_its_key(base: Catalog) -> None:
    changed = replace(
        base.datasets["events"],
        key=("event_id", "stage"),
        entities={"lead": EntityColumn(parse("channel"))},
    )
    catalog = replace(base, datasets={**base.datasets, "events": changed})
    with Session(catalog, PROJECT, NOW, sample=Sample(SHARE, "lead")) as session:
        rows = Rows(session.scope("events"), changed)
        found = session.fetch("files", rows.select({"id": rows.key()[0]}))
    tokens = {line["event_id"]: line["channel"] or f"{line['event_id']}|{line['stage']}" for line in events()}
    assert "" in {line["channel"] for line in events()}
    some = kept(tokens.values())
    assert {str(each) for (each,) in found.rows("id")} == {
        each for each, token in tokens.items() if token in some
    }


def test_data_reaches_as_far_as_without_one(base: Catalog) -> None:
    with Comparison(base, base, PROJECT, NOW) as both:
        [whole] = both.impacts([Pair("conversion", "conversion")])
    found = impact(base, "conversion")
    assert found.watermark == whole.watermark
    assert [line.period for line in found.totals(Grain.QUARTER)] == [
        line.period for line in whole.totals(Grain.QUARTER)
    ]


def test_without_entity_or_key_it_is_said(golden_duckdb: Catalog) -> None:  # noqa: F811
    bare = counting_rows(golden_duckdb, key=(), entities={})
    assert str(impact(bare, "aggregate").error) == (
        "metric 'aggregate': not computed: dataset 'events' has no entity or key to sample by"
    )


def test_no_sample_serves_two_entities(golden_duckdb: Catalog) -> None:  # noqa: F811
    other = replace(
        golden_duckdb.datasets["events"],
        entities={"person": golden_duckdb.datasets["events"].entities["lead"]},
    )
    options = replace(golden_duckdb.metrics["conversion"].options, entity="person")
    metric = replace(golden_duckdb.metrics["conversion"], options=options)
    head = replace(
        golden_duckdb,
        datasets={**golden_duckdb.datasets, "events": other},
        metrics={**golden_duckdb.metrics, "conversion": metric},
    )
    assert str(impact(golden_duckdb, "conversion", head).error) == (
        "metric 'conversion': not computed: it follows 'lead' and 'person', and no sample has all rows of each"
    )


def test_parts_of_a_union_are_whole(golden_duckdb: Catalog) -> None:  # noqa: F811
    bare = replace(golden_duckdb.datasets["events"], dataset="part", key=(), entities={})
    catalog = counting_rows(golden_duckdb, source=None, files=(), union=(UnionPart("part"),))
    catalog = replace(catalog, datasets={**catalog.datasets, "part": bare})
    united = impact(catalog, "aggregate")
    assert united.error is None
    plain = impact(counting_rows(golden_duckdb), "aggregate")
    assert [line.after for line in united.lines] == [line.after for line in plain.lines]
