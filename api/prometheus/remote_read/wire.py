"""The messages of Prometheus' remote read, protobuf compressed by snappy.

The messages are described here field by field, as in Prometheus' prompb/remote.proto and prompb/types.proto
(of which only the sampled answer is spoken); no generated code is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

import cramjam
import numpy as np
import numpy.typing as npt
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

MOST_BYTES = 1 << 20
"""The largest request, uncompressed: many matchers fit, a bomb does not."""

_TYPES = {
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "enum": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
}
_MESSAGES = {
    "Matcher": (("type", 1, "enum"), ("name", 2, "string"), ("value", 3, "string")),
    "Hints": (
        ("step_ms", 1, "int64"), ("func", 2, "string"), ("start_ms", 3, "int64"), ("end_ms", 4, "int64"),
        ("grouping", 5, "*string"), ("by", 6, "bool"), ("range_ms", 7, "int64"),
    ),
    "Query": (
        ("start_timestamp_ms", 1, "int64"), ("end_timestamp_ms", 2, "int64"), ("matchers", 3, "*Matcher"),
        ("hints", 4, "Hints"),
    ),
    "ReadRequest": (("queries", 1, "*Query"), ("accepted_response_types", 2, "*enum")),
    "Label": (("name", 1, "string"), ("value", 2, "string")),
    "Sample": (("value", 1, "double"), ("timestamp", 2, "int64")),
    "TimeSeries": (("labels", 1, "*Label"), ("samples", 2, "*Sample")),
    "QueryResult": (("timeseries", 1, "*bytes"),),
    "ReadResponse": (("results", 1, "*QueryResult"),),
}  # fmt: skip
"""A field is its name, its number and its type; a star stands before what repeats."""


def _described() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="scorecard/remote_read.proto", package="scorecard", syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, number, said in fields:
            kind, repeats = said.removeprefix("*"), said.startswith("*")
            label = descriptor_pb2.FieldDescriptorProto
            field = described.field.add(
                name=name, number=number, label=label.LABEL_REPEATED if repeats else label.LABEL_OPTIONAL
            )
            if kind in _TYPES:
                field.type = _TYPES[kind]
            else:
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
                field.type_name = f".scorecard.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"scorecard.{name}"))
        for name in _MESSAGES
    }


_CLASSES = _described()


class Match(IntEnum):
    """How a matcher compares a label."""

    EQUAL = 0
    NOT_EQUAL = 1
    REGEX = 2
    NOT_REGEX = 3


@dataclass(frozen=True)
class Matcher:
    """One condition on a label; an absent label is an empty text."""

    name: str
    match: Match
    value: str


@dataclass(frozen=True)
class Asked:
    """One query: its matchers and the hints about what it is for, instants in milliseconds.

    `step` is 0 for an instant, `range` 0 for a selector without one. `function` is the function around it.
    """

    start: int
    end: int
    matchers: tuple[Matcher, ...]
    step: int = 0
    range: int = 0
    function: str = ""


Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One series: its labels and its samples, instants in milliseconds, ascending."""

    labels: Labels
    instants: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


class BadRequest(ValueError):
    """The body is no remote-read request."""


def decode(body: bytes) -> tuple[Asked, ...]:
    """Read a request; raise BadRequest on what is none, or is too large."""
    try:
        size = cramjam.snappy.decompress_raw_len(body)
        if size > MOST_BYTES:
            raise BadRequest(f"the request is larger than {MOST_BYTES:,} bytes")
        request = _CLASSES["ReadRequest"].FromString(bytes(cramjam.snappy.decompress_raw(body)))
    except (cramjam.DecompressionError, DecodeError) as error:
        raise BadRequest("the body is not a snappy-compressed ReadRequest of Prometheus") from error
    return tuple(_asked(query) for query in request.queries)


def _asked(query: Any) -> Asked:
    try:
        matchers = tuple(Matcher(each.name, Match(each.type), each.value) for each in query.matchers)
    except ValueError as error:
        raise BadRequest(f"an unknown kind of matcher: {error}") from error
    hints = query.hints
    if not query.HasField("hints"):
        return Asked(query.start_timestamp_ms, query.end_timestamp_ms, matchers)
    return Asked(hints.start_ms, hints.end_ms, matchers, hints.step_ms, hints.range_ms, hints.func)


