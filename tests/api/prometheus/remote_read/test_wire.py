"""What Prometheus sends and gets: protobuf, compressed by snappy."""

from __future__ import annotations

import cramjam
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.prometheus.remote_read import wire
from api.prometheus.remote_read.wire import Asked, BadRequest, Match, Matcher, Series, decode, encode, samples


def request(**fields) -> bytes:
    made = wire._CLASSES["ReadRequest"]()
    made.queries.add(**fields)
    return bytes(cramjam.snappy.compress_raw(made.SerializeToString()))


def test_a_query_is_read_with_its_hints():
    body = request(
        start_timestamp_ms=1, end_timestamp_ms=2,
        matchers=[{"type": 3, "name": "grain", "value": "day|week"}, {"name": "__name__", "value": "x"}],
        hints={"step_ms": 5, "func": "avg_over_time", "start_ms": 3, "end_ms": 4, "range_ms": 6},
    )  # fmt: skip
    matchers = (Matcher("grain", Match.NOT_REGEX, "day|week"), Matcher("__name__", Match.EQUAL, "x"))
    assert decode(body) == (Asked(3, 4, matchers, 5, 6, "avg_over_time"),)


def test_without_hints_the_query_itself_says_from_when_until_when():
    assert decode(request(start_timestamp_ms=7, end_timestamp_ms=9)) == (Asked(7, 9, ()),)


@pytest.mark.parametrize("body", [b"", b"\x00nonsense", bytes(cramjam.snappy.compress_raw(b"\xff\xff\xff"))])
def test_what_is_no_request_is_refused(body):
    if body == b"":
        body = b"\xff" * 3
    with pytest.raises(BadRequest, match=r"^the body is not a snappy-compressed ReadRequest of Prometheus$"):
        decode(body)


def test_a_request_that_unpacks_to_very_much_is_refused_unread():
    body = bytes(cramjam.snappy.compress_raw(b"\x00" * (wire.MOST_BYTES + 1)))
    assert len(body) < wire.MOST_BYTES / 10
    with pytest.raises(BadRequest, match=r"^the request is larger than 1,048,576 bytes$"):
        decode(body)


def test_an_unknown_kind_of_matcher_is_refused():
    with pytest.raises(BadRequest, match=r"^an unknown kind of matcher: 9 is not a valid Match$"):
        decode(request(matchers=[{"type": 9, "name": "a"}]))


def answered(body: bytes):
    """Read an answer as Prometheus does, with messages that hold whole series."""
    result = wire._CLASSES["ReadResponse"].FromString(bytes(cramjam.snappy.decompress_raw(body)))
    series = [[wire._CLASSES["TimeSeries"].FromString(one) for one in each.timeseries]
              for each in result.results]  # fmt: skip
    return [
        [({label.name: label.value for label in one.labels},
          [(sample.timestamp, sample.value) for sample in one.samples]) for one in found]
        for found in series
    ]  # fmt: skip


def test_an_answer_holds_its_queries_in_order_and_their_series_sorted():
    at = np.array([1_700_000_000_000, 1_700_000_086_400], dtype=np.int64)
    web = Series((("__name__", "kpi_a"), ("channel", "web")), at, np.array([0.5, -2.0]))
    fair = Series((("__name__", "kpi_a"), ("channel", "fair ☕")), at[:1], np.array([1e300]))
    assert answered(encode([[web, fair], []])) == [
        [
            ({"__name__": "kpi_a", "channel": "fair ☕"}, [(1_700_000_000_000, 1e300)]),
            ({"__name__": "kpi_a", "channel": "web"}, [(1_700_000_000_000, 0.5), (1_700_000_086_400, -2.0)]),
        ],
        [],
    ]


LABELS = st.dictionaries(
    st.text("abc_", min_size=1, max_size=4), st.text(st.characters(codec="utf-8"), max_size=200), min_size=1
)
SAMPLES = st.lists(
    st.tuples(st.integers(0, 1 << 43), st.floats(allow_nan=False)), max_size=4, unique_by=lambda one: one[0]
)


@given(st.lists(st.lists(st.tuples(LABELS, SAMPLES), max_size=3), max_size=2))
def test_an_answer_is_what_protobuf_writes(results):
    found, response = [], wire._CLASSES["ReadResponse"]()
    for lines in results:
        result = response.results.add()
        series = []
        for labels, pairs in lines:
            at = np.array([instant for instant, _ in pairs], dtype=np.int64)
            series.append(
                Series(
                    tuple(sorted(labels.items())), at, np.array([value for _, value in pairs], dtype=float)
                )
            )
        found.append(series)
        for one in sorted(series, key=lambda each: each.labels):
            plain = wire._CLASSES["TimeSeries"]()
            for name, value in one.labels:
                plain.labels.add(name=name, value=value)
            for instant, value in zip(one.instants.tolist(), one.values.tolist(), strict=True):
                plain.samples.add(value=value, timestamp=instant)
            result.timeseries.append(plain.SerializeToString())
    read = wire._CLASSES["ReadResponse"].FromString(bytes(cramjam.snappy.decompress_raw(encode(found))))
    assert [
        [wire._CLASSES["TimeSeries"].FromString(one) for one in each.timeseries] for each in read.results
    ] == [
        [wire._CLASSES["TimeSeries"].FromString(one) for one in each.timeseries] for each in response.results
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1 << 43),
            st.floats(allow_nan=False),
        ),
        max_size=20,
    )
)
def test_samples_are_those_that_protobuf_writes(lines):
    instants = np.array([at for at, _ in lines], dtype=np.int64)
    values = np.array([value for _, value in lines], dtype=np.float64)
    plain = wire._CLASSES["TimeSeries"]()
    for at, value in lines:
        plain.samples.add(value=value, timestamp=at)
    read = wire._CLASSES["TimeSeries"].FromString(samples(instants, values))
    assert read == plain


@given(st.integers(1 << 35, (1 << 42) - 1), st.floats(allow_nan=False).filter(bool))
def test_samples_of_our_times_are_written_byte_for_byte_like_protobufs(at, value):
    plain = wire._CLASSES["TimeSeries"]()
    plain.samples.add(value=value, timestamp=at)
    assert samples(np.array([at]), np.array([value])) == plain.SerializeToString()
