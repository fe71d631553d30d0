"""The endpoint: what a request may ask for, and what is said where it asks for too much."""

from __future__ import annotations

import cramjam
import pytest

from api.prometheus.remote_read import wire
from api.prometheus.remote_read.endpoint import MOST_QUERIES, PATH
from api.prometheus.remote_read.wire import Match
from metrics.analysis.vintages import milliseconds
from tests.api.northwind import NOW

END = milliseconds(NOW)


def body(queries=1, steps=1, step=86_400_000, name="kpi_.*"):
    request = wire._CLASSES["ReadRequest"]()
    for _ in range(queries):
        start = END - 300_000 - (steps - 1) * step
        query = request.queries.add(start_timestamp_ms=start, end_timestamp_ms=END)
        query.matchers.add(type=Match.REGEX, name="__name__", value=name)
        query.matchers.add(type=Match.EQUAL, name="vintage", value="current")
        query.hints.start_ms, query.hints.end_ms, query.hints.step_ms = start, END, step
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def results(answer):
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "snappy"
    return wire._CLASSES["ReadResponse"].FromString(bytes(cramjam.snappy.decompress_raw(answer.data))).results


def test_every_query_has_its_answer(client):
    found = results(client.post(PATH, data=body(3)))
    assert len(found) == 3
    assert len({len(one.timeseries) for one in found}) == 1
    assert len(found[0].timeseries) > 100


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            {"queries": MOST_QUERIES + 1, "name": "nothing"},
            "the request holds 101 queries of the 100 that are answered at once: send several requests.",
        ),
        (
            {"steps": 40_000, "step": 300_000},
            "the request asks for more than 10,000,000 samples: name the family, fix grain, by and segment, or take "
            "a longer step.",
        ),
        (
            {"steps": 60_000, "step": 60_000},
            "the query asks for more than 50,000 samples a series: take a longer step.",
        ),
    ],
)
def test_what_is_too_much_is_refused_in_words(client, asked, says):
    answer = client.post(PATH, data=body(**asked))
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.json["detail"] == says


def test_as_many_queries_as_are_allowed_are_answered(client):
    assert (
        len(results(client.post(PATH, data=body(MOST_QUERIES, name="kpi_kept_promises_ratio"))))
        == MOST_QUERIES
    )