def encode(results: Iterable[list[Series]]) -> bytes:
    """Write an answer: for each query its series, sorted by their labels."""
    parts: list[bytes] = []
    for found in results:
        written = _result(sorted(found, key=lambda one: one.labels))
        parts += (_RESULTS, _varint(len(written)), written)
        # The numbers of one answer are gone before those of the next are made.
        del found
    whole = b"".join(parts)
    parts.clear()
    return bytes(cramjam.snappy.compress_raw(whole))


_RESULTS, _SERIES, _LABELS, _NAME, _VALUE = b"\x0a", b"\x0a", b"\x0a", b"\x0a", b"\x12"
"""The tags of the fields whose bytes are put together here; each stands for a number and "has a length"."""


def _result(found: list[Series]) -> bytes:
    """Write a QueryResult: an object for each series and label would cost more than all of the rest."""
    if not found:
        return b""
    written, cuts = _samples(found)
    parts: list[bytes | memoryview] = []
    for one, start, end in zip(found, cuts, cuts[1:], strict=False):
        head = b"".join([_label(*pair) for pair in one.labels])
        parts += (_SERIES, _varint(len(head) + end - start), head, written[start:end])
    return b"".join(parts)


def _samples(found: list[Series]) -> tuple[memoryview, list[int]]:
    """Write the samples of all series at once; return them with where each series' begin and end."""
    sizes, stamps = [len(one.values) for one in found], found[0].instants
    values = np.concatenate([one.values for one in found])
    if _of_our_days(stamps) and all(one.instants is stamps for one in found):
        # Most answers have a sample of every series at every instant: their instants are written once.
        line = np.frombuffer(samples(stamps, np.zeros(len(stamps))), dtype=np.uint8).reshape(-1, WIDTH)
        table = np.empty((len(found), len(stamps), WIDTH), dtype=np.uint8)
        table[:] = line
        table[:, :, 3:11] = _bytes(values).reshape(len(found), len(stamps), 8)
        return table.reshape(-1).data, (np.arange(len(found) + 1) * len(stamps) * WIDTH).tolist()
    stamps = np.concatenate([one.instants for one in found])
    written = memoryview(samples(stamps, values))
    return written, _cuts(written, np.cumsum([0, *sizes]), even=_of_our_days(stamps))


def _bytes(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(values, dtype="<f8").view(np.uint8).reshape(-1, 8)


def _cuts(written: memoryview, counts: npt.NDArray[np.int64], *, even: bool) -> list[int]:
    """Return where each series begins in what was written of all, and where the last one ends."""
    places = np.arange(0, len(written) + 1, WIDTH)
    if not even:
        found, at = [0], 0
        while at < len(written):
            at += 2 + written[at + 1]
            found.append(at)
        places = np.array(found)
    return [int(each) for each in places[counts]]


@lru_cache(maxsize=1 << 16)
def _label(name: str, value: str) -> bytes:
    return _framed(_LABELS, _framed(_NAME, name.encode()) + _framed(_VALUE, value.encode()))


def _framed(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


@lru_cache(maxsize=1 << 12)
def _varint(number: int) -> bytes:
    """Write a number in base 128, the lowest digit first; all but the last have the top bit."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)


WIDTH = 18
"""The bytes of a sample of our days."""


def samples(instants: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> bytes:
    """Write samples as field 2 of a TimeSeries.

    An answer holds hundreds of thousands: an object each costs a second. Instants from 1971 to 2109 take six
    bytes in base 128, so that every sample has the same 18 bytes and numpy writes them all at once.
    """
    if not _of_our_days(instants):
        plain = _CLASSES["TimeSeries"]()
        for instant, value in zip(instants.tolist(), values.tolist(), strict=True):
            plain.samples.add(value=value, timestamp=instant)
        return bytes(plain.SerializeToString())
    table = np.empty((len(instants), WIDTH), dtype=np.uint8)
    # field 2, 16 bytes long; its field 1 a double; its field 2 a number
    table[:, 0], table[:, 1], table[:, 2], table[:, 11] = 0x12, 0x10, 0x09, 0x10
    table[:, 3:11] = _bytes(values)
    for place in range(6):
        more = 0x80 if place < 5 else 0
        table[:, 12 + place] = ((instants >> (7 * place)) & 0x7F) | more
    return table.tobytes()


def _of_our_days(instants: npt.NDArray[np.int64]) -> bool:
    return not len(instants) or (int(instants.min()) >= 1 << 35 and int(instants.max()) < 1 << 42)
